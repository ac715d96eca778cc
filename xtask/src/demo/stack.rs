//! The five services of the demo, before and after news is published for them.

use dockrev_testkit::{App, Architecture, Attestation, Client, Mode, Pushed, Registry, Service, free_port};

use super::PROJECT;
use crate::failure::Failure;

/// What should become of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It runs the new image.
    Updated,
    /// The new image was tried, turned unhealthy, and the old one runs again.
    RolledBack,
    /// Nothing happened to it.
    Untouched,
}

/// A service of the demo.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) service: &'static str,
    /// Its image without the registry.
    pub(super) reference: String,
    /// What the app calls itself.
    pub(super) version: &'static str,
    /// What the new one calls itself; the same where there is no new one to run.
    pub(super) new_version: &'static str,
    /// What the registry had before the news.
    pub(super) old: Pushed,
    /// What an update brings, once it is published.
    pub(super) new: Option<Pushed>,
    /// What the registry has for it afterwards, in words.
    pub(super) news: &'static str,
    pub(super) outcome: Outcome,
    pub(super) port: u16,
}

impl Part {
    /// Its entry in the Compose file.
    pub(super) fn service(&self, registry: &Registry) -> Service {
        Service::new(self.service, format!("{}/{}", registry.host(), self.reference))
            .port(self.port)
            .line("restart: unless-stopped")
            .line("stop_grace_period: 2s")
    }
}

/// Publishes the images that the stack starts with.
pub(super) fn push_first(registry: &Registry) -> Result<Vec<Part>, Failure> {
    let client = registry.client();
    [
        ("web", "1.0.0", "1.0.0", "1.1.0", "1.1.0, healthy", Outcome::Updated),
        ("api", "2.4.0", "2.4.0", "2.5.0", "2.5.0, turns unhealthy", Outcome::RolledBack),
        ("cache", "stable", "7.2.1", "7.2.2", "`stable` moved to 7.2.2", Outcome::Updated),
        ("docs", "3.1.0", "3.1.0", "3.1.0", "nothing", Outcome::Untouched),
        ("report", "1.8.0", "1.8.0", "1.8.0", "1.9.0, for another architecture only", Outcome::Untouched),
    ]
    .into_iter()
    .map(|(service, tag, version, new_version, news, outcome)| {
        let repository = repository(service);
        let old = push(&client, service, tag, version, Mode::Healthy)?;
        let (reference, port) = (format!("{repository}:{tag}"), free_port()?);
        Ok(Part { service, reference, version, new_version, old, new: None, news, outcome, port })
    })
    .collect()
}

/// Publishes what is new for them.
pub(super) fn push_news(registry: &Registry, parts: &mut [Part]) -> Result<(), Failure> {
    let client = registry.client();
    for part in parts {
        let (service, version) = (part.service, part.new_version);
        part.new = match service {
            "web" => Some(push(&client, service, version, version, Mode::Healthy)?),
            "api" => Some(push(&client, service, version, version, Mode::Unhealthy)?),
            "cache" => Some(push(&client, service, "stable", version, Mode::Healthy)?),
            _ => None,
        };
        println!("{:<8} {}", part.service, part.news);
    }
    let foreign = app("1.9.0", Mode::Healthy).architecture(Architecture::foreign()).build()?;
    let member = client.push_untagged(&repository("report"), &foreign)?;
    client.push_index(&repository("report"), "1.9.0", &[member], Attestation::With)?;
    // Tags that an update must not choose: another family, a date, a word.
    for tag in ["1.2.0-debug", "20260101", "nightly"] {
        client.copy_tag(&repository("web"), "1.0.0", tag)?;
    }
    Ok(())
}

fn push(client: &Client, service: &str, tag: &str, version: &str, mode: Mode) -> Result<Pushed, Failure> {
    Ok(client.push(&repository(service), tag, &app(version, mode).build()?)?)
}

fn app(version: &str, mode: Mode) -> App {
    App::new(version, mode).label(dockrev_testkit::LABEL, PROJECT)
}

fn repository(service: &str) -> String {
    format!("demo/{service}")
}
