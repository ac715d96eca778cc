//! What the files of a stack said last: Compose takes as long to say it again as everything else before an `up`.

use super::fingerprint;
use dockrev_core::ids::ServiceName;
use dockrev_core::stack::{ComposeModel, ComposeProject, FileHash};
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The last stack that was read, with the files as they were before.
#[derive(Debug, Default)]
pub(super) struct Last(Mutex<Option<Known>>);

#[derive(Debug)]
struct Known {
    project: ComposeProject,
    files: Vec<FileHash>,
    /// Services that wait for no other.
    alone: BTreeSet<ServiceName>,
}

impl Last {
    /// Keeps what `model` says, if it is known what was in the files `before` they were read.
    pub(super) fn keep(&self, project: &ComposeProject, before: Option<Vec<FileHash>>, model: &ComposeModel) {
        let alone = || {
            let waits_for_none = |name: &&ServiceName| model.waited_for_by(name).is_empty();
            model.services.keys().filter(waits_for_none).cloned().collect()
        };
        let known = before.map(|files| Known { project: project.clone(), files, alone: alone() });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }

    /// Whether it is certain that `service` waits for no other: the files said so, and are what they were.
    pub(super) async fn waits_for_none(&self, project: &ComposeProject, service: &ServiceName) -> bool {
        let files = {
            let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let known = known.as_ref().filter(|known| known.project == *project && known.alone.contains(service));
            known.map(|known| known.files.clone())
        };
        match files {
            Some(files) => fingerprint::take(project).await.is_ok_and(|now| now == files),
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dockrev_core::ids::StackName;
    use dockrev_core::stack::ComposeService;

    #[tokio::test]
    async fn what_was_read_holds_as_long_as_the_files_are_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("compose.yaml");
        std::fs::write(&file, "services: {}").unwrap();
        let project = ComposeProject {
            name: StackName::new("shop"),
            working_dir: folder.path().to_owned(),
            files: vec![file.clone()],
            env_files: Vec::new(),
        };
        let (web, db) = (ServiceName::new("web"), ServiceName::new("db"));
        let waiting = ComposeService { depends_on: [db.clone()].into(), ..ComposeService::default() };
        let services = [(web.clone(), waiting), (db.clone(), ComposeService::default())].into();
        let model = ComposeModel { carries_image_volumes: true, services };
        let last = Last::default();
        assert!(!last.waits_for_none(&project, &db).await, "nothing was read");
        last.keep(&project, fingerprint::take(&project).await.ok(), &model);
        assert!(last.waits_for_none(&project, &db).await);
        assert!(!last.waits_for_none(&project, &web).await);
        let other = ComposeProject { name: StackName::new("other"), ..project.clone() };
        assert!(!last.waits_for_none(&other, &db).await);
        std::fs::write(&file, "services: {db: {}}").unwrap();
        assert!(!last.waits_for_none(&project, &db).await, "somebody edited it");
        last.keep(&project, None, &model);
        assert!(!last.waits_for_none(&project, &db).await, "nobody knows what was read");
    }
}
