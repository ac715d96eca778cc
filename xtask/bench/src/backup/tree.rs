//! A tree such as services keep, the same in every run.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

const MIB: u64 = 1024 * 1024;
/// Bytes of a page of a database.
const PAGE_BYTES: usize = 8192;
/// How the tree is made up, in hundredths of its size.
const LOGS: u64 = 40;
const PICTURES: u64 = 25;
const DATABASES: u64 = 22;
const RECORDS: u64 = 13;
/// Mean size of a small file, in bytes.
const RECORD_BYTES: u64 = 4500;
const WORDS: [&str; 24] = [
    "INFO",
    "WARN",
    "request",
    "served",
    "GET",
    "/api/v1/items",
    "200",
    "404",
    "in",
    "ms",
    "user",
    "session",
    "cache",
    "miss",
    "hit",
    "connection",
    "closed",
    "opened",
    "from",
    "10.0.3.17",
    "worker",
    "queue",
    "length",
    "took",
];

/// What was written.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) root: PathBuf,
    pub(super) files: u64,
    pub(super) bytes: u64,
}

/// Writes logs, pictures, databases and many small files below `root`, of `size_mib` together.
pub(super) fn grow(root: &Path, size_mib: u64) -> Result<Tree, Failure> {
    let mut tree = Tree { root: root.to_owned(), files: 0, bytes: 0 };
    let mut random = fastrand::Rng::with_seed(7);
    let share = |hundredths: u64| size_mib * MIB * hundredths / 100;
    tree.fill("logs", share(LOGS), &mut random, |random| random.u64(MIB..16 * MIB), log)?;
    tree.fill("pictures", share(PICTURES), &mut random, |random| random.u64(MIB / 5..4 * MIB), picture)?;
    tree.fill("databases", share(DATABASES), &mut random, |_| 48 * MIB, database)?;
    tree.fill("records", share(RECORDS), &mut random, |random| random.u64(500..2 * RECORD_BYTES), record)?;
    Ok(tree)
}

impl Tree {
    fn fill(
        &mut self,
        kind: &str,
        bytes: u64,
        random: &mut fastrand::Rng,
        size: impl Fn(&mut fastrand::Rng) -> u64,
        write: impl Fn(&mut dyn Write, u64, &mut fastrand::Rng) -> std::io::Result<()>,
    ) -> Result<(), Failure> {
        let mut left = bytes;
        let mut number = 0_u32;
        while left > 0 {
            let size = size(random).min(left);
            let folder = self.root.join(kind).join(format!("{:03}", number / 200));
            let path = folder.join(format!("{number:05}"));
            let written = fs::create_dir_all(&folder).and_then(|()| File::create(&path)).and_then(|file| {
                let mut out = BufWriter::with_capacity(256 * 1024, file);
                write(&mut out, size, random)?;
                out.flush()
            });
            written.map_err(Failure::of(format!("could not write `{}`", path.display())))?;
            left -= size;
            self.files += 1;
            self.bytes += size;
            number += 1;
        }
        Ok(())
    }
}

/// Lines that are alike and never the same.
fn log(out: &mut dyn Write, size: u64, random: &mut fastrand::Rng) -> std::io::Result<()> {
    let mut left = usize::try_from(size).unwrap_or(usize::MAX);
    let mut time_ms = 1_700_000_000_000_u64;
    while left > 0 {
        time_ms += random.u64(1..500);
        let mut line = format!("{time_ms} {:08x}", random.u32(..));
        for _ in 0..random.usize(6..14) {
            line.push(' ');
            line.push_str(WORDS[random.usize(..WORDS.len())]);
        }
        line.push('\n');
        let length = line.len().min(left);
        out.write_all(&line.as_bytes()[..length])?;
        left -= length;
    }
    Ok(())
}

/// What is compressed already.
fn picture(out: &mut dyn Write, size: u64, random: &mut fastrand::Rng) -> std::io::Result<()> {
    let mut left = usize::try_from(size).unwrap_or(usize::MAX);
    let mut bytes = vec![0; 64 * 1024];
    while left > 0 {
        random.fill(&mut bytes);
        let length = bytes.len().min(left);
        out.write_all(&bytes[..length])?;
        left -= length;
    }
    Ok(())
}

/// Pages with rows in one half and nothing in the other.
fn database(out: &mut dyn Write, size: u64, random: &mut fastrand::Rng) -> std::io::Result<()> {
    let mut left = usize::try_from(size).unwrap_or(usize::MAX);
    let mut row = 0_u64;
    while left > 0 {
        let mut page = vec![0; PAGE_BYTES];
        let mut at = PAGE_BYTES;
        while at > PAGE_BYTES / 2 {
            row += 1;
            let word = WORDS[random.usize(..WORDS.len())];
            let text = [&row.to_be_bytes()[..], &random.u64(..).to_be_bytes(), word.as_bytes()].concat();
            at -= text.len();
            page[at..at + text.len()].copy_from_slice(&text);
        }
        let length = page.len().min(left);
        out.write_all(&page[..length])?;
        left -= length;
    }
    Ok(())
}

/// A small file of JSON.
fn record(out: &mut dyn Write, size: u64, random: &mut fastrand::Rng) -> std::io::Result<()> {
    let mut text = String::from("{\n");
    while (text.len() as u64) < size {
        let (name, value) = (WORDS[random.usize(..WORDS.len())], random.u32(..));
        text.push_str(&format!("  \"{name}-{}\": \"{value:x}\",\n", random.u8(..)));
    }
    text.truncate(usize::try_from(size).unwrap_or(usize::MAX));
    out.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_has_its_size_and_is_the_same_every_time() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let trees = [0, 1].map(|index| grow(&folders[index].path().join("t"), 16).unwrap());
        assert_eq!((trees[0].files, trees[0].bytes), (trees[1].files, trees[1].bytes));
        assert!(trees[0].bytes.abs_diff(16 * MIB) < 16);
        let read = |tree: &Tree| fs::read(tree.root.join("logs/000/00000")).unwrap();
        assert!(read(&trees[0]) == read(&trees[1]));
    }
}
