//! The real host, through the generated imports.

use crate::bindings::imports::dockrev::plugin::{log, secrets, settings};
use crate::bindings::imports::wasi::http::outgoing_handler;
use crate::bindings::imports::wasi::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingResponse, Method as WasiMethod, OutgoingBody, OutgoingRequest,
    Scheme as WasiScheme,
};
use crate::bindings::imports::wasi::io::streams::StreamError;
use crate::http::{BodyLimit, Error, Method, Request, Response, Scheme, Url};
use crate::secrets::{Error as SecretError, Secret};

/// Most that one `blocking-write-and-flush` takes, by its definition.
const WRITE_MAX_BYTES: usize = 4096;

/// How much of a body is asked for at once.
const READ_BYTES: u64 = 64 * 1024;

pub(crate) fn write_log(level: log::Level, message: &str) {
    log::write(level, message);
}

pub(crate) fn settings() -> String {
    settings::get()
}

pub(crate) fn secret(name: &str) -> Result<Secret, SecretError> {
    secrets::get(name).map(Secret::new).map_err(|error| match error {
        secrets::SecretError::NotGranted => SecretError::NotGranted,
        secrets::SecretError::NotSet => SecretError::NotSet,
    })
}

pub(crate) fn send(request: &Request, url: &Url) -> Result<Response, Error> {
    let outgoing = outgoing_request(request, url)?;
    let body = outgoing.body().map_err(|()| broken(url, "the request's body is taken"))?;
    let answer = outgoing_handler::handle(outgoing, None).map_err(|code| from_code(url, &code))?;
    write_body(body, &request.body, url)?;
    answer.subscribe().block();
    let incoming = answer
        .get()
        .ok_or_else(|| broken(url, "there is no answer"))?
        .map_err(|()| broken(url, "the answer is taken"))?
        .map_err(|code| from_code(url, &code))?;
    read_response(request, &incoming, url)
}

fn outgoing_request(request: &Request, url: &Url) -> Result<OutgoingRequest, Error> {
    let fields = Fields::new();
    for (name, value) in &request.headers {
        fields.append(name, value.as_bytes()).map_err(|_| invalid(format!("header field `{name}`")))?;
    }
    let outgoing = OutgoingRequest::new(fields);
    let scheme = match url.scheme {
        Scheme::Http => WasiScheme::Http,
        Scheme::Https => WasiScheme::Https,
    };
    let method = match request.method {
        Method::Get => WasiMethod::Get,
        Method::Head => WasiMethod::Head,
        Method::Post => WasiMethod::Post,
        Method::Put => WasiMethod::Put,
        Method::Patch => WasiMethod::Patch,
        Method::Delete => WasiMethod::Delete,
    };
    outgoing.set_method(&method).map_err(|()| invalid("method".to_owned()))?;
    outgoing.set_scheme(Some(&scheme)).map_err(|()| invalid("scheme".to_owned()))?;
    outgoing.set_authority(Some(&url.authority)).map_err(|()| invalid("host".to_owned()))?;
    outgoing.set_path_with_query(Some(&url.path_and_query)).map_err(|()| invalid("path".to_owned()))?;
    Ok(outgoing)
}

fn write_body(body: OutgoingBody, bytes: &[u8], url: &Url) -> Result<(), Error> {
    if !bytes.is_empty() {
        let stream = body.write().map_err(|()| broken(url, "the request's body is taken"))?;
        for chunk in bytes.chunks(WRITE_MAX_BYTES) {
            // A server may answer before it has read everything; the answer then says what it thinks of it.
            if stream.blocking_write_and_flush(chunk).is_err() {
                break;
            }
        }
    }
    OutgoingBody::finish(body, None).map_err(|code| from_code(url, &code))
}

fn read_response(request: &Request, incoming: &IncomingResponse, url: &Url) -> Result<Response, Error> {
    let status = incoming.status();
    let headers = incoming
        .headers()
        .entries()
        .into_iter()
        .map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned()))
        .collect();
    let body = incoming.consume().map_err(|()| broken(url, "the answer's body is taken"))?;
    let body = read_body(&body, request.body_limit(status), url)?;
    Ok(Response { status, headers, body })
}

fn read_body(body: &IncomingBody, limit: BodyLimit, url: &Url) -> Result<Vec<u8>, Error> {
    let stream = body.stream().map_err(|()| broken(url, "the answer's body is taken"))?;
    let mut read = Vec::new();
    loop {
        match stream.blocking_read(READ_BYTES) {
            Ok(chunk) => read.extend_from_slice(&chunk),
            Err(StreamError::Closed) => return Ok(read),
            Err(StreamError::LastOperationFailed(_)) => return Err(Error::CutOff { host: url.authority.clone() }),
        }
        if read.len() > limit.bytes() {
            return limit.cut(read);
        }
    }
}

fn invalid(why: String) -> Error {
    Error::InvalidRequest { why }
}

fn broken(url: &Url, why: &'static str) -> Error {
    Error::Broken { host: url.authority.clone(), why }
}

fn from_code(url: &Url, code: &ErrorCode) -> Error {
    let host = url.authority.clone();
    let unreachable = |why| Error::Unreachable { host: host.clone(), why };
    match code {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => Error::Refused { host },
        ErrorCode::DnsTimeout | ErrorCode::DnsError(_) | ErrorCode::DestinationNotFound => {
            unreachable("there is no address for this name")
        }
        ErrorCode::DestinationUnavailable | ErrorCode::DestinationIpUnroutable => unreachable("there is no route"),
        ErrorCode::ConnectionRefused => unreachable("the connection was refused"),
        ErrorCode::ConnectionTerminated => unreachable("the connection was closed"),
        ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => unreachable("no answer in time"),
        ErrorCode::ConnectionLimitReached => unreachable("too many connections"),
        ErrorCode::TlsProtocolError | ErrorCode::TlsCertificateError | ErrorCode::TlsAlertReceived(_) => {
            unreachable("no trusted TLS connection")
        }
        ErrorCode::HttpRequestLengthRequired
        | ErrorCode::HttpRequestBodySize(_)
        | ErrorCode::HttpRequestMethodInvalid
        | ErrorCode::HttpRequestUriInvalid
        | ErrorCode::HttpRequestUriTooLong
        | ErrorCode::HttpRequestHeaderSectionSize(_)
        | ErrorCode::HttpRequestHeaderSize(_)
        | ErrorCode::HttpRequestTrailerSectionSize(_)
        | ErrorCode::HttpRequestTrailerSize(_) => invalid("the host does not send it".to_owned()),
        ErrorCode::HttpResponseIncomplete => Error::CutOff { host },
        ErrorCode::HttpResponseBodySize(_) => broken(url, "it is larger than the host lets through"),
        ErrorCode::HttpResponseHeaderSectionSize(_)
        | ErrorCode::HttpResponseHeaderSize(_)
        | ErrorCode::HttpResponseTrailerSectionSize(_)
        | ErrorCode::HttpResponseTrailerSize(_)
        | ErrorCode::HttpResponseTransferCoding(_)
        | ErrorCode::HttpResponseContentCoding(_)
        | ErrorCode::HttpUpgradeFailed
        | ErrorCode::HttpProtocolError => broken(url, "it is not HTTP as it should be"),
        ErrorCode::LoopDetected => broken(url, "it leads in circles"),
        ErrorCode::ConfigurationError | ErrorCode::InternalError(_) => unreachable("the host could not send it"),
    }
}
