//! `dockrev db`: Dockrev's own database.

use super::arguments::{DbArguments, DbCommand};
use super::output::out;
use super::{Ending, Failure};
use crate::app::{App, AppError};
use crate::config::Config;

pub(super) async fn run(config: &Config, arguments: &DbArguments) -> Result<Ending, Failure> {
    let DbCommand::Backup { file } = &arguments.command;
    let app = App::new(config);
    if !app.has_store() {
        return Err(Failure::new("store.none", format!("there is no database in `{}`", config.data_dir.display()))
            .hint("set DOCKREV_DATA_DIR to the folder that Dockrev uses"));
    }
    app.store().await?.copy_to(file).await.map_err(AppError::from)?;
    out!("copied the database to {}", file.display());
    Ok(Ending::Fine)
}
