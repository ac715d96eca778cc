//! What is made from the program: tables of the manual.

use crate::failure::Failure;
use crate::workspace;
use dockrev_core::settings::table;

/// The document that has the table of settings, below the repository's folder.
const SETTINGS_DOCUMENT: &str = "docs/configuration.md";

/// Makes them anew, or with `--check` fails if one of them is stale.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let is_check = match arguments {
        [] => false,
        [only] if only == "--check" => true,
        _ => return Err(Failure::new("usage: cargo xtask gen [--check]")),
    };
    let path = workspace::root().join(SETTINGS_DOCUMENT);
    let failed = |what: &str| format!("could not {what} `{SETTINGS_DOCUMENT}`");
    let document = std::fs::read_to_string(&path).map_err(Failure::of(failed("read")))?;
    let missing = || Failure::new(format!("`{SETTINGS_DOCUMENT}` has no place for the table of settings"));
    let fresh = table::refreshed(&document).ok_or_else(missing)?;
    if fresh == document {
        println!("{SETTINGS_DOCUMENT} is as it should be.");
        return Ok(());
    }
    if is_check {
        return Err(Failure::new(format!("`{SETTINGS_DOCUMENT}` is stale: run `cargo xtask gen`")));
    }
    std::fs::write(&path, fresh).map_err(Failure::of(failed("write")))?;
    println!("{SETTINGS_DOCUMENT} was made anew.");
    Ok(())
}
