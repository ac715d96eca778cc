//! The settings as the table of the manual.

use super::catalog::{Place, SETTINGS, Sense, Setting};

/// Where the manual's table begins and ends.
pub const TABLE_BEGIN: &str = "<!-- settings: made by `cargo xtask gen` -->";
/// As [`TABLE_BEGIN`].
pub const TABLE_END: &str = "<!-- end of settings -->";

/// Every setting as one Markdown table.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| setting | in the file | environment | label | meaning | default |\n");
    text.push_str("| --- | --- | --- | --- | --- | --- |\n");
    for setting in SETTINGS {
        let key = if setting.key.is_empty() { String::new() } else { format!("`{}`", setting.key) };
        let environment = setting.environment.map(|name| format!("`{name}`")).unwrap_or_default();
        let cells = [&key, place(setting.place), &environment, &labels(setting), setting.meaning, setting.default];
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text
}

/// `document` with its table made anew; nothing if it has no place for one.
#[must_use]
pub fn refreshed(document: &str) -> Option<String> {
    let (before, rest) = document.split_once(TABLE_BEGIN)?;
    let (_, after) = rest.split_once(TABLE_END)?;
    Some(format!("{before}{TABLE_BEGIN}\n{}{TABLE_END}{after}", markdown()))
}

fn place(place: Place) -> &'static str {
    match place {
        Place::Nowhere => "",
        Place::Top => "top",
        Place::Registry => "`[registries.\"HOST\"]`",
        Place::Plugin => "`[plugins.ID]`",
        Place::Webhook => "`[webhooks.NAME]`",
        Place::Service => "`[defaults]`, `[services.\"STACK/SERVICE\"]`",
    }
}

fn labels(setting: &Setting) -> String {
    let name = |label: &super::catalog::Label| match label.sense {
        Sense::Same => format!("`{}`", label.name),
        Sense::Opposite => format!("`{}` (the other way round)", label.name),
    };
    setting.labels.iter().map(name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_table_of_a_document_is_made_anew() {
        let document = format!("# Title\n\n{TABLE_BEGIN}\na stale row\n{TABLE_END}\n\nMore.\n");
        let fresh = refreshed(&document).unwrap();
        assert!(fresh.starts_with("# Title\n\n<!--") && fresh.ends_with("-->\n\nMore.\n"), "{fresh}");
        assert!(fresh.contains("| `min-age` |") && !fresh.contains("a stale row"), "{fresh}");
        assert_eq!(refreshed(&fresh), Some(fresh.clone()));
        assert_eq!(refreshed("no table"), None);
    }

    /// `cargo xtask gen` makes the table anew.
    #[test]
    fn the_manual_has_the_table_as_it_is_now() {
        let manual = include_str!("../../../../../docs/configuration.md");
        assert!(refreshed(manual).as_deref() == Some(manual), "docs/configuration.md is stale: run `cargo xtask gen`");
    }
}
