//! What is done to an update, and where.

use std::fmt;
use std::time::Duration;

/// How long a delayed call waits: longer than a poll of a healthcheck, shorter than any limit.
pub(crate) const DELAY: Duration = Duration::from_secs(2);
/// How long a frozen engine says nothing.
pub(crate) const FREEZE: Duration = Duration::from_secs(4);
/// How long a killed engine is away.
pub(crate) const OUTAGE: Duration = Duration::from_secs(2);

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// At a line of the journal.
    Line {
        /// Before it is written, or after: what lies between two lines has happened, or has not.
        moment: Moment,
        /// Which line, from 1.
        number: u32,
        /// What happens there.
        blow: Blow,
    },
    /// At a call to the engine, by Dockrev or by Compose.
    Call {
        /// Method and path: `POST /containers/{}/stop`.
        what: String,
        /// Which of these, from 1.
        nth: u32,
        /// What happens to it.
        trick: Trick,
    },
}

/// Before a line is written, or after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    /// Before.
    Before,
    /// After.
    After,
}

/// What happens at a line of the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blow {
    /// Dockrev gets `SIGKILL`.
    Kill,
    /// The engine gets `SIGKILL` and is started again soon.
    KillEngine,
    /// The engine is stopped by a signal, and let go on later.
    FreezeEngine,
    /// All names of the old image are removed, and the image if it is in no running container.
    RemoveOldImage,
    /// A disk is full until the update has ended.
    Fill(Disk),
}

/// A disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Disk {
    /// That of the journal and the override files.
    Data,
    /// That of the backups.
    Backups,
    /// That of the engine: images, containers and volumes.
    Engine,
}

/// What happens to a call to the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trick {
    /// The connection is cut before the engine sees it.
    Cut,
    /// It is answered with status 500.
    Refuse,
    /// The engine does it, and the connection is cut instead of the answer.
    Lose,
    /// It waits.
    Delay,
    /// Dockrev gets `SIGKILL` before the engine sees it. A Compose that asked goes on.
    KillBefore,
    /// Dockrev gets `SIGKILL` when the engine has answered.
    KillAfter,
}

impl Blow {
    /// All, in the order of the tables.
    pub const ALL: [Self; 7] = [
        Self::Kill,
        Self::KillEngine,
        Self::FreezeEngine,
        Self::RemoveOldImage,
        Self::Fill(Disk::Data),
        Self::Fill(Disk::Backups),
        Self::Fill(Disk::Engine),
    ];
}

impl Trick {
    /// All, in the order of the tables.
    pub const ALL: [Self; 6] = [Self::Cut, Self::Refuse, Self::Lose, Self::Delay, Self::KillBefore, Self::KillAfter];
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Before => "before",
            Self::After => "after",
        })
    }
}

impl fmt::Display for Blow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kill => "dockrev killed",
            Self::KillEngine => "engine killed",
            Self::FreezeEngine => "engine frozen",
            Self::RemoveOldImage => "old image removed",
            Self::Fill(Disk::Data) => "data disk full",
            Self::Fill(Disk::Backups) => "backup disk full",
            Self::Fill(Disk::Engine) => "engine disk full",
        })
    }
}

impl fmt::Display for Trick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cut => "cut",
            Self::Refuse => "refused",
            Self::Lose => "answer lost",
            Self::Delay => "delayed",
            Self::KillBefore => "dockrev killed before",
            Self::KillAfter => "dockrev killed after",
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { moment, number, blow } => write!(f, "{blow} {moment} line {number}"),
            Self::Call { what, nth, trick } => write!(f, "{trick}: {what} no. {nth}"),
        }
    }
}
