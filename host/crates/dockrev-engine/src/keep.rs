//! Local tags that keep images which a job needs from being pruned: `localhost/dockrev-keep:JOB-old` and `-new`.
//!
//! They are taken by the stage `pull`. A job that was undone lets both go; one that succeeded keeps the old image until
//! the update has proven itself.

use dockrev_core::ids::JobId;
use dockrev_core::image::{ImageRef, Repository, Tag};
use dockrev_core::ports::{Engine, HostError};

/// A repository that no registry has: `localhost` is never asked without a port.
const REPOSITORY: &str = "localhost/dockrev-keep";

/// Which image of a job is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Image {
    /// What ran before.
    Old,
    /// What is to run.
    New,
}

impl Image {
    fn ending(self) -> &'static str {
        match self {
            Self::Old => "-old",
            Self::New => "-new",
        }
    }
}

/// The tag by which `job` keeps an image. Absent if the job's id is none of ours.
pub(crate) fn tag(job: &JobId, image: Image) -> Option<ImageRef> {
    format!("{REPOSITORY}:{job}{}", image.ending()).parse().ok()
}

/// Takes the tag away.
pub(crate) async fn release(engine: &dyn Engine, job: &JobId, image: Image) -> Result<(), HostError> {
    match tag(job, image) {
        Some(tag) => engine.untag(&tag).await,
        None => Ok(()),
    }
}

/// The jobs that keep an image here, and which.
pub(crate) async fn kept(engine: &dyn Engine) -> Result<Vec<(JobId, Image)>, HostError> {
    let Some(repository) = repository() else { return Ok(Vec::new()) };
    let tags = engine.local_tags(&repository).await?;
    Ok(tags.iter().filter_map(read).collect())
}

fn repository() -> Option<Repository> {
    REPOSITORY.parse::<ImageRef>().ok().map(|reference| reference.repository().clone())
}

fn read(tag: &Tag) -> Option<(JobId, Image)> {
    [Image::Old, Image::New]
        .into_iter()
        .find_map(|image| Some((JobId::new(tag.as_str().strip_suffix(image.ending())?), image)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_its_job() {
        let job = JobId::new("20260131T235959Z-3fa9c1");
        for image in [Image::Old, Image::New] {
            let tag = tag(&job, image).unwrap();
            assert_eq!(tag.repository(), &repository().unwrap());
            assert_eq!(read(tag.tag().unwrap()), Some((job.clone(), image)));
        }
        assert_eq!(read(&"1.0".parse().unwrap()), None);
    }
}
