//! What all benches take.

use std::path::PathBuf;

use crate::failure::Failure;

/// How a report is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Manner {
    /// As JSON instead of a table.
    pub(crate) json: bool,
    /// A missed target is a failure.
    pub(crate) strict: bool,
}

impl Manner {
    /// Takes `argument`, if it is about that. Gives whether it was.
    pub(crate) fn takes(&mut self, argument: &str) -> bool {
        match argument {
            "--json" => self.json = true,
            "--strict" => self.strict = true,
            _ => return false,
        }
        true
    }
}

/// The program that is measured, and its plugins.
#[derive(Debug, Default)]
pub(crate) struct Program {
    pub(crate) dockrev: PathBuf,
    pub(crate) plugins: PathBuf,
}

impl Program {
    /// Both have to be found from every folder.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        for (name, path) in [("--dockrev", &self.dockrev), ("--plugins", &self.plugins)] {
            if !path.is_absolute() {
                return Err(Failure::new(format!("`{name}` needs a whole path; `cargo xtask bench` gives it")));
            }
        }
        Ok(())
    }
}

/// The value after `argument`.
pub(crate) fn value<'a>(argument: &str, rest: &mut impl Iterator<Item = &'a String>) -> Result<&'a str, Failure> {
    rest.next().map(String::as_str).ok_or_else(|| Failure::new(format!("`{argument}` needs a value")))
}

/// A command line's words, for tests.
#[cfg(test)]
pub(crate) fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

/// The number after `argument`.
pub(crate) fn number<'a, N: std::str::FromStr>(
    argument: &str,
    rest: &mut impl Iterator<Item = &'a String>,
) -> Result<N, Failure> {
    let text = value(argument, rest)?;
    text.parse().map_err(|_| Failure::new(format!("`{argument}` takes a number, not `{text}`")))
}
