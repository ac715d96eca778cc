//! Real parts for tests and the demo: container engines, registries, images and Compose projects, made on the spot
//! without the internet and removed again.
//!
//! ```no_run
//! use dockrev_testkit::{App, Auth, Compose, Engine, Mode, Project, Registry, Service};
//!
//! # fn main() -> Result<(), dockrev_testkit::Error> {
//! let engine = Engine::found_or_private()?;
//! let registry = Registry::start(Auth::Plain)?;
//! registry.client().push("shop/web", "1.0.0", &App::new("1.0.0", Mode::Healthy).build()?)?;
//!
//! let web = Service::new("web", format!("{}/shop/web:1.0.0", registry.host()));
//! let project = Project::create(&engine, &Compose::any()?, "shop", &[web])?;
//! project.up()?;
//! project.wait_healthy("web")?;
//! println!("{}", project.service("web")?.image_id);
//! # Ok(())
//! # }
//! ```
//!
//! Everything made here carries the label [`LABEL`] or lives below [`directory`], and only such things are ever
//! removed: a machine's own engine may be used, its other containers, images and volumes are not touched.

pub mod forward;
pub mod front;
pub mod program;
pub mod proxy;

mod client;
mod compose;
mod door;
mod engine;
mod error;
mod http;
mod image;
mod lock;
mod port;
mod process;
mod project;
mod registry;
mod watch;

pub use client::{Attestation, Client, Credentials, Pushed};
pub use compose::{Compose, Generation, suite_prefix};
pub use door::Door;
pub use engine::{Engine, PrivateEngine};
pub use error::Error;
pub use image::{App, Architecture, Blob, Format, Image, Mode, busybox};
pub use lock::Lock;
pub use port::free_port;
pub use project::{Health, Project, Service, ServiceState};
pub use registry::{Auth, Registry, Request};
pub use watch::{Sighting, Watch};

use std::path::PathBuf;

/// The label on every container, network, volume and image made here; its value says for whom it was made.
pub const LABEL: &str = "io.dockrev.testkit";

/// The folder that holds the state of engines: `DOCKREV_TESTKIT_DIR`, or `/tmp/dockrev-testkit`.
///
/// Short on purpose: a unix socket's path holds 107 bytes, and the engine makes long ones below it.
pub fn directory() -> PathBuf {
    std::env::var_os("DOCKREV_TESTKIT_DIR")
        .filter(|value| !value.is_empty())
        .map_or_else(|| PathBuf::from("/tmp/dockrev-testkit"), PathBuf::from)
}
