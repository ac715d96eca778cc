//! Which container this process runs in, if it runs in one.

use std::fs;

/// What this process sees mounted (proc(5)).
const MOUNTS: &str = "/proc/self/mountinfo";
/// The engine makes this file for each container and mounts it from the container's own folder.
const HOST_NAME: &str = "/etc/hostname";
/// Digits of a container's id.
const ID_DIGITS: usize = 64;

/// The id of the container that this process runs in. An id of one engine is none of another's.
pub(crate) fn container() -> Option<String> {
    find(&fs::read_to_string(MOUNTS).ok()?)
}

fn find(mounts: &str) -> Option<String> {
    mounts.lines().find_map(|line| {
        let mut fields = line.split(' ').skip(3);
        let (root, point) = (fields.next()?, fields.next()?);
        let folder = root.strip_suffix("/hostname").filter(|_| point == HOST_NAME)?;
        let id = folder.rsplit('/').next()?;
        let is_id = id.len() == ID_DIGITS && id.bytes().all(|b| b.is_ascii_hexdigit());
        is_id.then(|| id.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_container_by_the_file_that_the_engine_made_for_it() {
        let id = "0c5f".repeat(16);
        let check = |line: &str, expected: Option<&str>| assert_eq!(find(line).as_deref(), expected, "{line}");
        let inside = format!(
            "591 580 254:1 /var/lib/docker/containers/{id}/hostname /etc/hostname rw,relatime - ext4 /dev/vda rw"
        );
        check(&format!("22 1 0:21 / / rw - overlay overlay rw\n{inside}\n"), Some(&id));
        // What the engine's machine itself sees.
        check(&format!("90 29 0:50 / /var/lib/docker/containers/{id}/mounts/shm rw - tmpfs shm rw"), None);
        check("31 22 254:1 /etc/hostname /etc/hostname rw - ext4 /dev/vda rw", None);
        check("591 580 254:1 /x/containers/short/hostname /etc/hostname rw - ext4 /dev/vda rw", None);
        check("", None);
    }
}
