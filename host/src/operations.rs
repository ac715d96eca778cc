//! What can be asked of Dockrev: the command line prints what these give, the server serialises it.

pub(crate) mod audit;
pub mod backups;
pub mod change;
pub mod check;
pub mod containers;
pub mod doctor;
mod failure;
pub mod ignore;
pub mod jobs;
mod limits;
pub mod notify;
pub mod plugins;
mod problem;
mod served;
pub mod settings;
pub mod tokens;
pub mod update;
pub mod words;

pub use failure::Failure;
pub use limits::{Limit, limits};
pub use problem::{FieldProblem, Problem};
pub use served::ServedBy;
