//! For how long a service was away because of a job.

use super::{Direction, Effect, JournalEntry, Stage, StageOutput, Step};
use crate::ids::ContainerId;
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

/// What tells that a service is back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// Its healthcheck.
    Health,
    /// Its container runs: it has no healthcheck.
    Running,
}

/// For how long the service was not known to be up, from what its job wrote down: at most so long, since Compose first makes
/// the new container and then stops the old one, and a healthcheck runs now and then only. What is stopped or frozen for the
/// copy of its data counts, too, other services of its stack among it.
///
/// Absent where it was never touched, or is not back.
#[must_use]
pub fn downtime(journal: &[JournalEntry], sign: Sign) -> Option<Duration> {
    let mut away = Away::default();
    for entry in journal {
        away.read(entry, sign);
    }
    away.total.filter(|_| away.since.is_none())
}

#[derive(Default)]
struct Away<'a> {
    /// Containers that were stopped or frozen and not let go on.
    held: BTreeSet<&'a ContainerId>,
    since: Option<Timestamp>,
    total: Option<Duration>,
}

impl<'a> Away<'a> {
    fn read(&mut self, entry: &'a JournalEntry, sign: Sign) {
        match &entry.step {
            Step::Intends(Effect::StopContainer { id, .. } | Effect::PauseContainer { id, .. }) => {
                self.held.insert(id);
                self.leave(entry.at);
            }
            Step::Intends(effect) if replaces(effect) => self.leave(entry.at),
            Step::Did(Effect::StartContainer { id, .. } | Effect::UnpauseContainer { id, .. }) => {
                self.held.remove(id);
                if self.held.is_empty() && entry.stage == Stage::Backup {
                    self.come_back(entry.at);
                }
            }
            Step::Did(effect) if sign == Sign::Running && replaces(effect) => self.come_back(entry.at),
            Step::Done(StageOutput::Verified { .. }) => self.come_back(entry.at),
            Step::Done(_) if entry.direction == Direction::Undo && entry.stage <= Stage::Apply => {
                self.come_back(entry.at);
            }
            Step::Started | Step::Intends(_) | Step::Did(_) | Step::Saw(_) | Step::Done(_) | Step::Failed(_) => {}
        }
    }

    fn leave(&mut self, at: Timestamp) {
        self.since.get_or_insert(at);
    }

    fn come_back(&mut self, at: Timestamp) {
        self.held.clear();
        if let Some(since) = self.since.take() {
            let was_away = Duration::try_from(at.duration_since(since)).unwrap_or_default();
            self.total = Some(self.total.unwrap_or_default() + was_away);
        }
    }
}

/// Whether the effect ends one container and starts another in its place.
fn replaces(effect: &Effect) -> bool {
    matches!(effect, Effect::ComposeUp | Effect::ReplaceContainer { .. } | Effect::PutContainerBack { .. })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Failure;
    use crate::plan::UndoRule;

    struct Story(Vec<JournalEntry>);

    impl Story {
        fn then(mut self, second: i64, stage: Stage, direction: Direction, step: Step) -> Self {
            self.0.push(JournalEntry { at: Timestamp::from_second(second).unwrap(), stage, direction, step });
            self
        }

        fn forth(self, second: i64, stage: Stage, step: Step) -> Self {
            self.then(second, stage, Direction::Do, step)
        }

        #[track_caller]
        fn check(&self, sign: Sign, seconds: Option<u64>) {
            assert_eq!(downtime(&self.0, sign), seconds.map(Duration::from_secs));
        }
    }

    fn id(text: &str) -> (ContainerId, String) {
        (ContainerId::new(text), text.to_owned())
    }

    fn stop(text: &str) -> Effect {
        let (id, name) = id(text);
        Effect::StopContainer { id, name }
    }

    fn pause(text: &str) -> Effect {
        let (id, name) = id(text);
        Effect::PauseContainer { id, name }
    }

    fn unpause(text: &str) -> Effect {
        let (id, name) = id(text);
        Effect::UnpauseContainer { id, name }
    }

    fn verified() -> Step {
        Step::Done(StageOutput::Verified { containers: Vec::new(), waited_ms: 0, warnings: Vec::new() })
    }

    #[test]
    fn a_service_that_was_stopped_for_its_backup_is_away_until_it_is_found_good() {
        let story = Story(Vec::new())
            .forth(1, Stage::Pull, Step::Started)
            .forth(2, Stage::Backup, Step::Intends(stop("web")))
            .forth(3, Stage::Backup, Step::Intends(pause("database")))
            .forth(5, Stage::Backup, Step::Did(unpause("database")))
            .forth(6, Stage::Apply, Step::Intends(Effect::ComposeUp))
            .forth(8, Stage::Apply, Step::Did(Effect::ComposeUp));
        story.check(Sign::Health, None);
        story.check(Sign::Running, Some(6));
        story.forth(11, Stage::Verify, verified()).check(Sign::Health, Some(9));
    }

    #[test]
    fn what_goes_on_after_the_copy_is_away_twice() {
        let story = Story(Vec::new())
            .forth(0, Stage::Backup, Step::Intends(pause("web")))
            .forth(3, Stage::Backup, Step::Did(unpause("web")))
            .forth(60, Stage::Apply, Step::Intends(Effect::ComposeUp))
            .forth(64, Stage::Verify, verified());
        story.check(Sign::Health, Some(7));
    }

    #[test]
    fn what_is_put_back_counts_until_the_old_one_is_back() {
        let failed = Failure {
            stage: Stage::Verify,
            code: "verify.unhealthy".to_owned(),
            message: "unhealthy".to_owned(),
            hint: None,
            undo: UndoRule::Automatic,
        };
        let nothing = || Step::Done(StageOutput::Nothing);
        let story = Story(Vec::new())
            .forth(0, Stage::Apply, Step::Intends(Effect::ComposeUp))
            .forth(10, Stage::Verify, Step::Failed(failed))
            .then(11, Stage::Verify, Direction::Undo, nothing())
            .then(12, Stage::Apply, Direction::Undo, Step::Intends(Effect::ComposeUp));
        story.check(Sign::Health, None);
        story.then(15, Stage::Apply, Direction::Undo, nothing()).check(Sign::Health, Some(15));
    }

    #[test]
    fn who_was_never_touched_was_never_away() {
        Story(Vec::new()).forth(0, Stage::Preflight, Step::Started).check(Sign::Health, None);
    }
}
