//! Answers of registries in files, so that they outlive the process.
//!
//! One file is one answer: a line of JSON, then the body. What is not exactly that is removed and counts as absent.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Form of the files. Others are removed when they are met.
const FORMAT: u32 = 2;
/// Largest first line, in bytes.
const HEAD_MAX_BYTES: u64 = 16 * 1024;
/// How much of a full cache is kept, in quarters.
const KEPT_QUARTERS: u64 = 3;
/// Age at which a file that was never finished is removed: whoever wrote it is gone.
const UNFINISHED_MAX_AGE: Duration = Duration::from_secs(60 * 60);
/// End of the names of unfinished files.
const UNFINISHED: &str = "tmp";

/// Where answers are kept, and how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseCacheConfig {
    /// The folder. It may be removed at any time, and several processes may use it.
    pub folder: PathBuf,
    /// Size of all files together, in bytes. Those that were used last are kept.
    pub max_bytes: u64,
    /// Number of files.
    pub max_files: u64,
    /// Largest body that is kept, in bytes.
    pub body_max_bytes: usize,
    /// How long an answer about a tag or a list of tags may stand in for asking again, where that will do. None does if this
    /// is zero. What is under a digest may for ever.
    pub ttl: Duration,
}

impl ResponseCacheConfig {
    /// Room for the manifests and tag lists of some thousand images below `folder`.
    #[must_use]
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            max_bytes: 64 * 1024 * 1024,
            max_files: 8192,
            // A manifest has some kilobytes, a page of a tag list some ten.
            body_max_bytes: 1024 * 1024,
            ttl: Duration::ZERO,
        }
    }
}

/// Under which name an answer is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    /// One for everything that an answer depends on.
    pub(crate) fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(hex(&hash.finalize()))
    }
}

/// An answer with status 200.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeptAnswer {
    /// When the registry said so last, in Unix seconds.
    pub(crate) said_at_unix_s: u64,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

#[derive(Debug)]
pub(crate) struct ResponseCache {
    config: ResponseCacheConfig,
    /// As far as this process knows. Absent until it has looked.
    usage: Mutex<Option<Usage>>,
    written: AtomicU64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Usage {
    bytes: u64,
    files: u64,
}

#[derive(Deserialize, Serialize)]
struct Head {
    format: u32,
    key: String,
    said_at_unix_s: u64,
    headers: Vec<(String, String)>,
    body_sha256: String,
}

impl ResponseCache {
    pub(crate) fn new(config: ResponseCacheConfig) -> Self {
        Self { config, usage: Mutex::default(), written: AtomicU64::new(0) }
    }

    pub(crate) fn body_max_bytes(&self) -> usize {
        self.config.body_max_bytes
    }

    /// Whether an answer may stand in for asking at all.
    pub(crate) fn has_ttl(&self) -> bool {
        !self.config.ttl.is_zero()
    }

    /// Whether `answer` is young enough to stand in for asking at `now`. One from the future is not.
    pub(crate) fn is_young(&self, answer: &KeptAnswer, now_unix_s: u64) -> bool {
        now_unix_s.checked_sub(answer.said_at_unix_s).is_some_and(|age_s| age_s < self.config.ttl.as_secs())
    }

    /// The answer under `key`. Blocks.
    pub(crate) fn read(&self, key: &Key) -> Option<KeptAnswer> {
        let path = self.config.folder.join(&key.0);
        let file = std::fs::File::open(&path).ok()?;
        // For whoever looks for the files that were used last.
        drop(file.set_modified(SystemTime::now()));
        let most = HEAD_MAX_BYTES + self.config.body_max_bytes as u64;
        let mut bytes = Vec::new();
        let read = file.take(most + 1).read_to_end(&mut bytes);
        let answer = read.ok().filter(|_| bytes.len() as u64 <= most).and_then(|_| parse(key, bytes));
        if answer.is_none() {
            tracing::debug!("`{}` is no kept answer: it is removed", path.display());
            drop(std::fs::remove_file(&path));
        }
        answer
    }

    /// Keeps `answer` under `key`, if that is possible: nothing depends on it. Blocks.
    pub(crate) fn write(&self, key: &Key, answer: &KeptAnswer) {
        let Some(head) = head(key, answer) else {
            return;
        };
        if let Err(error) = self.write_file(key, &head, &answer.body) {
            tracing::debug!("could not keep an answer below `{}`: {error}", self.config.folder.display());
            return;
        }
        let mut usage = self.usage.lock().unwrap_or_else(PoisonError::into_inner);
        let known = match *usage {
            Some(Usage { bytes, files }) => {
                Usage { bytes: bytes + (head.len() + answer.body.len()) as u64, files: files + 1 }
            }
            None => self.prune(u64::MAX, u64::MAX),
        };
        let full = known.bytes > self.config.max_bytes || known.files > self.config.max_files;
        *usage = Some(if full { self.prune(self.config.max_bytes, self.config.max_files) } else { known });
    }

    fn write_file(&self, key: &Key, head: &[u8], body: &[u8]) -> io::Result<()> {
        let folder = &self.config.folder;
        // What a registry lets only some people see is in here.
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let number = self.written.fetch_add(1, Ordering::Relaxed);
        let unfinished = folder.join(format!("{}.{}.{number}.{UNFINISHED}", key.0, std::process::id()));
        let written = (|| {
            let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
            file.write_all(head)?;
            file.write_all(body)?;
            std::fs::rename(&unfinished, folder.join(&key.0))
        })();
        if written.is_err() {
            drop(std::fs::remove_file(&unfinished));
        }
        written
    }

    /// Counts what there is. If that is more than the limits, removes what was not used for longest.
    fn prune(&self, max_bytes: u64, max_files: u64) -> Usage {
        let mut found = self.list();
        found.sort_by_key(|(modified, _, _)| *modified);
        let mut usage = Usage { bytes: found.iter().map(|(_, size, _)| size).sum(), files: found.len() as u64 };
        if usage.bytes <= max_bytes && usage.files <= max_files {
            return usage;
        }
        for (_, size_bytes, path) in found {
            if usage.bytes <= max_bytes / 4 * KEPT_QUARTERS && usage.files <= max_files / 4 * KEPT_QUARTERS {
                break;
            }
            drop(std::fs::remove_file(path));
            usage = Usage { bytes: usage.bytes - size_bytes, files: usage.files - 1 };
        }
        usage
    }

    fn list(&self) -> Vec<(SystemTime, u64, PathBuf)> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.config.folder).into_iter().flatten().flatten() {
            let (path, Ok(metadata)) = (entry.path(), entry.metadata()) else {
                continue;
            };
            let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            if is_forgotten(&path, modified) {
                drop(std::fs::remove_file(&path));
            } else if metadata.is_file() {
                found.push((modified, metadata.len(), path));
            }
        }
        found
    }
}

fn is_forgotten(path: &Path, modified: SystemTime) -> bool {
    path.extension() == Some(OsStr::new(UNFINISHED)) && modified.elapsed().is_ok_and(|age| age > UNFINISHED_MAX_AGE)
}

/// The first line. Absent if it would be too long or not text.
fn head(key: &Key, answer: &KeptAnswer) -> Option<Vec<u8>> {
    let text = |(name, value): (&HeaderName, &HeaderValue)| Some((name.to_string(), value.to_str().ok()?.to_owned()));
    let headers: Option<Vec<_>> = answer.headers.iter().map(text).collect();
    let body_sha256 = hex(&Sha256::digest(&answer.body));
    let said_at_unix_s = answer.said_at_unix_s;
    let head = Head { format: FORMAT, key: key.0.clone(), said_at_unix_s, headers: headers?, body_sha256 };
    let mut line = serde_json::to_vec(&head).ok()?;
    line.push(b'\n');
    (line.len() as u64 <= HEAD_MAX_BYTES).then_some(line)
}

fn parse(key: &Key, bytes: Vec<u8>) -> Option<KeptAnswer> {
    let bytes = Bytes::from(bytes);
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let head: Head = serde_json::from_slice(&bytes[..end]).ok()?;
    let body = bytes.slice(end + 1..);
    if head.format != FORMAT || head.key != key.0 || head.body_sha256 != hex(&Sha256::digest(&body)) {
        return None;
    }
    let field = |(name, value): (String, String)| Some((name.parse::<HeaderName>().ok()?, value.parse().ok()?));
    let headers: Option<HeaderMap> = head.headers.into_iter().map(field).collect();
    Some(KeptAnswer { said_at_unix_s: head.said_at_unix_s, headers: headers?, body })
}

/// In lower-case hexadecimal digits, as digests are written.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> KeptAnswer {
        let headers = HeaderMap::from_iter([(http::header::ETAG, "\"a\"".parse().unwrap())]);
        KeptAnswer { said_at_unix_s: 1, headers, body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    fn key(name: &str) -> Key {
        Key::of(&[name.as_bytes()])
    }

    #[test]
    fn keys_tell_their_parts_apart() {
        assert_ne!(Key::of(&[b"ab", b"c"]), Key::of(&[b"a", b"bc"]));
        assert_ne!(Key::of(&[b"a"]), Key::of(&[b"a", b""]));
        assert_eq!(Key::of(&[b"a", b"b"]), Key::of(&[b"a", b"b"]));
    }

    #[test]
    fn gives_back_what_it_was_given() {
        let folder = tempfile::tempdir().unwrap();
        let config = ResponseCacheConfig::at(folder.path().join("cache/http"));
        let cache = ResponseCache::new(config.clone());
        assert_eq!(cache.read(&key("a")), None);
        for body in ["", "{}\n{}\n", "new"] {
            cache.write(&key("a"), &answer(body));
            assert_eq!(ResponseCache::new(config.clone()).read(&key("a")), Some(answer(body)));
        }
        assert_eq!(cache.read(&key("b")), None);
        let names: Vec<_> =
            std::fs::read_dir(&config.folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, [key("a").0.as_str()]);
    }

    #[test]
    fn what_is_broken_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let cache = ResponseCache::new(ResponseCacheConfig::at(folder.path()));
        let path = folder.path().join(&key("a").0);
        cache.write(&key("a"), &answer("body"));
        let whole = std::fs::read(&path).unwrap();
        let mut broken: Vec<Vec<u8>> = (0..whole.len()).map(|length| whole[..length].to_vec()).collect();
        broken.extend((0..whole.len()).map(|index| {
            let mut changed = whole.clone();
            changed[index] ^= 1;
            changed
        }));
        broken.push([whole.clone(), vec![0]].concat());
        broken.push(vec![b'x'; cache.body_max_bytes() + 100_000]);
        for bytes in broken {
            std::fs::write(&path, &bytes).unwrap();
            // A header field that reads otherwise is the one thing that is not noticed.
            match cache.read(&key("a")) {
                None => assert!(!path.exists()),
                Some(read) => assert_eq!(read.body, "body"),
            }
        }
        // Another one's file under this name.
        cache.write(&key("b"), &answer("body"));
        std::fs::rename(folder.path().join(&key("b").0), &path).unwrap();
        assert_eq!(cache.read(&key("a")), None);
    }

    #[test]
    fn is_bounded_and_keeps_what_was_used_last() {
        let folder = tempfile::tempdir().unwrap();
        let limits = |max_bytes, max_files| {
            let at = ResponseCacheConfig::at(folder.path());
            ResponseCache::new(ResponseCacheConfig { max_bytes, max_files, ..at })
        };
        let count = || std::fs::read_dir(folder.path()).unwrap().count();
        let cache = limits(u64::MAX, 8);
        let long_ago = SystemTime::now() - Duration::from_secs(3600 * 24);
        let unfinished = folder.path().join("x.1.1.tmp");
        std::fs::write(&unfinished, "half").unwrap();
        std::fs::File::open(&unfinished).unwrap().set_modified(long_ago).unwrap();
        for number in 0..100_u32 {
            cache.write(&key(&number.to_string()), &answer("body"));
            let file = std::fs::File::open(folder.path().join(&key(&number.to_string()).0)).unwrap();
            file.set_modified(long_ago + Duration::from_secs(number.into())).unwrap();
            assert!(cache.read(&key("0")).is_some(), "{number}");
            assert!(count() <= 8);
        }
        assert!(!unfinished.exists());
        // Another process with less room.
        limits(1000, 8).write(&key("large"), &answer(&"x".repeat(500)));
        assert!(count() <= 4);
    }
}
