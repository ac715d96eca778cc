//! `dockrev plugin`: what is installed, and what a plugin asks for.

use super::arguments::{PluginArguments, PluginCommand};
use super::paint::{Tone, paint};
use super::table::{Cell, Table, field, one_line};
use super::{Ending, Failure};
use crate::app::App;
use crate::cli::output::{complain, out, print_json};
use crate::config::Config;
use crate::operations::plugins::{PluginList, list, reach, recognises_by};
use dockrev_plugin_host::{Capabilities, Inspection, Manifest, PluginHost, PluginInfo, Readiness, inspect};
use serde::Serialize;
use std::path::Path;

pub(super) async fn run(config: &Config, arguments: &PluginArguments) -> Result<Ending, Failure> {
    match &arguments.command {
        PluginCommand::List { json } => {
            let app = App::new(config);
            let host = app.plugins().await?.host();
            if *json {
                print_json(&Document { format: "dockrev.plugins/1", list: list(host) })?;
            } else {
                print_table(host, config);
            }
        }
        PluginCommand::Inspect { file } => show(file)?,
    }
    Ok(Ending::Fine)
}

/// Says on standard error which plugins are broken, if any are and if plugins were loaded at all.
pub(super) async fn complain(app: &App) {
    let Ok(plugins) = app.plugins().await else { return };
    for problem in plugins.host().problems() {
        let text = format!("plugin in `{}` is not used: {}", problem.folder.display(), problem.error);
        complain!("{} {}", paint(Tone::Caution, "warning:"), one_line(&text));
    }
}

fn print_table(host: &PluginHost, config: &Config) {
    let plugins = host.plugins();
    if plugins.is_empty() {
        let folders: Vec<String> = config.plugin_dirs.iter().map(|folder| folder.display().to_string()).collect();
        out!("no plugins in {}", folders.join(", "));
    } else {
        let mut table = Table::new(&["PLUGIN", "VERSION", "WORLD", "STATE", "SIZE", "SECRETS", "MAY REACH"]);
        for plugin in &plugins {
            table.row(cells(plugin));
        }
        table.print();
    }
    for problem in host.problems() {
        let text = format!("{}: {}", problem.folder.display(), problem.error);
        out!("{} {}", paint(Tone::Bad, "broken:"), one_line(&text));
    }
}

fn cells(plugin: &PluginInfo) -> Vec<Cell> {
    let state = match &plugin.readiness {
        Readiness::Ready => Cell::new(Tone::Good, "ready"),
        Readiness::NotConfigured(missing) => Cell::new(Tone::Caution, format!("not configured: {missing}")),
    };
    vec![
        Cell::new(Tone::Strong, plugin.id.to_string()),
        Cell::plain(plugin.version.to_string()),
        Cell::plain(plugin.world.to_string()),
        state,
        Cell::plain(kibibytes(plugin.size_bytes)),
        Cell::plain(or_nothing(&plugin.capabilities.secrets)),
        Cell::plain(reach_in_short(&plugin.capabilities)),
    ]
}

fn kibibytes(bytes: u64) -> String {
    format!("{} KiB", bytes.div_ceil(1024))
}

fn or_nothing(parts: &[String]) -> String {
    if parts.is_empty() { "-".to_owned() } else { parts.join(", ") }
}

/// The same, counted where it would not fit into a row.
fn reach_in_short(capabilities: &Capabilities) -> String {
    let all = reach(capabilities);
    match all.as_slice() {
        [first, _, rest @ ..] if !rest.is_empty() => format!("{first}, and {} more", rest.len() + 1),
        few => or_nothing(few),
    }
}

#[derive(Serialize)]
struct Document {
    format: &'static str,
    #[serde(flatten)]
    list: PluginList,
}

fn show(file: &Path) -> Result<(), Failure> {
    let found = inspect(file).map_err(|error| {
        Failure::new("plugin.unreadable", format!("`{}`: {error}", file.display()))
            .hint("give a plugin's folder, or the `plugin.wasm` in it")
    })?;
    let row = |name: &str, text: &str| out!("{}", field(name, Tone::Plain, text));
    if let Some(manifest) = &found.manifest {
        show_manifest(manifest, &row);
    }
    row("size", &kibibytes(found.size_bytes));
    row("sha-256", &found.sha256);
    for (name, interfaces) in [("exports", &found.exports), ("imports", &found.imports)] {
        for interface in interfaces {
            row(name, interface);
        }
    }
    show_fit(&found);
    Ok(())
}

fn show_manifest(manifest: &Manifest, row: &dyn Fn(&str, &str)) {
    row("id", manifest.id.as_str());
    row("name", &manifest.name);
    row("version", &manifest.version.to_string());
    row("world", &format!("{} of dockrev:plugin@{}", manifest.world, manifest.wit));
    row("description", &manifest.description);
    row("licence", &manifest.license);
    if !manifest.registry_hosts.is_empty() {
        row("made for", &manifest.registry_hosts.join(", "));
    }
    if !manifest.probes.is_empty() {
        row("recognises", &format!("registries with {}", recognises_by(&manifest.probes).join(", ")));
    }
    row("may reach", &or_nothing(&reach(&manifest.capabilities)));
    row("secrets", &or_nothing(&manifest.capabilities.secrets));
    row("settings", &manifest.settings_schema.to_string());
}

fn show_fit(found: &Inspection) {
    match &found.fits_world {
        Some(Ok(())) => out!("{}", field("fits", Tone::Good, "its world")),
        Some(Err(problem)) => out!("{}", field("does not fit", Tone::Bad, problem)),
        None => out!("{}", field("manifest", Tone::Caution, "none beside it")),
    }
}
