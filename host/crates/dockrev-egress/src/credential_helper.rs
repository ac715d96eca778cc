//! Asks a credential helper, in the protocol of Docker's `docker-credential-helpers`.

use crate::docker_config::{Credentials, Login};
use crate::secret::Secret;
use serde::Deserialize;
use std::ffi::OsString;
use std::io::{ErrorKind, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Largest answer of a helper that is read, in bytes: tokens of cloud registries have a few thousand.
const ANSWER_MAX_BYTES: u64 = 64 * 1024;
/// How often a helper that has answered is looked at until it ends.
const END_POLL: Duration = Duration::from_millis(2);
/// User under which a helper keeps an identity token.
pub(crate) const TOKEN_USER: &str = "<token>";
/// What helpers print if they have nothing. It is no failure.
const NOT_FOUND: [&str; 3] = ["credentials not found", "no credentials server URL", "no credentials username"];

/// How credential helpers are run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelperSettings {
    /// How long one may take. Some ask a cloud service.
    pub timeout: Duration,
    /// Folders with their programs, in the form of `PATH`. Absent: this process's own.
    pub search_path: Option<OsString>,
}

impl Default for HelperSettings {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), search_path: None }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HelperAnswer {
    #[serde(default)]
    username: String,
    #[serde(default)]
    secret: String,
}

/// What the helper `name` keeps for `server`. Blocks until it has answered.
///
/// The error is a verb and its object, and holds nothing of what the helper printed. A helper that is not installed has
/// nothing: the file may come from another machine.
pub(crate) fn ask(name: &str, server: &str, settings: &HelperSettings) -> Result<Option<Login>, String> {
    if !is_name(name) {
        return Err("has a name that cannot be a program's".to_owned());
    }
    let mut command = Command::new(format!("docker-credential-{name}"));
    command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    if let Some(search_path) = &settings.search_path {
        command.env("PATH", search_path);
    }
    let deadline = Instant::now() + settings.timeout;
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            tracing::warn!(
                "credential helper `docker-credential-{name}` is not installed: `{server}` is asked without"
            );
            return Ok(None);
        }
        Err(error) => return Err(format!("cannot be started: {error}")),
    };
    let answered = converse(&mut child, server, deadline, settings.timeout);
    if answered.is_err() {
        // It is over already, or about to be.
        drop(child.kill());
        drop(child.wait());
    }
    let (status, output) = answered?;
    understand(status, output.expose())
}

/// Says `server` and takes the answer, without waiting past `deadline`.
fn converse(
    child: &mut Child,
    server: &str,
    deadline: Instant,
    timeout: Duration,
) -> Result<(ExitStatus, Secret), String> {
    let too_slow = || format!("did not answer within {} s", timeout.as_secs_f32());
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        unreachable!("both were asked for");
    };
    // It may have ended without reading, and fits into the pipe in any case.
    drop(writeln!(input, "{server}"));
    drop(input);
    let (sender, receiver) = mpsc::channel();
    // Not joined: whoever the helper left behind may hold the pipe open for ever.
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = output.take(ANSWER_MAX_BYTES + 1).read_to_end(&mut bytes);
        drop(sender.send(read.map(|_| bytes)));
    });
    let left = deadline.saturating_duration_since(Instant::now());
    let bytes = receiver.recv_timeout(left).map_err(|_| too_slow())?;
    let bytes = bytes.map_err(|error| format!("cannot be read from: {error}"))?;
    if bytes.len() as u64 > ANSWER_MAX_BYTES {
        return Err(format!("answered with more than {ANSWER_MAX_BYTES} bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|_| "did not answer in UTF-8".to_owned())?;
    loop {
        match child.try_wait().map_err(|error| format!("cannot be waited for: {error}"))? {
            Some(status) => return Ok((status, Secret::new(text))),
            None if Instant::now() >= deadline => return Err(too_slow()),
            None => std::thread::sleep(END_POLL),
        }
    }
}

fn understand(status: ExitStatus, output: &str) -> Result<Option<Login>, String> {
    if !status.success() {
        let has_nothing = NOT_FOUND.iter().any(|text| output.trim_start().starts_with(text));
        return if has_nothing { Ok(None) } else { Err(format!("failed: {status}")) };
    }
    let answer: HelperAnswer =
        serde_json::from_str(output).map_err(|_| "did not answer with credentials".to_owned())?;
    if answer.secret.is_empty() {
        return Ok(None);
    }
    let secret = Secret::new(answer.secret);
    Ok(match answer.username.as_str() {
        "" => None,
        TOKEN_USER => Some(Login::IdentityToken(secret)),
        _ => Some(Login::Password(Credentials { user: answer.username, password: secret })),
    })
}

/// A name is part of a program's, and leads out of no folder.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(script: &str, timeout: Duration) -> Result<Option<Login>, String> {
        let folder = tempfile::tempdir().unwrap();
        let (text, program) = (folder.path().join("text"), folder.path().join("docker-credential-test"));
        std::fs::write(&text, format!("#!/bin/sh\n{script}\n")).unwrap();
        // Copied by a process of its own: what any of ours has open for writing cannot be run.
        assert!(Command::new("install").arg("-m755").args([&text, &program]).status().unwrap().success());
        let search_path = format!("{}:/usr/bin:/bin", folder.path().display());
        ask("test", "registry.example", &HelperSettings { timeout, search_path: Some(search_path.into()) })
    }

    #[test]
    fn takes_what_helpers_answer() {
        let check = |script: &str, expected: &str| {
            let answer = match asked(script, Duration::from_secs(5)) {
                Ok(None) => "nothing".to_owned(),
                Ok(Some(Login::Password(known))) => format!("{} {}", known.user, known.password.expose()),
                Ok(Some(Login::IdentityToken(token))) => format!("token {}", token.expose()),
                Err(problem) => problem,
            };
            assert_eq!(answer, expected, "{script}");
        };
        let answer = |user: &str, secret: &str| {
            format!(r#"echo '{{"ServerURL": "x", "Username": "{user}", "Secret": "{secret}"}}'"#)
        };
        check(&answer("octo", "cat"), "octo cat");
        check(&answer("<token>", "eyJ"), "token eyJ");
        check(&answer("octo", ""), "nothing");
        check(&answer("", "cat"), "nothing");
        check(r#"read server; echo "{\"Username\": \"$1\", \"Secret\": \"$server\"}""#, "get registry.example");
        check("echo 'credentials not found in native keychain'; exit 1", "nothing");
        check("echo 's3cret'; exit 1", "failed: exit status: 1");
        check("echo 's3cret'", "did not answer with credentials");
        check("printf '\\377'", "did not answer in UTF-8");
        check("head -c 70000 /dev/zero", "answered with more than 65536 bytes");
        check("head -c 10000000 /dev/zero", "answered with more than 65536 bytes");
    }

    #[test]
    fn gives_up_a_slow_one() {
        for script in ["exec sleep 60", "exec >&-; exec sleep 60"] {
            let started = Instant::now();
            let problem = asked(script, Duration::from_millis(200)).unwrap_err();
            assert_eq!(problem, "did not answer within 0.2 s", "{script}");
            assert!(started.elapsed() < Duration::from_secs(10));
        }
    }

    #[test]
    fn a_missing_one_has_nothing() {
        assert_eq!(ask("no-such-helper", "x", &HelperSettings::default()), Ok(None));
        for name in ["", "../../bin/sh", "a/b", "a b"] {
            assert!(ask(name, "x", &HelperSettings::default()).is_err(), "{name}");
        }
    }
}
