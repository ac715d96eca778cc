//! Which text of a project's files has to become which.

use super::env_file::{self, Entry};
use super::sources::{Contents, Document, Site, Sources, unclear};
use super::template::{Template, TemplateError, Variable, uses};
use super::yaml::{Kind, Node};
use dockrev_core::image::{ImageRef, PinnedImage};
use dockrev_core::plan::{CannotRewrite, Obstacle, Place, Wanted};
use dockrev_core::stack::ComposeProject;
use granit_parser::ScalarStyle;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A project as it is on the disk.
pub(super) struct Files<'a> {
    pub(super) project: &'a ComposeProject,
    pub(super) contents: &'a Contents,
    /// Those of `contents` that are compose files.
    pub(super) compose_files: &'a BTreeSet<PathBuf>,
    /// Whether the environment that Compose runs in has a variable.
    pub(super) is_set: &'a dyn Fn(&str) -> bool,
}

/// A text that has to become another one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) path: PathBuf,
    pub(super) place: Place,
    /// Bytes of the text, with its quotes.
    pub(super) span: Range<usize>,
    /// From 1.
    pub(super) line: u64,
    pub(super) after: String,
    /// Whether others may be on its line.
    pub(super) shares_line: bool,
}

/// The edit by which Compose makes the service from the wanted image.
pub(super) fn find(files: &Files<'_>, wanted: &Wanted) -> Result<Edit, CannotRewrite> {
    let sources = Sources::new(files.project, files.contents, files.compose_files);
    let service = wanted.service.as_str();
    let site = sources.site_of(service)?;
    let document = sources.document(&site.path)?;
    let others = sharing(&sources, &site, service)?;
    let scalar = Scalar::of(document, &site)?;
    if !others.is_empty() {
        return Err(Obstacle::Shared { others }.at(&site.path, Some(scalar.node.line)));
    }
    match Template::parse(scalar.text) {
        Ok(Template::Plain) => {
            let after = replaced(scalar.text, wanted).map_err(|obstacle| scalar.cannot(obstacle))?;
            Ok(scalar.edit(0..scalar.text.len(), &after))
        }
        Ok(Template::One(variable)) => of_variable(files, &sources, &scalar, &variable, wanted),
        Err(TemplateError::Several) => Err(scalar.cannot(Obstacle::SeveralVariables)),
        Err(TemplateError::Unclear(what)) => Err(scalar.cannot(Obstacle::Unclear { what: what.to_owned() })),
    }
}

/// Who else is told its image by the same scalar.
fn sharing(sources: &Sources<'_>, site: &Site, service: &str) -> Result<Vec<String>, CannotRewrite> {
    let is_it = |other: &Site| other.path == site.path && other.node == site.node;
    let names = sources.services()?;
    let names = names.into_iter().filter(|name| name != service);
    let mut others: Vec<String> = names.filter(|name| sources.site_of(name).is_ok_and(|site| is_it(&site))).collect();
    let tree = &sources.document(&site.path)?.tree;
    // An anchor below `x-...` is there for its alias; any other one is a value of its own.
    let is_extension = tree.path(site.node).first().is_some_and(|key| key.starts_with("x-"));
    if others.is_empty() && tree.aliases_of(site.node) > usize::from(is_extension) {
        others.push("other places that its anchor is used at".to_owned());
    }
    Ok(others)
}

/// The scalar that says an image, whose text is as it is written.
struct Scalar<'a> {
    site: &'a Site,
    document: &'a Document,
    node: &'a Node,
    /// Without its quotes.
    text: &'a str,
    begin: usize,
}

impl<'a> Scalar<'a> {
    fn of(document: &'a Document, site: &'a Site) -> Result<Self, CannotRewrite> {
        let node = document.tree.node(site.node);
        let cannot = |what: &str| unclear(&site.path, Some(node.line), what);
        let Kind::Scalar { value, style } = &node.kind else {
            return Err(cannot("its image is no text"));
        };
        if node.is_tagged {
            return Err(cannot("its image has a YAML tag"));
        }
        let quote = match style {
            ScalarStyle::Plain => 0,
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => 1,
            ScalarStyle::Literal | ScalarStyle::Folded => return Err(cannot("its image is written as a block")),
        };
        let inner = node.span.start + quote..node.span.end.saturating_sub(quote);
        let begin = inner.start;
        match document.text.get(inner) {
            Some(text) if text == value && !text.is_empty() => Ok(Self { site, document, node, text, begin }),
            Some(_) | None => Err(cannot("its image is written with escapes, over several lines, or not at all")),
        }
    }

    fn cannot(&self, obstacle: Obstacle) -> CannotRewrite {
        obstacle.at(&self.site.path, Some(self.node.line))
    }

    /// Replaces `range` of the text by `after`.
    fn edit(&self, range: Range<usize>, after: &str) -> Edit {
        let whole = &self.document.text[self.node.span.clone()];
        let at = self.begin - self.node.span.start;
        let after = format!("{}{after}{}", &whole[..at + range.start], &whole[at + range.end..]);
        Edit {
            path: self.site.path.clone(),
            place: Place::Yaml { path: self.document.tree.path(self.site.node) },
            span: self.node.span.clone(),
            line: self.node.line,
            after,
            shares_line: self.document.tree.is_in_flow(self.site.node),
        }
    }
}

fn of_variable(
    files: &Files<'_>,
    sources: &Sources<'_>,
    scalar: &Scalar<'_>,
    variable: &Variable,
    wanted: &Wanted,
) -> Result<Edit, CannotRewrite> {
    let name = &variable.name;
    if (files.is_set)(name) {
        return Err(scalar.cannot(Obstacle::FromEnvironment { variable: name.clone() }));
    }
    let around = Around {
        lead: &scalar.text[..variable.span.start],
        rest: &scalar.text[variable.span.end..],
        variable: name,
        wanted,
    };
    let default = variable.default.as_ref();
    let found = setting(sources, scalar.site, name)?;
    let found = found.filter(|(_, text, entry)| {
        !(text[entry.value.clone()].is_empty() && default.is_some_and(|default| default.also_if_empty))
    });
    if let Some((path, text, entry)) = found {
        let cannot = |obstacle: Obstacle| obstacle.at(&path, Some(entry.line));
        if let Some(why) = entry.unclear {
            return Err(cannot(Obstacle::Unclear { what: format!("variable `{name}`: {why}") }));
        }
        let users = users(sources, scalar, &path, &entry)?;
        if !users.is_empty() {
            return Err(cannot(Obstacle::Shared { others: users }));
        }
        let value = around.replaced(&text[entry.value.clone()]).map_err(cannot)?;
        let (open, close) = (entry.span.start..entry.value.start, entry.value.end..entry.span.end);
        let after = format!("{}{value}{}", &text[open], &text[close]);
        let (span, line) = (entry.span.clone(), entry.line);
        let place = Place::Variable { name: name.clone() };
        return Ok(Edit { path, place, span, line, after, shares_line: false });
    }
    let Some(default) = default else {
        return Err(scalar.cannot(Obstacle::VariableUnset { variable: name.clone() }));
    };
    let value = around.replaced(&scalar.text[default.span.clone()]).map_err(|obstacle| scalar.cannot(obstacle))?;
    Ok(scalar.edit(default.span.clone(), &value))
}

/// What is written before and behind a variable.
struct Around<'a> {
    lead: &'a str,
    rest: &'a str,
    variable: &'a str,
    wanted: &'a Wanted,
}

impl Around<'_> {
    /// What the variable, which is `value`, has to be for the wanted image.
    fn replaced(&self, value: &str) -> Result<String, Obstacle> {
        let image = format!("{}{value}{}", self.lead, self.rest);
        let after = replaced(&image, self.wanted)?;
        let inner = after.strip_prefix(self.lead).and_then(|inner| inner.strip_suffix(self.rest));
        match inner {
            Some(inner) if !inner.is_empty() && inner != value => Ok(inner.to_owned()),
            Some(_) | None => Err(Obstacle::OnlyAPart { variable: self.variable.to_owned() }),
        }
    }
}

/// The environment file that sets `name` for the site, its text, and where in it.
fn setting(sources: &Sources<'_>, site: &Site, name: &str) -> Result<Option<(PathBuf, String, Entry)>, CannotRewrite> {
    for path in &site.env_files {
        let content = sources.content(path).unwrap_or_default();
        let text = std::str::from_utf8(content).map_err(|_| Obstacle::NotUtf8.at(path, None))?;
        let mut entries: Vec<Entry> = env_file::entries(text).into_iter().filter(|entry| entry.name == name).collect();
        let Some(last) = entries.pop() else { continue };
        if let Some(first) = entries.first() {
            let other = dockrev_core::plan::FileLine { path: path.clone(), line: Some(first.line) };
            return Err(Obstacle::SeveralPlaces { other }.at(path, Some(last.line)));
        }
        return Ok(Some((path.clone(), text.to_owned(), last)));
    }
    Ok(None)
}

/// What else the variable of an environment file decides about.
fn users(
    sources: &Sources<'_>,
    scalar: &Scalar<'_>,
    env_file: &Path,
    entry: &Entry,
) -> Result<Vec<String>, CannotRewrite> {
    let mut users = BTreeSet::new();
    for (path, document) in sources.documents() {
        for (id, node) in document.tree.nodes().iter().enumerate() {
            let Kind::Scalar { value, .. } = &node.kind else { continue };
            let is_own = path == scalar.site.path && id == scalar.site.node;
            // `environment: [NAME]` hands it on to the container.
            if !is_own && (uses(value, &entry.name) || *value == entry.name) {
                users.insert(format!("{}:{}", path.display(), node.line));
            }
        }
    }
    for (path, service) in sources.service_env_files() {
        if path == env_file {
            users.insert(format!("the environment of service `{service}`"));
        }
    }
    for path in &scalar.site.env_files {
        let text = String::from_utf8_lossy(sources.content(path).unwrap_or_default());
        let by_others =
            env_file::entries(&text).into_iter().filter(|other| uses(&text[other.span.clone()], &entry.name));
        users.extend(by_others.map(|other| format!("variable `{}`", other.name)));
    }
    Ok(users.into_iter().collect())
}

/// `image` as it is written, with the wanted tag.
fn replaced(image: &str, wanted: &Wanted) -> Result<String, Obstacle> {
    let PinnedImage { repository, tag, .. } = &wanted.to;
    let differs = || Obstacle::NotWhatComposeSays { found: image.to_owned(), compose: wanted.file_image.clone() };
    let reference: ImageRef = image.parse().map_err(|_| differs())?;
    if reference.digest().is_some() {
        return Err(Obstacle::Digest);
    }
    if wanted.file_image.parse() != Ok(reference.clone()) || reference.repository() != repository {
        return Err(differs());
    }
    let written = reference.tag().map(|tag| format!(":{tag}")).unwrap_or_default();
    let bare = image.strip_suffix(&written).ok_or_else(differs)?;
    Ok(format!("{bare}:{tag}"))
}

#[cfg(test)]
mod tests;
