use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

use super::{Blob, digest};
use crate::Error;

/// Every file's time of change, in seconds since 1970, so that the same files give the same digest.
const MODIFIED_UNIX_S: u64 = 1_700_000_000;

/// Programs of busybox that the app and those who look into its container use.
const APPLETS: [&str; 20] = [
    "sh", "httpd", "wget", "sleep", "cat", "echo", "touch", "test", "ls", "ps", "kill", "mkdir", "rm", "cp", "mv",
    "env", "date", "id", "true", "false",
];

/// Where Debian puts the statically linked busybox.
const BUSYBOX_PATHS: [&str; 2] = ["/bin/busybox", "/usr/bin/busybox"];

/// A layer: its compressed bytes, and the digest of the bytes before compression.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub(super) blob: Blob,
    pub(super) diff_id: String,
}

impl Layer {
    /// Packs `entries` in their order.
    pub(super) fn of(entries: &[Entry<'_>]) -> Result<Self, Error> {
        let packed = pack(entries).map_err(Error::io("pack", "an image layer"))?;
        let mut gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::fast());
        std::io::Write::write_all(&mut gzip, &packed).map_err(Error::io("compress", "an image layer"))?;
        let bytes = gzip.finish().map_err(Error::io("compress", "an image layer"))?;
        Ok(Self { blob: Blob::new(bytes), diff_id: digest(&packed) })
    }
}

/// A file, folder or link of a layer.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    path: &'a str,
    mode: u32,
    content: Content<'a>,
}

#[derive(Debug)]
enum Content<'a> {
    Folder,
    File(&'a [u8]),
    Link(&'a str),
}

impl<'a> Entry<'a> {
    pub(super) fn folder(path: &'a str) -> Self {
        Self { path, mode: 0o755, content: Content::Folder }
    }

    pub(super) fn file(path: &'a str, bytes: &'a [u8], mode: u32) -> Self {
        Self { path, mode, content: Content::File(bytes) }
    }

    fn link(path: &'a str, target: &'a str) -> Self {
        Self { path, mode: 0o777, content: Content::Link(target) }
    }
}

/// The layer that every app has below its own: busybox and the usual folders. Packed once per process.
pub(super) fn base() -> Result<Layer, Error> {
    static PACKED: Mutex<Option<Layer>> = Mutex::new(None);
    let mut packed = PACKED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(layer) = packed.as_ref() {
        return Ok(layer.clone());
    }
    let path = busybox()?;
    let program = fs::read(&path).map_err(Error::io("read", &path))?;
    let links = APPLETS.map(|applet| format!("bin/{applet}"));
    let mut entries: Vec<Entry<'_>> =
        ["bin", "data", "dev", "etc", "proc", "sys", "tmp", "www"].into_iter().map(Entry::folder).collect();
    entries.push(Entry::file("bin/busybox", &program, 0o755));
    entries.extend(links.iter().map(|link| Entry::link(link, "busybox")));
    entries.push(Entry::file("etc/passwd", b"root:x:0:0:root:/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n", 0o644));
    entries.push(Entry::file("etc/group", b"root:x:0:\napp:x:1000:\n", 0o644));
    let layer = Layer::of(&entries)?;
    *packed = Some(layer.clone());
    Ok(layer)
}

/// The path of this machine's statically linked busybox.
pub fn busybox() -> Result<PathBuf, Error> {
    BUSYBOX_PATHS
        .iter()
        .map(PathBuf::from)
        .find(|path| fs::read(path).is_ok_and(|program| !is_dynamic(&program)))
        .ok_or_else(|| Error::Missing { program: "busybox (statically linked)".to_owned(), package: "busybox-static" })
}

/// Whether a program names a loader, so that it would not start in an image without libraries.
fn is_dynamic(program: &[u8]) -> bool {
    // The loader's path stands in the first kilobytes, right behind the program's headers.
    let head = &program[..program.len().min(4096)];
    [&b"ld-linux"[..], b"ld-musl"].iter().any(|loader| head.windows(loader.len()).any(|window| window == *loader))
}

fn pack(entries: &[Entry<'_>]) -> std::io::Result<Vec<u8>> {
    let mut archive = Builder::new(Vec::new());
    for entry in entries {
        let mut header = Header::new_ustar();
        header.set_mode(entry.mode);
        header.set_mtime(MODIFIED_UNIX_S);
        header.set_uid(0);
        header.set_gid(0);
        let bytes: &[u8] = match entry.content {
            Content::Folder => {
                header.set_entry_type(EntryType::Directory);
                &[]
            }
            Content::File(bytes) => {
                header.set_entry_type(EntryType::Regular);
                bytes
            }
            Content::Link(target) => {
                header.set_entry_type(EntryType::Symlink);
                header.set_link_name(target)?;
                &[]
            }
        };
        header.set_size(bytes.len() as u64);
        archive.append_data(&mut header, entry.path, bytes)?;
    }
    archive.into_inner()
}
