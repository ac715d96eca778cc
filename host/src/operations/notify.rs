//! Channels.

use crate::app::App;
use dockrev_core::event::{Delivery, Event};
use dockrev_core::ids::PluginId;
use dockrev_core::ports::Notifier as _;

/// Delivers `event` once; what goes wrong comes back in words.
pub async fn deliver(app: &App, plugin: &str, event: &Event) -> Result<(), String> {
    let plugins = app.plugins().await.map_err(|error| error.to_string())?;
    match plugins.notifiers().notify(&PluginId::new(plugin), event).await {
        Ok(Delivery::Delivered(_)) => Ok(()),
        Ok(Delivery::TryAgain { reason, .. } | Delivery::Refused(reason)) => Err(reason),
        Err(error) => Err(error.to_string()),
    }
}
