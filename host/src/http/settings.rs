//! Settings: every one there is, and what this server goes by.

use super::Shared;
use crate::operations::settings::{InForce, in_force};
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
    /// What holds for this server.
    #[serde(flatten)]
    in_force: InForce,
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
    /// In the table of a webhook.
    Webhook,
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
            Place::Webhook => PlaceName::Webhook,
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
    let listen = server.address.to_string();
    let in_force = InForce { listen, ..in_force(server.app.config()) };
    Json(Settings { catalog: SETTINGS.iter().map(SettingView::from).collect(), in_force })
}
