//! Plugins: what is installed, and what each may do.

use dockrev_plugin_host::{Capabilities, PluginHost, PluginInfo, Probe, Readiness};
use serde::Serialize;
use utoipa::ToSchema;

/// What is installed, and what could not be loaded.
#[derive(Serialize, ToSchema)]
pub struct PluginList {
    /// The plugins that are in use or could be.
    plugins: Vec<Plugin>,
    /// Those that are broken.
    problems: Vec<PluginProblem>,
}

/// One plugin.
#[derive(Serialize, ToSchema)]
pub struct Plugin {
    /// Its id.
    id: String,
    /// Its own version.
    version: String,
    /// What it is: `registry-adapter`, `version-policy` and so on.
    world: String,
    /// Its name for people.
    name: String,
    /// What it does, in a sentence.
    description: String,
    /// Its licence as an SPDX expression.
    license: String,
    /// Size of its component, in bytes.
    size_bytes: u64,
    /// Whether it can be called.
    ready: bool,
    /// Which settings it needs and does not have.
    not_configured: Option<String>,
    /// Registries that it is made for.
    registry_hosts: Vec<String>,
    /// How it recognises others.
    recognises_by: Vec<String>,
    /// What it may reach.
    may_reach: Vec<String>,
    /// Secrets that it is given, by name.
    secrets: Vec<String>,
    /// How often it was called since Dockrev was started.
    calls: u64,
    /// How many of those calls it did not survive: it trapped, or went past a limit.
    faults: u64,
}

/// A plugin that could not be loaded.
#[derive(Serialize, ToSchema)]
pub struct PluginProblem {
    /// Its folder.
    folder: String,
    /// What is wrong with it.
    problem: String,
}

/// All of `host`.
#[must_use]
pub fn list(host: &PluginHost) -> PluginList {
    let problems = host.problems().iter().map(|problem| PluginProblem {
        folder: problem.folder.display().to_string(),
        problem: problem.error.to_string(),
    });
    PluginList { plugins: host.plugins().into_iter().map(plugin).collect(), problems: problems.collect() }
}

fn plugin(plugin: PluginInfo) -> Plugin {
    Plugin {
        id: plugin.id.to_string(),
        version: plugin.version.to_string(),
        world: plugin.world.to_string(),
        may_reach: reach(&plugin.capabilities),
        secrets: plugin.capabilities.secrets,
        name: plugin.name,
        description: plugin.description,
        license: plugin.license,
        size_bytes: plugin.size_bytes,
        ready: plugin.readiness == Readiness::Ready,
        not_configured: match plugin.readiness {
            Readiness::Ready => None,
            Readiness::NotConfigured(missing) => Some(missing),
        },
        registry_hosts: plugin.registry_hosts,
        recognises_by: recognises_by(&plugin.probes),
        calls: plugin.calls.made,
        faults: plugin.calls.faults,
    }
}

/// What a plugin may reach, in words.
#[must_use]
pub fn reach(capabilities: &Capabilities) -> Vec<String> {
    let registry = capabilities.registry.then(|| "the registry asked about".to_owned());
    let hosts = capabilities.hosts.iter().map(ToString::to_string);
    let settings = capabilities.settings_hosts.iter().map(|name| format!("the host in `{name}`"));
    registry.into_iter().chain(hosts).chain(settings).collect()
}

/// How a plugin recognises registries, in words.
#[must_use]
pub fn recognises_by(probes: &[Probe]) -> Vec<String> {
    probes.iter().map(|probe| format!("`{}` at `{}`", probe.json_field, probe.path)).collect()
}
