use serde_json::Value;

use crate::{Engine, Error, Pushed, program};

/// What the engine's healthcheck says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// There is no healthcheck.
    None,
    /// Not known yet.
    Starting,
    /// It passes.
    Healthy,
    /// It fails.
    Unhealthy,
}

/// The container of a service as the engine has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceState {
    /// The container's id.
    pub container_id: String,
    /// The id of the image that runs.
    pub image_id: String,
    /// The image as the container was created with it.
    pub image_reference: String,
    /// The digests under which the image is known, such as `127.0.0.1:5000/web@sha256:…`.
    pub repository_digests: Vec<String>,
    /// What its healthcheck says.
    pub health: Health,
    /// Whether it runs.
    pub running: bool,
    /// How often the engine started it again.
    pub restart_count: u64,
    /// The code that it last ended with.
    pub exit_code: i64,
    /// When it was started, as the engine writes it.
    pub started_at: String,
}

impl ServiceState {
    /// Whether the image that runs is the one that was pushed.
    pub fn runs(&self, pushed: &Pushed) -> bool {
        self.image_id == pushed.config_digest
            || self.image_id == pushed.digest
            || self.repository_digests.iter().any(|known| known.ends_with(&format!("@{}", pushed.digest)))
    }

    pub(super) fn read(engine: &Engine, project: &str, service: &str) -> Result<Option<Self>, Error> {
        let labels = [
            format!("label=com.docker.compose.project={project}"),
            format!("label=com.docker.compose.service={service}"),
            // One-off containers of `compose run` have the same labels otherwise.
            "label=com.docker.compose.oneoff=False".to_owned(),
        ];
        let mut list = engine.docker();
        list.args(["ps", "--all", "--quiet", "--no-trunc"]);
        for label in &labels {
            list.args(["--filter", label]);
        }
        let ids = program::output(&mut list)?;
        let Some(id) = ids.lines().next() else { return Ok(None) };
        // It may have been replaced since it was listed.
        let Ok(text) = program::output(engine.docker().args(["inspect", "--type", "container", id])) else {
            return Ok(None);
        };
        let container: Value = serde_json::from_str(&text).unwrap_or_default();
        let container = &container[0];
        let image_id = string(&container["Image"]);
        let image =
            program::output(engine.docker().args(["inspect", "--type", "image", &image_id])).unwrap_or_default();
        let image: Value = serde_json::from_str(&image).unwrap_or_default();
        Ok(Some(Self::from_inspect(container, &image[0])))
    }

    fn from_inspect(container: &Value, image: &Value) -> Self {
        let state = &container["State"];
        let digests = image["RepoDigests"].as_array();
        Self {
            container_id: string(&container["Id"]),
            image_id: string(&container["Image"]),
            image_reference: string(&container["Config"]["Image"]),
            repository_digests: digests.into_iter().flatten().map(string).collect(),
            health: match state["Health"]["Status"].as_str() {
                Some("healthy") => Health::Healthy,
                Some("unhealthy") => Health::Unhealthy,
                Some("starting") => Health::Starting,
                _ => Health::None,
            },
            running: state["Running"].as_bool().unwrap_or(false),
            restart_count: container["RestartCount"].as_u64().unwrap_or(0),
            exit_code: state["ExitCode"].as_i64().unwrap_or(0),
            started_at: string(&state["StartedAt"]),
        }
    }
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
