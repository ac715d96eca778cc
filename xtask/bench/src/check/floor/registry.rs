//! The registry's side: tags, digests, and the manifest of what is newer.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, LINK, WWW_AUTHENTICATE};
use http::{Method, StatusCode};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tokio::sync::{Mutex, OnceCell, Semaphore};

use super::engine::Running;
use crate::failure::Failure;

/// Requests at the same time, as in `dockrev-egress`.
const CONCURRENCY_PER_HOST: usize = 8;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const READ_TIMEOUT: Duration = Duration::from_secs(15);

/// What is understood.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, \
                         application/vnd.docker.distribution.manifest.list.v2+json, \
                         application/vnd.oci.image.manifest.v1+json, \
                         application/vnd.docker.distribution.manifest.v2+json";

pub(super) struct Client {
    http: reqwest::Client,
    places: Semaphore,
    /// By repository; empty where none is wanted.
    tokens: Mutex<HashMap<String, Arc<OnceCell<String>>>>,
}

#[derive(Deserialize)]
struct Page {
    tags: Vec<String>,
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Member>,
}

#[derive(Deserialize)]
struct Member {
    digest: String,
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    os: String,
    architecture: String,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

/// A repository and where it is.
struct Place<'a> {
    host: &'a str,
    name: &'a str,
}

impl Place<'_> {
    fn url(&self, path: &str) -> String {
        format!("http://{}/v2/{}/{path}", self.host, self.name)
    }
}

impl Client {
    pub(super) fn new() -> Result<Self, Failure> {
        // Fails if there is a provider already, which will do as well.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .no_proxy()
            .build()
            .map_err(Failure::of("could not set up the HTTP client"))?;
        Ok(Self { http, places: Semaphore::new(CONCURRENCY_PER_HOST), tokens: Mutex::default() })
    }

    /// The tag to move to and its digest, if there is something newer.
    pub(super) async fn news(&self, image: &Running) -> Result<Option<(String, String)>, Failure> {
        let (repository, tag) = image.written.rsplit_once(':').unwrap_or((&image.written, "latest"));
        let (host, name) = repository.split_once('/').unwrap_or_default();
        let place = Place { host, name };
        let (newest, digest) = match version(tag) {
            Some(current) => futures::try_join!(self.newest(&place, current), self.digest(&place, tag))?,
            None => (None, self.digest(&place, tag).await?),
        };
        let candidate = match newest {
            Some(newest) => newest,
            None if image.digests.contains(&digest) => return Ok(None),
            None => tag.to_owned(),
        };
        let digest = self.index(&place, &candidate).await?;
        Ok(Some((candidate, digest)))
    }

    /// The newest version above `current`, from all pages of the tag list.
    async fn newest(&self, place: &Place<'_>, current: [u64; 3]) -> Result<Option<String>, Failure> {
        let mut newest = None;
        let mut next = Some(place.url("tags/list?n=1000"));
        while let Some(url) = next {
            let response = self.send(Method::GET, &url, place).await?;
            let link = response.headers().get(LINK).and_then(|link| link.to_str().ok()).and_then(target);
            next = link.map(|path| format!("http://{}{path}", place.host));
            let page: Page = self.json(response).await?.0;
            let versions = page.tags.into_iter().filter_map(|tag| Some((version(&tag)?, tag)));
            newest = versions.filter(|(version, _)| *version > current).chain(newest).max();
        }
        Ok(newest.map(|(_, tag)| tag))
    }

    async fn digest(&self, place: &Place<'_>, tag: &str) -> Result<String, Failure> {
        let response = self.send(Method::HEAD, &place.url(&format!("manifests/{tag}")), place).await?;
        let digest = response.headers().get("docker-content-digest").and_then(|digest| digest.to_str().ok());
        digest.map(str::to_owned).ok_or_else(|| Failure::new("an answer has no digest"))
    }

    /// Reads the index behind `tag`, which must have this machine's platform, and verifies its digest.
    async fn index(&self, place: &Place<'_>, tag: &str) -> Result<String, Failure> {
        let response = self.send(Method::GET, &place.url(&format!("manifests/{tag}")), place).await?;
        let (index, body) = self.json::<Index>(response).await?;
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
        let fits = |platform: &Platform| platform.os == "linux" && platform.architecture == architecture;
        let own = index.manifests.iter().find(|member| member.platform.as_ref().is_some_and(fits));
        if own.is_none_or(|member| member.digest.is_empty()) {
            return Err(Failure::new(format!("`{tag}` is not for this machine")));
        }
        Ok(Sha256::digest(&body).iter().fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}")))
    }

    /// Sends with the repository's token, if it has one, and with a new one if one is wanted.
    async fn send(&self, method: Method, url: &str, place: &Place<'_>) -> Result<reqwest::Response, Failure> {
        let token = Arc::clone(self.tokens.lock().await.entry(place.name.to_owned()).or_default());
        let response = self.exchange(method.clone(), url, token.get().map(String::as_str)).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return checked(response);
        }
        let challenge = response.headers().get(WWW_AUTHENTICATE).and_then(|challenge| challenge.to_str().ok());
        let challenge = challenge.unwrap_or_default().to_owned();
        let token = token.get_or_try_init(|| self.token(&challenge)).await?;
        checked(self.exchange(method, url, Some(token)).await?)
    }

    async fn exchange(&self, method: Method, url: &str, token: Option<&str>) -> Result<reqwest::Response, Failure> {
        let _place = self.places.acquire().await.map_err(Failure::of("could not wait for a place"))?;
        let mut request = self.http.request(method, url).header(ACCEPT, MANIFESTS);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        request.send().await.map_err(Failure::of(format!("could not ask for `{url}`")))
    }

    async fn token(&self, challenge: &str) -> Result<String, Failure> {
        let value = |name: &str| challenge.split_once(&format!("{name}=\""))?.1.split('"').next();
        let (Some(realm), Some(service), Some(scope)) = (value("realm"), value("service"), value("scope")) else {
            return Err(Failure::new("a challenge does not say where tokens are"));
        };
        let url = format!("{realm}?service={service}&scope={scope}");
        let response = checked(self.exchange(Method::GET, &url, None).await?)?;
        Ok(self.json::<Token>(response).await?.0.token)
    }

    async fn json<T: for<'a> Deserialize<'a>>(&self, response: reqwest::Response) -> Result<(T, Vec<u8>), Failure> {
        let body = response.bytes().await.map_err(Failure::of("could not read an answer"))?;
        let value = serde_json::from_slice(&body).map_err(Failure::of("an answer is no JSON"))?;
        Ok((value, body.to_vec()))
    }
}

fn checked(response: reqwest::Response) -> Result<reqwest::Response, Failure> {
    if response.status().is_success() {
        return Ok(response);
    }
    Err(Failure::new(format!("`{}` answered {}", response.url(), response.status())))
}

/// The three numbers of a version.
fn version(tag: &str) -> Option<[u64; 3]> {
    let numbers: Vec<u64> = tag.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

/// Where `</path>; rel="next"` leads.
fn target(link: &str) -> Option<&str> {
    Some(link.strip_prefix('<')?.split_once('>')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_have_three_numbers() {
        assert_eq!(version("1.10.2"), Some([1, 10, 2]));
        for other in ["1.10", "1.10.2-alpine", "latest", "", "1.2.3.4"] {
            assert_eq!(version(other), None, "{other}");
        }
    }

    #[test]
    fn the_next_page_is_found() {
        assert_eq!(target("</v2/a/tags/list?last=b&n=5>; rel=\"next\""), Some("/v2/a/tags/list?last=b&n=5"));
    }
}
