use crate::bindings::notifier::exports::dockrev::plugin::channel as wit;
use crate::host::PluginHost;
use crate::load::Code;
use crate::text::shown;
use async_trait::async_trait;
use dockrev_core::event::{Delivery, Event, EventKind, NotifyError, Severity};
use dockrev_core::ids::PluginId;
use dockrev_core::ports::Notifier;
use std::sync::Arc;
use std::time::Duration;

/// Delivers events through notifiers.
#[derive(Clone, Debug)]
pub struct Notifiers {
    host: Arc<PluginHost>,
}

impl Notifiers {
    /// Uses the notifiers of `host`.
    #[must_use]
    pub fn new(host: Arc<PluginHost>) -> Self {
        Self { host }
    }
}

#[async_trait]
impl Notifier for Notifiers {
    async fn notify(&self, plugin: &PluginId, event: &Event) -> Result<Delivery, NotifyError> {
        let no_notifier = || NotifyError::NoNotifier(plugin.to_string());
        let plugin = self.host.plugin(plugin).ok_or_else(no_notifier)?;
        let Code::Notifier(pre) = &plugin.code else {
            return Err(no_notifier());
        };
        let event = describe(event);
        let outcome = self
            .host
            .call(plugin, None, |mut store| async move {
                let notifier = pre.instantiate_async(&mut store).await?;
                notifier.dockrev_plugin_channel().call_notify(&mut store, &event).await
            })
            .await?
            .answer;
        Ok(match outcome {
            wit::Outcome::Delivered(id) => Delivery::Delivered(id.map(|id| shown(&id))),
            wit::Outcome::TryAgain(retry) => Delivery::TryAgain {
                after: retry.after_s.map(|seconds| Duration::from_secs(seconds.into())),
                reason: shown(&retry.reason),
            },
            wit::Outcome::Refused(reason) => Delivery::Refused(shown(&reason)),
        })
    }
}

fn describe(event: &Event) -> wit::Event {
    let links = event.links.iter().map(|(title, url)| wit::Link { title: title.clone(), url: url.clone() });
    let facts = event.facts.iter().map(|(name, value)| wit::Fact { name: name.clone(), value: value.clone() });
    wit::Event {
        id: event.id.clone(),
        kind: kind(event.kind),
        severity: severity(event.severity),
        occurred_at_unix_s: event.occurred_at_unix_s,
        title: event.title.clone(),
        body: event.body.clone(),
        links: links.collect(),
        facts: facts.collect(),
    }
}

fn kind(kind: EventKind) -> wit::EventKind {
    match kind {
        EventKind::Test => wit::EventKind::Test,
        EventKind::UpdatesAvailable => wit::EventKind::UpdatesAvailable,
        EventKind::CheckFailed => wit::EventKind::CheckFailed,
        EventKind::UpdateStarted => wit::EventKind::UpdateStarted,
        EventKind::UpdateSucceeded => wit::EventKind::UpdateSucceeded,
        EventKind::UpdateFailed => wit::EventKind::UpdateFailed,
        EventKind::UpdateRolledBack => wit::EventKind::UpdateRolledBack,
        EventKind::UpdateNeedsAttention => wit::EventKind::UpdateNeedsAttention,
    }
}

fn severity(severity: Severity) -> wit::Severity {
    match severity {
        Severity::Info => wit::Severity::Info,
        Severity::Success => wit::Severity::Success,
        Severity::Warning => wit::Severity::Warning,
        Severity::Failure => wit::Severity::Failure,
    }
}
