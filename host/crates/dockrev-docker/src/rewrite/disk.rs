//! The user's files on the disk: which can be written, and how they are replaced.

use dockrev_core::plan::Obstacle;
use rustix::fs::{Access, Gid, Uid};
use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// Bits of a mode that let somebody write.
const WRITABLE: u32 = 0o222;
/// The bits of a mode that are permissions.
const PERMISSIONS: u32 = 0o7777;
/// Mode of a file that nobody but its owner has seen yet.
const PRIVATE: u32 = 0o600;

/// Why the file cannot be replaced, if something is in the way.
pub(super) fn obstacle(path: &Path) -> Option<Obstacle> {
    let refused = |error: &dyn std::fmt::Display| Some(Obstacle::NotWritable { reason: error.to_string() });
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => return refused(&error),
    };
    if metadata.is_symlink() {
        return Some(Obstacle::SymbolicLink);
    }
    if !metadata.is_file() {
        return Some(Obstacle::NotRegular);
    }
    if metadata.nlink() > 1 {
        return Some(Obstacle::HardLinks);
    }
    // The superuser may write what says that nobody shall.
    if metadata.mode() & WRITABLE == 0 {
        return refused(&"it is read-only");
    }
    let folder = path.parent().unwrap_or(path);
    [path, folder].into_iter().find_map(|path| {
        rustix::fs::access(path, Access::WRITE_OK)
            .err()
            .and_then(|error| refused(&format!("`{}`: {}", path.display(), io::Error::from(error))))
    })
}

/// Replaces the content of `path`, which is `old`, by `new`: either one or the other is there whatever happens.
pub(super) fn replace(path: &Path, old: &str, new: &str) -> io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    let temporary = temporary(path);
    remove_leftover(path)?;
    let written = write(&temporary, &metadata, new).and_then(|()| {
        // Somebody may have saved it while this was written.
        if fs::read(path)? == old.as_bytes() {
            return fs::rename(&temporary, path);
        }
        Err(io::Error::other("it was changed at the same moment"))
    });
    if written.is_err() {
        // What failed is said; that this fails too says nothing more.
        let _ = fs::remove_file(&temporary);
    }
    written?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Takes away what an interrupted [`replace`] left behind.
pub(super) fn remove_leftover(path: &Path) -> io::Result<()> {
    match fs::remove_file(temporary(path)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn write(temporary: &Path, like: &Metadata, content: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(temporary)?;
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (like.uid(), like.gid()) {
        let (owner, group) = (Uid::from_raw(like.uid()), Gid::from_raw(like.gid()));
        rustix::fs::fchown(&file, Some(owner), Some(group))?;
    }
    file.set_permissions(fs::Permissions::from_mode(like.mode() & PERMISSIONS))?;
    file.write_all(content.as_bytes())?;
    file.sync_all()
}

/// Where the new content is until it takes the file's place: the same every time, so that nothing is left over.
fn temporary(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".dockrev-new");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_owner_and_mode_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("compose.yaml");
        fs::write(&path, "a").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let is_root = fs::metadata(&path).unwrap().uid() == 0;
        if is_root {
            std::os::unix::fs::chown(&path, Some(1234), Some(4321)).unwrap();
        }
        let before = fs::metadata(&path).unwrap();
        // As after a power cut.
        fs::write(temporary(&path), "half").unwrap();
        replace(&path, "a", "b").unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "b");
        assert_eq!((after.mode(), after.uid(), after.gid()), (before.mode(), before.uid(), before.gid()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn does_not_overwrite_what_somebody_saved_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("compose.yaml");
        fs::write(&path, "theirs").unwrap();
        assert!(replace(&path, "a", "b").is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn leaves_alone_what_is_no_plain_writable_file() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("good"), "a").unwrap();
        assert_eq!(obstacle(&at("good")), None);
        std::os::unix::fs::symlink(at("good"), at("link")).unwrap();
        assert_eq!(obstacle(&at("link")), Some(Obstacle::SymbolicLink));
        assert_eq!(obstacle(folder.path()), Some(Obstacle::NotRegular));
        fs::write(at("two"), "a").unwrap();
        fs::hard_link(at("two"), at("names")).unwrap();
        assert_eq!(obstacle(&at("two")), Some(Obstacle::HardLinks));
        fs::write(at("closed"), "a").unwrap();
        fs::set_permissions(at("closed"), fs::Permissions::from_mode(0o444)).unwrap();
        assert!(matches!(obstacle(&at("closed")), Some(Obstacle::NotWritable { .. })));
        assert!(matches!(obstacle(&at("gone")), Some(Obstacle::NotWritable { .. })));
    }
}
