//! The settings, in the order in which they are documented.

use super::{Kind, Label, Place, Sense, Setting};
use crate::backup::BackupLayer;

const fn same(name: &'static str) -> Label {
    Label { name, sense: Sense::Same }
}

const fn opposite(name: &'static str) -> Label {
    Label { name, sense: Sense::Opposite }
}

/// One that is only in the environment.
const fn variable(name: &'static str, default: &'static str, meaning: &'static str) -> Setting {
    Setting { key: "", place: Place::Nowhere, environment: Some(name), labels: &[], default, meaning, kind: None }
}

/// One that is no service's.
const fn general(
    key: &'static str,
    place: Place,
    environment: Option<&'static str>,
    default: &'static str,
    meaning: &'static str,
) -> Setting {
    Setting { key, place, environment, labels: &[], default, meaning, kind: None }
}

const fn of_service(
    key: &'static str,
    environment: &'static str,
    labels: &'static [Label],
    kind: Kind,
    default: &'static str,
    meaning: &'static str,
) -> Setting {
    let environment = Some(environment);
    Setting { key, place: Place::Service, environment, labels, default, meaning, kind: Some(kind) }
}

/// Every setting, in the order in which they are documented.
pub static SETTINGS: &[Setting] = &[
    variable(
        "DOCKER_HOST",
        "`unix:///var/run/docker.sock`",
        "address of the Docker Engine: `unix://`, `tcp://` or `http://`",
    ),
    variable(
        "DOCKREV_COMPOSE_BIN",
        "`docker-compose`",
        "how Compose is called: program and first arguments, separated by spaces",
    ),
    variable(
        "DOCKREV_DATA_DIR",
        "`/var/lib/dockrev` for root, else `~/.local/share/dockrev`",
        "where jobs, override files and caches are kept",
    ),
    variable("DOCKREV_BACKUP_BASE_DIR", "`backups` in the data folder", "where backups are kept"),
    variable(
        "DOCKREV_PLUGIN_DIR",
        "`plugins` beside the program, `plugins` in the data folder, `/usr/lib/dockrev/plugins`",
        "folders whose subfolders are plugins, separated by `:`",
    ),
    variable("DOCKREV_CONFIG", "`dockrev.toml` in the data folder, if it is there", "the configuration file"),
    variable(
        "DOCKREV_DOCKER_CONFIG",
        "`DOCKER_CONFIG`, else `~/.docker`",
        "folder of Docker's `config.json`, where registry credentials come from",
    ),
    variable(
        "DOCKREV_SERVER",
        "",
        "address of a Dockrev that runs as a server, such as `https://dockrev.example.net`: commands are carried out there",
    ),
    variable("DOCKREV_TOKEN", "", "the token that such a server is shown"),
    variable("DOCKREV_TOKEN_FILE", "", "a file that holds that token"),
    variable("DOCKREV_LOG", "`warn`", "what is logged to standard error: `warn`, `info`, `dockrev_engine=debug`"),
    variable("NO_COLOR", "", "set to anything: no colours"),
    general(
        "policy",
        Place::Top,
        Some("DOCKREV_POLICY"),
        "`policy-same-level`",
        "the version policy to use, by its id",
    ),
    general(
        "cache-ttl",
        Place::Top,
        Some("DOCKREV_CACHE_TTL"),
        "`0s`: every check asks",
        "for how long `check` shows an answer of a registry without asking again, at most `1d`; a plan always asks",
    ),
    general(
        "notify",
        Place::Top,
        Some("DOCKREV_NOTIFY"),
        "none",
        "channels that are told how updates ended: ids of notifiers",
    ),
    general(
        "only-labels",
        Place::Top,
        Some("DOCKREV_ONLY_LABELS"),
        "none",
        "containers without any of these labels are left out: `key` or `key=value`",
    ),
    general(
        "exclude-labels",
        Place::Top,
        Some("DOCKREV_EXCLUDE_LABELS"),
        "none",
        "containers with one of these labels are left out: `key` or `key=value`",
    ),
    general(
        "listen",
        Place::Top,
        Some("DOCKREV_LISTEN"),
        "`127.0.0.1:8686`",
        "where `dockrev serve` listens: address and port",
    ),
    general(
        "trusted-proxies",
        Place::Top,
        Some("DOCKREV_TRUSTED_PROXIES"),
        "none",
        "proxies that are believed when they say who somebody is: addresses and networks, such as `172.18.0.0/16`",
    ),
    general(
        "forward-header",
        Place::Top,
        Some("DOCKREV_FORWARD_HEADER"),
        "`X-Forwarded-User`",
        "the header in which they say it",
    ),
    general(
        "forward-scope",
        Place::Top,
        Some("DOCKREV_FORWARD_SCOPE"),
        "`admin`",
        "what somebody may do of whom they say it: `read`, `check`, `update` or `admin`",
    ),
    general(
        "check-every",
        Place::Top,
        Some("DOCKREV_CHECK_EVERY"),
        "`6h`",
        "how often the server checks by itself, first when it starts: a time such as `6h`, or `off`",
    ),
    general(
        "check-cron",
        Place::Top,
        Some("DOCKREV_CHECK_CRON"),
        "none",
        "when the server checks instead, as a cron expression, with seconds in front or not: `30 2 * * *`, `0 */15 * * * *`",
    ),
    general(
        "update-windows",
        Place::Top,
        Some("DOCKREV_UPDATE_WINDOWS"),
        "`02:00-05:00`",
        "when updates of services with `auto-update` may begin: times, with days before them or not, such as \
         `Sat,Sun 22:00-04:00`; `off`: never",
    ),
    general(
        "time-zone",
        Place::Top,
        Some("DOCKREV_TIME_ZONE"),
        "`TZ`, else that of the system",
        "the time zone of `check-cron` and `update-windows`: `Europe/Berlin`, `UTC`",
    ),
    general("kind", Place::Webhook, None, "", "who calls: `docker-hub`, `ghcr`, `harbor` or `distribution`"),
    general(
        "secret",
        Place::Webhook,
        None,
        "",
        "where its secret comes from: `secret.env = \"VARIABLE\"` or `secret.file = \"PATH\"`",
    ),
    general(
        "registry",
        Place::Webhook,
        None,
        "what the event says",
        "the registry that its images belong to, as containers name it",
    ),
    general("insecure", Place::Registry, None, "`false`", "whether plain HTTP is allowed (it always is on loopback)"),
    general("endpoint", Place::Registry, None, "the adapter's own", "base URL to use instead"),
    general("adapter", Place::Registry, None, "the one that serves the host", "id of the adapter to use"),
    general(
        "ca",
        Place::Registry,
        None,
        "none",
        "PEM file of the certificate authorities to trust for it, beside the system's own",
    ),
    general("settings", Place::Plugin, None, "the plugin's own", "its settings, as its manifest describes them"),
    general(
        "secrets",
        Place::Plugin,
        None,
        "none",
        "where its secrets come from: `NAME.env = \"VARIABLE\"` or `NAME.file = \"PATH\"`",
    ),
    of_service(
        "watch",
        "DOCKREV_WATCH",
        &[
            same("com.centurylinklabs.watchtower.enable"),
            same("wud.watch"),
            same("diun.enable"),
            opposite("dockrev.skip"),
            same("dockrev.watch"),
        ],
        Kind::Switch(|layer, on| layer.watch = Some(on)),
        "`true`",
        "whether it is looked at at all",
    ),
    of_service(
        "force",
        "DOCKREV_FORCE",
        &[same("dockrev.force")],
        Kind::Switch(|layer, on| layer.force = Some(on)),
        "`false`",
        "look at it even where `only-labels`, `exclude-labels`, `watch`, `skip-pinned` or `skip-exact` leave it out; what is held \
         for another reason stays held",
    ),
    of_service(
        "update",
        "DOCKREV_UPDATE",
        &[
            opposite("com.centurylinklabs.watchtower.monitor-only"),
            same("dockrev.update"),
            opposite("dockrev.monitor-only"),
        ],
        Kind::Switch(|layer, on| layer.update = Some(on)),
        "`true`",
        "whether updates are applied, or shown only",
    ),
    of_service(
        "auto-update",
        "DOCKREV_AUTO_UPDATE",
        &[same("dockrev.auto-update")],
        Kind::Switch(|layer, on| layer.auto_update = Some(on)),
        "`false`",
        "whether `dockrev serve` applies updates by itself, within `update-windows`",
    ),
    of_service(
        "levels",
        "DOCKREV_LEVELS",
        &[same("dockrev.levels")],
        Kind::Levels(|layer, levels| layer.levels = Some(levels)),
        "all",
        "levels that may be chosen: `major`, `minor`, `patch`, `same-level`",
    ),
    of_service(
        "prereleases",
        "DOCKREV_PRERELEASES",
        &[same("dockrev.prereleases")],
        Kind::Switch(|layer, on| layer.prereleases = Some(on)),
        "`false`",
        "pre-releases also for a service that runs none",
    ),
    of_service(
        "include",
        "DOCKREV_INCLUDE",
        &[same("wud.tag.include"), same("dockrev.include")],
        Kind::Text(|layer, text| layer.include = Some(text)),
        "none",
        "regular expression that a tag must match",
    ),
    of_service(
        "exclude",
        "DOCKREV_EXCLUDE",
        &[same("wud.tag.exclude"), same("dockrev.exclude")],
        Kind::Text(|layer, text| layer.exclude = Some(text)),
        "none",
        "regular expression that a tag must not match",
    ),
    of_service(
        "pattern",
        "DOCKREV_PATTERN",
        &[same("dockrev.pattern")],
        Kind::Text(|layer, text| layer.pattern = Some(text)),
        "none",
        "names the numbers of tags of no known shape",
    ),
    of_service(
        "min-age",
        "DOCKREV_MIN_AGE",
        &[same("dockrev.min-age")],
        Kind::Age(|layer, age| layer.min_age = Some(age)),
        "none",
        "how long an image has to be out before it is taken: `3d`, `12h`",
    ),
    of_service(
        "skip-pinned",
        "DOCKREV_SKIP_PINNED",
        &[same("dockrev.skip-pinned")],
        Kind::Switch(|layer, on| layer.skip_pinned = Some(on)),
        "`false`",
        "leave out what is written with a tag and a digest (with a digest alone, it always is)",
    ),
    of_service(
        "skip-exact",
        "DOCKREV_SKIP_EXACT",
        &[same("dockrev.skip-exact")],
        Kind::Switch(|layer, on| layer.skip_exact = Some(on)),
        "`false`",
        "leave out full versions: tags whose first numbers are three or more, such as `1.2.3` or `v1.2.3-alpine`",
    ),
    of_service(
        "rewrite",
        "DOCKREV_REWRITE",
        &[same("dockrev.rewrite")],
        Kind::Switch(|layer, on| layer.rewrite = Some(on)),
        "`false`",
        "write a newer tag into the compose file, or the env file, that has the old one, instead of an override file in \
         the data folder; where it is not certain that nothing else changes, the service is held",
    ),
    of_service(
        "backup",
        "DOCKREV_BACKUP",
        &[same("dockrev.backup")],
        Kind::Switch(|layer, on| layer.backup.enabled = Some(on)),
        "`true`",
        "whether data is copied before an update",
    ),
    of_service(
        "backup-scope",
        "DOCKREV_BACKUP_SCOPE",
        &[same("dockrev.backup-scope")],
        Kind::Backup(BackupLayer::read_scope),
        "`stack`",
        "whose data is copied: of the whole `stack`, or of the updated `service` only",
    ),
    of_service(
        "backup-threshold",
        "DOCKREV_BACKUP_THRESHOLD",
        &[same("dockrev.backup-threshold")],
        Kind::Backup(BackupLayer::read_threshold),
        "`100 MiB`",
        "larger volumes and folders are skipped, unless forced",
    ),
    of_service(
        "backup-force",
        "DOCKREV_BACKUP_FORCE",
        &[same("dockrev.backup-force")],
        Kind::Backup(BackupLayer::read_force),
        "none",
        "always copied, whatever their size: `volume:NAME` or `bind:/PATH`, separated by commas",
    ),
    of_service(
        "backup-skip",
        "DOCKREV_BACKUP_SKIP",
        &[same("dockrev.backup-skip")],
        Kind::Backup(BackupLayer::read_skip),
        "none",
        "never copied: `volume:NAME` or `bind:/PATH`, separated by commas",
    ),
    of_service(
        "backup-consistency",
        "DOCKREV_BACKUP_CONSISTENCY",
        &[same("dockrev.backup-consistency")],
        Kind::Backup(BackupLayer::read_consistency),
        "`stop`",
        "what the service does meanwhile: `stop` (until its new image starts), `pause` (during the copy), or run on (`live`)",
    ),
    of_service(
        "backup-others",
        "DOCKREV_BACKUP_OTHERS",
        &[same("dockrev.backup-others")],
        Kind::Backup(BackupLayer::read_others),
        "`pause`",
        "what other services of the stack do while data that they can write to is copied: `pause` or `live`",
    ),
    of_service(
        "backup-on-failure",
        "DOCKREV_BACKUP_ON_FAILURE",
        &[same("dockrev.backup-on-failure")],
        Kind::Backup(BackupLayer::read_on_failure),
        "`stop`",
        "what a failed backup means: no update (`stop`), or `go-on` without one",
    ),
    of_service(
        "backup-before",
        "DOCKREV_BACKUP_BEFORE",
        &[same("dockrev.backup-before")],
        Kind::Command(BackupLayer::read_before),
        "none",
        "command line for the shell in the service's container before the copy, such as a dump of its database",
    ),
    of_service(
        "backup-after",
        "DOCKREV_BACKUP_AFTER",
        &[same("dockrev.backup-after")],
        Kind::Command(BackupLayer::read_after),
        "none",
        "the same after the copy, if the container runs then",
    ),
    of_service(
        "backup-keep",
        "DOCKREV_BACKUP_KEEP",
        &[same("dockrev.backup-keep")],
        Kind::Backup(BackupLayer::read_keep),
        "`1`",
        "how many backups of a stack are kept",
    ),
    of_service(
        "backup-stable",
        "DOCKREV_BACKUP_STABLE",
        &[same("dockrev.backup-stable")],
        Kind::Backup(BackupLayer::read_stable),
        "`1h`",
        "how long an update has to be good before its backup and the old image are let go",
    ),
    of_service(
        "restore-data",
        "DOCKREV_RESTORE_DATA",
        &[same("dockrev.restore-data")],
        Kind::Backup(BackupLayer::read_restore),
        "`own` if the service was stopped or paused for the copy, else `never`",
        "what goes back with a rollback: the data that the service mounts (`own`), all that was copied (`stack`), or nothing \
         (`never`)",
    ),
];
