//! The image of helpers: nothing but this program's own files, brought to the engine when it lacks them.

use super::super::{Call, DockerEngine, QUERY_TIMEOUT};
use super::program::Program;
use super::upload;
use crate::labels;
use bollard::query_parameters::{CreateImageOptions, ListImagesOptionsBuilder, RemoveImageOptions};
use bollard::{Docker, body_try_stream};
use dockrev_core::ports::HostError;
use futures::StreamExt;
use std::collections::HashMap;

/// What the images are called; their tag is the program's mark.
const REPOSITORY: &str = "dockrev-helper";
/// Folders that are made in it: for files that are given, and for data.
const FOLDERS: [&str; 2] = ["in", "data"];

/// What is known of the image so far.
#[derive(Debug, Default)]
pub(super) struct HelperImage {
    program: Option<Program>,
}

/// An image that the engine has.
pub(super) struct Ready {
    pub(super) name: String,
    pub(super) entrypoint: Vec<String>,
}

impl HelperImage {
    /// The image, brought to the engine if it lacks it. Those of other builds are removed then.
    pub(super) async fn ready(&mut self, engine: &DockerEngine, client: &Docker) -> Result<Ready, HostError> {
        let call = Call { engine, action: "make the image of helpers on", subject: engine.address().to_string() };
        let program = match &mut self.program {
            Some(program) => program,
            none => {
                is_of_this_kind(&call, client).await?;
                let program = Program::of_this_process().map_err(|error| call.refused(error.to_string()))?;
                none.insert(program)
            }
        };
        let name = format!("{REPOSITORY}:{}", program.mark);
        if call.find_within(QUERY_TIMEOUT, client.inspect_image(&name)).await?.is_none() {
            import(&call, client, program).await?;
            remove_others(&call, client, &name).await?;
        }
        Ok(Ready { name, entrypoint: program.entrypoint.clone() })
    }
}

/// A program for one kind of processor runs on no other.
async fn is_of_this_kind(call: &Call<'_>, client: &Docker) -> Result<(), HostError> {
    let info = call.within(QUERY_TIMEOUT, client.info()).await?;
    let (theirs, ours) = (info.architecture.unwrap_or_default(), std::env::consts::ARCH);
    // Docker has the kernel's names, Podman those of OCI.
    let named_by_oci = matches!((&*theirs, ours), ("amd64", "x86_64") | ("arm64", "aarch64"));
    if theirs == ours || named_by_oci {
        return Ok(());
    }
    Err(call.refused(format!("its machine is of the architecture {theirs}, this Dockrev of {ours}")))
}

async fn import(call: &Call<'_>, client: &Docker, program: &Program) -> Result<(), HostError> {
    let options = CreateImageOptions {
        from_src: Some("-".to_owned()),
        repo: Some(REPOSITORY.to_owned()),
        tag: Some(program.mark.clone()),
        changes: vec![format!("LABEL {}=image", labels::HELPER_IMAGE)],
        ..CreateImageOptions::default()
    };
    let files = program.files.iter().map(|(path, there)| (path.clone(), there.trim_start_matches('/').to_owned()));
    let content = upload::Content { folders: FOLDERS.map(str::to_owned).to_vec(), files: files.collect() };
    let request = |client: Docker, body: upload::Body| async move {
        let mut events = client.create_image(Some(options), Some(body_try_stream(body)), None);
        while let Some(event) = events.next().await {
            event?;
        }
        Ok(())
    };
    upload::send(call, client, content, request).await
}

/// Images of earlier builds are of no use. One that a helper still runs from stays until the next time.
async fn remove_others(call: &Call<'_>, client: &Docker, name: &str) -> Result<(), HostError> {
    let filters = HashMap::from([("label".to_owned(), vec![format!("{}=image", labels::HELPER_IMAGE)])]);
    let options = ListImagesOptionsBuilder::default().filters(&filters).build();
    let images = call.within(QUERY_TIMEOUT, client.list_images(Some(options))).await?;
    for other in images.iter().flat_map(|image| &image.repo_tags).filter(|tag| *tag != name) {
        let removed =
            call.find_within(QUERY_TIMEOUT, client.remove_image(other, None::<RemoveImageOptions>, None)).await;
        if let Err(error) = removed {
            tracing::debug!("an image of earlier helpers stays: {error}");
        }
    }
    Ok(())
}
