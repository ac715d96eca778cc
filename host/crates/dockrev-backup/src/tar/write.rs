//! Turning entries into headers.

use super::header::{GID, Header, LINK, MAJOR, MINOR, MODE, MTIME, NAME, SIZE, UID};
use super::{BLOCK_BYTES, EXTENDED_MAX_BYTES, EXTENTS_MAX, pax};
use crate::entry::{Entry, Extent, Kind, Time};

/// What ends an archive.
pub(crate) const END: [u8; 2 * BLOCK_BYTES] = [0; 2 * BLOCK_BYTES];

/// How many zeros follow data of `length` bytes.
pub(crate) fn padding(length: u64) -> usize {
    (length.next_multiple_of(BLOCK_BYTES as u64) - length) as usize
}

/// Appends everything of an entry up to its data: extended header, header, and the map of a sparse file.
pub(crate) fn member(out: &mut Vec<u8>, entry: &Entry) {
    let mut records = Vec::new();
    let map = match &entry.kind {
        Kind::Sparse { size, extents } => sparse_map(&mut records, entry, *size, extents),
        Kind::Directory
        | Kind::File { .. }
        | Kind::Symlink { .. }
        | Kind::HardLink { .. }
        | Kind::Fifo
        | Kind::CharDevice { .. }
        | Kind::BlockDevice { .. } => Vec::new(),
    };
    let header = header(&mut records, entry, map.len() as u64 + entry.stored_bytes());
    if !records.is_empty() {
        let mut extended = Header::new(b'x');
        extended.set_text(NAME, b"PaxHeaders/entry");
        extended.set_number(MODE, 0o644);
        extended.set_number(SIZE, records.len() as u64);
        out.extend_from_slice(&extended.finish());
        let pad = padding(records.len() as u64);
        out.append(&mut records);
        out.resize(out.len() + pad, 0);
    }
    out.extend_from_slice(&header);
    out.extend_from_slice(&map);
}

fn header(records: &mut Vec<u8>, entry: &Entry, stored_bytes: u64) -> [u8; BLOCK_BYTES] {
    let (kind, link) = match &entry.kind {
        Kind::Directory => (b'5', None),
        Kind::File { .. } | Kind::Sparse { .. } => (b'0', None),
        Kind::Symlink { to } => (b'2', Some(to)),
        Kind::HardLink { to } => (b'1', Some(to)),
        Kind::Fifo => (b'6', None),
        Kind::CharDevice { .. } => (b'3', None),
        Kind::BlockDevice { .. } => (b'4', None),
    };
    let mut header = Header::new(kind);
    let name = name(entry);
    if name.len() > NAME.len() {
        pax::push(records, b"path", &name);
    }
    header.set_text(NAME, &name);
    if let Some(link) = link {
        if link.len() > LINK.len() {
            pax::push(records, b"linkpath", link);
        }
        header.set_text(LINK, link);
    }
    if let Kind::CharDevice { major, minor } | Kind::BlockDevice { major, minor } = entry.kind {
        header.set_number(MAJOR, u64::from(major));
        header.set_number(MINOR, u64::from(minor));
    }
    if !header.set_number(SIZE, stored_bytes) {
        pax::push(records, b"size", stored_bytes.to_string().as_bytes());
    }
    meta(&mut header, records, entry);
    header.finish()
}

fn meta(header: &mut Header, records: &mut Vec<u8>, entry: &Entry) {
    let meta = &entry.meta;
    header.set_number(MODE, u64::from(meta.mode));
    for (key, field, id) in [(b"uid", UID, meta.uid), (b"gid", GID, meta.gid)] {
        if !header.set_number(field, u64::from(id)) {
            pax::push(records, key, id.to_string().as_bytes());
        }
    }
    let Time { seconds, nanoseconds } = meta.modified;
    let fits = header.set_number(MTIME, u64::try_from(seconds).unwrap_or(u64::MAX));
    if !fits || nanoseconds != 0 {
        pax::push(records, b"mtime", pax::time(meta.modified).as_bytes());
    }
    if let Some(accessed) = meta.accessed {
        pax::push(records, b"atime", pax::time(accessed).as_bytes());
    }
    for (name, value) in &meta.xattrs {
        pax::push(records, &[pax::XATTR, name].concat(), value);
    }
}

/// The name as it is written: folders end with a slash; sparse files hide theirs in a record, so that a program that
/// does not know them does not mistake the map for data.
fn name(entry: &Entry) -> Vec<u8> {
    match entry.kind {
        Kind::Directory => [&entry.path, &b"/"[..]].concat(),
        Kind::Sparse { .. } => {
            let split = entry.path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
            let (folder, file) = entry.path.split_at(split);
            [folder, b"GNUSparseFile.0/", file].concat()
        }
        Kind::File { .. }
        | Kind::Symlink { .. }
        | Kind::HardLink { .. }
        | Kind::Fifo
        | Kind::CharDevice { .. }
        | Kind::BlockDevice { .. } => entry.path.clone(),
    }
}

fn sparse_map(records: &mut Vec<u8>, entry: &Entry, size: u64, extents: &[Extent]) -> Vec<u8> {
    debug_assert!(extents.len() <= EXTENTS_MAX);
    pax::push(records, b"GNU.sparse.major", b"1");
    pax::push(records, b"GNU.sparse.minor", b"0");
    pax::push(records, b"GNU.sparse.name", &entry.path);
    pax::push(records, b"GNU.sparse.realsize", size.to_string().as_bytes());
    // GNU tar takes a file's end from the last run: one of no bytes stands for a hole at the end.
    let ends_in_hole = extents.last().is_none_or(|last| last.offset + last.length < size);
    let end = ends_in_hole.then_some(Extent { offset: size, length: 0 });
    let mut map = format!("{}\n", extents.len() + usize::from(ends_in_hole)).into_bytes();
    for Extent { offset, length } in extents.iter().chain(&end) {
        map.extend_from_slice(format!("{offset}\n{length}\n").as_bytes());
    }
    map.resize(map.len() + padding(map.len() as u64), 0);
    map
}

/// Whether an entry's attributes fit into an extended header.
pub(crate) fn fits(entry: &Entry) -> bool {
    let xattrs: usize = entry.meta.xattrs.iter().map(|(name, value)| name.len() + value.len() + 32).sum();
    ((xattrs + 2 * entry.path.len() + 1024) as u64) < EXTENDED_MAX_BYTES
}
