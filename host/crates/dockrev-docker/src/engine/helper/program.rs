//! The files that this program is: itself, and what it is linked to.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What is mapped into this process (proc(5)).
const MAPS: &str = "/proc/self/maps";
/// This program's own file, also once another one took its place.
const PROGRAM: &str = "/proc/self/exe";
/// What the kernel adds to the name of a file that is no longer there.
const DELETED: &str = " (deleted)";
/// Where things are in the image of a helper.
const PROGRAM_THERE: &str = "/dockrev";
const LIBRARIES_THERE: &str = "/lib";

/// This program, ready to be taken elsewhere.
#[derive(Debug)]
pub(super) struct Program {
    /// Each file, and its path in the image.
    pub(super) files: Vec<(PathBuf, String)>,
    /// How it is started there.
    pub(super) entrypoint: Vec<String>,
    /// Another one for every other build.
    pub(super) mark: String,
}

impl Program {
    /// Finds out what this process was started from.
    pub(super) fn of_this_process() -> io::Result<Self> {
        let libraries = libraries(&fs::read_to_string(MAPS)?)?;
        let mut files = vec![(PathBuf::from(PROGRAM), PROGRAM_THERE.to_owned())];
        let mut entrypoint = vec![PROGRAM_THERE.to_owned()];
        for library in libraries {
            let name = library.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let there = format!("{LIBRARIES_THERE}/{name}");
            if is_loader(&name) {
                // The program asks for it under a path that may be a link here.
                let as_loader = [&*there, "--library-path", LIBRARIES_THERE, PROGRAM_THERE];
                entrypoint = as_loader.map(str::to_owned).to_vec();
            }
            files.push((library, there));
        }
        let mark = mark(&files)?;
        Ok(Self { files, entrypoint, mark })
    }
}

/// The libraries among what is mapped, each once.
fn libraries(maps: &str) -> io::Result<Vec<PathBuf>> {
    /// Fields before the path.
    const FIELDS: usize = 5;
    let mut found = Vec::new();
    for line in maps.lines() {
        let rights = line.split_ascii_whitespace().nth(1).unwrap_or_default();
        let path = line.splitn(FIELDS + 1, ' ').nth(FIELDS).unwrap_or_default().trim_start();
        let name = path.rsplit('/').next().unwrap_or_default();
        if !path.starts_with('/') || !rights.contains('x') || !name.contains(".so") {
            continue;
        }
        if let Some(gone) = path.strip_suffix(DELETED) {
            return Err(io::Error::other(format!("`{gone}` was replaced since this Dockrev started: start it anew")));
        }
        let path = PathBuf::from(path);
        if !found.contains(&path) {
            found.push(path);
        }
    }
    Ok(found)
}

fn is_loader(name: &str) -> bool {
    name.starts_with("ld-linux") || name.starts_with("ld-musl") || name.starts_with("ld64") || name.starts_with("ld-2")
}

/// Digits that stand for the files as they are, without reading them.
fn mark(files: &[(PathBuf, String)]) -> io::Result<String> {
    use sha2::{Digest, Sha256};
    use std::fmt::Write as _;
    const BYTES: usize = 8;
    let mut sum = Sha256::new();
    for (path, there) in files {
        let meta = fs::metadata(path).map_err(|error| named(path, &error))?;
        sum.update(format!("{there}\n{}\n{}.{}\n", meta.len(), meta.mtime(), meta.mtime_nsec()));
    }
    Ok(sum.finalize().iter().take(BYTES).fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

pub(super) fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_what_is_mapped_to_be_run() {
        let maps = "\
            55d0c0a00000-55d0c0b00000 r-xp 00001000 fe:00 123                        /usr/bin/dockrev\n\
            7f1200000000-7f1200100000 r--p 00000000 fe:00 124                        /usr/lib/libc.so.6\n\
            7f1200100000-7f1200200000 r-xp 00026000 fe:00 124                        /usr/lib/libc.so.6\n\
            7f1200200000-7f1200300000 r-xp 00026000 fe:00 125                        /my libs/libm.so.6\n\
            7f1200300000-7f1200310000 r-xp 00000000 fe:00 126                        /usr/lib/ld-linux-x86-64.so.2\n\
            7f1200300000-7f1200310000 r-xp 00000000 fe:00 126                        /usr/lib/ld-linux-x86-64.so.2\n\
            7f1200400000-7f1200410000 r-xp 00000000 00:00 0\n\
            7f1200500000-7f1200510000 r-xp 00000000 fe:00 9                          /var/cache/policy.cwasm\n\
            7ffd00000000-7ffd00001000 r-xp 00000000 00:00 0                          [vdso]\n";
        let expected = ["/usr/lib/libc.so.6", "/my libs/libm.so.6", "/usr/lib/ld-linux-x86-64.so.2"];
        assert_eq!(libraries(maps).unwrap(), expected.map(PathBuf::from));
        let replaced = "7f12-7f13 r-xp 00026000 fe:00 124   /usr/lib/libc.so.6 (deleted)\n";
        assert!(libraries(replaced).unwrap_err().to_string().contains("`/usr/lib/libc.so.6` was replaced"));
    }

    #[test]
    fn this_test_runs_from_its_own_files() {
        let program = Program::of_this_process().unwrap();
        assert!(program.files.iter().any(|(_, there)| there == PROGRAM_THERE));
        assert!(program.entrypoint.last().is_some_and(|last| last == PROGRAM_THERE), "{:?}", program.entrypoint);
        assert_eq!(program.mark, Program::of_this_process().unwrap().mark);
        let output = std::process::Command::new(&program.files[0].0).arg("--list").output();
        assert!(output.is_ok());
    }
}
