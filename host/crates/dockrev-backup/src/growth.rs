//! How far a file is written, for whoever reads it meanwhile.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// How far a file is written. Clones tell of the same file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Growth(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    bytes: u64,
    end: Option<End>,
    /// Whether the reader found that it cannot be good.
    is_refused: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Finished,
    GivenUp,
}

impl Growth {
    /// Says that the file is written up to there.
    pub(crate) fn grown(&self, bytes: u64) {
        self.change(|state| state.bytes = bytes);
    }

    /// Says that all of it is written.
    pub(crate) fn finish(&self) {
        self.change(|state| state.end = state.end.or(Some(End::Finished)));
    }

    /// Says that it will never be whole, unless it is already.
    pub(crate) fn give_up(&self) {
        self.change(|state| state.end = state.end.or(Some(End::GivenUp)));
    }

    /// Says that what was read is not good: nothing more has to be written.
    pub(crate) fn refuse(&self) {
        self.change(|state| state.is_refused = true);
    }

    /// Whether the reader has refused it.
    pub(crate) fn is_refused(&self) -> bool {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).is_refused
    }

    /// Whether its writer has given up.
    pub(crate) fn is_given_up(&self) -> bool {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).end == Some(End::GivenUp)
    }

    /// Waits until more than `bytes` are written, and says how many. Absent once there are no more.
    pub(crate) fn beyond(&self, bytes: u64) -> io::Result<Option<u64>> {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |state: &mut State| state.bytes <= bytes && state.end.is_none();
        let state = *self.0.changed.wait_while(state, waits).unwrap_or_else(PoisonError::into_inner);
        match state.end {
            Some(End::GivenUp) => Err(io::Error::new(io::ErrorKind::BrokenPipe, "its writer gave up")),
            Some(End::Finished) if state.bytes <= bytes => Ok(None),
            Some(End::Finished) | None => Ok(Some(state.bytes)),
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::Growth;
    use std::thread;

    #[test]
    fn a_reader_waits_for_more_and_hears_of_the_end() {
        let growth = Growth::default();
        let reader = growth.clone();
        let read = thread::spawn(move || {
            let mut steps = Vec::new();
            while let Some(bytes) = reader.beyond(steps.last().copied().unwrap_or(0)).unwrap() {
                steps.push(bytes);
            }
            steps
        });
        (1..=100).for_each(|bytes| growth.grown(bytes));
        growth.finish();
        growth.give_up();
        assert_eq!(read.join().unwrap().last(), Some(&100));
    }

    #[test]
    fn a_reader_of_what_is_given_up_hears_of_that() {
        let growth = Growth::default();
        growth.grown(5);
        assert_eq!(growth.beyond(2).unwrap(), Some(5));
        growth.give_up();
        assert!(growth.beyond(2).is_err());
    }
}
