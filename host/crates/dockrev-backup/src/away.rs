//! Data that is not to be seen from here, read and written by a helper that sees it.

use crate::backup::{Room, folder_name, store};
use crate::decode::Artifact;
use crate::errand::{Answer, SIGN, Task};
use crate::manifest::Shape;
use crate::work::{Ended, blocking, on_thread, raised};
use crate::{Backup, BackupError, Control, Place, ReadBy, Snapshot, sum_path};
use async_trait::async_trait;
use dockrev_core::backup::{ArtifactName, DataPlace, DataTarget, TargetName};
use dockrev_core::ids::StackName;
use dockrev_core::ports::{
    CancelFlag, DataMount, Errand, HELPER_FILES, Helper, HostError, More, Output, RestoreItem, VaultError,
};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc;

/// The command of the program that is a helper.
const COMMAND: &str = "helper";
/// The folder in which a helper sees data.
const DATA: &str = "/data";
/// How often measuring and restoring are tried, in case the engine does not let them come to an answer.
const TRIES: u32 = 3;
/// Wait between two tries of a restore.
const RESTORE_PAUSE: Duration = Duration::from_secs(1);
/// The folder in which a helper sees the folders that single files may lie in.
const FOLDERS: &str = "/folders";
/// Pieces of a copy that may wait to be written.
const PIECES_WAITING: usize = 8;

/// Counts the bytes of a target.
pub(crate) async fn measure(
    helper: &dyn Helper,
    target: &DataTarget,
    most_bytes: u64,
    timeout: Duration,
) -> Result<u64, VaultError> {
    let path = seen_at(0, &target.name);
    let task =
        Task::Measure { target: target.name.clone(), path: path.clone(), most_bytes, timeout_s: timeout.as_secs() };
    let mounts = vec![DataMount { place: target.place.clone(), at: path, is_writable: false }];
    let errand = errand(None, &task, mounts, Vec::new())?;
    let mut tries = 1;
    loop {
        let mut heard = Heard::default();
        let ran = helper.run(&errand, &mut heard).await;
        match heard.answer {
            Some(Answer::Measured { bytes }) => return Ok(bytes),
            // An engine that was busy for a moment is not to cost the data its backup.
            None if tries < TRIES => tries += 1,
            answer => return Err(what_went_wrong(ran, answer)),
        }
    }
}

/// Copies the data of `targets` into an artifact. `snapshot` says what they are, in the same order.
pub(crate) async fn write(
    helper: &dyn Helper,
    to: (&Path, &ArtifactName, u64),
    mut snapshot: Snapshot,
    targets: &[&DataTarget],
    cancel: &CancelFlag,
) -> Result<Backup, VaultError> {
    let (base, name, expected_bytes) = (to.0.to_owned(), to.1, to.2);
    let mut mounts = Vec::new();
    for (index, (source, target)) in snapshot.targets.iter_mut().zip(targets).enumerate() {
        source.path = seen_at(index, &target.name);
        source.read = ReadBy::Helper;
        mounts.push(DataMount { place: target.place.clone(), at: source.path.clone(), is_writable: false });
    }
    let links = folders_of_files(targets, &mut mounts);
    let (stack, created) = (snapshot.stack.clone(), snapshot.created);
    let task = Task::Write { name: name.clone(), snapshot, links };
    let errand = errand(Some(stack.clone()), &task, mounts, Vec::new())?;
    let (pieces, taken) = mpsc::channel(PIECES_WAITING);
    let control = Control::new();
    let storing = on_thread("write a backup", control.clone(), move |control| {
        let room = Room { base: &base, stack: &stack, created, expected_bytes: Some(expected_bytes) };
        store(&room, |out, path| take(taken, out, path, control))
    });
    let copying = async {
        let mut copy = Copy { pieces, received_bytes: 0, heard: Heard::default() };
        let ran = tokio::select! {
            ran = helper.run(&errand, &mut copy) => ran,
            () = raised(cancel) => {
                control.cancel();
                Ok(())
            }
        };
        if copy.is_whole() {
            // Nobody takes it where it could not be written.
            let _ = copy.pieces.send(Piece::End).await;
        }
        (ran, copy.heard.answer)
    };
    let ((ran, answer), stored) = tokio::join!(copying, storing);
    match (ran, answer, stored) {
        (_, Some(Answer::Written { .. }), stored) => stored.map_err(|error| error.into_vault(Some(name), None)),
        // It was told to stop, for what it gave could not be kept.
        (Ok(()), None, Err(error)) if !matches!(error, Ended::Failed(BackupError::CutOff)) => {
            Err(error.into_vault(Some(name), None))
        }
        (ran, answer, _) => Err(what_went_wrong(ran, answer)),
    }
}

/// Puts data back from `artifact`, all of it or nothing.
pub(crate) async fn restore(
    helper: &dyn Helper,
    name: &ArtifactName,
    artifact: PathBuf,
    items: &[RestoreItem],
) -> Result<(), VaultError> {
    let there = Path::new(HELPER_FILES).join(artifact.file_name().unwrap_or_default());
    let files = vec![artifact.clone(), sum_path(&artifact)];
    let shapes = blocking("look at a backup", move |_| {
        let index = Artifact::open(&artifact)?.index;
        Ok(index.manifest.targets.into_iter().zip(index.totals).map(|(t, totals)| (t.name, totals.shape)).collect())
    });
    let shapes: Vec<(String, Shape)> = shapes.await.map_err(|error| error.into_vault(Some(name), None))?;
    let (mut mounts, mut places) = (Vec::new(), Vec::new());
    for (index, item) in items.iter().enumerate() {
        let shape =
            shapes.iter().find(|(name, _)| name == item.from.as_str()).map_or(Shape::Folder, |(_, shape)| *shape);
        let (place, into) = seen_whole(index, &item.into, shape);
        places.push(Place { target: item.from.to_string(), into });
        mounts.push(DataMount { place, at: seen_at(index, &item.into.name), is_writable: true });
    }
    let task = Task::Restore { name: name.clone(), artifact: there, places };
    let errand = errand(Some(name.stack()), &task, mounts, files)?;
    let (mut tries, mut has_begun) = (1, false);
    loop {
        let mut heard = Heard::default();
        let ran = helper.run(&errand, &mut heard).await;
        has_begun |= heard.has_begun;
        match heard.answer {
            Some(Answer::Restored) => return Ok(()),
            // Whatever the last one left, the next one settles first.
            None if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(RESTORE_PAUSE).await;
            }
            None if has_begun => return Err(VaultError::Unsettled { reason: what_went_wrong(ran, None).to_string() }),
            answer => return Err(what_went_wrong(ran, answer)),
        }
    }
}

/// Has the helper see the folders that bound files would be replaced in, and gives the places of their data and of the files
/// there: what is a link on the engine's machine leads nowhere in the helper.
fn folders_of_files(targets: &[&DataTarget], mounts: &mut Vec<DataMount>) -> Vec<(PathBuf, PathBuf)> {
    let mut files = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        if let DataPlace::Bind { path } = &target.place
            && let (Some(folder), Some(name)) = (path.parent(), path.file_name())
        {
            let at = Path::new(FOLDERS).join(index.to_string());
            files.push((seen_at(index, &target.name), at.join(name)));
            mounts.push(DataMount { place: DataPlace::Bind { path: folder.to_owned() }, at, is_writable: false });
        }
    }
    files
}

/// What a helper has to see to replace a target, and where it sees the target then: a single file is replaced in its
/// folder.
fn seen_whole(index: usize, target: &DataTarget, shape: Shape) -> (DataPlace, PathBuf) {
    let at = seen_at(index, &target.name);
    if let (DataPlace::Bind { path }, Shape::File) = (&target.place, shape)
        && let (Some(folder), Some(name)) = (path.parent(), path.file_name())
    {
        return (DataPlace::Bind { path: folder.to_owned() }, at.join(name));
    }
    (target.place.clone(), at)
}

/// Where a helper sees its target at `index`.
fn seen_at(index: usize, name: &TargetName) -> PathBuf {
    Path::new(DATA).join(folder_name(index, name.as_str()))
}

fn errand(
    owner: Option<StackName>,
    task: &Task,
    mounts: Vec<DataMount>,
    files: Vec<PathBuf>,
) -> Result<Errand, VaultError> {
    let task = serde_json::to_string(task).map_err(|error| VaultError::Failed {
        action: "tell a helper its task".to_owned(),
        reason: error.to_string(),
    })?;
    Ok(Errand { owner, arguments: vec![COMMAND.to_owned(), task], mounts, files })
}

/// Why there is no answer that helps.
fn what_went_wrong(ran: Result<(), HostError>, answer: Option<Answer>) -> VaultError {
    let reason = match (ran, answer) {
        (_, Some(Answer::Failed { error })) => return error,
        (Err(error), _) => error.to_string(),
        (Ok(()), Some(other)) => format!("it answered something else: {other:?}"),
        (Ok(()), None) => "it ended without a word".to_owned(),
    };
    VaultError::Helper { reason }
}

/// What a helper said.
#[derive(Default)]
struct Heard {
    has_begun: bool,
    answer: Option<Answer>,
}

impl Heard {
    fn line(&mut self, line: &str) {
        match serde_json::from_str(line) {
            Ok(answer) => self.answer = Some(answer),
            Err(_) if line == SIGN => {}
            Err(_) => tracing::warn!("a helper says: {line}"),
        }
    }
}

#[async_trait]
impl Output for Heard {
    fn begins(&mut self) {
        self.has_begun = true;
    }

    async fn data(&mut self, _: &[u8]) -> More {
        More::Wanted
    }

    fn line(&mut self, line: &str) -> More {
        Heard::line(self, line);
        if self.answer.is_some() { More::Unwanted } else { More::Wanted }
    }
}

/// A part of a copy.
enum Piece {
    Data(Vec<u8>),
    /// That was all of it.
    End,
}

/// Passes a copy on to where it is written.
struct Copy {
    pieces: mpsc::Sender<Piece>,
    received_bytes: u64,
    heard: Heard,
}

impl Copy {
    /// Whether all came that the helper says to have written. It comes on another way than what the helper says.
    fn is_whole(&self) -> bool {
        matches!(self.heard.answer, Some(Answer::Written { bytes }) if bytes <= self.received_bytes)
    }

    fn more(&self) -> More {
        let is_over = match &self.heard.answer {
            None => self.pieces.is_closed(),
            Some(Answer::Written { .. }) => self.is_whole(),
            Some(Answer::Failed { .. } | Answer::Measured { .. } | Answer::Restored) => true,
        };
        if is_over { More::Unwanted } else { More::Wanted }
    }
}

#[async_trait]
impl Output for Copy {
    fn begins(&mut self) {
        self.heard.has_begun = true;
    }

    async fn data(&mut self, bytes: &[u8]) -> More {
        self.received_bytes += bytes.len() as u64;
        match self.pieces.send(Piece::Data(bytes.to_vec())).await {
            Ok(()) => self.more(),
            Err(_) => More::Unwanted,
        }
    }

    fn line(&mut self, line: &str) -> More {
        self.heard.line(line);
        self.more()
    }
}

/// Writes what comes to `out`.
fn take<W: Write>(
    mut taken: mpsc::Receiver<Piece>,
    mut out: W,
    path: &Path,
    control: &Control,
) -> Result<W, BackupError> {
    loop {
        control.check()?;
        match taken.blocking_recv() {
            Some(Piece::Data(bytes)) => {
                let written = out.write_all(&bytes);
                written.map_err(|error| crate::backup::compressor_error(path, error))?;
            }
            Some(Piece::End) => return Ok(out),
            None => {
                control.check()?;
                return Err(BackupError::CutOff);
            }
        }
    }
}

#[cfg(test)]
mod tests;
