//! A server of its own for a test.

use super::client::{Answer, send};
use crate::stage::Stage;
use dockrev_testkit::program;
use serde_json::Value;
use std::net::SocketAddr;
use std::process::{Child, Command};

/// `dockrev serve` at work.
pub(super) struct Served {
    process: Child,
    pub(super) address: SocketAddr,
}

impl Served {
    /// Starts one on any free port, and waits until it listens.
    pub(super) fn start(stage: &Stage, environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
        all.extend(arguments);
        let mut command = stage.command(&all);
        // What it does by itself would come between what the test does.
        command.env("DOCKREV_CHECK_EVERY", "off").envs(environment.iter().copied());
        Self::run(&mut command)
    }

    fn run(command: &mut Command) -> Self {
        let (process, address) = program::listening(command).expect("dockrev listens");
        Self { process, address: address.parse().expect("an address") }
    }

    pub(super) fn get(&self, token: &str, path: &str) -> Answer {
        self.send(token, "GET", path, &[], None)
    }

    pub(super) fn post(&self, token: &str, path: &str, body: &Value) -> Answer {
        self.send(token, "POST", path, &[], Some(body))
    }

    pub(super) fn send(
        &self,
        token: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let bearer = format!("Bearer {token}");
        let mut all = vec![("Authorization", bearer.as_str())];
        all.extend(headers);
        send(self.address, method, path, &all, body)
    }

    /// Asks the process to end, and gives its exit status.
    pub(super) fn stop(mut self) -> Option<i32> {
        let id = self.process.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().expect("a signal");
        self.process.wait().expect("an end").code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Stage {
    /// A new token of this scope.
    pub(super) fn token(&self, scope: &str) -> String {
        let ran = self.dockrev(&["token", "add", &format!("test-{scope}"), "--scope", scope]).ends_with(0);
        ran.out.trim().to_owned()
    }
}
