//! What holds for every text, however odd.

use super::template::Template;
use super::yaml::{Kind, Tree};
use super::{env_file, place};
use dockrev_core::plan::{Place, Rewrite};
use dockrev_core::ports::{Standing, Way};
use dockrev_core::stack::FileHash;
use proptest::prelude::*;

/// Texts made of what files are made of, so that they are often almost right.
fn text() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "services",
        "web",
        "image",
        ":",
        ": ",
        "- ",
        "\n",
        "\r\n",
        "  ",
        "    ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "'",
        "\"",
        "#",
        " # ",
        "&a",
        " *a",
        "<<",
        "|",
        ">-",
        "---",
        "TAG",
        "=",
        "$TAG",
        "${TAG:-1}",
        "${",
        "export ",
        "\\",
        "\t",
        "?",
        "!",
        "nginx:1.0",
        "ä",
        "\u{feff}",
        "✓",
        "@",
    ]);
    prop::collection::vec(parts, 0..40).prop_map(|parts| parts.concat())
}

fn rewrite(place: Place, before: &str) -> Rewrite {
    let digest = format!("sha256:{}", "a".repeat(64)).parse().unwrap();
    Rewrite {
        file: FileHash { path: "/f".into(), digest },
        place,
        line: 1,
        lead: String::new(),
        before: before.to_owned(),
        after: "other:2".to_owned(),
        rest: String::new(),
    }
}

/// What is put there is seen there, and what is put back is what was there, byte for byte.
fn goes_forth_and_back(text: &str, rewrite: &Rewrite) -> Result<(), TestCaseError> {
    if place::standing(text, rewrite) != Standing::Before {
        return Ok(());
    }
    let Some(there) = place::replaced(text, rewrite, Way::Forth) else { return Ok(()) };
    if place::standing(&there, rewrite) == Standing::After {
        let back = place::replaced(&there, rewrite, Way::Back);
        prop_assert_eq!(back.as_deref(), Some(text));
    }
    Ok(())
}

proptest! {
    #[test]
    fn yaml_of_any_kind_is_read_or_refused(text in text()) {
        let Ok(tree) = Tree::parse(&text) else { return Ok(()) };
        for (id, node) in tree.nodes().iter().enumerate() {
            let source = text.get(node.span.clone());
            prop_assert!(source.is_some(), "{:?} is no part of the text", node.span);
            if let (Kind::Scalar { .. }, Some(source)) = (&node.kind, source) {
                goes_forth_and_back(&text, &rewrite(Place::Yaml { path: tree.path(id) }, source))?;
            }
        }
        for key in ["services", "web", "image"] {
            let _ = tree.get(tree.root(), key);
        }
    }

    #[test]
    fn environment_files_of_any_kind_are_read(text in text()) {
        for entry in env_file::entries(&text) {
            let (span, value) = (text.get(entry.span.clone()), text.get(entry.value.clone()));
            prop_assert!(span.is_some() && value.is_some(), "{entry:?}");
            goes_forth_and_back(&text, &rewrite(Place::Variable { name: entry.name }, span.unwrap_or_default()))?;
        }
    }

    #[test]
    fn templates_of_any_kind_are_read_or_refused(text in text()) {
        if let Ok(Template::One(variable)) = Template::parse(&text) {
            prop_assert!(text.get(variable.span.clone()).is_some_and(|source| source.starts_with('$')));
            let default = variable.default.map(|default| default.span);
            prop_assert!(default.is_none_or(|span| span.end <= variable.span.end && text.get(span).is_some()));
        }
    }
}
