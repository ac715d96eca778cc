//! The end of the demo: a server with something to click, until somebody interrupts it.

use std::net::TcpListener;

use dockrev_testkit::Project;

use super::home;
use crate::failure::Failure;
use crate::site::Ground;
use crate::step::Steps;

/// The Compose project of what is shown.
pub(super) const PROJECT: &str = "dockrev-site";
/// Where the page is, if nothing else is there.
const ADDRESS: &str = "127.0.0.1:8686";
/// Any other place.
const ANYWHERE: &str = "127.0.0.1:0";

/// Starts a second stack with news of every kind, and serves the page until the server is interrupted.
pub(super) fn show(steps: &mut Steps, ground: &Ground<'_>) -> Result<(), Failure> {
    let (project, _alone) = steps.run("something to click", || {
        let services = ground.services()?;
        let project = Project::at(ground.engine, ground.compose, PROJECT, &home().join("site"), &services)?;
        project.up()?;
        let alone = ground.fill(&project)?;
        Ok((project, alone))
    })?;
    let is_free = TcpListener::bind(ADDRESS).is_ok();
    let mut server = ground.serve(if is_free { ADDRESS } else { ANYWHERE })?;
    println!("\nThe page is at {}\nCtrl-C ends it and removes everything.", server.url());
    let ended = server.wait();
    project.down()?;
    ended
}
