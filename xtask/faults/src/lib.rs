//! Breaks updates at every step, on real engines, and looks afterwards whether anything was lost.
//!
//! A [`Ground`] is a private engine with disks of its own. A [`Stage`] on it is a stack whose service keeps data. An
//! [`attempt`](Stage::attempt) is one update of it, hit by [`Fault`]s, recovered, and judged: the service runs the old
//! or the new image and is healthy, its data is that of the image that it runs, nothing is left over or missing, and
//! the job says truly which.

mod failure;
mod fault;
mod gate;
mod ground;
mod judge;
mod program;
mod stage;
mod tmpfs;

pub use failure::Failure;
pub use fault::{Blow, Disk, Fault, Moment, Trick};
pub use ground::{Ground, Store, Version};
pub use judge::Ended;
pub use stage::{Attempt, Keeps, Line, Stage};
