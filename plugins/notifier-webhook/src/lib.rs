//! Posts every event as JSON to a URL, signed if a key is set.
//!
//! The signature `X-Dockrev-Signature: sha256=<hex>` is the HMAC-SHA256 of the body as it was sent, under the secret
//! `signing-key`. The body holds the time of sending, and so does `X-Dockrev-Timestamp`: a receiver that refuses old
//! times and event ids it has seen cannot be fooled by a repeated delivery.

mod payload;

use dockrev_plugin_sdk::http::Request;
use dockrev_plugin_sdk::notifier::{self, Event, Notifier, Receipt, Undelivered};
use dockrev_plugin_sdk::{secrets, settings};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// Header fields that settings cannot change: they say what the body is, or who vouches for it.
const OWN_FIELDS: [&str; 6] =
    ["content-type", "content-length", "host", "transfer-encoding", "x-dockrev-signature", "x-dockrev-timestamp"];

/// The plugin.
pub struct Webhook;

#[derive(Deserialize)]
struct Settings {
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

impl Notifier for Webhook {
    fn notify(event: Event) -> Result<Receipt, Undelivered> {
        let settings: Settings = settings::get()?;
        let sent_at_unix_s = now_unix_s();
        let mut request = Request::post(settings.url)
            .header("User-Agent", concat!("Dockrev-Webhook/", env!("CARGO_PKG_VERSION")))
            .json(&payload::of(&event, sent_at_unix_s))?;
        for (name, value) in settings.headers {
            if OWN_FIELDS.contains(&name.to_ascii_lowercase().as_str()) {
                return Err(Undelivered::Refused(format!("the header field `{name}` cannot be set")));
            }
            request = request.header(name, value);
        }
        if let Some(key) = secrets::find("signing-key") {
            let signature = sign(key.expose(), &request.body)?;
            request = request
                .header("X-Dockrev-Timestamp", sent_at_unix_s.to_string())
                .header("X-Dockrev-Signature", format!("sha256={signature}"));
        }
        notifier::judge(&request.send()?)
    }
}

dockrev_plugin_sdk::export!(notifier: Webhook);

fn sign(key: &str, body: &[u8]) -> Result<String, Undelivered> {
    if key.is_empty() {
        return Err(Undelivered::Refused("the secret `signing-key` is empty".to_owned()));
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes())
        .map_err(|_| Undelivered::Refused("the secret `signing-key` is no key".to_owned()))?;
    mac.update(body);
    Ok(hex(&mac.finalize().into_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn now_unix_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests;
