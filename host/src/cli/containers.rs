//! `dockrev start | stop | restart`: a container, or those of a service or a stack, through the engine.

use super::arguments::ContainersArguments;
use super::paint::{Tone, paint};
use super::{Ending, Failure};
use crate::app::App;
use crate::cli::output::out;
use crate::config::Config;
use crate::operations::containers::{Whose, order};
use crate::operations::update::find_service;
use dockrev_core::ids::{ContainerName, StackName};

pub(super) use crate::operations::containers::Wish;

pub(super) async fn run(config: &Config, wish: Wish, arguments: &ContainersArguments) -> Result<Ending, Failure> {
    let app = App::new(config);
    let host = app.host()?;
    let whose = match (&arguments.container, &arguments.service, &arguments.stack) {
        (Some(container), _, _) => Whose::Container(ContainerName::new(container)),
        (None, Some(service), _) => Whose::Service(find_service(&host, service).await?),
        (None, None, stack) => Whose::Stack(StackName::new(stack.as_deref().unwrap_or_default())),
    };
    for name in order(&app, &host, &whose, wish).await? {
        out!("{} {name}", paint(Tone::Good, wish.done()));
    }
    Ok(Ending::Fine)
}
