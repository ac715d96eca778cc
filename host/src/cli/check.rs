//! `dockrev check`: what is out of date, and why.

mod json;
mod rows;

use super::arguments::CheckArguments;
use super::{Ending, Failure};
use crate::app::App;
use crate::cli::output::out;
use crate::config::Config;
use dockrev_core::detection::Detection;
use dockrev_core::ids::StackName;
use dockrev_core::plan::{Decision, Plan, PlanEntry, PlanOptions, plan};
use dockrev_core::platform::Platform;
use dockrev_engine::detect::{Depth, Scope, Survey};
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::Instant;

pub(super) use rows::{plan_lines, status};

pub(super) async fn run(config: &Config, arguments: &CheckArguments) -> Result<Ending, Failure> {
    let began = Instant::now();
    let config = &config.with_filters(&arguments.labels.only_label, &arguments.labels.exclude_label)?;
    let app = App::new(config);
    let surveys = survey(&app, arguments).await?;
    let options = PlanOptions { refused: app.refused_images().await?, ..PlanOptions::cautious() };
    let plans: Vec<Plan> = surveys.iter().map(|survey| plan(&survey.detections, &survey.platform, &options)).collect();
    let entries: Vec<&PlanEntry> = plans.iter().flat_map(|plan| &plan.entries).collect();
    if arguments.json {
        let platform = surveys.first().map(|survey| survey.platform.to_string()).unwrap_or_default();
        let plugins = app.plugins().await?;
        let egress = plugins.egress();
        let effort = json::Effort {
            elapsed_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            requests: egress.requests_by_host(),
            answered_from_cache: egress.answered_from_cache(),
            plugin_cpu_us: u64::try_from(plugins.host().cpu_time().as_micros()).unwrap_or(u64::MAX),
        };
        let detections: Vec<&Detection> = surveys.iter().flat_map(|survey| &survey.detections).collect();
        json::print(&entries, &detections, &platform, &effort, &plugins.registry().served())?;
    } else {
        for line in plan_lines(&entries) {
            out!("{line}");
        }
        out!("{}", rows::summary(&entries));
    }
    super::warn(config);
    super::plugin::complain(&app).await;
    super::jobs::tell_of_unfinished(&app).await;
    let news = entries.iter().any(|entry| is_news(entry));
    Ok(if arguments.exit_code && news { Ending::News } else { Ending::Fine })
}

async fn survey(app: &App, arguments: &CheckArguments) -> Result<Vec<Survey>, Failure> {
    let bar = progress_bar(!arguments.json);
    let progress = follow(&bar);
    let detector = app.detector().await?;
    let mut surveys = Vec::new();
    if arguments.image.is_empty() || !arguments.stack.is_empty() {
        let scope = match arguments.stack.as_slice() {
            [] => Scope::All,
            names => Scope::Stacks(names.iter().map(StackName::new).collect()),
        };
        let host = app.host()?;
        surveys.push(detector.survey(host.ports(), &scope, Depth::Survey, None, &progress).await?);
    }
    if !arguments.image.is_empty() {
        surveys.push(detector.survey_images(&arguments.image, own_platform(), &progress).await);
    }
    bar.finish_and_clear();
    Ok(surveys)
}

/// A bar on a terminal, nothing elsewhere.
pub(super) fn progress_bar(wanted: bool) -> ProgressBar {
    if !wanted || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("asking registries {bar:24} {pos}/{len}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Keeps `bar` at what is done of how many.
pub(super) fn follow(bar: &ProgressBar) -> impl Fn(usize, usize) + Send + Sync + '_ {
    |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    }
}

/// The platform of this machine, for images that run nowhere yet.
fn own_platform() -> Platform {
    Platform::new(std::env::consts::OS, std::env::consts::ARCH, None)
}

/// Whether there is something newer, taken or not.
fn is_news(entry: &PlanEntry) -> bool {
    match &entry.decision {
        Decision::Update(_) | Decision::Held { .. } => true,
        Decision::UpToDate { .. } | Decision::Gone(_) | Decision::Excluded(_) | Decision::Unknown(_) => false,
    }
}
