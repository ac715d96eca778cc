//! What can be typed.

use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Keeps the containers of a Docker/Compose host up to date without ever leaving a service broken.
#[derive(Debug, Parser)]
#[command(name = "dockrev", version, after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// Have it carried out by the Dockrev that runs as a server at this address (default: DOCKREV_SERVER)
    #[arg(long, value_name = "URL", global = true)]
    pub(super) server: Option<String>,
    #[command(subcommand)]
    pub(super) command: Command,
}

const AFTER_HELP: &str = "\
Environment:
  DOCKER_HOST           address of the Docker Engine (default: unix:///var/run/docker.sock)
  DOCKREV_COMPOSE_BIN   how Compose is called (default: docker-compose), for example `docker compose`
  DOCKREV_DATA_DIR      where jobs, override files and caches are kept
  DOCKREV_PLUGIN_DIR    folders with plugins, separated by `:`
  DOCKREV_LISTEN        where the server listens (default: 127.0.0.1:8686)
  DOCKREV_CONFIG        configuration file (default: dockrev.toml in the data folder)
  DOCKREV_DOCKER_CONFIG folder of Docker's config.json, for registry credentials (default: as Docker's own)
  DOCKREV_SERVER        address of a Dockrev that runs as a server, to have commands carried out there
  DOCKREV_TOKEN         the token that such a server is shown; DOCKREV_TOKEN_FILE names a file that holds it
  DOCKREV_LOG           what is logged to standard error (default: warn)
  NO_COLOR              set to anything: no colours";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show what is out of date, and why. Changes nothing
    Check(CheckArguments),
    /// Update services: plan, pull, recreate, wait for the healthcheck, put back if it fails
    Update(UpdateArguments),
    /// Put back what an earlier job changed
    Rollback(RollbackArguments),
    /// Finish or undo every job that was interrupted
    Recover(RecoverArguments),
    /// Look at the backups that updates made, check them, and put data back
    Backup(BackupArguments),
    /// Start the containers of a service or stack
    Start(ContainersArguments),
    /// Stop the containers of a service or stack
    Stop(ContainersArguments),
    /// Stop and start the containers of a service or stack
    Restart(ContainersArguments),
    /// Look at everything that an update needs, and say how to mend what does not work
    Doctor(DoctorArguments),
    /// Leave tags of a service out of updates
    Ignore(IgnoreArguments),
    /// Look at past and running jobs
    Jobs(JobsArguments),
    /// Look at installed plugins, or at one before it is installed
    Plugin(PluginArguments),
    /// Ask a version policy
    Policy(PolicyArguments),
    /// Try a notification channel
    Notify(NotifyArguments),
    /// Serve the API and the page
    Serve(ServeArguments),
    /// Say who may use the API
    Token(TokenArguments),
    /// Show who asked the server for what change, and what came of it
    Audit(AuditArguments),
    /// Look at what Dockrev goes by, or whether it can
    Config(ConfigArguments),
    /// Copy Dockrev's own database
    Db(DbArguments),
    /// Say whether the server that the configuration describes is ready: for a container's healthcheck
    #[command(hide = true)]
    Health,
    /// Print the document that describes the API (OpenAPI)
    #[command(hide = true)]
    Openapi,
    /// Work on data beside it, in a container that another Dockrev made for that
    #[command(hide = true)]
    Helper(HelperArguments),
}

#[derive(Debug, Args)]
pub(super) struct HelperArguments {
    /// What to do, as JSON
    pub(super) task: String,
}

#[derive(Debug, Args)]
pub(super) struct ServeArguments {
    /// Listen here instead of where the configuration says
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(super) listen: Option<String>,
    /// Let everybody in who is on this machine, without a login
    #[arg(long)]
    pub(super) dev: bool,
}

#[derive(Debug, Args)]
pub(super) struct TokenArguments {
    #[command(subcommand)]
    pub(super) command: TokenCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token. It is shown this once
    Add {
        /// What it is called
        name: String,
        /// What it may do: `read`, `check`, `update` or `admin`
        #[arg(long, default_value = "read")]
        scope: String,
    },
    /// List the tokens
    List {
        /// Print JSON (format `dockrev.tokens/1`)
        #[arg(long)]
        json: bool,
    },
    /// Remove a token: who has it is let in no more
    Remove {
        /// What it is called
        name: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct AuditArguments {
    /// At most this many, newest first
    #[arg(long, default_value_t = 50)]
    pub(super) limit: u32,
    /// Print all of it as JSON, a line each
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct ConfigArguments {
    #[command(subcommand)]
    pub(super) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Say all that is wrong with the configuration file and the environment, at once
    Check,
    /// Show what holds. No secret is in it
    Show {
        /// Print it as JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct DbArguments {
    #[command(subcommand)]
    pub(super) command: DbCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum DbCommand {
    /// Write a copy that is whole, also while a server runs
    Backup {
        /// Where to. It must not be there yet
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(super) struct CheckArguments {
    /// Look at everything on this host; this is what happens anyway unless a stack or an image is named
    #[arg(long, conflicts_with_all = ["stack", "image"])]
    pub(super) all: bool,
    /// Look at this stack only (may be given again)
    #[arg(long, value_name = "NAME")]
    pub(super) stack: Vec<String>,
    /// Look at this image, whether or not it runs here; needs no engine (may be given again)
    #[arg(long, value_name = "REF")]
    pub(super) image: Vec<String>,
    #[command(flatten)]
    pub(super) labels: LabelArguments,
    /// Print JSON (format `dockrev.check/1`)
    #[arg(long)]
    pub(super) json: bool,
    /// Exit with status 2 when there is something newer
    #[arg(long)]
    pub(super) exit_code: bool,
}

/// Filters by label, instead of those of the configuration.
#[derive(Debug, Args)]
pub(super) struct LabelArguments {
    /// Leave out containers without this label: `key` or `key=value` (may be given again: one is enough)
    #[arg(long, value_name = "LABEL")]
    pub(super) only_label: Vec<String>,
    /// Leave out containers with this label: `key` or `key=value` (may be given again)
    #[arg(long, value_name = "LABEL")]
    pub(super) exclude_label: Vec<String>,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub(super) struct UpdateArguments {
    /// Update this service: `STACK/SERVICE`, or `SERVICE` if only one stack has it
    #[arg(long, value_name = "SERVICE", group = "what")]
    pub(super) service: Option<String>,
    /// Update this container, which belongs to no stack
    #[arg(long, value_name = "NAME", group = "what")]
    pub(super) container: Option<String>,
    /// Update all services of this stack
    #[arg(long, value_name = "NAME", group = "what")]
    pub(super) stack: Option<String>,
    /// Update all services of all stacks, and all containers that belong to none
    #[arg(long, group = "what")]
    pub(super) all: bool,
    /// Move the service or container to this tag instead of the one that the policy chooses
    #[arg(long, value_name = "TAG", conflicts_with_all = ["stack", "all"])]
    pub(super) to: Option<String>,
    #[command(flatten)]
    pub(super) labels: LabelArguments,
    /// Show the plan and stop
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(super) yes: bool,
    /// Take an image that is not built for this host's platform
    #[arg(long)]
    pub(super) allow_arch_mismatch: bool,
    /// Put a service without a healthcheck back, too, when its new container does not keep running
    #[arg(long)]
    pub(super) roll_back_without_healthcheck: bool,
    /// Show what the engine and Compose print while they work
    #[arg(long, short)]
    pub(super) verbose: bool,
}

#[derive(Debug, Args)]
pub(super) struct RollbackArguments {
    /// The job, as `dockrev jobs list` shows it; its first characters are enough if no other job has them
    pub(super) job: String,
    /// Put back the data that was copied before the job, too: what was written since is lost
    #[arg(long)]
    pub(super) restore_data: bool,
    /// Do not ask
    #[arg(long, short)]
    pub(super) yes: bool,
    /// Show what the engine and Compose print while they work
    #[arg(long, short)]
    pub(super) verbose: bool,
}

#[derive(Debug, Args)]
pub(super) struct RecoverArguments {
    /// Show what the engine and Compose print while they work
    #[arg(long, short)]
    pub(super) verbose: bool,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub(super) struct ContainersArguments {
    /// This service: `STACK/SERVICE`, or `SERVICE` if only one stack has it
    #[arg(long, value_name = "SERVICE", group = "which")]
    pub(super) service: Option<String>,
    /// This container, which belongs to no stack
    #[arg(long, value_name = "NAME", group = "which")]
    pub(super) container: Option<String>,
    /// All services of this stack
    #[arg(long, value_name = "NAME", group = "which")]
    pub(super) stack: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct BackupArguments {
    #[command(subcommand)]
    pub(super) command: BackupCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum BackupCommand {
    /// List the backups, oldest first
    List {
        /// Print JSON (format `dockrev.backups/1`)
        #[arg(long)]
        json: bool,
    },
    /// Read a backup to its end and compare it with its checksum and its list of content
    Verify {
        /// The backup, as `dockrev backup list` shows it, or a stack: its newest
        backup: String,
    },
    /// Put data back to what it was. What runs on it is stopped meanwhile
    Restore(BackupRestore),
}

#[derive(Debug, Args)]
pub(super) struct BackupRestore {
    /// The backup, as `dockrev backup list` shows it, or a stack: its newest
    pub(super) backup: String,
    /// Only this target, such as `volume:shop_data`
    #[arg(long, value_name = "TARGET")]
    pub(super) target: Option<String>,
    /// Into this volume instead of where it came from; it is made if there is none of that name
    #[arg(long, value_name = "VOLUME")]
    pub(super) into: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    pub(super) yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct DoctorArguments {
    /// Print JSON (format `dockrev.doctor/1`)
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct IgnoreArguments {
    #[command(subcommand)]
    pub(super) command: IgnoreCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum IgnoreCommand {
    /// Add a rule: what it leaves out stays visible, with the rule
    Add(IgnoreAdd),
    /// List the rules
    List {
        /// Print JSON (format `dockrev.ignore/1`)
        #[arg(long)]
        json: bool,
    },
    /// Remove a rule by its number
    Remove {
        /// Its number, as `dockrev ignore list` shows it
        rule: i64,
    },
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("rule").required(true))]
pub(super) struct IgnoreAdd {
    /// The service, as STACK/SERVICE
    #[arg(required_unless_present = "container", conflicts_with = "container")]
    pub(super) service: Option<String>,
    /// The container of this name, which belongs to no stack, instead of a service
    #[arg(long, value_name = "NAME")]
    pub(super) container: Option<String>,
    /// This tag
    #[arg(long, value_name = "TAG", group = "rule")]
    pub(super) exact: Option<String>,
    /// Tags that begin so
    #[arg(long, value_name = "TEXT", group = "rule")]
    pub(super) prefix: Option<String>,
    /// Tags in which this regular expression matches
    #[arg(long, value_name = "REGEX", group = "rule")]
    pub(super) regex: Option<String>,
    /// Tags whose numbers are in this range of semantic versions, such as `>=6, <7`
    #[arg(long, value_name = "RANGE", group = "rule")]
    pub(super) range: Option<String>,
    /// Why, for whoever wonders later
    #[arg(long, value_name = "TEXT")]
    pub(super) note: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct JobsArguments {
    #[command(subcommand)]
    pub(super) command: JobsCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum JobsCommand {
    /// List jobs, newest first
    List {
        /// At most this many
        #[arg(long, default_value_t = 20)]
        limit: u32,
        /// Print JSON (format `dockrev.jobs/1`)
        #[arg(long)]
        json: bool,
    },
    /// Show one job: stages with times, digests, log
    Show {
        /// The job; its first characters are enough if no other job has them
        job: String,
        /// Print JSON (format `dockrev.job/1`)
        #[arg(long)]
        json: bool,
    },
    /// Ask a running job to stop and undo itself
    Cancel {
        /// The job; its first characters are enough if no other job has them
        job: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct PluginArguments {
    #[command(subcommand)]
    pub(super) command: PluginCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    /// List the plugins that are in use, and those that are broken
    List {
        /// Print JSON (format `dockrev.plugins/1`)
        #[arg(long)]
        json: bool,
    },
    /// Show what a plugin is and what it asks for, without running it
    Inspect {
        /// A plugin's folder, or the `plugin.wasm` in it
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(super) struct PolicyArguments {
    #[command(subcommand)]
    pub(super) command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Say of each tag what the policy thinks of it, and why
    Explain {
        /// The tag that runs
        #[arg(long, value_name = "TAG")]
        current: String,
        /// File with one tag per line; `-` reads standard input
        #[arg(long, value_name = "FILE")]
        tags: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(super) struct NotifyArguments {
    #[command(subcommand)]
    pub(super) command: NotifyCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum NotifyCommand {
    /// Send a test event
    Test {
        /// Id of the notifier plugin
        plugin: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn an_update_says_of_what() {
        let good = |line: &str| Arguments::try_parse_from(line.split(' ')).is_ok();
        assert!(good("dockrev update --all"));
        assert!(good("dockrev update --service web --to 1.2"));
        assert!(!good("dockrev update"));
        assert!(!good("dockrev update --all --stack web"));
        assert!(!good("dockrev update --all --to 1.2"));
        assert!(!good("dockrev check --all --stack web"));
    }
}
