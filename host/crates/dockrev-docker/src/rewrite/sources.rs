//! A project's compose files as trees, and which of their scalars says the image of a service.

use super::yaml::{Kind, NodeId, Tree, Unclear};
use crate::overrides::normalised;
use dockrev_core::plan::{CannotRewrite, Obstacle};
use dockrev_core::stack::ComposeProject;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The environment file that Compose reads if it is told of none.
const DEFAULT_ENV_FILE: &str = ".env";
/// Services that are extended, and files that include each other, one after the other.
const DEPTH_MAX: usize = 16;

/// Contents of a project's files, by their paths as [`normalised`] gives them.
pub(super) type Contents = BTreeMap<PathBuf, Vec<u8>>;

/// The compose files of a project.
pub(super) struct Sources<'a> {
    project: &'a ComposeProject,
    contents: &'a Contents,
    documents: BTreeMap<PathBuf, Result<Document, CannotRewrite>>,
}

/// A compose file.
pub(super) struct Document {
    pub(super) text: String,
    pub(super) tree: Tree,
}

/// A scalar of a compose file.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) path: PathBuf,
    pub(super) node: NodeId,
    /// Environment files, those that win first.
    pub(super) env_files: Vec<PathBuf>,
}

/// Compose files that are read together, and the environment files that hold for them, those that win first.
struct Group {
    files: Vec<PathBuf>,
    env_files: Vec<PathBuf>,
}

/// What is looked for among a document's services.
struct Looked<'a> {
    path: &'a Path,
    service: &'a str,
    depth: usize,
}

impl<'a> Sources<'a> {
    /// Reads those of `contents` that are in `compose_files`.
    pub(super) fn new(project: &'a ComposeProject, contents: &'a Contents, compose_files: &BTreeSet<PathBuf>) -> Self {
        let of_compose = contents.iter().filter(|(path, _)| compose_files.contains(*path));
        let documents = of_compose.map(|(path, content)| (path.clone(), Document::read(path, content))).collect();
        Self { project, contents, documents }
    }

    /// The scalar that says the image of `service`.
    pub(super) fn site_of(&self, service: &str) -> Result<Site, CannotRewrite> {
        let main = self.main();
        let own = self.in_group(&main, service)?;
        let mut found: Vec<Site> = own.into_iter().collect();
        for group in self.included(&main)? {
            found.extend(self.in_group(&group, service)?);
        }
        match found.as_slice() {
            [] => Err(Obstacle::NotFound.into()),
            [site] => Ok(site.clone()),
            [site, other, ..] => {
                let other = self.file_line(other)?;
                let line = self.file_line(site)?.line;
                Err(Obstacle::SeveralPlaces { other }.at(&site.path, line))
            }
        }
    }

    /// The names of all services.
    pub(super) fn services(&self) -> Result<BTreeSet<String>, CannotRewrite> {
        let main = self.main();
        let mut names = BTreeSet::new();
        for path in main.files.iter().cloned().chain(self.included(&main)?.into_iter().flat_map(|group| group.files)) {
            let document = self.document(&path)?;
            if let Some(services) = document.get(&path, document.tree.root(), "services")? {
                names.extend(document.tree.entries(services).into_iter().map(|(name, _)| name.to_owned()));
            }
        }
        Ok(names)
    }

    /// All compose files that could be read.
    pub(super) fn documents(&self) -> impl Iterator<Item = (&Path, &Document)> {
        self.documents.iter().filter_map(|(path, document)| Some((path.as_path(), document.as_ref().ok()?)))
    }

    pub(super) fn document(&self, path: &Path) -> Result<&Document, CannotRewrite> {
        match self.documents.get(path) {
            Some(Ok(document)) => Ok(document),
            Some(Err(cannot)) => Err(cannot.clone()),
            None => Err(unclear(path, None, "a file that is named there was not found")),
        }
    }

    /// The content of a file, if the project has it.
    pub(super) fn content(&self, path: &Path) -> Option<&[u8]> {
        self.contents.get(path).map(Vec::as_slice)
    }

    /// Files whose variables become those of a service's containers, and whose services.
    pub(super) fn service_env_files(&self) -> Vec<(PathBuf, String)> {
        let mut files = Vec::new();
        for (path, document) in self.documents() {
            let services = document.get(path, document.tree.root(), "services").ok().flatten();
            for (name, service) in services.map(|services| document.tree.entries(services)).unwrap_or_default() {
                let Ok(Some(listed)) = document.get(path, service, "env_file") else { continue };
                let folders = [self.project.working_dir.as_path(), path.parent().unwrap_or(path)];
                for file in document.paths(listed) {
                    files.extend(folders.iter().map(|folder| (normalised(&folder.join(&file)), name.to_owned())));
                }
            }
        }
        files
    }

    fn main(&self) -> Group {
        let default = || vec![self.project.working_dir.join(DEFAULT_ENV_FILE)];
        let given = &self.project.env_files;
        let env_files = if given.is_empty() { default() } else { given.iter().rev().cloned().collect() };
        let known = |path: PathBuf| Some(normalised(&path)).filter(|path| self.contents.contains_key(path));
        Group {
            files: self.project.files.iter().map(|path| normalised(path)).collect(),
            env_files: env_files.into_iter().filter_map(known).collect(),
        }
    }

    /// What the files of `group` include, and what that includes.
    fn included(&self, group: &Group) -> Result<Vec<Group>, CannotRewrite> {
        let mut all: Vec<Group> = Vec::new();
        let mut waiting: Vec<(PathBuf, Vec<PathBuf>, usize)> =
            group.files.iter().map(|path| (path.clone(), group.env_files.clone(), 0)).collect();
        while let Some((path, env_files, depth)) = waiting.pop() {
            if depth > DEPTH_MAX {
                return Err(unclear(&path, None, "its includes go round in a circle"));
            }
            let document = self.document(&path)?;
            let Some(list) = document.get(&path, document.tree.root(), "include")? else { continue };
            for entry in document.tree.items(list) {
                let group = self.include(&path, document, *entry, &env_files)?;
                waiting.extend(group.files.iter().map(|path| (path.clone(), group.env_files.clone(), depth + 1)));
                all.push(group);
            }
        }
        Ok(all)
    }

    fn include(
        &self,
        path: &Path,
        document: &Document,
        entry: NodeId,
        outer: &[PathBuf],
    ) -> Result<Group, CannotRewrite> {
        let folder = path.parent().unwrap_or(path);
        let line = document.tree.node(entry).line;
        let of = |key: &str| document.get(path, entry, key);
        let listed = match document.tree.text(entry) {
            Some(file) => vec![file.to_owned()],
            None => of("path")?.map(|paths| document.paths(paths)).unwrap_or_default(),
        };
        let own_env = of("env_file")?.map(|paths| document.paths(paths)).unwrap_or_default();
        let project_folder = of("project_directory")?.and_then(|id| document.tree.text(id)).map(str::to_owned);
        if listed.iter().chain(&own_env).chain(&project_folder).any(|file| file.contains('$')) || listed.is_empty() {
            return Err(unclear(path, Some(line), "it is not certain which file is included"));
        }
        let files: Vec<PathBuf> = listed.iter().map(|file| normalised(&folder.join(file))).collect();
        let project_folder = match project_folder {
            Some(named) => normalised(&folder.join(named)),
            None => files[0].parent().unwrap_or(&files[0]).to_owned(),
        };
        let own_env: Vec<PathBuf> = match own_env.is_empty() {
            true => vec![project_folder.join(DEFAULT_ENV_FILE)],
            false => own_env.iter().rev().map(|file| normalised(&self.project.working_dir.join(file))).collect(),
        };
        // What the including project sets wins.
        let own_env = own_env.into_iter().filter(|path| self.contents.contains_key(path));
        Ok(Group { files, env_files: outer.iter().cloned().chain(own_env).collect() })
    }

    /// The last file that says it is the one that counts.
    fn in_group(&self, group: &Group, service: &str) -> Result<Option<Site>, CannotRewrite> {
        for path in group.files.iter().rev() {
            let found = self.in_document(&Looked { path, service, depth: 0 })?;
            if let Some((path, node)) = found {
                return Ok(Some(Site { path, node, env_files: group.env_files.clone() }));
            }
        }
        Ok(None)
    }

    fn in_document(&self, looked: &Looked<'_>) -> Result<Option<(PathBuf, NodeId)>, CannotRewrite> {
        let Looked { path, service, depth } = *looked;
        if depth > DEPTH_MAX {
            return Err(unclear(path, None, "its services extend each other in a circle"));
        }
        let document = self.document(path)?;
        let Some(services) = document.get(path, document.tree.root(), "services")? else { return Ok(None) };
        let Some(body) = document.get(path, services, service)? else { return Ok(None) };
        if let Some(image) = document.get(path, body, "image")? {
            return Ok(Some((path.to_owned(), document.tree.target(image))));
        }
        let Some(extends) = document.get(path, body, "extends")? else { return Ok(None) };
        let line = document.tree.node(extends).line;
        let of = |key: &str| -> Result<Option<&str>, CannotRewrite> {
            Ok(document.get(path, extends, key)?.and_then(|id| document.tree.text(id)))
        };
        let (file, base) = match document.tree.text(extends) {
            Some(base) => (None, Some(base)),
            None => (of("file")?, of("service")?),
        };
        let Some(base) = base.filter(|base| !base.contains('$') && file.is_none_or(|file| !file.contains('$'))) else {
            return Err(unclear(path, Some(line), "it is not certain which service is extended"));
        };
        let from = file.map_or_else(|| path.to_owned(), |file| normalised(&path.parent().unwrap_or(path).join(file)));
        self.in_document(&Looked { path: &from, service: base, depth: depth + 1 })
    }

    fn file_line(&self, site: &Site) -> Result<dockrev_core::plan::FileLine, CannotRewrite> {
        let line = self.document(&site.path)?.tree.node(site.node).line;
        Ok(dockrev_core::plan::FileLine { path: site.path.clone(), line: Some(line) })
    }
}

impl Document {
    fn read(path: &Path, content: &[u8]) -> Result<Self, CannotRewrite> {
        let text = std::str::from_utf8(content).map_err(|_| Obstacle::NotUtf8.at(path, None))?.to_owned();
        let tree = Tree::parse(&text).map_err(|Unclear { what, line }| unclear(path, line, what))?;
        Ok(Self { text, tree })
    }

    pub(super) fn get(&self, path: &Path, id: NodeId, key: &str) -> Result<Option<NodeId>, CannotRewrite> {
        self.tree.get(id, key).map_err(|Unclear { what, line }| unclear(path, line, what))
    }

    /// `a`, `[a, b]` or `[{path: a}]`.
    fn paths(&self, id: NodeId) -> Vec<String> {
        let of_entry = |entry: &NodeId| {
            let named = self.tree.get(*entry, "path").ok().flatten();
            self.tree.text(named.unwrap_or(*entry)).map(str::to_owned)
        };
        match &self.tree.node(self.tree.target(id)).kind {
            Kind::Scalar { value, .. } => vec![value.clone()],
            Kind::List(items) => items.iter().filter_map(of_entry).collect(),
            Kind::Map { .. } | Kind::Alias(_) => of_entry(&id).into_iter().collect(),
        }
    }
}

pub(super) fn unclear(path: &Path, line: Option<u64>, what: impl Into<String>) -> CannotRewrite {
    Obstacle::Unclear { what: what.into() }.at(path, line)
}
