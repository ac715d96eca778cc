//! The cases of the matrix: every fault at every place that a run without faults comes by.

use std::collections::BTreeMap;
use std::fmt;

use dockrev_faults::{Attempt, Blow, Disk, Ended, Fault, Keeps, Moment, Trick};

/// Calls of one kind that are tried one by one. A wait asks the same again and again: the rest would be repetition.
const SAME_CALL_MAX: u32 = 3;

/// What is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Scenario {
    /// The new version migrates the data and is unhealthy.
    Sick,
    /// The new version migrates the data and is healthy.
    Well,
    /// As [`Self::Sick`], with data that only a helper sees.
    Unseen,
}

impl Scenario {
    pub(crate) const ALL: [Self; 3] = [Self::Sick, Self::Well, Self::Unseen];

    /// How it ends without faults.
    pub(crate) fn ends(self) -> Ended {
        match self {
            Self::Sick | Self::Unseen => Ended::RolledBack,
            Self::Well => Ended::Updated,
        }
    }

    /// Where the data is.
    pub(crate) fn keeps(self) -> Keeps {
        match self {
            Self::Sick | Self::Well => Keeps::InSight,
            Self::Unseen => Keeps::OutOfSight,
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sick => "unhealthy new version",
            Self::Well => "healthy new version",
            Self::Unseen => "unhealthy new version, data out of sight",
        })
    }
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Place {
    /// A line of the journal.
    Line { number: u32, label: String },
    /// All calls of a kind.
    Call(String),
}

/// One fault in one scenario.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) scenario: Scenario,
    pub(crate) place: Place,
    /// The table's column.
    pub(crate) column: String,
    pub(crate) fault: Fault,
}

/// What came of one.
#[derive(Debug)]
pub(crate) struct Tried {
    pub(crate) case: Case,
    /// Absent if the fault was never met: the run went another way.
    pub(crate) ended: Option<Ended>,
    pub(crate) problems: Vec<String>,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.scenario, self.fault)?;
        match &self.place {
            Place::Line { label, .. } => write!(f, " ({label})"),
            Place::Call(_) => Ok(()),
        }
    }
}

/// Every fault at every line and call that `plain`, a run without faults, came by.
pub(crate) fn all(scenario: Scenario, plain: &Attempt) -> Vec<Case> {
    let mut cases = Vec::new();
    for line in &plain.lines {
        let place = Place::Line { number: line.number, label: line.label.clone() };
        let number = line.number;
        for moment in [Moment::Before, Moment::After] {
            let fault = Fault::Line { moment, number, blow: Blow::Kill };
            let column = format!("{} {moment}", Blow::Kill);
            cases.push(Case { scenario, place: place.clone(), column, fault });
        }
        // Between two lines it makes no difference which of the two it is counted by.
        for blow in Blow::ALL.into_iter().filter(|blow| matters(scenario, *blow, &line.label)) {
            let fault = Fault::Line { moment: Moment::After, number, blow };
            cases.push(Case { scenario, place: place.clone(), column: blow.to_string(), fault });
        }
    }
    let mut counts: BTreeMap<&String, u32> = BTreeMap::new();
    for call in &plain.calls {
        *counts.entry(call).or_default() += 1;
    }
    for (what, count) in counts {
        for nth in numbers(count) {
            for trick in Trick::ALL {
                let fault = Fault::Call { what: what.clone(), nth, trick };
                cases.push(Case { scenario, place: Place::Call(what.clone()), column: trick.to_string(), fault });
            }
        }
    }
    cases
}

/// Whether `blow` can make another difference at this line than at the one before it.
fn matters(scenario: Scenario, blow: Blow, label: &str) -> bool {
    match blow {
        // Where the data is makes no difference to these.
        Blow::Fill(Disk::Data) | Blow::RemoveOldImage if scenario == Scenario::Unseen => false,
        // Tried before and after each line.
        Blow::Kill => false,
        // Every line is a write.
        Blow::Fill(Disk::Data) => true,
        Blow::Fill(Disk::Backups) => label.contains("backup: ") || label.contains("discard"),
        // Where a stage begins, and before every effect.
        Blow::KillEngine | Blow::FreezeEngine | Blow::RemoveOldImage | Blow::Fill(Disk::Engine) => {
            label.contains("started") || label.contains("intends")
        }
    }
}

/// All of a few, and so many of more, evenly spread with the first among them.
fn numbers(count: u32) -> Vec<u32> {
    if count <= SAME_CALL_MAX {
        return (1..=count).collect();
    }
    (0..SAME_CALL_MAX).map(|part| 1 + part * count / SAME_CALL_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn spreads_over_many() {
        assert_eq!(numbers(0), Vec::<u32>::new());
        assert_eq!(numbers(3), [1, 2, 3]);
        assert_eq!(numbers(4), [1, 2, 3]);
        assert_eq!(numbers(60), [1, 21, 41]);
    }
}
