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
//!
//! Anything else is not found. `resolve` does the same things; its digest is all zeros.

use dockrev_plugin_sdk::http::Request;
use dockrev_plugin_sdk::registry::{
    Detail, ListHint, RegistryAdapter, RegistryError, Repository, Resolved, Tag, TagList,
};
use dockrev_plugin_sdk::{log, secrets};
use std::hint::black_box;

/// More tags than any host should want, and yet a list that fits into the memory that a call usually has.
pub const OVERSIZED_TAGS: u32 = 250_000;

/// Lines of a flooded log.
pub const FLOOD_LINES: u32 = 10_000;

/// Length of each of them, in bytes.
pub const FLOOD_LINE_BYTES: usize = 8 * 1024;

/// How much is allocated at a time.
const MEMORY_STEP_BYTES: usize = 1024 * 1024;

/// The plugin.
pub struct Hostile;

impl RegistryAdapter for Hostile {
    fn list_tags(repository: Repository, hint: ListHint) -> Result<TagList, RegistryError> {
        misbehave(&repository.name, hint.current_tag.as_deref().unwrap_or("granted.invalid"))
    }

    fn resolve(repository: Repository, reference: String, _: Detail) -> Result<Resolved, RegistryError> {
        misbehave(&repository.name, &reference)?;
        Ok(Resolved {
            digest: format!("sha256:{}", "0".repeat(64)),
            media_type: "application/vnd.oci.image.index.v1+json".to_owned(),
            platforms: Vec::new(),
        })
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
        other => Err(RegistryError::NotFound(format!("`{other}` is none of the ways to misbehave"))),
    }
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
    #[should_panic(expected = "asked to fail")]
    fn a_trap_is_a_panic() {
        let _ = ask("trap");
    }
}
