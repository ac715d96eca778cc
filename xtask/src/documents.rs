//! What is made from the program: tables of the manual, and the document of the API.

use crate::failure::Failure;
use crate::{step, workspace};
use dockrev_core::settings::table;
use std::path::Path;
use std::process::{Command, Stdio};

/// The document that has the table of settings, below the repository's folder.
const SETTINGS_DOCUMENT: &str = "docs/configuration.md";
/// The document that describes the API.
const API_DOCUMENT: &str = "docs/openapi.json";

/// Makes them anew, or with `--check` fails if one of them is stale.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let wish = match arguments {
        [] => Wish::Make,
        [only] if only == "--check" => Wish::Check,
        _ => return Err(Failure::new("usage: cargo xtask gen [--check]")),
    };
    let path = workspace::root().join(SETTINGS_DOCUMENT);
    let failed = Failure::of(format!("could not read `{SETTINGS_DOCUMENT}`"));
    let document = std::fs::read_to_string(&path).map_err(failed)?;
    let missing = || Failure::new(format!("`{SETTINGS_DOCUMENT}` has no place for the table of settings"));
    refresh(wish, SETTINGS_DOCUMENT, &table::refreshed(&document).ok_or_else(missing)?)?;
    match wish {
        Wish::Make => refresh(wish, API_DOCUMENT, &api()?),
        // The program's own tests do that: here it would have to be built first.
        Wish::Check => Ok(()),
    }
}

#[derive(Clone, Copy)]
enum Wish {
    Make,
    Check,
}

fn refresh(wish: Wish, name: &str, fresh: &str) -> Result<(), Failure> {
    let path: &Path = &workspace::root().join(name);
    if std::fs::read_to_string(path).is_ok_and(|document| document == fresh) {
        println!("{name} is as it should be.");
        return Ok(());
    }
    match wish {
        Wish::Check => Err(Failure::new(format!("`{name}` is stale: run `cargo xtask gen`"))),
        Wish::Make => {
            std::fs::write(path, fresh).map_err(Failure::of(format!("could not write `{name}`")))?;
            println!("{name} was made anew.");
            Ok(())
        }
    }
}

/// What the program itself says of its API.
fn api() -> Result<String, Failure> {
    step::command(&mut workspace::build_as_tested())?;
    let mut command = Command::new(workspace::tested_program());
    command.arg("openapi");
    let failed = "could not have `dockrev` describe its API";
    let output = command.stderr(Stdio::inherit()).output().map_err(Failure::of(failed))?;
    let text = String::from_utf8(output.stdout).map_err(Failure::of(failed))?;
    if output.status.success() { Ok(text) } else { Err(Failure::new(failed)) }
}
