//! The real registry behind a stand-in.

use std::time::Duration;

use ureq::http;

use super::answer::Answer;
use super::request::Received;

/// Longest wait for an answer of the registry.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Largest answer that is read, in bytes.
const ANSWER_MAX_BYTES: u64 = 8 * 1024 * 1024;

/// What of a registry's answer is passed on.
const PASSED_ON: [&str; 3] = ["content-type", "docker-content-digest", "etag"];

/// What a manifest may be, in the `Accept` header's words.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

#[derive(Debug)]
pub(super) struct Upstream {
    base: String,
    agent: ureq::Agent,
}

impl Upstream {
    pub(super) fn new(base: &str) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(ANSWER_LIMIT))
            .proxy(None)
            .build();
        Self { base: base.to_owned(), agent: config.new_agent() }
    }

    /// The registry's own answer to `received`.
    pub(super) fn pass_on(&self, received: &Received) -> Answer {
        self.ask(&received.method, &received.target, received.header("accept"))
            .unwrap_or_else(|_| Answer::error(502, "UNAVAILABLE"))
    }

    /// All tags of `repository`, if there is one.
    pub(super) fn tags(&self, repository: &str) -> Option<Vec<String>> {
        let answer = self.ask("GET", &format!("/v2/{repository}/tags/list"), None).ok()?;
        let list: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
        let names = list["tags"].as_array()?.iter();
        Some(names.filter_map(|name| name.as_str().map(str::to_owned)).collect())
    }

    /// The digest that `repository:tag` points to.
    pub(super) fn digest(&self, repository: &str, tag: &str) -> Option<String> {
        let answer = self.ask("HEAD", &format!("/v2/{repository}/manifests/{tag}"), Some(MANIFESTS)).ok()?;
        let digest = answer.headers.into_iter().find(|(name, _)| name == "docker-content-digest");
        digest.map(|(_, digest)| digest)
    }

    fn ask(&self, method: &str, target: &str, accept: Option<&str>) -> Result<Answer, ureq::Error> {
        let mut request = http::Request::builder().method(method).uri(format!("{}{target}", self.base));
        if let Some(accept) = accept {
            request = request.header("accept", accept);
        }
        let mut response = self.agent.run(request.body(())?)?;
        let passed_on = response.headers().iter().filter(|(name, _)| PASSED_ON.contains(&name.as_str()));
        let headers = passed_on.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()));
        let (status, headers) = (response.status().as_u16(), headers.collect());
        let body = response.body_mut().with_config().limit(ANSWER_MAX_BYTES).read_to_vec()?;
        Ok(Answer { status, headers, body })
    }
}
