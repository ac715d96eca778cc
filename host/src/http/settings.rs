//! Settings: every one there is, and what this server goes by.

use super::Shared;
use axum::Json;
use axum::extract::State;
use dockrev_core::settings::catalog::{Place, SETTINGS, Setting};
use serde::Serialize;
use utoipa::ToSchema;

/// Every setting, and what this server goes by.
#[derive(Serialize, ToSchema)]
pub(super) struct Settings {
    /// Every setting there is.
    catalog: Vec<SettingView>,
    /// Where the server listens.
    listen: String,
    /// Proxies that are believed when they say who somebody is.
    trusted_proxies: Vec<String>,
    /// The header in which they say it.
    forward_header: String,
    /// How often the server checks by itself, in seconds; absent: never.
    check_every_s: Option<u64>,
    /// How Compose is called.
    compose: String,
    /// Where backups are kept.
    backup_dir: String,
    /// Folders whose subfolders are plugins.
    plugin_dirs: Vec<String>,
    /// Id of the version policy.
    policy: String,
    /// Channels that are told how updates ended.
    notify: Vec<String>,
    /// Services that have a table of their own in the configuration file.
    services: Vec<String>,
}

/// A setting.
#[derive(Serialize, ToSchema)]
#[schema(as = Setting)]
pub(super) struct SettingView {
    /// Its key in the configuration file. Empty for one that is only in the environment.
    #[schema(value_type = String)]
    key: &'static str,
    /// Where in the configuration file it is.
    place: PlaceName,
    /// The environment variable that sets it.
    #[schema(value_type = Option<String>)]
    environment: Option<&'static str>,
    /// The labels that set it.
    #[schema(value_type = Vec<String>)]
    labels: Vec<&'static str>,
    /// What holds if nothing sets it, in words.
    #[schema(value_type = String)]
    default: &'static str,
    /// What it means, as Markdown.
    #[schema(value_type = String)]
    meaning: &'static str,
}

/// Where in the configuration file a setting is.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum PlaceName {
    /// Not at all.
    Nowhere,
    /// At the top.
    Top,
    /// In the table of a registry.
    Registry,
    /// In the table of a plugin.
    Plugin,
    /// In `[defaults]` and in the table of a service.
    Service,
}

impl From<&Setting> for SettingView {
    fn from(setting: &Setting) -> Self {
        let place = match setting.place {
            Place::Nowhere => PlaceName::Nowhere,
            Place::Top => PlaceName::Top,
            Place::Registry => PlaceName::Registry,
            Place::Plugin => PlaceName::Plugin,
            Place::Service => PlaceName::Service,
        };
        Self {
            key: setting.key,
            place,
            environment: setting.environment,
            labels: setting.labels.iter().map(|label| label.name).collect(),
            default: setting.default,
            meaning: setting.meaning,
        }
    }
}

/// Lists every setting, and says what this server goes by. Holds no secret.
#[utoipa::path(get, path = "/api/v1/settings", tag = "system", responses((status = 200, body = Settings)))]
pub(super) async fn list(State(server): State<Shared>) -> Json<Settings> {
    let config = server.app.config();
    Json(Settings {
        catalog: SETTINGS.iter().map(SettingView::from).collect(),
        listen: server.address.to_string(),
        trusted_proxies: config.server.trusted_proxies.iter().map(ToString::to_string).collect(),
        forward_header: config.server.forward_header.clone(),
        check_every_s: config.server.check_every.map(|every| every.as_secs()),
        compose: config.compose.clone(),
        backup_dir: config.backup_dir.display().to_string(),
        plugin_dirs: config.plugin_dirs.iter().map(|folder| folder.display().to_string()).collect(),
        policy: config.policy.clone(),
        notify: config.notify.clone(),
        services: config.settings.services.keys().cloned().collect(),
    })
}
