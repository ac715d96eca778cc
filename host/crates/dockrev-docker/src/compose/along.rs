//! What Compose 2 brings up beside a service.
//!
//! With `--no-deps` it leaves the dependencies out of the service that it makes: out of its label, and out of the hash by
//! which its own next `up` tells whether anything changed (2.26). That one would make the service anew once more. So what
//! the service waits for is let in, if it all stands as the files say and nothing would happen to it.

use super::{ComposeCli, Files};
use crate::labels;
use dockrev_core::ids::{ServiceId, ServiceName};
use dockrev_core::image::ImageRef;
use dockrev_core::ports::{Engine, HostError};
use dockrev_core::stack::{ComposeProject, RunState};
use std::collections::BTreeMap;

/// Who comes along when a service is brought up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Along {
    /// Nobody: `--no-deps`.
    Nobody,
    /// All that it waits for, with as many containers as each has now.
    Dependencies(BTreeMap<ServiceName, usize>),
}

/// Decides who comes along with `service`: what runs `first`, however it stands. Whatever cannot be found out says that
/// nobody does.
pub(super) async fn with(
    compose: &ComposeCli,
    project: &ComposeProject,
    files: Files<'_>,
    (service, first): (&ServiceName, &[ServiceName]),
) -> Along {
    match standing(compose, project, files, (service, first)).await {
        Ok(Some(dependencies)) => Along::Dependencies(dependencies),
        Ok(None) => Along::Nobody,
        Err(error) => {
            tracing::debug!("bringing {service} up alone: {error}");
            Along::Nobody
        }
    }
}

async fn standing(
    compose: &ComposeCli,
    project: &ComposeProject,
    files: Files<'_>,
    (service, first): (&ServiceName, &[ServiceName]),
) -> Result<Option<BTreeMap<ServiceName, usize>>, HostError> {
    // An override pins images, and changes nothing of that.
    if compose.last.waits_for_none(project, service).await {
        return Ok(None);
    }
    let model = compose.config(project, files).await?;
    let names = model.waited_for_by(service);
    if names.is_empty() {
        return Ok(None);
    }
    let hashes = compose.hashes(project, files).await?;
    let mut found = BTreeMap::new();
    for name in names {
        if first.contains(name) {
            found.insert(name.clone(), 1);
            continue;
        }
        let id = ServiceId { stack: project.name.clone(), service: name.clone() };
        let image = model.services.get(name).and_then(|service| service.image.as_ref()?.parse::<ImageRef>().ok());
        let Some(image) = image else { return Ok(None) };
        let Some(image) = compose.engine.image(&image).await? else { return Ok(None) };
        let made = compose.engine.made(&id).await?;
        let stands = made.iter().all(|made| {
            let says = |label: &str| made.labels.get(label).map(String::as_str);
            made.run == RunState::Running
                && says(labels::CONFIG_HASH) == hashes.get(name.as_str()).map(String::as_str)
                && says(labels::IMAGE) == Some(image.id.as_str())
        });
        if made.is_empty() || !stands {
            return Ok(None);
        }
        found.insert(name.clone(), made.len());
    }
    Ok(Some(found))
}
