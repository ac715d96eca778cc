//! What a person can choose about backups.

use super::target::TargetName;
use crate::age::MinAge;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::str::FromStr;

/// Targets up to this size are copied unless set otherwise: 100 MiB takes a second or two.
const THRESHOLD_DEFAULT_BYTES: u64 = 100 * 1024 * 1024;
/// Artifacts that are kept for each stack, the newest.
const KEEP_DEFAULT: u32 = 1;
/// How long an update has to prove itself before its backup goes: one hour.
const STABLE_DEFAULT_MS: u64 = 60 * 60 * 1000;

/// What a person can choose about the backups of a service's updates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupSettings {
    /// Whether there are backups at all.
    pub enabled: bool,
    /// Whose data is copied.
    pub scope: BackupScope,
    /// Targets without a rule of their own are skipped above this size, in bytes.
    pub threshold_bytes: u64,
    /// What happens to the updated service while its data is copied.
    pub consistency: Consistency,
    /// What happens meanwhile to other services that can write to a target. `stop` is not among the choices: an update of
    /// one service stops no other.
    pub others: Consistency,
    /// What a backup that fails means for the update.
    pub on_failure: FailureRule,
    /// What goes back with a rollback. Absent: the data of a service that was stopped or paused for the copy.
    pub restore: Option<RestoreRule>,
    /// Rules for single targets.
    pub targets: BTreeMap<TargetName, TargetRule>,
    /// A command run in the service's container before the copy, while it still runs: a dump of its database.
    pub before: Option<Vec<String>>,
    /// A command run there after the copy, if the container runs then.
    pub after: Option<Vec<String>>,
    /// Artifacts that are kept for each stack.
    pub keep: u32,
    /// How long an update has to prove itself before its backup goes, in milliseconds.
    pub stable_ms: u64,
}

impl Default for BackupSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            scope: BackupScope::Stack,
            threshold_bytes: THRESHOLD_DEFAULT_BYTES,
            consistency: Consistency::Stop,
            others: Consistency::Pause,
            on_failure: FailureRule::StopUpdate,
            restore: None,
            targets: BTreeMap::new(),
            before: None,
            after: None,
            keep: KEEP_DEFAULT,
            stable_ms: STABLE_DEFAULT_MS,
        }
    }
}

/// Whose data is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackupScope {
    /// That of all services of the stack: the new version may change what another one keeps for it.
    Stack,
    /// That of the updated service only.
    Service,
}

/// What happens to a container while its data is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consistency {
    /// Nothing: what it writes meanwhile is in the copy or not.
    Live,
    /// It is frozen: the copy is what a power cut would leave.
    Pause,
    /// It is stopped, and stays so until its new image starts: the copy is complete, and nothing is written after it.
    Stop,
}

/// What a backup that fails means for the update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureRule {
    /// There is no update.
    StopUpdate,
    /// The update goes on without a way back for the data.
    GoOn,
}

/// What goes back with a rollback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestoreRule {
    /// The data that the updated service mounts.
    Own,
    /// All that was copied. What other services wrote after the copy is lost.
    Stack,
    /// Nothing.
    Never,
}

/// Whether a target is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetRule {
    /// Always, whatever its size.
    Force,
    /// Never.
    Skip,
    /// Up to the threshold.
    Inherit,
}

/// What one layer of settings says of backups; what it does not say is left to the layers below.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupLayer {
    pub(crate) enabled: Option<bool>,
    scope: Option<BackupScope>,
    threshold_bytes: Option<u64>,
    consistency: Option<Consistency>,
    others: Option<Consistency>,
    on_failure: Option<FailureRule>,
    restore: Option<RestoreRule>,
    targets: BTreeMap<TargetName, TargetRule>,
    before: Option<Vec<String>>,
    after: Option<Vec<String>>,
    keep: Option<u32>,
    stable_ms: Option<u64>,
}

/// Reads one setting of a layer; says what was expected.
pub(crate) type ReadSetting = fn(&mut BackupLayer, &str) -> Result<(), String>;

impl BackupLayer {
    /// Lays this layer over `settings`.
    pub(crate) fn lay_over(&self, settings: &mut BackupSettings) {
        fn set<T: Clone>(place: &mut T, value: Option<&T>) {
            if let Some(value) = value {
                place.clone_from(value);
            }
        }
        set(&mut settings.enabled, self.enabled.as_ref());
        set(&mut settings.scope, self.scope.as_ref());
        set(&mut settings.threshold_bytes, self.threshold_bytes.as_ref());
        set(&mut settings.consistency, self.consistency.as_ref());
        set(&mut settings.others, self.others.as_ref());
        set(&mut settings.on_failure, self.on_failure.as_ref());
        set(&mut settings.keep, self.keep.as_ref());
        set(&mut settings.stable_ms, self.stable_ms.as_ref());
        settings.restore = self.restore.or(settings.restore);
        settings.before = self.before.clone().or(settings.before.take());
        settings.after = self.after.clone().or(settings.after.take());
        settings.targets.extend(self.targets.iter().map(|(name, rule)| (name.clone(), *rule)));
    }

    pub(crate) fn read_scope(&mut self, text: &str) -> Result<(), String> {
        self.scope = Some(one_of(text, &[("stack", BackupScope::Stack), ("service", BackupScope::Service)])?);
        Ok(())
    }

    pub(crate) fn read_threshold(&mut self, text: &str) -> Result<(), String> {
        self.threshold_bytes = Some(bytes(text).ok_or("expected a size such as `100 MiB` or `2 GiB`")?);
        Ok(())
    }

    pub(crate) fn read_consistency(&mut self, text: &str) -> Result<(), String> {
        let known = [("stop", Consistency::Stop), ("pause", Consistency::Pause), ("live", Consistency::Live)];
        self.consistency = Some(one_of(text, &known)?);
        Ok(())
    }

    pub(crate) fn read_others(&mut self, text: &str) -> Result<(), String> {
        self.others = Some(one_of(text, &[("pause", Consistency::Pause), ("live", Consistency::Live)])?);
        Ok(())
    }

    pub(crate) fn read_on_failure(&mut self, text: &str) -> Result<(), String> {
        self.on_failure = Some(one_of(text, &[("stop", FailureRule::StopUpdate), ("go-on", FailureRule::GoOn)])?);
        Ok(())
    }

    pub(crate) fn read_restore(&mut self, text: &str) -> Result<(), String> {
        let known = [("own", RestoreRule::Own), ("stack", RestoreRule::Stack), ("never", RestoreRule::Never)];
        self.restore = Some(one_of(text, &known)?);
        Ok(())
    }

    pub(crate) fn read_force(&mut self, text: &str) -> Result<(), String> {
        self.read_targets(text, TargetRule::Force)
    }

    pub(crate) fn read_skip(&mut self, text: &str) -> Result<(), String> {
        self.read_targets(text, TargetRule::Skip)
    }

    pub(crate) fn read_before(&mut self, text: &str) -> Result<(), String> {
        self.before = Some(command(text)?);
        Ok(())
    }

    pub(crate) fn read_after(&mut self, text: &str) -> Result<(), String> {
        self.after = Some(command(text)?);
        Ok(())
    }

    pub(crate) fn read_keep(&mut self, text: &str) -> Result<(), String> {
        self.keep = Some(text.trim().parse().map_err(|_| "expected a number of backups".to_owned())?);
        Ok(())
    }

    pub(crate) fn read_stable(&mut self, text: &str) -> Result<(), String> {
        let duration = MinAge::from_str(text).map_err(|error| error.to_string())?.duration();
        self.stable_ms = Some(u64::try_from(duration.as_millis()).unwrap_or(u64::MAX));
        Ok(())
    }

    fn read_targets(&mut self, text: &str, rule: TargetRule) -> Result<(), String> {
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            if !name.starts_with("volume:") && !name.starts_with("bind:/") {
                return Err("expected targets such as `volume:shop_data` or `bind:/srv/shop`".to_owned());
            }
            self.targets.insert(TargetName::new(name), rule);
        }
        Ok(())
    }
}

fn one_of<T: Copy>(text: &str, known: &[(&str, T)]) -> Result<T, String> {
    let found = known.iter().find(|(name, _)| *name == text.trim()).map(|(_, value)| *value);
    found.ok_or_else(|| {
        let names: Vec<String> = known.iter().map(|(name, _)| format!("`{name}`")).collect();
        format!("expected one of {}", names.join(", "))
    })
}

/// `12`, `12 KiB`, `1.5 GiB` is none: whole numbers only.
fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kib" => 10,
        "m" | "mib" => 20,
        "g" | "gib" => 30,
        "t" | "tib" => 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// Run by the container's own shell, so that quotes and pipes are what they are there.
fn command(text: &str) -> Result<Vec<String>, String> {
    if text.trim().is_empty() {
        return Err("expected a command line for the container's shell".to_owned());
    }
    Ok(["sh", "-c", text].map(str::to_owned).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_whole_units() {
        let check = |text: &str, expected: Option<u64>| assert_eq!(bytes(text), expected, "{text}");
        check("0", Some(0));
        check("12", Some(12));
        check(" 100 MiB ", Some(100 << 20));
        check("2g", Some(2 << 30));
        check("1.5 GiB", None);
        check("MiB", None);
        check("99999999999 TiB", None);
        check("5 MB", None);
    }

    #[test]
    fn later_layers_win_and_rules_add_up() {
        let (mut below, mut above) = (BackupLayer::default(), BackupLayer::default());
        below.read_consistency("live").unwrap();
        below.read_skip("volume:a, bind:/b").unwrap();
        below.read_stable("2h").unwrap();
        above.read_consistency("pause").unwrap();
        above.read_force("volume:a").unwrap();
        above.read_before("dump > /data/dump").unwrap();
        let mut settings = BackupSettings::default();
        below.lay_over(&mut settings);
        above.lay_over(&mut settings);
        assert_eq!(settings.consistency, Consistency::Pause);
        assert_eq!(settings.stable_ms, 2 * 60 * 60 * 1000);
        assert_eq!(settings.targets[&TargetName::new("volume:a")], TargetRule::Force);
        assert_eq!(settings.targets[&TargetName::new("bind:/b")], TargetRule::Skip);
        assert_eq!(settings.before.unwrap(), ["sh", "-c", "dump > /data/dump"]);
        assert!(settings.enabled);
    }

    #[test]
    fn what_is_wrong_is_said() {
        let mut layer = BackupLayer::default();
        assert_eq!(layer.read_scope("all").unwrap_err(), "expected one of `stack`, `service`");
        assert!(layer.read_others("stop").is_err(), "an update of one service stops no other");
        assert!(layer.read_skip("shop_data").unwrap_err().contains("volume:"));
        assert!(layer.read_threshold("much").is_err());
        assert!(layer.read_keep("-1").is_err());
        assert!(layer.read_before(" ").is_err());
        assert!(layer.read_stable("soon").is_err());
        assert_eq!(layer, BackupLayer::default());
    }
}
