use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::{Error, http};

/// Pause between two requests to a service.
const ASK_EVERY: Duration = Duration::from_millis(20);

/// Longest wait for an answer before it counts as none.
const ANSWER_LIMIT: Duration = Duration::from_millis(500);

/// What was seen of one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// The service's name.
    pub service: String,
    /// From the last answer before it fell silent to the first one after; zero when every request was answered.
    pub longest_gap: Duration,
    /// Requests sent.
    pub asked: u64,
    /// Requests without an answer.
    pub unanswered: u64,
    /// The versions that answered, in the order in which they were first seen, repeated when one came back.
    pub versions: Vec<String>,
}

/// Asks services for their version many times a second until it is told to stop.
#[derive(Debug)]
pub struct Watch {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<Sighting>>,
}

impl Watch {
    /// Starts to watch `services`, each a name and the loopback port where its app answers.
    pub fn start(services: &[(&str, u16)]) -> Result<Self, Error> {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = services
            .iter()
            .map(|&(service, port)| {
                let (service, stop) = (service.to_owned(), Arc::clone(&stop));
                std::thread::Builder::new()
                    .name(format!("watch-{service}"))
                    .spawn(move || watch(service, port, &stop))
                    .map_err(Error::io("start a thread for", "the watch"))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { stop, threads })
    }

    /// Stops and gives what was seen, in the order of the services given.
    pub fn stop(mut self) -> Vec<Sighting> {
        self.stop.store(true, Ordering::Relaxed);
        std::mem::take(&mut self.threads).into_iter().filter_map(|thread| thread.join().ok()).collect()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

fn watch(service: String, port: u16, stop: &AtomicBool) -> Sighting {
    let mut record = Record::new(service, Instant::now());
    while !stop.load(Ordering::Relaxed) {
        let answer = http::connect(([127, 0, 0, 1], port).into(), ANSWER_LIMIT)
            .and_then(|stream| http::get(stream, "/version"))
            .ok()
            // A server that is just ending may begin an answer and not come to its content.
            .filter(|(status, version)| *status == 200 && !version.trim().is_empty());
        record.note(answer.map(|(_, version)| version), Instant::now());
        std::thread::sleep(ASK_EVERY);
    }
    record.finish(Instant::now())
}

struct Record {
    seen: Sighting,
    last_answer: Instant,
    silent: bool,
}

impl Record {
    fn new(service: String, now: Instant) -> Self {
        let seen = Sighting { service, longest_gap: Duration::ZERO, asked: 0, unanswered: 0, versions: Vec::new() };
        Self { seen, last_answer: now, silent: false }
    }

    fn note(&mut self, answer: Option<String>, now: Instant) {
        self.seen.asked += 1;
        let Some(version) = answer else {
            self.seen.unanswered += 1;
            self.silent = true;
            return;
        };
        self.close_gap(now);
        let version = version.trim().to_owned();
        if self.seen.versions.last() != Some(&version) {
            self.seen.versions.push(version);
        }
        self.last_answer = now;
    }

    fn finish(mut self, now: Instant) -> Sighting {
        self.close_gap(now);
        self.seen
    }

    fn close_gap(&mut self, now: Instant) {
        if std::mem::take(&mut self.silent) {
            self.seen.longest_gap = self.seen.longest_gap.max(now - self.last_answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers by time in milliseconds; `-` is none.
    fn check(answers: &[(u64, &str)], end_ms: u64, gap_ms: u64, versions: &[&str]) {
        let start = Instant::now();
        let mut record = Record::new("web".to_owned(), start);
        for (at_ms, answer) in answers {
            let answer = (*answer != "-").then(|| format!("{answer}\n"));
            record.note(answer, start + Duration::from_millis(*at_ms));
        }
        let seen = record.finish(start + Duration::from_millis(end_ms));
        assert_eq!(seen.longest_gap, Duration::from_millis(gap_ms));
        assert_eq!(seen.versions, versions);
    }

    #[test]
    fn gaps_and_versions() {
        check(&[(0, "1"), (20, "1"), (400, "1")], 420, 0, &["1"]);
        check(&[(0, "1"), (20, "-"), (40, "-"), (60, "2"), (80, "-"), (90, "1")], 100, 60, &["1", "2", "1"]);
        check(&[(0, "1"), (20, "-")], 500, 500, &["1"]);
        check(&[(10, "-")], 30, 30, &[]);
    }
}
