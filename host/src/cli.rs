//! The command line: reads arguments, calls the application, shows what came of it.

mod arguments;
mod audit;
mod backup;
mod check;
mod config;
mod containers;
mod db;
mod doctor;
mod failure;
mod health;
mod helper;
mod ignore;
mod jobs;
mod live;
mod notify;
mod openapi;
mod output;
mod paint;
mod plugin;
mod policy;
mod recover;
mod remote;
mod rollback;
mod serve;
mod show;
mod signals;
mod table;
mod token;
mod update;

use crate::config::{Config, Environment};
use arguments::{Arguments, Command};
use clap::Parser;
use containers::Wish;
use failure::Failure;
use std::ffi::OsString;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// What a command says to whoever started it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// All is well.
    Fine,
    /// There is news, and `--exit-code` was given.
    News,
    /// Something was rolled back, or needs a person.
    Trouble,
}

impl Ending {
    fn worse_of(self, other: Self) -> Self {
        if self == Self::Fine { other } else { self }
    }
}

/// Exit status when something failed, bad arguments included.
const EXIT_FAILURE: u8 = 1;
/// Exit status of `check --exit-code` when there is news.
const EXIT_NEWS: u8 = 2;

/// Runs the program with these arguments, the program's name first.
pub async fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Printing can only fail when nobody reads it.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(EXIT_FAILURE) } else { ExitCode::SUCCESS };
        }
    };
    start_log();
    match run(arguments).await {
        Ok(Ending::Fine) => ExitCode::SUCCESS,
        Ok(Ending::News) => ExitCode::from(EXIT_NEWS),
        Ok(Ending::Trouble) => ExitCode::from(EXIT_FAILURE),
        Err(failure) => {
            failure::show(&failure);
            ExitCode::from(EXIT_FAILURE)
        }
    }
}

async fn run(arguments: Arguments) -> Result<Ending, Failure> {
    // It works for another Dockrev, and goes by nothing that is configured here.
    if let Command::Helper(arguments) = &arguments.command {
        return helper::run(arguments).await;
    }
    if let Some(address) = arguments.server.or_else(|| std::env::var("DOCKREV_SERVER").ok()).filter(|it| !it.is_empty())
    {
        return remote::run(&remote::connect(&address)?, &arguments.command).await;
    }
    let config = Config::read(&Environment::of_process())?;
    match arguments.command {
        Command::Check(arguments) => check::run(&config, &arguments).await,
        Command::Update(arguments) => update::run(&config, &arguments).await,
        Command::Rollback(arguments) => rollback::run(&config, &arguments).await,
        Command::Recover(arguments) => recover::run(&config, &arguments).await,
        Command::Backup(arguments) => backup::run(&config, &arguments).await,
        Command::Start(arguments) => containers::run(&config, Wish::Start, &arguments).await,
        Command::Stop(arguments) => containers::run(&config, Wish::Stop, &arguments).await,
        Command::Restart(arguments) => containers::run(&config, Wish::Restart, &arguments).await,
        Command::Doctor(arguments) => doctor::run(&config, &arguments).await,
        Command::Ignore(arguments) => ignore::run(&config, &arguments).await,
        Command::Jobs(arguments) => jobs::run(&config, &arguments).await,
        Command::Plugin(arguments) => plugin::run(&config, &arguments).await,
        Command::Policy(arguments) => policy::run(&config, &arguments).await,
        Command::Notify(arguments) => notify::run(&config, &arguments).await,
        Command::Serve(arguments) => serve::run(&config, &arguments).await,
        Command::Token(arguments) => token::run(&config, &arguments).await,
        Command::Audit(arguments) => audit::run(&config, &arguments).await,
        Command::Config(arguments) => config::run(&config, &arguments),
        Command::Db(arguments) => db::run(&config, &arguments).await,
        Command::Health => health::run(&config).await,
        Command::Openapi => openapi::run(),
        Command::Helper(arguments) => helper::run(&arguments).await,
    }
}

/// Says what of the configuration is probably not meant as it is.
fn warn(config: &Config) {
    for warning in &config.warnings {
        output::complain!("{} {warning}", paint::paint(paint::Tone::Caution, "warning:"));
    }
}

/// Log lines go to standard error, warnings and worse unless `DOCKREV_LOG` says otherwise.
fn start_log() {
    let filter = EnvFilter::try_from_env("DOCKREV_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
}
