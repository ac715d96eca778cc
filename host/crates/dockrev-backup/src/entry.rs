//! One entry of an archive: what it is, its metadata, and where it belongs.

use rustix::fs::Stat;
use serde::{Deserialize, Serialize};

/// Longest path of an entry, in bytes. Linux takes 4096 in one call; deeper trees are walked step by step.
pub(crate) const PATH_MAX_BYTES: usize = 64 * 1024;

/// Longest name of a single file, in bytes: what Linux's file systems take.
const NAME_MAX_BYTES: usize = 255;

/// A moment, as file systems keep it: seconds since 1970 (before it: negative) and nanoseconds onwards from there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Time {
    pub(crate) seconds: i64,
    pub(crate) nanoseconds: u32,
}

/// A run of data in a sparse file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Directory,
    /// A file without holes.
    File {
        size: u64,
    },
    /// A file with holes: only the extents are stored.
    Sparse {
        size: u64,
        extents: Vec<Extent>,
    },
    Symlink {
        to: Vec<u8>,
    },
    /// Another name of an earlier entry; `to` is relative to the same root as the entry's path.
    HardLink {
        to: Vec<u8>,
    },
    Fifo,
    CharDevice {
        major: u32,
        minor: u32,
    },
    BlockDevice {
        major: u32,
        minor: u32,
    },
}

/// Owner, mode, times and extended attributes.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Meta {
    /// The permission bits, with setuid, setgid and sticky.
    pub(crate) mode: u32,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) modified: Time,
    pub(crate) accessed: Option<Time>,
    /// Names and values, POSIX ACLs and capabilities among them.
    pub(crate) xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

/// An entry without its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) path: Vec<u8>,
    pub(crate) kind: Kind,
    pub(crate) meta: Meta,
}

impl Entry {
    /// How many bytes of data follow in the archive.
    pub(crate) fn stored_bytes(&self) -> u64 {
        match &self.kind {
            Kind::File { size } => *size,
            Kind::Sparse { extents, .. } => extents.iter().map(|extent| extent.length).sum(),
            Kind::Directory
            | Kind::Symlink { .. }
            | Kind::HardLink { .. }
            | Kind::Fifo
            | Kind::CharDevice { .. }
            | Kind::BlockDevice { .. } => 0,
        }
    }
}

impl Meta {
    #[expect(clippy::unnecessary_cast, reason = "the fields' types differ from one processor to another")]
    pub(crate) fn of(stat: &Stat, xattrs: Vec<(Vec<u8>, Vec<u8>)>) -> Self {
        Self {
            mode: stat.st_mode & 0o7777,
            uid: stat.st_uid,
            gid: stat.st_gid,
            modified: Time { seconds: stat.st_mtime as i64, nanoseconds: stat.st_mtime_nsec as u32 },
            accessed: Some(Time { seconds: stat.st_atime as i64, nanoseconds: stat.st_atime_nsec as u32 }),
            xattrs,
        }
    }
}

/// Why a path of an archive is not followed.
pub(crate) type Refusal = &'static str;

/// Splits a path of an archive into its names: `.` and doubled slashes are left out, what would lead out is refused.
pub(crate) fn names(path: &[u8]) -> Result<Vec<&[u8]>, Refusal> {
    if path.len() > PATH_MAX_BYTES {
        return Err("its name is too long");
    }
    if path.contains(&0) {
        return Err("its name has a zero byte");
    }
    if path.first() == Some(&b'/') {
        return Err("its name is absolute");
    }
    let names: Vec<&[u8]> = path.split(|byte| *byte == b'/').filter(|name| !matches!(*name, b"" | b".")).collect();
    if names.contains(&&b".."[..]) {
        return Err("its name leads out of its folder with `..`");
    }
    if names.iter().any(|name| name.len() > NAME_MAX_BYTES) {
        return Err("a part of its name is too long");
    }
    Ok(names)
}

/// The folders that are open while an archive is read: every folder's entries follow it, before anything outside.
///
/// That order is what makes a restore safe: an entry can only land in a folder that the same archive made.
#[derive(Debug, Default)]
pub(crate) struct Lineage {
    folders: Vec<Vec<u8>>,
}

impl Lineage {
    /// How many of the open folders stay open for an entry at `names`: those it lies in.
    pub(crate) fn depth_for(&self, names: &[&[u8]]) -> Result<usize, Refusal> {
        let Some((_, parents)) = names.split_last() else { return Ok(0) };
        let is_open = parents.len() <= self.folders.len() && parents.iter().zip(&self.folders).all(|(a, b)| a == b);
        if is_open { Ok(parents.len()) } else { Err("it is not in a folder that was opened right before it") }
    }

    /// Closes folders down to `depth`.
    pub(crate) fn close_to(&mut self, depth: usize) {
        self.folders.truncate(depth);
    }

    /// Opens a folder in the innermost one.
    pub(crate) fn open(&mut self, name: &[u8]) {
        self.folders.push(name.to_vec());
    }
}

/// Bytes of a name as text that is safe to show: control characters and what is not UTF-8 are escaped.
pub(crate) fn printable(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for char in chunk.valid().chars() {
            match char.is_control() || char == '\\' {
                true => text.extend(char.escape_default()),
                false => text.push(char),
            }
        }
        chunk.invalid().iter().for_each(|byte| text.push_str(&format!("\\x{byte:02x}")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_lead_out_are_refused() {
        for bad in [&b"/etc/passwd"[..], b"..", b"a/../../b", b"a/..", b"a\0b", &[b'x'; 256], &[b'/'; 70_000]] {
            assert!(names(bad).is_err(), "{}", printable(bad));
        }
        assert_eq!(names(b"./a//b/./c/").unwrap(), [b"a", b"b", b"c"]);
        assert_eq!(names(b"..a/b..").unwrap(), [&b"..a"[..], b"b.."]);
        assert!(names(b"./").unwrap().is_empty());
    }

    #[test]
    fn an_entry_lies_in_the_folders_that_are_open() {
        let mut lineage = Lineage::default();
        assert_eq!(lineage.depth_for(&[b"a"]), Ok(0));
        lineage.open(b"a");
        lineage.open(b"b");
        assert_eq!(lineage.depth_for(&[b"a", b"b", b"c"]), Ok(2));
        assert_eq!(lineage.depth_for(&[b"a", b"c"]), Ok(1));
        lineage.close_to(1);
        assert!(lineage.depth_for(&[b"a", b"b", b"c"]).is_err());
    }

    #[test]
    fn names_are_shown_without_surprises() {
        assert_eq!(printable("plain/ü.txt".as_bytes()), "plain/ü.txt");
        assert_eq!(printable(b"a\nb\\\xff\x1b[0m"), "a\\nb\\\\\\xff\\u{1b}[0m");
    }
}
