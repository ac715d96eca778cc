//! Trees go into artifacts and come back, also by the hands of others.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use dockrev_backup::manifest::Consistency;
use dockrev_backup::{
    Backup, BackupRequest, Control, OnChange, Place, ReadBy, Snapshot, TargetKind, TargetSource, backup, list, restore,
    verify,
};
use dockrev_core::ids::StackName;
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Stdio};

/// A tree with every kind of file that needs no rights to make, and a good many small ones.
fn plant(root: &Path) {
    fs::create_dir_all(root.join("dir/deeper")).unwrap();
    fs::create_dir(root.join("many")).unwrap();
    for number in 0..2_000 {
        fs::write(root.join(format!("many/{number}")), format!("content of {number}")).unwrap();
    }
    fs::write(root.join("empty"), "").unwrap();
    fs::write(root.join("dir/deeper/large"), vec![7; 3_000_001]).unwrap();
    fs::hard_link(root.join("dir/deeper/large"), root.join("again")).unwrap();
    symlink("/nowhere/at all", root.join("dangling")).unwrap();
    fs::write(root.join("name\nof two lines"), "x").unwrap();
    fs::set_permissions(root.join("empty"), Permissions::from_mode(0o4750)).unwrap();
    let sparse = File::create(root.join("sparse")).unwrap();
    sparse.set_len(2 << 30).unwrap();
    sparse.write_all_at(b"in the middle", 1 << 30).unwrap();
    assert!(Command::new("mkfifo").arg(root.join("fifo")).status().unwrap().success());
    drop(UnixListener::bind(root.join("socket")).unwrap());
    fs::set_permissions(root, Permissions::from_mode(0o750)).unwrap();
}

fn take(base: &Path, data: &Path) -> Backup {
    let source = TargetSource {
        name: "volume:data".to_owned(),
        kind: TargetKind::Volume,
        source: "data".to_owned(),
        services: Vec::new(),
        consistency: Consistency::Stopped,
        read: ReadBy::Directly,
        path: data.to_owned(),
    };
    let snapshot = Snapshot {
        stack: StackName::new("shop"),
        created: "2026-01-31T23:59:59Z".parse().unwrap(),
        dockrev: "test".to_owned(),
        targets: vec![source],
        on_change: OnChange::Fail,
    };
    let request = BackupRequest { base: base.to_owned(), expected_bytes: None, snapshot };
    backup(request, &Control::new()).unwrap()
}

/// Everything that can be said of a tree, line by line, without access times and sockets.
fn picture(root: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(path) = waiting.pop() {
        let meta = fs::symlink_metadata(&path).unwrap();
        let name = path.strip_prefix(root).unwrap().display().to_string();
        if name == "socket" {
            continue;
        }
        let target = fs::read_link(&path).map(|to| to.display().to_string()).unwrap_or_default();
        let size = if meta.is_dir() { 0 } else { meta.len() };
        let links = if meta.is_dir() { 0 } else { meta.nlink() };
        let (mode, owner) = (meta.mode(), (meta.uid(), meta.gid()));
        let mut line = format!("{name:?} {mode:o} {owner:?} {size} {links} {target}");
        line += &format!(" {}.{}", meta.mtime(), meta.mtime_nsec());
        lines.push(line);
        if meta.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        }
    }
    lines.sort();
    lines
}

#[test]
fn a_tree_comes_back_as_it_was_and_what_came_later_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (base, data) = (folder.path().join("backups"), folder.path().join("data"));
    plant(&data);
    let before = picture(&data);
    let taken = take(&base, &data);
    let notes = &taken.index.totals[0].notes.named;
    assert_eq!(notes.iter().map(|note| note.path.as_str()).collect::<Vec<_>>(), ["socket"]);
    assert!(taken.size_bytes < 1_000_000, "holes and repetition cost {} bytes", taken.size_bytes);
    assert_eq!(verify(&taken.path, &Control::new()).unwrap().sha256, taken.sha256);
    assert_eq!(list(&base).unwrap().len(), 1);

    fs::write(data.join("later"), "made by the new version").unwrap();
    fs::write(data.join("empty"), "changed").unwrap();
    fs::remove_dir_all(data.join("many")).unwrap();
    let place = Place { target: "volume:data".to_owned(), into: data.clone() };
    for _ in 0..2 {
        restore(&taken.path, std::slice::from_ref(&place), &Control::new()).unwrap();
        assert_eq!(picture(&data), before);
    }
    let sparse = fs::metadata(data.join("sparse")).unwrap();
    assert!(sparse.blocks() * 512 < 1 << 20, "the holes were filled: {} blocks", sparse.blocks());
}

#[test]
fn other_programs_can_check_and_unpack_it() {
    let folder = tempfile::tempdir().unwrap();
    let (base, data, out) = (folder.path().join("backups"), folder.path().join("data"), folder.path().join("out"));
    plant(&data);
    let taken = take(&base, &data);
    let name = taken.path.file_name().unwrap().to_str().unwrap();
    let sums =
        Command::new("sha256sum").arg("-c").arg(format!("{name}.sha256")).current_dir(base.join("shop")).output();
    assert!(sums.unwrap().status.success());
    fs::create_dir(&out).unwrap();
    let unpack = "zstd -d < \"$0\" | tar -x -C \"$1\"";
    let ran = Command::new("sh").args(["-c", unpack]).arg(&taken.path).arg(&out).stderr(Stdio::inherit()).status();
    assert!(ran.unwrap().success());
    let root = out.join("data").join(&taken.index.manifest.targets[0].folder);
    assert_eq!(picture(&root), picture(&data));
}

#[test]
fn a_damaged_artifact_is_refused_before_anything_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let (base, data) = (folder.path().join("backups"), folder.path().join("data"));
    fs::create_dir(&data).unwrap();
    fs::write(data.join("file"), vec![1; 100_000]).unwrap();
    let taken = take(&base, &data);
    let whole = fs::read(&taken.path).unwrap();
    fs::write(data.join("file"), "newer").unwrap();
    let place = Place { target: "volume:data".to_owned(), into: data.clone() };
    let refused = |bytes: &[u8]| {
        fs::write(&taken.path, bytes).unwrap();
        let code = restore(&taken.path, std::slice::from_ref(&place), &Control::new()).unwrap_err().code();
        assert_eq!(fs::read(data.join("file")).unwrap(), b"newer");
        assert_eq!(fs::read_dir(&data).unwrap().count(), 1, "nothing was left beside it");
        code
    };
    for length in [0, 10, whole.len() / 2, whole.len() - 1] {
        assert_eq!(refused(&whole[..length]), "backup.corrupt", "cut at {length}");
    }
    for at in [0, 8, whole.len() / 2, whole.len() - 20] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        assert_eq!(refused(&bytes), "backup.corrupt", "changed at {at}");
    }
    fs::write(&taken.path, &whole).unwrap();
    let unknown = Place { target: "volume:other".to_owned(), into: data.clone() };
    assert_eq!(restore(&taken.path, &[unknown], &Control::new()).unwrap_err().code(), "backup.target");
    restore(&taken.path, &[place], &Control::new()).unwrap();
    assert_eq!(fs::read(data.join("file")).unwrap(), vec![1; 100_000]);
}
