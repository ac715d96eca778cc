//! Asks a registry what it is: anonymously, within narrow limits, and once.

use super::Probes;
use super::memory::Outcome;
use bytes::Bytes;
use dockrev_egress::{BudgetLimits, CallScope, Egress, Grant, HostPattern, Origin};
use http::StatusCode;
use http_body_util::{BodyExt, Limited};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Requests to one registry: the first one finds out whether it answers at all, each other one is a path of a plugin's.
const REQUESTS_MAX: u32 = 9;
/// Largest answer that is read, in bytes. What a registry says of itself is short.
const BODY_MAX_BYTES: usize = 64 * 1024;
/// Time for all requests together. Whoever needs more has more urgent things to answer.
const DEADLINE: Duration = Duration::from_secs(5);
/// Where every registry that speaks the Distribution protocol answers, if only to refuse.
const DISTRIBUTION_PATH: &str = "/v2/";

/// Why an answer tells nothing.
type Problem = String;

/// Asks the registry at `base` for the paths of `probes`.
pub(super) async fn ask(egress: &Egress, base: &str, origin: &Origin, probes: &Probes) -> Outcome {
    // No registry in the grant: nobody answers a `401`, so no credentials are sent.
    let grant = Grant { hosts: vec![HostPattern::from(origin)], ..Grant::default() };
    let limits = BudgetLimits {
        max_requests: REQUESTS_MAX,
        max_body_bytes: u64::from(REQUESTS_MAX) * (BODY_MAX_BYTES as u64 + 1),
        max_wait: Duration::ZERO,
    };
    let asker = Asker { egress, base, scope: CallScope::new(grant, limits) };
    match tokio::time::timeout(DEADLINE, asker.recognise(probes)).await {
        Ok(outcome) => outcome,
        Err(_) => Outcome::Failed { problem: format!("it did not say within {} s what it is", DEADLINE.as_secs()) },
    }
}

struct Asker<'a> {
    egress: &'a Egress,
    base: &'a str,
    scope: Arc<CallScope>,
}

impl Asker<'_> {
    async fn recognise(&self, probes: &Probes) -> Outcome {
        if let Err(problem) = self.get(DISTRIBUTION_PATH).await {
            return Outcome::Failed { problem };
        }
        let mut answers: BTreeMap<&str, Result<Option<serde_json::Value>, Problem>> = BTreeMap::new();
        for (id, probe) in probes {
            if !answers.contains_key(probe.path.as_str()) {
                let answer = self.get(&probe.path).await;
                answers.insert(&probe.path, answer);
            }
            if let Some(Ok(Some(answer))) = answers.get(probe.path.as_str())
                && answer.get(&probe.json_field).is_some_and(|value| !value.is_null())
            {
                return Outcome::Recognised { adapter: id.clone(), path: probe.path.clone() };
            }
        }
        let problem = answers.into_values().find_map(Result::err);
        problem.map_or(Outcome::NotRecognised, |problem| Outcome::Failed { problem })
    }

    /// What is at `path`: nothing, if there is no JSON. An answer that may be another one later is a problem.
    async fn get(&self, path: &str) -> Result<Option<serde_json::Value>, Problem> {
        let url = format!("{}{path}", self.base);
        let request = http::Request::get(url).header(http::header::ACCEPT, "application/json").body(Bytes::new());
        let request = request.map_err(|error| error.to_string())?;
        let response = self.egress.send(request, &self.scope).await.map_err(|error| error.to_string())?;
        let status = response.status();
        if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
            return Err(format!("it answered {} at `{path}`", status.as_u16()));
        }
        if status != StatusCode::OK {
            return Ok(None);
        }
        // What is too large or breaks off is not what a plugin looks for.
        let body = Limited::new(response.into_body(), BODY_MAX_BYTES).collect().await;
        Ok(body.ok().and_then(|body| serde_json::from_slice(&body.to_bytes()).ok()))
    }
}
