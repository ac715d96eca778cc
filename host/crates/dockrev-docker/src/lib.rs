//! The Docker Engine through bollard, and the user's own Compose.
//!
//! [`DockerEngine`] looks, pulls and moves local tags; it makes and removes no container of a Compose service, only
//! standalone ones (`standalone.rs`). [`ComposeCli`] brings services up with the user's files and the override file that Dockrev keeps (see [`Overrides`]).
//!
//! # What was found on the real parts
//!
//! Engine 20.10.24 and 26.1.5, Compose 1.29.2 and 2.26.1:
//!
//! - An override with `image: repository:tag@digest` finds the image that was pulled as `repository@digest`, with
//!   the registry stopped, on both Composes, and a second `up -d` changes nothing. The tag in it is not looked at and
//!   need not exist on the engine.
//! - Pointing a local tag to another image id and `up -d` recreates the service on both, in both directions.
//! - Compose 1.29 merges an override without `version` with main files of any version or none, so it gets none.
//! - Compose 1.29 has no `--pull never`; it pulls an image only where the engine has none, and does not obey
//!   `pull_policy` on `up`. So for it the image is looked up first and a missing one is an error.
//! - `--pull never` overrules `pull_policy: always` in Compose 2.
//! - Compose 1.29 dies while it recreates a container on an API newer than 1.44 (seen on 26.1.5: `KeyError:
//!   'ContainerConfig'`), with the old container stopped and renamed. With `COMPOSE_API_VERSION=1.44` it works.
//! - Both keep to `--scale` whatever the file says.
//! - Compose 2 says `depends on undefined service` where a service depends on one of an inactive profile, on `up` too;
//!   so it gets `--profile "*"`. It brings up no more than the service that it is given.
//! - `config` of Compose 1.29 writes `volumes_from` as `service:NAME:MODE`, that of Compose 2 as the file has it.
//! - Both quote the whole value, over several lines, where interpolation fails: so nothing that `config` prints on a
//!   failure is shown, and what `up` prints from there on neither.
//! - Compose 2 writes an empty `depends_on` label when called with `--no-deps`; what it says of the files is the truth.
//! - Compose 2.26 hashes what a service depends on, and leaves that out under `--no-deps`: the user's next plain `up` would
//!   make a service with `depends_on` anew. So what it waits for is let in where it stands as the files say; else
//!   [`would_recreate`](dockrev_core::ports::Compose::would_recreate) tells of it.
//! - Compose 1.29 writes `config_files` as it was called: relative to the folder it was called in.
//! - The engine's container list gives the bare image id once the tag has moved; the container itself still knows
//!   what was written.
#![forbid(unsafe_code)]

mod address;
mod compose;
mod credentials;
mod engine;
mod labels;
mod lines;
mod overrides;
mod own;
mod rewrite;
mod standalone;
mod wire;

pub use address::{EngineAddress, ParseEngineAddressError};
pub use compose::{ComposeCli, ComposeSettings};
pub use credentials::{Anonymous, PullCredentials, UserPassword};
pub use engine::DockerEngine;
pub use engine::helper::EngineHelper;
pub use overrides::Overrides;
