//! What registries were recognised as, in a file, so that it outlives the process. It may be removed at any time.

use dockrev_core::ids::PluginId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long it is remembered what a registry was recognised as. Nobody replaces a registry more often than that.
const RECOGNISED_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long it is remembered that no adapter recognised a registry.
const NOT_RECOGNISED_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// How long a registry that did not answer properly is left alone with probes.
const FAILED_FOR: Duration = Duration::from_secs(10 * 60);
/// How old a recognition has to be before an adapter's answer that makes no sense puts it in doubt. A registry with one
/// odd image is not asked all the time what it is.
pub(super) const DOUBTED_AFTER: Duration = Duration::from_secs(60 * 60);
/// Form of the file. Another one is not read.
const FORMAT: u32 = 1;
/// Registries in the file; those that were asked longest ago give way.
const ENTRIES_MAX: usize = 1000;
/// Largest file that is read, in bytes.
const FILE_MAX_BYTES: u64 = 1024 * 1024;

/// What a registry turned out to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "outcome")]
pub(super) enum Outcome {
    /// An adapter recognised it.
    Recognised {
        /// The adapter.
        adapter: PluginId,
        /// The path that it recognised it by.
        path: String,
    },
    /// It answered, and none did.
    NotRecognised,
    /// It did not answer, or with an error that may be over later.
    Failed {
        /// Why.
        problem: String,
    },
}

/// What is known of one registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    #[serde(flatten)]
    pub(super) outcome: Outcome,
    /// When that was found out.
    pub(super) found_at_unix_s: u64,
    /// When the registry was last asked.
    pub(super) asked_at_unix_s: u64,
    /// The probes that there were.
    pub(super) probes: Vec<String>,
}

impl Entry {
    /// What is known after `outcome`. A registry that was recognised before and does not answer now is still that.
    pub(super) fn after(known: Option<Self>, outcome: Outcome, probes: Vec<String>, now_unix_s: u64) -> Self {
        match (known, &outcome) {
            (Some(known @ Self { outcome: Outcome::Recognised { .. }, .. }), Outcome::Failed { .. }) => {
                Self { asked_at_unix_s: now_unix_s, ..known }
            }
            _ => Self { outcome, found_at_unix_s: now_unix_s, asked_at_unix_s: now_unix_s, probes },
        }
    }

    /// Whether it still holds. What is from the future does not: the clock was wrong then or is now.
    pub(super) fn is_good(&self, now_unix_s: u64) -> bool {
        let within =
            |since: u64, most: Duration| now_unix_s.checked_sub(since).is_some_and(|age| age <= most.as_secs());
        let good_for = match &self.outcome {
            Outcome::Recognised { .. } => RECOGNISED_FOR,
            Outcome::NotRecognised => NOT_RECOGNISED_FOR,
            Outcome::Failed { .. } => FAILED_FOR,
        };
        let asked_in_vain = self.asked_at_unix_s > self.found_at_unix_s && within(self.asked_at_unix_s, FAILED_FOR);
        within(self.found_at_unix_s, good_for) || asked_in_vain
    }
}

/// Everything that is known, by the registry's base URL.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Absent: it is forgotten with the process.
    path: Option<PathBuf>,
    /// Absent until the file was read.
    entries: Mutex<Option<BTreeMap<String, Entry>>>,
}

#[derive(Serialize, Deserialize)]
struct Document {
    format: u32,
    registries: BTreeMap<String, Entry>,
}

impl Memory {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path: Some(path), entries: Mutex::default() }
    }

    pub(super) async fn get(memory: &Arc<Self>, base: &str) -> Option<Entry> {
        let base = base.to_owned();
        Self::with(memory, move |memory| memory.change(|entries| (entries.get(&base).cloned(), Changed::No))).await?
    }

    pub(super) async fn put(memory: &Arc<Self>, base: &str, entry: Entry) {
        let base = base.to_owned();
        Self::with(memory, move |memory| {
            memory.change(|entries| {
                entries.insert(base, entry);
                ((), Changed::Yes)
            });
        })
        .await;
    }

    pub(super) async fn forget(memory: &Arc<Self>, base: &str) {
        let base = base.to_owned();
        Self::with(memory, move |memory| {
            memory.change(|entries| ((), if entries.remove(&base).is_some() { Changed::Yes } else { Changed::No }));
        })
        .await;
    }

    /// Reading and writing a file blocks.
    async fn with<R: Send + 'static>(memory: &Arc<Self>, work: impl FnOnce(&Self) -> R + Send + 'static) -> Option<R> {
        let memory = Arc::clone(memory);
        tokio::task::spawn_blocking(move || work(&memory)).await.ok()
    }

    fn change<R>(&self, change: impl FnOnce(&mut BTreeMap<String, Entry>) -> (R, Changed)) -> R {
        let mut slot = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = slot.get_or_insert_with(|| self.path.as_deref().map(read).unwrap_or_default());
        let (result, changed) = change(entries);
        if changed == Changed::Yes {
            drop_oldest(entries);
            if let Some(path) = &self.path
                && let Err(error) = write(path, entries)
            {
                tracing::debug!("could not write `{}`: {error}", path.display());
            }
        }
        result
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Changed {
    Yes,
    No,
}

fn drop_oldest(entries: &mut BTreeMap<String, Entry>) {
    while entries.len() > ENTRIES_MAX {
        let oldest = entries.iter().min_by_key(|(_, entry)| entry.asked_at_unix_s).map(|(base, _)| base.clone());
        if let Some(oldest) = oldest {
            entries.remove(&oldest);
        }
    }
}

/// What the file has. What cannot be read counts as nothing.
fn read(path: &Path) -> BTreeMap<String, Entry> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(FILE_MAX_BYTES).read_to_string(&mut text));
    let document = read.ok().and_then(|_| serde_json::from_str::<Document>(&text).ok());
    document.filter(|document| document.format == FORMAT).map(|document| document.registries).unwrap_or_default()
}

/// Replaces the file. Of two processes that write at the same time, one is believed: the other one's registries are asked
/// again.
fn write(path: &Path, entries: &BTreeMap<String, Entry>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let unfinished = path.with_extension(format!("{}.tmp", std::process::id()));
    let document = serde_json::to_vec(&Document { format: FORMAT, registries: entries.clone() })?;
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(&document)?;
        std::fs::rename(&unfinished, path)
    })();
    if written.is_err() {
        drop(std::fs::remove_file(&unfinished));
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recognised() -> Outcome {
        Outcome::Recognised { adapter: PluginId::new("registry-test"), path: "/api".to_owned() }
    }

    fn failed() -> Outcome {
        Outcome::Failed { problem: "it is away".to_owned() }
    }

    fn entry(outcome: Outcome, found_at_unix_s: u64) -> Entry {
        Entry { outcome, found_at_unix_s, asked_at_unix_s: found_at_unix_s, probes: vec!["a /b c".to_owned()] }
    }

    #[test]
    fn holds_as_long_as_it_was_sure() {
        const MINUTE: u64 = 60;
        const DAY: u64 = 24 * 60 * MINUTE;
        let check = |outcome: Outcome, age_s: u64, good: bool| {
            assert_eq!(entry(outcome.clone(), 1000).is_good(1000 + age_s), good, "{outcome:?} {age_s}");
        };
        check(recognised(), 0, true);
        check(recognised(), 7 * DAY, true);
        check(recognised(), 7 * DAY + 1, false);
        check(Outcome::NotRecognised, DAY, true);
        check(Outcome::NotRecognised, DAY + 1, false);
        check(failed(), 10 * MINUTE, true);
        check(failed(), 10 * MINUTE + 1, false);
        assert!(!entry(recognised(), 1000).is_good(999), "it is from the future");
    }

    #[test]
    fn a_failure_does_not_undo_a_recognition() {
        let probes = vec!["a /b c".to_owned()];
        let week = RECOGNISED_FOR.as_secs();
        let known = Entry::after(Some(entry(recognised(), 1000)), failed(), probes.clone(), 1000 + 2 * week);
        assert_eq!((&known.outcome, known.found_at_unix_s), (&recognised(), 1000));
        assert!(known.is_good(1000 + 2 * week + 600));
        assert!(!known.is_good(1000 + 2 * week + 601));
        let known = Entry::after(Some(known), Outcome::NotRecognised, probes.clone(), 5000 + 2 * week);
        assert_eq!(known, Entry { probes, ..entry(Outcome::NotRecognised, 5000 + 2 * week) });
    }

    #[tokio::test]
    async fn outlives_the_process_and_counts_as_nothing_when_broken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache/adapters.json");
        let open = || Arc::new(Memory::at(path.clone()));
        let memory = open();
        assert_eq!(Memory::get(&memory, "https://a").await, None);
        for (base, outcome) in
            [("https://a", recognised()), ("https://b", Outcome::NotRecognised), ("https://c", failed())]
        {
            Memory::put(&memory, base, entry(outcome.clone(), 7)).await;
            assert_eq!(Memory::get(&open(), base).await, Some(entry(outcome, 7)));
        }
        Memory::forget(&memory, "https://a").await;
        assert_eq!(Memory::get(&open(), "https://a").await, None);
        assert!(Memory::get(&open(), "https://b").await.is_some());
        let names: Vec<_> =
            std::fs::read_dir(path.parent().unwrap()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["adapters.json"]);
        let text = std::fs::read_to_string(&path).unwrap();
        for broken in ["", "{}", "[1]", &text[1..], &text.replace("\"format\":1", "\"format\":2")] {
            std::fs::write(&path, broken).unwrap();
            assert_eq!(Memory::get(&open(), "https://b").await, None, "{broken}");
        }
    }

    #[test]
    fn is_bounded() {
        let mut entries: BTreeMap<String, Entry> =
            (0..ENTRIES_MAX as u64 + 10).map(|number| (number.to_string(), entry(failed(), number))).collect();
        drop_oldest(&mut entries);
        assert_eq!(entries.len(), ENTRIES_MAX);
        assert!(!entries.contains_key("9") && entries.contains_key("10"));
    }
}
