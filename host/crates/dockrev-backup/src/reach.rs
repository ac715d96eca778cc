//! Whether a path of the engine's machine is the same path here.

use std::fs;
use std::path::{Path, PathBuf};

/// Docker's mark in every container.
const IN_CONTAINER_MARK: &str = "/.dockerenv";
/// What Podman writes instead.
const IN_CONTAINER_MARK_OF_PODMAN: &str = "/run/.containerenv";
/// What this process sees mounted (proc(5)).
const MOUNTS: &str = "/proc/self/mountinfo";

/// How far this process sees the files of the engine's machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It runs on that machine.
    SameMachine,
    /// It runs in a container there, and sees what is mounted under its own path.
    Mounts(Vec<Mount>),
    /// The engine is on another machine.
    Elsewhere,
}

/// One line of what is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The folder within its file system.
    root: PathBuf,
    /// Where it is mounted.
    point: PathBuf,
}

impl Reach {
    /// Finds out how far this process sees. `is_local` says whether the engine listens on this machine.
    #[must_use]
    pub fn find(is_local: bool) -> Self {
        if !is_local {
            return Self::Elsewhere;
        }
        let is_contained = [IN_CONTAINER_MARK, IN_CONTAINER_MARK_OF_PODMAN].iter().any(|mark| Path::new(mark).exists());
        if !is_contained {
            return Self::SameMachine;
        }
        Self::Mounts(parse(&fs::read_to_string(MOUNTS).unwrap_or_default()))
    }

    /// Why `path` of the engine's machine cannot be used here; absent if it can.
    #[must_use]
    pub fn obstacle(&self, path: &Path) -> Option<String> {
        if path.as_os_str().is_empty() {
            return Some("its driver does not say where it keeps it".to_owned());
        }
        match self {
            Self::SameMachine => None,
            Self::Elsewhere => Some("the engine is on another machine".to_owned()),
            Self::Mounts(mounts) => {
                let nearest = mounts
                    .iter()
                    .filter(|mount| path.starts_with(&mount.point))
                    .max_by_key(|mount| mount.point.components().count());
                let is_same = nearest.is_some_and(|mount| mount.point != Path::new("/") && mount.is_as_outside());
                (!is_same)
                    .then(|| format!("`{}` is not mounted into Dockrev's container under that path", path.display()))
            }
        }
    }
}

impl Mount {
    /// A folder that is mounted under the path that it has outside: that path ends as the one in its file system does,
    /// which may be mounted anywhere outside.
    fn is_as_outside(&self) -> bool {
        let root = self.root.strip_prefix("/").unwrap_or(&self.root);
        self.point.ends_with(root)
    }
}

/// Reads `36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/root rw`. Spaces in paths are written `\040`.
fn parse(text: &str) -> Vec<Mount> {
    let mount = |line: &str| {
        let mut fields = line.split(' ').skip(3);
        Some(Mount { root: path(fields.next()?), point: path(fields.next()?) })
    };
    text.lines().filter_map(mount).collect()
}

fn path(field: &str) -> PathBuf {
    PathBuf::from(field.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_container_only_what_is_mounted_as_outside_is_within_reach() {
        let mounts = "\
            500 400 0:50 / / rw - overlay overlay rw\n\
            501 500 8:1 /var/lib/docker/volumes /var/lib/docker/volumes rw - ext4 /dev/sda1 rw\n\
            502 500 8:1 /srv/real /srv/app rw - ext4 /dev/sda1 rw\n\
            503 500 8:2 /my\\040files /mnt/disk/my\\040files rw - ext4 /dev/sdb1 rw\n\
            504 500 8:3 / /mnt/other rw - ext4 /dev/sdc1 rw\n";
        let reach = Reach::Mounts(parse(mounts));
        let check = |path: &str, expected: bool| {
            assert_eq!(reach.obstacle(Path::new(path)).is_none(), expected, "{path}");
        };
        check("/var/lib/docker/volumes/shop_db/_data", true);
        check("/mnt/disk/my files/photos", true);
        check("/mnt/other/x", true);
        check("/srv/app/data", false);
        check("/srv/elsewhere", false);
        check("/data", false);
    }

    #[test]
    fn another_machine_is_out_of_reach() {
        assert!(Reach::Elsewhere.obstacle(Path::new("/srv")).is_some());
        assert!(Reach::SameMachine.obstacle(Path::new("/srv")).is_none());
        assert!(Reach::SameMachine.obstacle(Path::new("")).is_some());
        assert_eq!(Reach::find(false), Reach::Elsewhere);
    }
}
