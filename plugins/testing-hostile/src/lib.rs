//! A registry adapter that misbehaves on request, for the tests of the plugin host.
//!
//! The repository's name in the call says how:
//!
//! | name | what it does |
//! | --- | --- |
//! | `polite` | one good tag |
//! | `loop` | never returns |
//! | `memory` | allocates without end |
//! | `stack` | recurses without end |
//! | `trap` | panics |
//! | `oversized` | a list of [`OVERSIZED_TAGS`] tags |
//! | `oversized-names` | four tags with names of 1 MiB |
//! | `bad-names` | names that are no tags, and one name twice |
//! | `forbidden-host` | sends to `127.0.0.1:9` and answers with the error it got |
//! | `log-flood` | writes [`FLOOD_LINES`] lines of [`FLOOD_LINE_BYTES`] bytes, then is polite |
//! | `request-flood` | sends to the host in the hint or the reference until it is stopped |
//! | `secret` | asks for a secret that its manifest does not name and answers with the error it got |
//! | `machine` | looks for files, variables and arguments, and answers with what it found |
//! | `sleep` | sleeps for a day |
//! | `hold` | asks the server in the setting `target`, however long it takes |
//! | `leave` | asks that server, looks at the status and leaves the connection as it is, then is polite |
//! | `forget` | asks that server and does not even look, then is polite |
//! | `burst` | asks that server again and again without waiting |
//! | `handles` | takes handles of the host without end |
//! | `output-flood` | writes [`OUTPUT_WRITES`] times [`FLOOD_LINE_BYTES`] bytes to both outputs, then is polite |
//! | `long-error` | fails with a text of 8 MiB that is no line |
//! | `platforms` | as `resolve`: an image with [`MANY_PLATFORMS`] platforms |
//! | `bad-digest` | as `resolve`: a digest that is none |
//!
//! Anything else is not found. `resolve` does the same things; its digest is all zeros.

mod raw;

use dockrev_plugin_sdk::http::Request;
use dockrev_plugin_sdk::registry::{
    Detail, ListHint, Platform, PlatformImage, RegistryAdapter, RegistryError, Repository, Resolved, Tag, TagList,
};
use dockrev_plugin_sdk::{log, secrets, settings};
use std::hint::black_box;
use std::io::Write as _;
use std::time::Duration;

/// More tags than any host should want, and yet a list that fits into the memory that a call usually has.
pub const OVERSIZED_TAGS: u32 = 250_000;

/// Lines of a flooded log.
pub const FLOOD_LINES: u32 = 10_000;

/// Length of each of them, in bytes.
pub const FLOOD_LINE_BYTES: usize = 8 * 1024;

/// Writes to each output that is flooded.
pub const OUTPUT_WRITES: u32 = 500;

/// More platforms than any image has.
pub const MANY_PLATFORMS: u32 = 50_000;

/// How much is allocated at a time.
const MEMORY_STEP_BYTES: usize = 1024 * 1024;

/// The plugin.
pub struct Hostile;

impl RegistryAdapter for Hostile {
    fn list_tags(repository: Repository, hint: ListHint) -> Result<TagList, RegistryError> {
        misbehave(&repository.name, hint.current_tag.as_deref().unwrap_or("granted.invalid"))
    }

    fn resolve(repository: Repository, reference: String, _: Detail) -> Result<Resolved, RegistryError> {
        let zeros = format!("sha256:{}", "0".repeat(64));
        let resolved = |digest: &str, platforms| Resolved {
            digest: digest.to_owned(),
            media_type: "application/vnd.oci.image.index.v1+json".to_owned(),
            platforms,
        };
        match repository.name.as_str() {
            "platforms" => Ok(resolved(&zeros, (0..MANY_PLATFORMS).map(platform).collect())),
            "bad-digest" => Ok(resolved("sha256:0", Vec::new())),
            how => misbehave(how, &reference).map(|_| resolved(&zeros, Vec::new())),
        }
    }
}

dockrev_plugin_sdk::export!(registry-adapter: Hostile);

fn misbehave(how: &str, host: &str) -> Result<TagList, RegistryError> {
    match how {
        "polite" => Ok(tags([Tag::named("1.0.0")])),
        "loop" => run_without_end(),
        "memory" => allocate_without_end(),
        "stack" => Err(RegistryError::NotFound(recurse(1).to_string())),
        "trap" => fail(),
        "oversized" => Ok(tags((0..OVERSIZED_TAGS).map(|number| Tag::named(format!("1.0.{number}"))))),
        "oversized-names" => Ok(tags(["a", "b", "c", "d"].map(|letter| Tag::named(letter.repeat(MEMORY_STEP_BYTES))))),
        "bad-names" => Ok(tags(BAD_NAMES.map(Tag::named))),
        "forbidden-host" => Err(answer_of("http://127.0.0.1:9/")),
        "log-flood" => {
            let line = "x".repeat(FLOOD_LINE_BYTES);
            (0..FLOOD_LINES).for_each(|_| log::info(&line));
            Ok(tags([Tag::named("1.0.0")]))
        }
        "request-flood" => loop {
            black_box(answer_of(&format!("http://{host}/")));
        },
        "secret" => Err(match secrets::get("not-in-the-manifest") {
            Ok(_) => RegistryError::Unsupported("got a secret that was not asked for".to_owned()),
            Err(error) => RegistryError::Unauthorized(error.to_string()),
        }),
        other => misbehave_outside(other),
    }
}

/// The ways that reach for what is outside the sandbox.
fn misbehave_outside(how: &str) -> Result<TagList, RegistryError> {
    let polite = || tags([Tag::named("1.0.0")]);
    match how {
        "machine" => Err(RegistryError::Unsupported(machine())),
        "sleep" => {
            std::thread::sleep(Duration::from_secs(24 * 60 * 60));
            Ok(polite())
        }
        "hold" => Err(answer_of(&format!("http://{}/", target()?))),
        "leave" => match raw::look_at(&target()?) {
            Some(200) => Ok(polite()),
            other => Err(RegistryError::UnexpectedAnswer(format!("{other:?}"))),
        },
        "forget" => {
            raw::begin_and_forget(&target()?);
            Ok(polite())
        }
        "burst" => raw::begin_without_end(&target()?),
        "handles" => raw::take_handles_without_end(),
        "output-flood" => {
            let bytes = vec![b'x'; FLOOD_LINE_BYTES];
            for _ in 0..OUTPUT_WRITES {
                // Whether it is taken is the host's business.
                let _ = std::io::stdout().write_all(&bytes);
                let _ = std::io::stderr().write_all(&bytes);
            }
            Ok(polite())
        }
        "long-error" => Err(RegistryError::NotFound("\u{1b}[2J\n\u{202e}".repeat(MEMORY_STEP_BYTES))),
        other => Err(RegistryError::NotFound(format!("`{other}` is none of the ways to misbehave"))),
    }
}

/// Host and port in the setting `target`.
fn target() -> Result<String, RegistryError> {
    #[derive(serde::Deserialize)]
    struct Settings {
        target: String,
    }
    let Settings { target } = settings::get()?;
    Ok(target.trim_start_matches("http://").trim_end_matches('/').to_owned())
}

/// What can be seen of the machine.
fn machine() -> String {
    let folders = ["/", ".", "/etc", "/proc/self", "/var/run"].iter().filter(|path| std::fs::read_dir(path).is_ok());
    let files = ["/etc/passwd", "/var/run/docker.sock"].iter().filter(|path| std::fs::metadata(path).is_ok());
    let written = std::fs::write("/tmp/hostile", "x").is_ok();
    let (variables, arguments) = (std::env::vars_os().count(), std::env::args_os().count());
    format!(
        "{} folders, {} files, written: {written}, {variables} variables, {arguments} arguments",
        folders.count(),
        files.count()
    )
}

fn platform(number: u32) -> PlatformImage {
    let (os, architecture) = ("linux".to_owned(), format!("cpu{number}"));
    let platform = Platform { os, architecture, variant: None, os_version: None };
    PlatformImage { platform, digest: format!("sha256:{number:064x}") }
}

/// One good name between names that are none, and one of them twice.
const BAD_NAMES: [&str; 12] =
    ["", " ", "-1.0", ".1", "1.0 beta", "1.0\n2.0", "a/b", "1.0@sha256", "\u{202e}0.1", "<script>", "1.0.0", "1.0.0"];

fn tags(tags: impl IntoIterator<Item = Tag>) -> TagList {
    TagList { tags: tags.into_iter().collect(), truncated: None }
}

fn run_without_end() -> ! {
    let mut steps = 0_u64;
    loop {
        steps = black_box(steps.wrapping_add(1));
    }
}

fn allocate_without_end() -> ! {
    let mut kept = Vec::new();
    loop {
        // Written to, so that it is really there.
        kept.push(black_box(vec![1_u8; MEMORY_STEP_BYTES]));
    }
}

fn recurse(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    if black_box(true) { recurse(depth + 1).wrapping_add(frame[0]) } else { frame[0] }
}

fn fail() -> ! {
    panic!("asked to fail")
}

/// What came of a request, as an error.
fn answer_of(url: &str) -> RegistryError {
    match Request::get(url).send() {
        Ok(response) => RegistryError::UnexpectedAnswer(format!("got an answer with status {}", response.status)),
        Err(error) => RegistryError::Unreachable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dockrev_plugin_sdk::testing::Host;

    fn ask(how: &str) -> Result<TagList, RegistryError> {
        let name = how.to_owned();
        let repository = Repository { registry: "hostile.invalid".to_owned(), name, endpoint: None };
        Hostile::list_tags(repository, ListHint { current_tag: None, max_tags: 10 })
    }

    #[test]
    fn the_ways_that_end_do_what_they_say() {
        let host = Host::new();
        assert_eq!(ask("polite"), Ok(tags([Tag::named("1.0.0")])));
        assert!(ask("oversized").is_ok_and(|list| list.tags.len() > 200_000));
        assert!(ask("oversized-names").is_ok_and(|list| list.tags.iter().all(|tag| tag.name.len() == 1024 * 1024)));
        assert!(ask("bad-names").is_ok_and(|list| list.tags.len() == BAD_NAMES.len()));
        assert!(matches!(ask("forbidden-host"), Err(RegistryError::Unreachable(_))));
        assert!(matches!(ask("secret"), Err(RegistryError::Unauthorized(_))));
        assert!(matches!(ask("other"), Err(RegistryError::NotFound(_))));
        assert_eq!(host.request_lines(), ["GET http://127.0.0.1:9/"]);
        assert_eq!(ask("log-flood"), ask("polite"));
        assert_eq!(host.log_lines().len(), 10_000);
    }

    #[test]
    fn resolving_lies_too() {
        let host = Host::new();
        host.settings(r#"{"target": "http://127.0.0.1:9"}"#);
        let resolve = |how: &str| {
            let (registry, name) = ("hostile.invalid".to_owned(), how.to_owned());
            Hostile::resolve(Repository { registry, name, endpoint: None }, "1.0".to_owned(), Detail::Platforms)
        };
        assert!(resolve("platforms").is_ok_and(|resolved| resolved.platforms.len() == 50_000));
        assert!(resolve("bad-digest").is_ok_and(|resolved| resolved.digest == "sha256:0"));
        assert!(resolve("polite").is_ok_and(|resolved| resolved.platforms.is_empty()));
        assert!(matches!(resolve("hold"), Err(RegistryError::Unreachable(_))));
        assert!(matches!(resolve("long-error"), Err(RegistryError::NotFound(text)) if text.len() == 8 << 20));
    }

    #[test]
    #[should_panic(expected = "asked to fail")]
    fn a_trap_is_a_panic() {
        let _ = ask("trap");
    }
}
