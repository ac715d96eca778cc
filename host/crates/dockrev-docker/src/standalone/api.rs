//! Standalone containers over the wire itself: what an engine shows of a container is handed back to it whole, also the fields
//! that no library knows yet.

use crate::engine::{Call, DockerEngine, innermost};
use crate::wire::{self, WireError};
use dockrev_core::ports::HostError;
use http::header::CONTENT_TYPE;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::{Value, json};
use std::time::Duration;

/// Wait for an answer that the engine has at hand.
const QUERY_TIMEOUT: Duration = Duration::from_secs(30);
/// Wait for a container to be made, started or removed. The engine may have to fill a volume from the image first.
const WORK_TIMEOUT: Duration = Duration::from_secs(600);
/// What the engine gives a container to end, where the container says nothing, in seconds.
const DEFAULT_STOP_TIMEOUT_S: u64 = 10;
/// What the engine may take beyond that.
const STOP_GRACE: Duration = Duration::from_secs(30);

/// The API of one engine.
#[derive(Clone, Copy)]
pub(super) struct Api<'a> {
    engine: &'a DockerEngine,
    /// The version that is spoken.
    pub(super) version: (usize, usize),
}

/// What becomes of the volumes that were made for a container alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OwnVolumes {
    /// They go with it.
    Remove,
    /// They stay.
    Keep,
}

/// One request.
struct Ask<'a> {
    method: Method,
    path: String,
    body: Option<&'a Value>,
    timeout: Duration,
    action: &'static str,
    subject: &'a str,
}

impl<'a> Ask<'a> {
    fn get(path: String, action: &'static str, subject: &'a str) -> Self {
        Self { method: Method::GET, path, body: None, timeout: QUERY_TIMEOUT, action, subject }
    }

    fn post(path: String, body: Option<&'a Value>, action: &'static str, subject: &'a str) -> Self {
        Self { method: Method::POST, path, body, timeout: WORK_TIMEOUT, action, subject }
    }
}

impl<'a> Api<'a> {
    /// Asks the engine which version of the API it speaks.
    pub(super) async fn open(engine: &'a DockerEngine) -> Result<Self, HostError> {
        Ok(Self { engine, version: engine.api_version().await? })
    }

    /// The container with this name, if there is one.
    pub(super) async fn named(&self, name: &str) -> Result<Option<Value>, HostError> {
        // The engine also looks for an id that begins with these letters.
        let found = self.container(name).await?;
        Ok(found.filter(|found| found["Name"].as_str().and_then(|found| found.strip_prefix('/')) == Some(name)))
    }

    /// The container with this name, id or beginning of an id.
    pub(super) async fn container(&self, id: &str) -> Result<Option<Value>, HostError> {
        let path = format!("/containers/{}/json", encoded(id));
        self.find(Ask::get(path, "inspect container", id)).await
    }

    pub(super) async fn image(&self, id: &str) -> Result<Option<Value>, HostError> {
        self.find(Ask::get(format!("/images/{}/json", encoded(id)), "inspect image", id)).await
    }

    /// All containers, running and stopped, as the engine lists them.
    pub(super) async fn containers(&self) -> Result<Vec<Value>, HostError> {
        let subject = self.engine.address().to_string();
        let ask = Ask::get("/containers/json?all=1".to_owned(), "list the containers of", &subject);
        match self.ask(ask).await? {
            Some(Value::Array(list)) => Ok(list),
            Some(_) | None => Ok(Vec::new()),
        }
    }

    /// The engine's own host name.
    pub(super) async fn host_name(&self) -> Result<String, HostError> {
        let subject = self.engine.address().to_string();
        let info = self.ask(Ask::get("/info".to_owned(), "ask", &subject)).await?.unwrap_or_default();
        Ok(info["Name"].as_str().unwrap_or_default().to_owned())
    }

    /// Makes a container and gives its id.
    pub(super) async fn create(&self, name: &str, body: &Value) -> Result<String, HostError> {
        let path = format!("/containers/create?name={}", encoded(name));
        let made = self.ask(Ask::post(path, Some(body), "create container", name)).await?.unwrap_or_default();
        made["Id"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| self.call("create container", name).refused("its answer has no id"))
    }

    pub(super) async fn connect(&self, network: &str, id: &str, endpoint: &Value) -> Result<(), HostError> {
        let body = json!({"Container": id, "EndpointConfig": endpoint});
        let path = format!("/networks/{}/connect", encoded(network));
        self.ask(Ask::post(path, Some(&body), "connect to network", network)).await.map(drop)
    }

    pub(super) async fn disconnect(&self, network: &str, id: &str) -> Result<(), HostError> {
        let body = json!({"Container": id, "Force": true});
        let path = format!("/networks/{}/disconnect", encoded(network));
        self.ask(Ask::post(path, Some(&body), "disconnect from network", network)).await.map(drop)
    }

    pub(super) async fn set_restart_policy(&self, id: &str, name: &str, policy: &Value) -> Result<(), HostError> {
        let body = json!({"RestartPolicy": policy});
        let path = format!("/containers/{id}/update");
        self.ask(Ask::post(path, Some(&body), "set the restart policy of container", name)).await.map(drop)
    }

    pub(super) async fn rename(&self, id: &str, from: &str, to: &str) -> Result<(), HostError> {
        let path = format!("/containers/{id}/rename?name={}", encoded(to));
        self.ask(Ask::post(path, None, "rename container", from)).await.map(drop)
    }

    pub(super) async fn start(&self, id: &str, name: &str) -> Result<(), HostError> {
        self.ask(Ask::post(format!("/containers/{id}/start"), None, "start container", name)).await.map(drop)
    }

    pub(super) async fn unpause(&self, id: &str, name: &str) -> Result<(), HostError> {
        self.ask(Ask::post(format!("/containers/{id}/unpause"), None, "unpause container", name)).await.map(drop)
    }

    /// Stops a container within its own grace period. Gone is as good.
    pub(super) async fn stop(&self, inspect: &Value, id: &str, name: &str) -> Result<(), HostError> {
        let own = inspect["Config"]["StopTimeout"].as_u64().unwrap_or(DEFAULT_STOP_TIMEOUT_S);
        let timeout = Duration::from_secs(own) + STOP_GRACE;
        let ask = Ask { timeout, ..Ask::post(format!("/containers/{id}/stop"), None, "stop container", name) };
        self.find(ask).await.map(drop)
    }

    /// Removes a container, running or not. Gone is as good.
    pub(super) async fn remove(&self, id: &str, name: &str, volumes: OwnVolumes) -> Result<(), HostError> {
        let own_volumes = match volumes {
            OwnVolumes::Remove => "true",
            OwnVolumes::Keep => "false",
        };
        let path = format!("/containers/{id}?force=true&v={own_volumes}");
        let ask = Ask { method: Method::DELETE, ..Ask::post(path, None, "remove container", name) };
        self.find(ask).await.map(drop)
    }

    fn call(&self, action: &'static str, subject: &str) -> Call<'a> {
        Call { engine: self.engine, action, subject: subject.to_owned() }
    }

    /// As [`Self::find`]; absent only where the answer is empty.
    async fn ask(&self, ask: Ask<'_>) -> Result<Option<Value>, HostError> {
        let call = self.call(ask.action, ask.subject);
        match self.exchange(ask, &call).await? {
            (StatusCode::NOT_FOUND, answer) => Err(call.refused(message(&answer))),
            (_, answer) => Ok(Some(answer)),
        }
    }

    /// Asks the engine. Absent where it does not know the thing.
    async fn find(&self, ask: Ask<'_>) -> Result<Option<Value>, HostError> {
        let call = self.call(ask.action, ask.subject);
        match self.exchange(ask, &call).await? {
            (StatusCode::NOT_FOUND, _) => Ok(None),
            (_, answer) => Ok(Some(answer)),
        }
    }

    async fn exchange(&self, ask: Ask<'_>, call: &Call<'_>) -> Result<(StatusCode, Value), HostError> {
        let timeout = ask.timeout;
        let Ok(answered) = tokio::time::timeout(timeout, self.send(ask)).await else {
            return Err(call.timed_out(timeout));
        };
        let (status, body) = answered.map_err(|error| HostError::EngineUnreachable {
            address: self.engine.address().to_string(),
            reason: innermost(&*error),
        })?;
        if body.is_empty() && (status.is_success() || status == StatusCode::NOT_MODIFIED) {
            return Ok((status, Value::Null));
        }
        let answer: Value = serde_json::from_slice(&body).map_err(|error| call.refused(error.to_string()))?;
        if status.is_success() || status == StatusCode::NOT_MODIFIED || status == StatusCode::NOT_FOUND {
            return Ok((status, answer));
        }
        Err(call.refused(message(&answer)))
    }

    async fn send(&self, ask: Ask<'_>) -> Result<(StatusCode, Bytes), WireError> {
        let (major, minor) = self.version;
        let body = ask.body.map(Value::to_string).unwrap_or_default();
        let request = Request::builder()
            .method(ask.method)
            .uri(format!("/v{major}.{minor}{}", ask.path))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))?;
        let answer = wire::send(self.engine.address(), request).await?;
        Ok((answer.status, answer.body))
    }
}

fn message(answer: &Value) -> String {
    answer["message"].as_str().map_or_else(|| answer.to_string(), |message| message.trim().to_owned())
}

/// A part of a path, with everything encoded that could mean something else there.
fn encoded(part: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b':');
    part.bytes().fold(String::with_capacity(part.len()), |text, byte| match is_plain(byte) {
        true => text + char::from(byte).encode_utf8(&mut [0; 4]),
        false => text + &format!("%{byte:02X}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_mean_another_path() {
        for (name, expected) in [("web-1_a.b", "web-1_a.b"), ("sha256:ab", "sha256:ab"), ("a/../b?x", "a%2F..%2Fb%3Fx")]
        {
            assert_eq!(encoded(name), expected);
        }
    }
}
