//! `dockrev config`: what Dockrev goes by, and whether it can.

use super::arguments::{ConfigArguments, ConfigCommand};
use super::output::{complain, out, print_json};
use super::paint::{Tone, paint};
use super::{Ending, Failure};
use crate::config::Config;
use crate::operations::settings::{in_force, problems};
use serde_json::Value;

/// What cannot even be read was told before this is reached.
pub(super) fn run(config: &Config, arguments: &ConfigArguments) -> Result<Ending, Failure> {
    match arguments.command {
        ConfigCommand::Check => {
            super::warn(config);
            let problems = problems(config);
            for problem in &problems {
                complain!("{} {problem}", paint(Tone::Bad, "error:"));
            }
            if !problems.is_empty() {
                return Ok(Ending::Trouble);
            }
            out!("the configuration is fine");
        }
        ConfigCommand::Show { json: true } => print_json(&in_force(config))?,
        ConfigCommand::Show { json: false } => show(config)?,
    }
    Ok(Ending::Fine)
}

/// Each setting that holds, by its name in the document.
fn show(config: &Config) -> Result<(), Failure> {
    let shown = serde_json::to_value(in_force(config));
    let shown = shown.map_err(|error| Failure::new("json.failed", error.to_string()))?;
    let Value::Object(settings) = shown else { return Ok(()) };
    let width = settings.keys().map(String::len).max().unwrap_or_default();
    for (name, value) in settings {
        let text = match value {
            Value::Null => "-".to_owned(),
            Value::String(text) => text,
            Value::Array(parts) if parts.is_empty() => "-".to_owned(),
            Value::Array(parts) => parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
            other @ (Value::Bool(_) | Value::Number(_) | Value::Object(_)) => other.to_string(),
        };
        out!("{:<width$}  {text}", name.replace('_', "-"));
    }
    Ok(())
}
