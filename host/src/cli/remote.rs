//! The same commands, carried out by a Dockrev that runs as a server (`--server`): it alone touches its host, so that no two
//! processes get into each other's way.

mod check;
mod jobs;
mod store;
mod update;

use super::arguments::{Command, ContainersArguments, LabelArguments};
use super::containers::Wish;
use super::output::{complain, out};
use super::paint::{Tone, paint};
use super::{Ending, Failure};
use crate::app::read_secret;
use crate::config::SecretSource;
use crate::operations::change::WorkloadName;
use crate::operations::check::Entry;
use crate::operations::update::the_only;
use crate::remote::Remote;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// How often the server is asked how far it has come.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(400);
/// Services that are read at once and in all: more than any host has.
const ENTRIES_MAX: usize = 100_000;

/// The server at `address`, with the token of the environment.
pub(super) fn connect(address: &str) -> Result<Remote, Failure> {
    let of_file = std::env::var_os("DOCKREV_TOKEN_FILE").filter(|path| !path.is_empty());
    let source = match of_file {
        Some(path) => SecretSource::File(path.into()),
        None => SecretSource::Env("DOCKREV_TOKEN".to_owned()),
    };
    let token = read_secret(&source).map_err(|problem| {
        Failure::new("server.no-token", format!("the token for {address} cannot be read: {problem}"))
    })?;
    let remote = Remote::new(address, token.filter(|token| !token.expose().is_empty()))?;
    if remote.is_readable_on_the_way() {
        let text = "the token can be read on its way: reach the server by https, or on its own machine";
        complain!("{} {text}", paint(Tone::Caution, "warning:"));
    }
    Ok(remote)
}

/// Has `command` carried out there.
pub(super) async fn run(remote: &Remote, command: &Command) -> Result<Ending, Failure> {
    match command {
        Command::Check(arguments) => check::run(remote, arguments).await,
        Command::Update(arguments) => update::run(remote, arguments).await,
        Command::Rollback(arguments) => jobs::roll_back(remote, arguments).await,
        Command::Jobs(arguments) => jobs::run(remote, arguments).await,
        Command::Start(arguments) => order(remote, Wish::Start, arguments).await,
        Command::Stop(arguments) => order(remote, Wish::Stop, arguments).await,
        Command::Restart(arguments) => order(remote, Wish::Restart, arguments).await,
        Command::Ignore(arguments) => store::ignore(remote, arguments).await,
        Command::Backup(arguments) => store::backup(remote, arguments).await,
        Command::Doctor(arguments) => store::doctor(remote, arguments).await,
        Command::Recover(_)
        | Command::Plugin(_)
        | Command::Policy(_)
        | Command::Notify(_)
        | Command::Serve(_)
        | Command::Token(_)
        | Command::Audit(_)
        | Command::Config(_)
        | Command::Db(_)
        | Command::Health
        | Command::Openapi
        | Command::Helper(_) => {
            let message = "this command is for the machine that it is typed on, and a server was named";
            Err(Failure::new("server.not-there", message).hint("leave out --server and DOCKREV_SERVER"))
        }
    }
}

/// Filters of one command cannot be handed on: the server has its own.
fn no_filters(labels: &LabelArguments) -> Result<(), Failure> {
    if labels.only_label.is_empty() && labels.exclude_label.is_empty() {
        return Ok(());
    }
    Err(Failure::new("server.not-there", "a server has label filters of its own: they are in its configuration"))
}

#[derive(Deserialize)]
struct Ordered {
    containers: Vec<String>,
}

async fn order(remote: &Remote, wish: Wish, arguments: &ContainersArguments) -> Result<Ending, Failure> {
    let body = json!({ "wish": wish });
    let ordered: Ordered = match (&arguments.container, &arguments.service, &arguments.stack) {
        (Some(container), _, _) => remote.post(&["containers", container, "order"], &body).await?,
        (None, Some(service), _) => {
            let WorkloadName { stack, name } = find_service(remote, service).await?;
            let stack = stack.unwrap_or_default();
            remote.post(&["stacks", &stack, "services", &name, "order"], &body).await?
        }
        (None, None, stack) => remote.post(&["stacks", stack.as_deref().unwrap_or_default(), "order"], &body).await?,
    };
    for name in ordered.containers {
        out!("{} {name}", paint(Tone::Good, wish.done()));
    }
    Ok(Ending::Fine)
}

/// The service that `text` names: `STACK/SERVICE`, or `SERVICE` if only one stack of the last check has it.
async fn find_service(remote: &Remote, text: &str) -> Result<WorkloadName, Failure> {
    if let Some((stack, name)) = text.split_once('/') {
        return Ok(WorkloadName { stack: Some(stack.to_owned()), name: name.to_owned() });
    }
    let query = [("kind", "service"), ("q", text)];
    let entries: Vec<Entry> = remote.list(&["services"], &query, ENTRIES_MAX).await?;
    let named = entries.into_iter().filter(|entry| entry.name == text);
    the_only(named.map(|entry| WorkloadName { stack: entry.stack, name: entry.name }).collect(), text)
}
