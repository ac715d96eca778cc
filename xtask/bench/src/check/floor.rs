//! The bare program: what a check takes at least.
//!
//! The same client libraries as Dockrev's, the same limits, the same questions, and nothing else: no plugins, no cache, no
//! rules, no report. It knows how versions are written in the bench's registry, and nothing of any other.

mod engine;
mod registry;

use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};

use super::found::Found;
use crate::failure::Failure;
use registry::Client;

/// The hidden command that is this program.
pub(crate) const COMMAND: &str = "floor-check";

/// Images that are looked at together, as in `dockrev-engine`.
const CONCURRENT_SUBJECTS: usize = 32;

/// Finds out what is newer than what the engine at `DOCKER_HOST` has, and prints it.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    if !arguments.is_empty() {
        return Err(Failure::new("not a command for people"));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let found = runtime.map_err(Failure::of("could not start a runtime"))?.block_on(find())?;
    println!("{}", serde_json::to_string(&found).map_err(Failure::of("could not write what was found"))?);
    Ok(())
}

async fn find() -> Result<Found, Failure> {
    let client = Arc::new(Client::new()?);
    let running = engine::images().await?;
    let found = futures::stream::iter(running)
        .map(|image| {
            let client = Arc::clone(&client);
            async move {
                let news = client.news(&image).await?;
                Ok::<_, Failure>((image.written, news))
            }
        })
        .buffer_unordered(CONCURRENT_SUBJECTS)
        .try_collect()
        .await?;
    Ok(Found(found))
}
