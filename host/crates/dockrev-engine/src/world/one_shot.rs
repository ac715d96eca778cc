//! A service of a [`World`] that is made from the same image as the one that is changed, and runs to its end before it.

use super::{NEW, State, World, image, no_such, service};
use dockrev_core::detection::Trouble;
use dockrev_core::ids::{ContainerId, ImageId, ServiceId, ServiceName};
use dockrev_core::plan::{OneShot, OneShotImage};
use dockrev_core::ports::RunFirst;
use dockrev_core::stack::{ContainerStatus, Health, RunState};

/// How it ended last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) image: ImageId,
    pub(crate) code: i64,
}

pub(crate) fn migrate() -> ServiceId {
    ServiceId { service: ServiceName::new("migrate"), ..service() }
}

/// As a plan has it.
pub(super) fn planned() -> Vec<OneShot> {
    vec![OneShot { service: migrate().service, image: OneShotImage::Moves { pin_found: None } }]
}

impl World {
    /// It has run with the image that runs.
    pub(super) fn with_one_shot(self) -> Self {
        let image = image(super::OLD).id;
        self.state().one_shot = Some(Run { image, code: 0 });
        self
    }
}

impl State {
    /// What Compose does before it starts who waits: it gives whether that one may start.
    pub(super) fn run_first(&mut self, first: RunFirst<'_>) -> Result<(), Trouble> {
        if first.services().is_empty() {
            return Ok(());
        }
        assert_eq!(first.services(), [migrate().service], "nothing else runs first");
        let wanted = match self.pins.get(&migrate().service) {
            Some(pin) => pin.by_digest(),
            None => self.file_image.parse().unwrap(),
        };
        let image = self.by_reference(&wanted).ok_or_else(|| no_such("image"))?.id;
        let code = i64::from(self.one_shot_dislikes.as_ref() == Some(&image));
        if image == super::image(NEW).id {
            NEW.clone_into(&mut self.data);
        }
        self.one_shot = Some(Run { image, code });
        match first {
            RunFirst::These(_) if code != 0 => Err(no_such("success")),
            RunFirst::These(_) | RunFirst::IfTheyCan(_) => Ok(()),
        }
    }

    pub(super) fn status_of_neighbour(&self) -> ContainerStatus {
        ContainerStatus {
            id: self.neighbour_id.clone(),
            name: "demo-db-1".to_owned(),
            image_id: ImageId::new("sha256:db"),
            image: "demo.invalid/db:1".to_owned(),
            run: self.neighbour,
            restart_count: 0,
            started_at: None,
            lives_in: Vec::new(),
            health: Health::None,
        }
    }

    pub(super) fn status_of_one_shot(&self) -> Option<ContainerStatus> {
        let run = self.one_shot.as_ref()?;
        Some(ContainerStatus {
            id: ContainerId::new("migrate"),
            name: "demo-migrate-1".to_owned(),
            image_id: run.image.clone(),
            image: self.file_image.clone(),
            run: RunState::Exited { code: run.code },
            restart_count: 0,
            started_at: None,
            lives_in: Vec::new(),
            health: Health::None,
        })
    }
}
