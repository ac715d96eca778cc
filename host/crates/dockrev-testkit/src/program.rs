//! Programs of this machine: finding them, running them.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::Error;

/// Folders looked at after `PATH`: a user's `PATH` often lacks the ones for administration.
const MORE_FOLDERS: [&str; 4] = ["/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin"];

/// Most of a failed program's output that an error repeats, in bytes, counted from the end.
const OUTPUT_MAX_BYTES: usize = 2000;

/// The path of the program `name`, from `PATH` or the administrator's folders.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(MORE_FOLDERS.iter().map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|candidate| is_executable(candidate))
}

/// The path of the program `name`, or an error that says which package has it.
pub fn need(name: &str, package: &'static str) -> Result<PathBuf, Error> {
    find(name).ok_or_else(|| Error::Missing { program: name.to_owned(), package })
}

/// Runs `command` to its end and gives what it wrote to its standard output.
pub fn output(command: &mut Command) -> Result<String, Error> {
    let words = words(command);
    let done = command.output().map_err(Error::io("run", PathBuf::from(&words)))?;
    if done.status.success() {
        return Ok(String::from_utf8_lossy(&done.stdout).into_owned());
    }
    let mut text = String::from_utf8_lossy(&done.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&done.stderr));
    Err(Error::Command { command: words, status: done.status.to_string(), output: tail(text.trim()).to_owned() })
}

/// Starts a server that says where it listens in the first line that it writes, after `http://`. Gives the process and the
/// address.
pub fn listening(command: &mut Command) -> Result<(Child, String), Error> {
    let words = words(command);
    let failed = || Error::io("run", PathBuf::from(&words));
    let mut process = command.stdout(Stdio::piped()).spawn().map_err(failed())?;
    let mut line = String::new();
    if let Some(output) = process.stdout.take() {
        BufReader::new(output).read_line(&mut line).map_err(failed())?;
    }
    if let Some((_, address)) = line.trim().rsplit_once("http://") {
        return Ok((process, address.to_owned()));
    }
    let status = process.kill().and_then(|()| process.wait()).map_err(failed())?;
    let output = format!("it did not say where it listens, but `{}`", line.trim());
    Err(Error::Command { command: words, status: status.to_string(), output })
}

/// `command` as one would type it, without its environment.
pub fn words(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    std::iter::once(program).chain(command.get_args()).map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// The end of `text`, at most [`OUTPUT_MAX_BYTES`] long.
pub(crate) fn tail(text: &str) -> &str {
    let mut start = text.len().saturating_sub(OUTPUT_MAX_BYTES);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_programs_and_says_what_failed() {
        assert!(find("sh").is_some());
        assert!(find("no-such-program-here").is_none());
        let error = output(Command::new("sh").args(["-c", "echo no luck >&2; exit 4"])).unwrap_err().to_string();
        assert!(error.contains("no luck") && error.contains('4'), "{error}");
    }

    #[test]
    fn tail_keeps_whole_characters() {
        let text = "ä".repeat(OUTPUT_MAX_BYTES);
        assert!(tail(&text).len() <= OUTPUT_MAX_BYTES);
        assert_eq!(tail("short"), "short");
    }
}
