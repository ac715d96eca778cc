//! What a plugin sends: its `wasi:http` requests, handed to the egress.

use bytes::Bytes;
use dockrev_core::ids::PluginId;
use dockrev_egress::{CallScope, ConnectFailure, Egress, EgressError};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::sync::Arc;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// Sends the requests of one call.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) plugin: PluginId,
    pub(crate) egress: Arc<Egress>,
    pub(crate) scope: Arc<CallScope>,
}

type Background = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Answer = Result<(http::Response<WasiBody>, Background), Error>;

impl WasiHttpHooks for Outgoing {
    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        // The egress has its own timeouts, and the call has its deadline.
        _options: Option<RequestOptions>,
        _sent: Background,
    ) -> Box<dyn Future<Output = Answer> + Send> {
        let (egress, scope, plugin) = (Arc::clone(&self.egress), Arc::clone(&self.scope), self.plugin.clone());
        Box::new(async move { send(&egress, &scope, &plugin, request).await })
    }

    fn set_host_header(&mut self) -> bool {
        false
    }
}

async fn send(egress: &Egress, scope: &Arc<CallScope>, plugin: &PluginId, request: http::Request<WasiBody>) -> Answer {
    let (parts, body) = request.into_parts();
    let body = read(body, egress.request_body_max_bytes()).await?;
    let response = egress.send(http::Request::from_parts(parts, body), scope).await.map_err(|error| {
        tracing::debug!(plugin.id = %plugin, "a request failed: {error}");
        translate(&error)
    })?;
    let response = response.map(|body| body.map_err(|error| translate(&error)).boxed_unsync());
    Ok((response, Box::new(async { Ok(()) })))
}

async fn read(body: WasiBody, max_bytes: usize) -> Result<Bytes, Error> {
    match Limited::new(body, max_bytes).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(Error::HttpRequestBodySize(Some(max_bytes as u64))),
        Err(error) => Err(Error::InternalError(Some(error.to_string()))),
    }
}

fn translate(error: &EgressError) -> Error {
    match error {
        EgressError::HostNotGranted { .. }
        | EgressError::PlainHttpRefused { .. }
        | EgressError::RealmRefused { .. } => Error::HttpRequestDenied,
        EgressError::InvalidUrl => Error::HttpRequestUriInvalid,
        EgressError::OverBudget(_) => Error::ConnectionLimitReached,
        EgressError::RequestTooLarge { max_bytes, .. } => Error::HttpRequestBodySize(Some(*max_bytes as u64)),
        EgressError::TimedOut { .. } | EgressError::TooSlow { .. } | EgressError::Unread { .. } => {
            Error::HttpResponseTimeout
        }
        EgressError::Connect { failure: ConnectFailure::Name, .. } => Error::DnsError { rcode: None, info_code: None },
        EgressError::Connect { failure: ConnectFailure::Tls, .. } => Error::TlsProtocolError,
        EgressError::Connect { failure: ConnectFailure::Refused, .. } => Error::ConnectionRefused,
        EgressError::Connect { failure: ConnectFailure::Network, .. } | EgressError::Proxy { .. } => {
            Error::DestinationUnavailable
        }
        EgressError::Broken { .. } => Error::HttpProtocolError,
        EgressError::TokenServer { .. } | EgressError::Credentials(_) => Error::InternalError(Some(error.to_string())),
    }
}
