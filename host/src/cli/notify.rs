//! `dockrev notify test`: does the channel work?

use super::arguments::{NotifyArguments, NotifyCommand};
use super::paint::{Tone, paint};
use super::{Ending, Failure};
use crate::app::App;
use crate::cli::output::out;
use crate::config::Config;
use dockrev_core::event::{Delivery, Event, EventKind, NotifyError, Severity};
use dockrev_core::ids::PluginId;
use dockrev_core::ports::Notifier;
use jiff::Timestamp;

pub(super) async fn run(config: &Config, arguments: &NotifyArguments) -> Result<Ending, Failure> {
    let NotifyCommand::Test { plugin } = &arguments.command;
    let app = App::new(config);
    let delivery = app.plugins().await?.notifiers().notify(&PluginId::new(plugin), &test_event(Timestamp::now())).await;
    match delivery {
        Ok(Delivery::Delivered(answer)) => {
            let answer = answer.map(|answer| format!(" ({answer})")).unwrap_or_default();
            out!("{} {plugin} delivered a test event{answer}", paint(Tone::Good, "ok:"));
            Ok(Ending::Fine)
        }
        Ok(Delivery::TryAgain { after, reason }) => {
            let after = after.map(|wait| format!("; it asks to wait {} s", wait.as_secs())).unwrap_or_default();
            Err(Failure::new("notify.try-again", format!("{plugin} could not deliver now: {reason}{after}"))
                .hint("see whether the other side is up, then try again"))
        }
        Ok(Delivery::Refused(reason)) => {
            let failure = Failure::new("notify.refused", format!("the other side refused: {reason}"));
            Err(failure.hint(format!("see [plugins.{plugin}] in the configuration file")))
        }
        Err(error @ NotifyError::NoNotifier(_)) => {
            super::plugin::complain(&app).await;
            Err(Failure::new("notify.not-installed", error.to_string())
                .hint("`dockrev plugin list` shows what is installed"))
        }
        Err(error @ NotifyError::Plugin(_)) => Err(Failure::new("plugin.failed", error.to_string())),
    }
}

fn test_event(now: Timestamp) -> Event {
    Event {
        id: format!("test-{}", now.as_millisecond()),
        kind: EventKind::Test,
        severity: Severity::Info,
        occurred_at_unix_s: now.as_second(),
        title: "Test from Dockrev".to_owned(),
        body: "This channel works: here is where Dockrev will tell of updates.".to_owned(),
        links: Vec::new(),
        facts: vec![("dockrev.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned())],
    }
}
