//! A newer tag in the user's own files: finding the one text that says it, proving what an edit of it would do, and
//! replacing it.
//!
//! A file is never written anew from what was read of it. The parser only says where the text is; every other byte stays:
//! comments, quotes, anchors, line ends, a byte-order mark.

mod disk;
mod env_file;
mod find;
mod place;
mod proof;
mod sources;
mod template;
mod yaml;

#[cfg(test)]
mod properties;

use crate::compose::fingerprint::{self, ProjectFile};
use crate::compose::{ComposeCli, Files};
use crate::overrides::normalised;
use async_trait::async_trait;
use dockrev_core::plan::{CannotRewrite, Obstacle, Rewrite, Wanted};
use dockrev_core::ports::{HostError, Rewriting, Standing, Way};
use dockrev_core::stack::{ComposeProject, FileHash};
use find::Edit;
use proof::Copy;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Characters of a line that a plan keeps on each side of the text: enough to recognise the line.
const LINE_PART_MAX_CHARS: usize = 120;

#[async_trait]
impl Rewriting for ComposeCli {
    async fn find(
        &self,
        project: &ComposeProject,
        wanted: &Wanted,
    ) -> Result<Result<Rewrite, CannotRewrite>, HostError> {
        let files = fingerprint::read_all(project).await?;
        let contents = contents(&files);
        let compose_files: BTreeSet<PathBuf> =
            files.iter().filter(|file| file.is_compose).map(|file| normalised(&file.path)).collect();
        let found = find::find(
            &find::Files {
                project,
                contents: &contents,
                compose_files: &compose_files,
                is_set: &|name| self.has_variable(name),
            },
            wanted,
        );
        let edit = match found {
            Ok(edit) => edit,
            Err(cannot) => return Ok(Err(cannot)),
        };
        let at = |obstacle: Obstacle| obstacle.at(&edit.path, Some(edit.line));
        if let Some(obstacle) = disk::obstacle(&edit.path) {
            return Ok(Err(at(obstacle)));
        }
        let Some(file) = files.iter().find(|file| normalised(&file.path) == edit.path) else {
            return Ok(Err(at(Obstacle::NotFound)));
        };
        let Ok(text) = std::str::from_utf8(&file.content) else { return Ok(Err(at(Obstacle::NotUtf8))) };
        let rewrite = frozen(&edit, text, fingerprint::hash(file)?);
        let Some(edited) = place::replaced(text, &rewrite, Way::Forth) else {
            let what = "the text is not found again by the keys that lead to it".to_owned();
            return Ok(Err(at(Obstacle::Unclear { what })));
        };
        match self.prove(project, &files, (&edit.path, &edited), wanted).await? {
            Ok(()) => Ok(Ok(rewrite)),
            Err(obstacle) => Ok(Err(at(obstacle))),
        }
    }

    async fn standing(&self, rewrite: &Rewrite) -> Result<Standing, HostError> {
        let path = &rewrite.file.path;
        disk::remove_leftover(path).map_err(|error| failed("tidy up beside", path, &error))?;
        match fs::read(path) {
            Ok(content) => {
                Ok(std::str::from_utf8(&content).map_or(Standing::Other, |text| place::standing(text, rewrite)))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Standing::Other),
            Err(error) => Err(failed("read", path, &error)),
        }
    }

    async fn replace(&self, rewrite: &Rewrite, way: Way) -> Result<(), HostError> {
        let path = &rewrite.file.path;
        let text = fs::read_to_string(path).map_err(|error| failed("read", path, &error))?;
        if let Some(obstacle) = disk::obstacle(path) {
            return Err(failed("write", path, &obstacle));
        }
        let Some(replaced) = place::replaced(&text, rewrite, way) else {
            let what = format!("{} was changed by somebody else", rewrite.place);
            return Err(failed("write", path, &what));
        };
        if replaced == text {
            return Ok(());
        }
        disk::replace(path, &text, &replaced).map_err(|error| failed("write", path, &error))
    }

    async fn fingerprint_without(
        &self,
        project: &ComposeProject,
        edits: &[Rewrite],
    ) -> Result<Vec<FileHash>, HostError> {
        let files = fingerprint::read_all(project).await?;
        files.into_iter().map(|file| fingerprint::hash(&without(file, edits))).collect()
    }
}

impl ComposeCli {
    /// What Compose makes of a copy of the files before the edit and after it.
    async fn prove(
        &self,
        project: &ComposeProject,
        files: &[ProjectFile],
        (path, edited): (&Path, &str),
        wanted: &Wanted,
    ) -> Result<Result<(), Obstacle>, HostError> {
        let folder = self.overrides().folder();
        let failed = |error: &std::io::Error| failed("copy the stack's files to", folder, error);
        let contents = contents(files);
        let copy = Copy::of(folder, project, &contents).map_err(|error| failed(&error))?;
        for built_from in files.iter().flat_map(|file| fingerprint::build_folders(file, project)) {
            copy.make_folder(&built_from).map_err(|error| failed(&error))?;
        }
        let before = self.config_value(copy.project(), Files::Own).await;
        copy.write(path, edited.as_bytes()).map_err(|error| failed(&error))?;
        let after = self.config_value(copy.project(), Files::Own).await;
        match (before, after) {
            (Ok(before), Ok(after)) => Ok(proof::compare(&before, &after, wanted)),
            // It reads the files themselves: what it needs of them is not all in the copy.
            (Err(HostError::ComposeFailed { status, .. }), _) | (_, Err(HostError::ComposeFailed { status, .. })) => {
                Ok(Err(Obstacle::NotProven { what: format!("Compose could not read the copy ({status})") }))
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }
}

fn contents(files: &[ProjectFile]) -> BTreeMap<PathBuf, Vec<u8>> {
    files.iter().map(|file| (normalised(&file.path), file.content.clone())).collect()
}

/// What is kept of an edit in the plan.
fn frozen(edit: &Edit, text: &str, file: FileHash) -> Rewrite {
    let begin = text[..edit.span.start].rfind('\n').map_or(0, |end| end + 1);
    let end = text[edit.span.end..].find('\n').map_or(text.len(), |end| edit.span.end + end);
    let (lead, rest) = (&text[begin..edit.span.start], &text[edit.span.end..end]);
    let (lead, rest) = match edit.shares_line {
        // The other settings of the line may be secrets.
        true => ("...".to_owned(), "...".to_owned()),
        false => (
            lead.trim_start_matches('\u{feff}').chars().take(LINE_PART_MAX_CHARS).collect(),
            rest.trim_end_matches('\r').chars().take(LINE_PART_MAX_CHARS).collect(),
        ),
    };
    Rewrite {
        file,
        place: edit.place.clone(),
        line: edit.line,
        lead,
        before: text[edit.span.clone()].to_owned(),
        after: edit.after.clone(),
        rest,
    }
}

/// The file as if `edits` had not been made.
fn without(mut file: ProjectFile, edits: &[Rewrite]) -> ProjectFile {
    for edit in edits.iter().rev().filter(|edit| edit.file.path == file.path) {
        let text = std::str::from_utf8(&file.content).ok();
        if let Some(text) = text.and_then(|text| place::replaced(text, edit, Way::Back)) {
            file.content = text.into_bytes();
        }
    }
    file
}

fn failed(action: &'static str, path: &Path, reason: &dyn std::fmt::Display) -> HostError {
    HostError::File { action, path: path.display().to_string(), reason: reason.to_string() }
}
