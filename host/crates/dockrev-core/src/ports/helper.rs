//! Work on data that is not to be seen from here, done beside it by a container of the engine.

use super::HostError;
use crate::backup::DataPlace;
use crate::ids::StackName;
use async_trait::async_trait;
use std::path::PathBuf;

/// The folder of a helper in which it finds the files that were given to it.
pub const HELPER_FILES: &str = "/in";

/// Runs this very program in a container of the engine, where it sees data that is not to be seen from here.
#[async_trait]
pub trait Helper: Send + Sync {
    /// Runs one to its end. What it prints goes to `out` as it comes; once that wants no more, it is ended. First,
    /// [`Helper::clear`] is done for the owner. One that may change data is never ended while it may be at it: if nobody hears
    /// it any more, its end is waited for.
    async fn run(&self, errand: &Errand, out: &mut dyn Output) -> Result<(), HostError>;

    /// Removes what is left of the helpers of `owner`, and those that never began and are nobody's any more. One of the owner's
    /// that may change data and is at work comes to its end first.
    async fn clear(&self, owner: Option<&StackName>) -> Result<(), HostError>;
}

/// What a helper is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Errand {
    /// The stack whose lock is held meanwhile: one that is left of an earlier process has lost its own. Absent for what
    /// changes nothing and may be done at any time.
    pub owner: Option<StackName>,
    /// What the program is called with.
    pub arguments: Vec<String>,
    /// The data that it sees.
    pub mounts: Vec<DataMount>,
    /// Files of this machine that it finds in [`HELPER_FILES`], under their names.
    pub files: Vec<PathBuf>,
}

/// Data that a helper sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataMount {
    /// Which.
    pub place: DataPlace,
    /// Where the helper has it.
    pub at: PathBuf,
    /// Whether it may write there.
    pub is_writable: bool,
}

/// Takes what a helper prints.
#[async_trait]
pub trait Output: Send {
    /// It is about to begin: from now on it may have done something.
    fn begins(&mut self);

    /// The next bytes of its standard output. Says whether more is wanted.
    async fn data(&mut self, bytes: &[u8]) -> More;

    /// The next line of its standard error output. Says whether more is wanted.
    fn line(&mut self, line: &str) -> More;
}

/// Whether more is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    /// Go on.
    Wanted,
    /// That is enough.
    Unwanted,
}
