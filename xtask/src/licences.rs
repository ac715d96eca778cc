//! Whether every dependency's licence and source is one that we take. The list is `deny.toml`'s, so that `cargo deny`
//! says the same; this check needs neither that program nor the network.

use std::fs;

use crate::failure::Failure;
use crate::workspace;

/// Checks every package that the lock file names.
pub(crate) fn check() -> Result<(), Failure> {
    let path = workspace::root().join("deny.toml");
    let text = fs::read_to_string(&path).map_err(Failure::of(format!("could not read `{}`", path.display())))?;
    let allowed = allowed(&text);
    let metadata = workspace::metadata(&["--locked"])?;
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut complaints = Vec::new();
    for package in packages {
        let field = |name: &str| package[name].as_str().unwrap_or_default();
        let name = format!("{} {}", field("name"), field("version"));
        if !is_allowed(field("license"), &allowed) {
            complaints.push(format!("{name} has the licence `{}`", field("license")));
        }
        // No source: a crate of this workspace.
        if !field("source").is_empty() && !field("source").starts_with("registry+") {
            complaints.push(format!("{name} does not come from a package registry"));
        }
    }
    if complaints.is_empty() {
        println!("{} packages, every licence is on the list of deny.toml", packages.len());
        return Ok(());
    }
    Err(Failure::new(format!(
        "not allowed:\n  {}\nUse another crate, or add the licence to `deny.toml` if it fits ours",
        complaints.join("\n  ")
    )))
}

/// The names in the list `allow = [...]` of the section `[licenses]`.
fn allowed(deny: &str) -> Vec<&str> {
    let section = deny.split_once("[licenses]").map_or("", |(_, rest)| rest);
    let list = section.split_once("allow = [").and_then(|(_, rest)| rest.split_once(']')).map_or("", |(list, _)| list);
    list.lines().flat_map(|line| line.split('#').next().unwrap_or_default().split('"').skip(1).step_by(2)).collect()
}

/// Whether an SPDX expression can be met with allowed licences: one side of each `OR`, both sides of each `AND`.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    // Before SPDX expressions, crates wrote a slash for `OR`.
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = either(&mut rest, allowed);
    met && rest.is_empty()
}

fn either(words: &mut &[&str], allowed: &[&str]) -> bool {
    let mut met = both(words, allowed);
    while let [word, rest @ ..] = *words
        && word.eq_ignore_ascii_case("OR")
    {
        *words = rest;
        // Not `||`: the other side's words have to be read in any case.
        met |= both(words, allowed);
    }
    met
}

fn both(words: &mut &[&str], allowed: &[&str]) -> bool {
    let mut met = single(words, allowed);
    while let [word, rest @ ..] = *words
        && word.eq_ignore_ascii_case("AND")
    {
        *words = rest;
        met &= single(words, allowed);
    }
    met
}

fn single(words: &mut &[&str], allowed: &[&str]) -> bool {
    let [word, rest @ ..] = *words else { return false };
    *words = rest;
    if *word == "(" {
        let met = either(words, allowed);
        let [")", rest @ ..] = *words else { return false };
        *words = rest;
        return met;
    }
    let mut name = (*word).to_owned();
    if let ["WITH", exception, rest @ ..] = *words {
        name = format!("{name} WITH {exception}");
        *words = rest;
    }
    // An exception only ever permits more.
    allowed.contains(&name.as_str()) || allowed.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let allowed = ["MIT", "Apache-2.0", "Unicode-3.0"];
        for (expression, expected) in [
            ("MIT", true),
            ("MIT/Apache-2.0", true),
            ("MIT OR GPL-3.0", true),
            ("GPL-3.0 OR MIT", true),
            ("GPL-3.0", false),
            ("MIT AND GPL-3.0", false),
            ("(MIT OR GPL-3.0) AND Unicode-3.0", true),
            ("(GPL-2.0 OR GPL-3.0) AND Unicode-3.0", false),
            ("Apache-2.0 WITH LLVM-exception OR GPL-3.0", true),
            ("GPL-2.0 WITH Classpath-exception-2.0", false),
            ("MIT OR", true),
            ("(MIT", false),
            ("MIT MIT", false),
            ("", false),
        ] {
            assert_eq!(is_allowed(expression, &allowed), expected, "{expression}");
        }
    }

    #[test]
    fn the_list_is_read_from_the_file() {
        let text = "[bans]\nallow = [\"no\"]\n[licenses]\nallow = [\n  \"MIT\", # short\n  \"ISC\",\n]\n[sources]\n";
        assert_eq!(allowed(text), ["MIT", "ISC"]);
    }
}
