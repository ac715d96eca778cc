//! What Dockrev goes by. No secret is in it.

use crate::config::{Config, Schedule};
use serde::Serialize;
use utoipa::ToSchema;

/// What holds for this process, from the configuration file, the environment and the defaults.
#[derive(Serialize, ToSchema)]
pub struct InForce {
    /// Where the server listens.
    pub listen: String,
    /// Proxies that are believed when they say who somebody is.
    pub trusted_proxies: Vec<String>,
    /// The header in which they say it.
    pub forward_header: String,
    /// What somebody may do of whom they say it.
    #[schema(value_type = String)]
    pub forward_scope: &'static str,
    /// How often the server checks by itself, in seconds; absent: never, or by `check_cron`.
    pub check_every_s: Option<u64>,
    /// When the server checks by itself, as a cron expression.
    pub check_cron: Option<String>,
    /// When updates of services with `auto-update` may begin.
    pub update_windows: Vec<String>,
    /// The time zone of both.
    pub time_zone: String,
    /// Webhooks, by name.
    pub webhooks: Vec<String>,
    /// How Compose is called.
    pub compose: String,
    /// Address of the engine.
    pub engine: String,
    /// The folder with Dockrev's data.
    pub data_dir: String,
    /// Where backups are kept.
    pub backup_dir: String,
    /// Folders whose subfolders are plugins.
    pub plugin_dirs: Vec<String>,
    /// Id of the version policy.
    pub policy: String,
    /// For how long an answer of a registry is shown without asking again, in seconds.
    pub cache_ttl_s: u64,
    /// Channels that are told how updates ended.
    pub notify: Vec<String>,
    /// Services that have a table of their own in the configuration file.
    pub services: Vec<String>,
}

/// What `config` comes to.
#[must_use]
pub fn in_force(config: &Config) -> InForce {
    let server = &config.server;
    let (check_every_s, check_cron) = match &server.checks {
        Some(Schedule::Every(every)) => (Some(every.as_secs()), None),
        Some(Schedule::Cron(cron)) => (None, Some(cron.to_string())),
        None => (None, None),
    };
    InForce {
        listen: server.listen.to_string(),
        trusted_proxies: server.trusted_proxies.iter().map(ToString::to_string).collect(),
        forward_header: server.forward_header.clone(),
        forward_scope: server.forward_scope.as_str(),
        check_every_s,
        check_cron,
        update_windows: server.update_windows.iter().map(ToString::to_string).collect(),
        time_zone: server.time_zone.iana_name().unwrap_or("that of the system").to_owned(),
        webhooks: server.webhooks.keys().cloned().collect(),
        compose: config.compose.clone(),
        engine: config.engine.clone(),
        data_dir: config.data_dir.display().to_string(),
        backup_dir: config.backup_dir.display().to_string(),
        plugin_dirs: config.plugin_dirs.iter().map(|folder| folder.display().to_string()).collect(),
        policy: config.policy.clone(),
        cache_ttl_s: config.cache_ttl.as_secs(),
        notify: config.notify.clone(),
        services: config.settings.services.keys().cloned().collect(),
    }
}

/// What cannot be used of what is written there, though it can be read: one line each.
#[must_use]
pub fn problems(config: &Config) -> Vec<String> {
    let of_webhook =
        |(name, webhook): (&String, &crate::config::WebhookConfig)| match crate::app::read_secret(&webhook.secret) {
            Ok(Some(secret)) if !secret.expose().is_empty() => None,
            Ok(_) => Some(format!("webhook `{name}` has no secret: nobody can call it")),
            Err(problem) => Some(format!("webhook `{name}` has no secret: {problem}")),
        };
    config.server.webhooks.iter().filter_map(of_webhook).collect()
}
