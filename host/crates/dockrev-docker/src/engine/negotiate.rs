//! Which version of the API is spoken.
//!
//! The engine says its newest in a header of `/_ping`, which costs it nothing; for `/version` it runs programs to ask
//! them theirs.

use crate::address::EngineAddress;
use crate::wire::{self, WireError};
use bollard::{API_DEFAULT_VERSION, ClientVersion};
use http::{HeaderMap, Request};
use http_body_util::Full;
use hyper::body::Bytes;

const HEADER: &str = "Api-Version";

/// The newest version that the engine and this client speak. Absent where the engine, or a proxy before it, does not say.
pub(super) async fn api_version(address: &EngineAddress) -> Result<Option<ClientVersion>, WireError> {
    let request = Request::get("/_ping").body(Full::new(Bytes::new()))?;
    let answer = wire::send(address, request).await?;
    Ok(of_engine(&answer.headers).filter(|_| answer.status.is_success()).map(spoken))
}

fn of_engine(headers: &HeaderMap) -> Option<(usize, usize)> {
    let (major, minor) = headers.get(HEADER)?.to_str().ok()?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn spoken(engine: (usize, usize)) -> ClientVersion {
    let ours = (API_DEFAULT_VERSION.major_version, API_DEFAULT_VERSION.minor_version);
    let (major_version, minor_version) = engine.min(ours);
    ClientVersion { major_version, minor_version }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_side_decides() {
        let check = |header: &'static str, expected: Option<(usize, usize)>| {
            let headers =
                HeaderMap::from_iter([(http::HeaderName::from_static("api-version"), header.parse().unwrap())]);
            let spoken = of_engine(&headers).map(spoken);
            assert_eq!(spoken.map(|version| (version.major_version, version.minor_version)), expected, "{header}");
        };
        let ours = (API_DEFAULT_VERSION.major_version, API_DEFAULT_VERSION.minor_version);
        check("1.41", Some((1, 41)));
        check("1.9", Some((1, 9)));
        check("1.999", Some(ours));
        check("2.0", Some(ours));
        check("one", None);
        check("1.x", None);
        assert!(of_engine(&HeaderMap::new()).is_none());
    }
}
