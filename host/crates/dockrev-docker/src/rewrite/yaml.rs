//! A YAML file as a tree that knows where in the text every value is.

use granit_parser::{Event, Parser, ScalarStyle, Span, StructureStyle};
use std::collections::HashMap;
use std::ops::Range;

/// Aliases and merges that are followed one after the other: a person writes two or three, a circle has no end.
const FOLLOWED_MAX: usize = 32;
/// The key whose value is merged into the mapping around it.
const MERGE: &str = "<<";

/// Number of a node in its tree.
pub(super) type NodeId = usize;

/// A file with one YAML document.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

/// A value, and where it is written.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Bytes of the text; of a scalar, with its quotes and without anchor and tag.
    pub(super) span: Range<usize>,
    /// From 1.
    pub(super) line: u64,
    pub(super) is_tagged: bool,
    /// The collection that it is written in, and under which key or number.
    parent: Option<(NodeId, String)>,
}

#[derive(Debug)]
pub(super) enum Kind {
    Scalar {
        value: String,
        style: ScalarStyle,
    },
    List(Vec<NodeId>),
    /// Keys and values in the order of the text.
    Map {
        entries: Vec<(NodeId, NodeId)>,
        style: StructureStyle,
    },
    Alias(NodeId),
}

/// What cannot be read with certainty, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unclear {
    pub(super) what: String,
    pub(super) line: Option<u64>,
}

impl Unclear {
    fn at(line: u64, what: impl Into<String>) -> Self {
        Self { what: what.into(), line: Some(line) }
    }
}

impl Tree {
    /// Reads `text`.
    pub(super) fn parse(text: &str) -> Result<Self, Unclear> {
        let mut reading = Reading::default();
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| {
                Unclear::at(line(error.marker().line()), "it is not YAML, or no YAML that is understood")
            })?;
            reading.take(event, span)?;
        }
        if reading.nodes.is_empty() {
            return Err(Unclear { what: "it is empty".to_owned(), line: None });
        }
        Ok(Self { nodes: reading.nodes })
    }

    /// The outermost value.
    pub(super) fn root(&self) -> NodeId {
        0
    }

    pub(super) fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id]
    }

    pub(super) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The value itself, where `id` may be an alias of it.
    pub(super) fn target(&self, mut id: NodeId) -> NodeId {
        for _ in 0..FOLLOWED_MAX {
            match &self.nodes[id].kind {
                Kind::Alias(target) => id = *target,
                Kind::Scalar { .. } | Kind::List(_) | Kind::Map { .. } => break,
            }
        }
        id
    }

    /// The text of a scalar, aliases followed.
    pub(super) fn text(&self, id: NodeId) -> Option<&str> {
        match &self.node(self.target(id)).kind {
            Kind::Scalar { value, .. } => Some(value),
            Kind::List(_) | Kind::Map { .. } | Kind::Alias(_) => None,
        }
    }

    /// The value of `key` in the mapping `id`: its own, else a merged one.
    pub(super) fn get(&self, id: NodeId, key: &str) -> Result<Option<NodeId>, Unclear> {
        self.get_within(id, key, FOLLOWED_MAX)
    }

    fn get_within(&self, id: NodeId, key: &str, depth: usize) -> Result<Option<NodeId>, Unclear> {
        let node = self.node(self.target(id));
        let Kind::Map { entries, .. } = &node.kind else { return Ok(None) };
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Unclear::at(node.line, "its merges go round in a circle"));
        };
        if let Some(own) = self.own(entries, key)? {
            return Ok(Some(own));
        }
        for (_, merged) in entries.iter().filter(|(name, _)| self.text(*name) == Some(MERGE)) {
            let sources = match &self.node(self.target(*merged)).kind {
                Kind::List(items) => items.clone(),
                Kind::Map { .. } | Kind::Scalar { .. } | Kind::Alias(_) => vec![*merged],
            };
            for source in sources {
                if let Some(found) = self.get_within(source, key, depth)? {
                    return Ok(Some(found));
                }
            }
        }
        Ok(None)
    }

    /// The value that is written under `key`, if it is written once.
    fn own(&self, entries: &[(NodeId, NodeId)], key: &str) -> Result<Option<NodeId>, Unclear> {
        let mut found = entries.iter().filter(|(name, _)| self.text(*name) == Some(key));
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Ok(Some(*value)),
            (None, _) => Ok(None),
            (Some(_), Some((again, _))) => {
                Err(Unclear::at(self.node(*again).line, format!("`{key}` is written twice")))
            }
        }
    }

    /// Keys and values of the mapping `id`, merged ones included. Own ones come first.
    pub(super) fn entries(&self, id: NodeId) -> Vec<(&str, NodeId)> {
        let mut all = Vec::new();
        self.collect(id, FOLLOWED_MAX, &mut all);
        all
    }

    fn collect<'a>(&'a self, id: NodeId, depth: usize, all: &mut Vec<(&'a str, NodeId)>) {
        let Kind::Map { entries, .. } = &self.node(self.target(id)).kind else { return };
        let Some(depth) = depth.checked_sub(1) else { return };
        all.extend(
            entries.iter().filter_map(|(key, value)| Some((self.text(*key)?, *value))).filter(|(key, _)| *key != MERGE),
        );
        for (_, merged) in entries.iter().filter(|(name, _)| self.text(*name) == Some(MERGE)) {
            self.collect(*merged, depth, all);
            for item in self.items(*merged) {
                self.collect(*item, depth, all);
            }
        }
    }

    /// The entries of a list. None if it is no list.
    pub(super) fn items(&self, id: NodeId) -> &[NodeId] {
        match &self.node(self.target(id)).kind {
            Kind::List(items) => items,
            Kind::Scalar { .. } | Kind::Map { .. } | Kind::Alias(_) => &[],
        }
    }

    /// The keys that lead to where a value is written.
    pub(super) fn path(&self, mut id: NodeId) -> Vec<String> {
        let mut path = Vec::new();
        while let Some((parent, key)) = &self.node(id).parent {
            path.push(key.clone());
            id = *parent;
        }
        path.reverse();
        path
    }

    /// The value that is written at `path`: no alias and no merge is followed.
    pub(super) fn at(&self, path: &[String]) -> Result<Option<NodeId>, Unclear> {
        let mut id = self.root();
        for key in path {
            let next = match &self.node(id).kind {
                Kind::Map { entries, .. } => self.own(entries, key)?,
                Kind::List(items) => key.parse::<usize>().ok().and_then(|number| items.get(number)).copied(),
                Kind::Scalar { .. } | Kind::Alias(_) => None,
            };
            let Some(next) = next else { return Ok(None) };
            id = next;
        }
        Ok(Some(id))
    }

    /// How many aliases stand for the value `id`.
    pub(super) fn aliases_of(&self, id: NodeId) -> usize {
        self.nodes.iter().filter(|node| matches!(node.kind, Kind::Alias(target) if target == id)).count()
    }

    /// Whether the value is written in a mapping or list with braces: others may be on its line.
    pub(super) fn is_in_flow(&self, id: NodeId) -> bool {
        let parent = self.node(id).parent.as_ref().map(|(parent, _)| &self.node(*parent).kind);
        match parent {
            Some(Kind::Map { style, .. }) => *style == StructureStyle::Flow,
            Some(Kind::List(_) | Kind::Scalar { .. } | Kind::Alias(_)) => true,
            None => false,
        }
    }
}

/// Lines of the parser begin with 1.
fn line(line: usize) -> u64 {
    u64::try_from(line).unwrap_or(u64::MAX)
}

/// A tree that is being built.
#[derive(Default)]
struct Reading {
    nodes: Vec<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, NodeId>,
    has_document: bool,
}

/// A collection whose end has not come yet.
struct Open {
    id: NodeId,
    /// The key whose value comes next.
    key: Option<NodeId>,
}

impl Reading {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Unclear> {
        match event {
            Event::DocumentStart(..) if self.has_document => {
                return Err(Unclear::at(line(span.start.line()), "it has several YAML documents"));
            }
            Event::DocumentStart(..) => self.has_document = true,
            Event::Scalar(value, style, anchor, tag) => {
                let kind = Kind::Scalar { value: value.into_owned(), style };
                self.add(kind, span, anchor, tag.is_some());
            }
            Event::Alias(anchor) => {
                let target = self.anchors.get(&anchor).copied();
                let target =
                    target.ok_or_else(|| Unclear::at(line(span.start.line()), "an alias stands for nothing"))?;
                self.add(Kind::Alias(target), span, 0, false);
            }
            Event::SequenceStart(_, anchor, tag) => {
                let id = self.add(Kind::List(Vec::new()), span, anchor, tag.is_some());
                self.open.push(Open { id, key: None });
            }
            Event::MappingStart(style, anchor, tag) => {
                let id = self.add(Kind::Map { entries: Vec::new(), style }, span, anchor, tag.is_some());
                self.open.push(Open { id, key: None });
            }
            Event::SequenceEnd | Event::MappingEnd => drop(self.open.pop()),
            // What else there is tells of the text and not of its values.
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentEnd
            | Event::Anchor(..)
            | Event::UnresolvedAlias(_)
            | _ => {}
        }
        Ok(())
    }

    fn add(&mut self, kind: Kind, span: Span, anchor: usize, is_tagged: bool) -> NodeId {
        let id = self.nodes.len();
        let parent = self.open.last_mut().and_then(|open| match (&mut self.nodes[open.id].kind, open.key.take()) {
            (Kind::List(items), _) => {
                items.push(id);
                Some((open.id, Named::Number(items.len() - 1)))
            }
            (Kind::Map { entries, .. }, Some(key)) => {
                entries.push((key, id));
                Some((open.id, Named::Key(key)))
            }
            (Kind::Map { .. }, None) => {
                open.key = Some(id);
                None
            }
            (Kind::Scalar { .. } | Kind::Alias(_), _) => None,
        });
        let parent = parent.map(|(parent, named)| match named {
            Named::Number(number) => (parent, number.to_string()),
            Named::Key(key) => match &self.nodes[key].kind {
                Kind::Scalar { value, .. } => (parent, value.clone()),
                Kind::List(_) | Kind::Map { .. } | Kind::Alias(_) => (parent, String::new()),
            },
        });
        // A text that is all there always has its bytes.
        let bytes = span.byte_range().unwrap_or_default();
        self.nodes.push(Node { kind, span: bytes, line: line(span.start.line()), is_tagged, parent });
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        id
    }
}

/// Under what a value is written in its collection.
enum Named {
    Number(usize),
    Key(NodeId),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn source<'a>(text: &'a str, path: &[&str]) -> &'a str {
        let tree = Tree::parse(text).unwrap();
        let path: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
        let id = tree.at(&path).unwrap().unwrap();
        assert_eq!(tree.path(id), path);
        &text[tree.node(id).span.clone()]
    }

    #[test]
    fn knows_where_every_scalar_is() {
        let check = |text: &str, expected: &str| assert_eq!(source(text, &["a", "b"]), expected, "{text:?}");
        check("a:\n  b: x:1\n", "x:1");
        check("a:\n  b: x:1", "x:1");
        check("a:\r\n  b: x:1\r\n  c: 2\r\n", "x:1");
        check("\u{feff}a:\n  b: x:1\n", "x:1");
        check("a:\n  b: 'x:1'  # c\n", "'x:1'");
        check("a:\n  b: \"x:1\"\n", "\"x:1\"");
        check("a:\n  b: &n x:1 # c\n", "x:1");
        check("a:\n  b: !!str x:1\n", "x:1");
        check("a: {c: d, b: x:1}\n", "x:1");
        check("a: {\"b\":x}\n", "x");
        check("ä: \"öß\"\na:\n  b: x:1\n", "x:1");
        check("? a\n: b: x:1\n", "x:1");
        check("a:\n  b:\n    x:1\n", "x:1");
        check("%YAML 1.2\n---\na:\n  b: x:1\n", "x:1");
        assert_eq!(source("a: [c, {b: x}]\n", &["a", "1", "b"]), "x");
    }

    #[test]
    fn follows_merges_as_compose_does() {
        let text = "x: &x {i: 1, j: 2}\ny: &y {i: 3, k: 4}\na: {<<: *x, j: 5}\nb: {<<: [*x, *y]}\nc: *x\n";
        let tree = Tree::parse(text).unwrap();
        let check = |name: &str, key: &str, expected: Option<&str>| {
            let map = tree.get(tree.root(), name).unwrap().unwrap();
            let found = tree.get(map, key).unwrap().and_then(|id| tree.text(id));
            assert_eq!(found, expected, "{name}.{key}");
        };
        check("a", "i", Some("1"));
        check("a", "j", Some("5"));
        check("b", "i", Some("1"));
        check("b", "k", Some("4"));
        check("c", "j", Some("2"));
        check("c", "k", None);
    }

    #[test]
    fn says_what_is_unclear() {
        let check = |text: &str, line: Option<u64>, what: &str| {
            let unclear = Tree::parse(text).and_then(|tree| tree.get(tree.root(), "a").map(drop)).unwrap_err();
            assert!(unclear.line == line && unclear.what.contains(what), "{text:?}: {unclear:?}");
        };
        check("", None, "empty");
        check("a: 1\nb: 2\na: 3\n", Some(3), "`a` is written twice");
        check("a: 1\n---\na: 2\n", Some(2), "several YAML documents");
        check("a: 1\n b: [\n", Some(2), "not YAML");
        check("&b\n<<: *b\n", Some(2), "circle");
    }
}
