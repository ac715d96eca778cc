use super::*;
use crate::entry::{Entry, Extent, Kind, Meta, Time};

fn entry(path: &[u8], kind: Kind) -> Entry {
    let modified = Time { seconds: 1_700_000_000, nanoseconds: 123_456_789 };
    let meta = Meta { mode: 0o4755, uid: 1000, gid: 2_000_000, modified, ..Meta::default() };
    Entry { path: path.to_vec(), kind, meta }
}

/// The entries of an archive of `entries`, whose data is all `x`.
fn through(entries: &[Entry]) -> Vec<Entry> {
    let mut archive = Vec::new();
    for entry in entries {
        member(&mut archive, entry);
        let data = usize::try_from(entry.stored_bytes()).unwrap();
        archive.extend(std::iter::repeat_n(b'x', data));
        let written = archive.len();
        archive.resize(written.next_multiple_of(BLOCK_BYTES), 0);
    }
    archive.extend_from_slice(&END);
    let mut reader = TarReader::new(&archive[..], archive.len() as u64);
    let mut read = Vec::new();
    while let Some(mut entry) = reader.next().unwrap() {
        // A folder's name ends with a slash in an archive.
        entry.path.truncate(entry.path.strip_suffix(b"/").map_or(entry.path.len(), <[u8]>::len));
        read.push(entry);
    }
    read
}

#[test]
fn every_kind_comes_back_as_it_was() {
    let long = [b'n'; 300];
    let mut before_1970 = entry(b"old", Kind::File { size: 1 });
    before_1970.meta.modified = Time { seconds: -5, nanoseconds: 250_000_000 };
    let mut attributes = entry(b"attributes", Kind::File { size: 0 });
    attributes.meta.xattrs = vec![(b"user.note".to_vec(), b"a\n=\0b".to_vec())];
    let entries = [
        entry(b"dir", Kind::Directory),
        entry(b"dir/file", Kind::File { size: 1025 }),
        entry(&long, Kind::File { size: 3 }),
        entry(b"odd\xff\nname", Kind::File { size: 0 }),
        entry(b"link", Kind::Symlink { to: long.to_vec() }),
        entry(b"hard", Kind::HardLink { to: b"dir/file".to_vec() }),
        entry(b"fifo", Kind::Fifo),
        entry(b"null", Kind::CharDevice { major: 1, minor: 3 }),
        entry(b"disk", Kind::BlockDevice { major: 8, minor: 0 }),
        before_1970,
        attributes,
    ];
    assert_eq!(through(&entries), entries);
}

#[test]
fn holes_come_back_as_holes() {
    let extents = vec![Extent { offset: 4096, length: 512 }, Extent { offset: 1 << 30, length: 1024 }];
    let sparse = entry(b"image", Kind::Sparse { size: 2 << 30, extents });
    assert_eq!(through(std::slice::from_ref(&sparse)), [sparse]);
}

#[test]
fn what_is_cut_short_or_claims_too_much_is_refused() {
    let mut archive = Vec::new();
    member(&mut archive, &entry(b"file", Kind::File { size: 600 }));
    let header = archive.len() as u64;
    let mut reader = TarReader::new(&archive[..], header);
    assert!(reader.next().is_err(), "larger than the whole archive");
    let mut reader = TarReader::new(&archive[..], header + 2048);
    assert!(reader.next().unwrap().is_some());
    assert!(reader.next().is_err(), "its data is missing");
    archive[0] ^= 1;
    assert!(TarReader::new(&archive[..], header + 2048).next().is_err(), "a wrong checksum");
}
