//! Prints how long it takes to load plugins and to call a version policy:
//! `cargo run --release -p dockrev-plugin-host --example timing -- target/plugins`.

use dockrev_core::ids::PluginId;
use dockrev_core::image::Tag;
use dockrev_core::policy::PolicyQuestion;
use dockrev_core::registry::{ListedTag, TagList};
use dockrev_egress::{Egress, EgressConfig};
use dockrev_plugin_host::{CallLimits, PluginHost, PluginHostConfig, Policies};
use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

const CALLS: u32 = 200;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).map_or_else(|| PathBuf::from("target/plugins"), PathBuf::from);
    let mut out = std::io::stdout().lock();
    let cache = tempfile_dir()?;
    let config = || -> Result<PluginHostConfig, Box<dyn Error>> {
        Ok(PluginHostConfig {
            folders: vec![folder.clone()],
            cache_dir: Some(cache.clone()),
            egress: Arc::new(Egress::new(EgressConfig::default())?),
            plugins: BTreeMap::new(),
            adapters: BTreeMap::new(),
            limits: CallLimits::default(),
        })
    };
    for what in ["compile and load", "load from the cache"] {
        let config = config()?;
        let started = Instant::now();
        let host = PluginHost::load(config)?;
        writeln!(out, "{what}: {:?} for {} plugins", started.elapsed(), host.plugins().len())?;
        for problem in host.problems() {
            writeln!(out, "  {}: {}", problem.folder.display(), problem.error)?;
        }
    }
    let policies = Policies::new(Arc::new(PluginHost::load(config()?)?), PluginId::new("policy-same-level"));
    for count in [1, 500] {
        let question = question(count)?;
        let mut times = Vec::new();
        for _ in 0..CALLS {
            let started = Instant::now();
            policies.assess_with(&PluginId::new("policy-same-level"), &question).await?;
            times.push(started.elapsed());
        }
        times.sort();
        let median = times.get(times.len() / 2).copied().unwrap_or(Duration::ZERO);
        writeln!(out, "instantiate and judge {count} tags: median {median:?}, slowest {:?}", times.last())?;
    }
    std::fs::remove_dir_all(&cache)?;
    Ok(())
}

fn question(count: u32) -> Result<PolicyQuestion, Box<dyn Error>> {
    let tags: Result<Vec<ListedTag>, _> = (0..count)
        .map(|number| {
            let name = format!("1.{}.{}", number / 10, number % 10).parse::<Tag>();
            name.map(|name| ListedTag { name, digest: None, pushed_at_unix_s: None })
        })
        .collect();
    Ok(PolicyQuestion::new(&"1.0.0".parse()?, &TagList { tags: tags?, truncated: None }))
}

fn tempfile_dir() -> Result<PathBuf, std::io::Error> {
    let folder = std::env::temp_dir().join(format!("dockrev-timing-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
