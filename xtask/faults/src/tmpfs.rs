//! Disks that can be filled.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use crate::Failure;

/// What fills a disk.
const BALLAST: &str = "ballast";

/// A disk in memory, at a folder of its own; gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Tmpfs {
    folder: PathBuf,
}

impl Tmpfs {
    /// Makes `folder` a disk of so many mebibytes.
    pub(crate) fn at(folder: &Path, mebibytes: u32) -> Result<Self, Failure> {
        fs::create_dir_all(folder).map_err(Failure::of(format!("could not make `{}`", folder.display())))?;
        let options = std::ffi::CString::new(format!("size={mebibytes}m")).map_err(Failure::of("mount options"))?;
        mount("tmpfs", folder, "tmpfs", MountFlags::empty(), options.as_c_str())
            .map_err(Failure::of(format!("could not mount `{}`", folder.display())))?;
        Ok(Self { folder: folder.to_owned() })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Leaves no byte free.
    pub(crate) fn fill(folder: &Path) {
        let Ok(mut ballast) = fs::File::options().create(true).append(true).open(folder.join(BALLAST)) else { return };
        // By ever smaller pieces, until none fits.
        for piece in [1 << 20, 4096, 1] {
            let piece = vec![0_u8; piece];
            while ballast.write_all(&piece).is_ok() {}
        }
    }

    /// Gives the space back.
    pub(crate) fn empty(folder: &Path) {
        let _ = fs::remove_file(folder.join(BALLAST));
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        let _ = unmount(&self.folder, UnmountFlags::DETACH);
        let _ = fs::remove_dir(&self.folder);
    }
}
