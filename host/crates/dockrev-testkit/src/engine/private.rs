use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::mount::{UnmountFlags, unmount};
use rustix::process::Signal;

use super::network::Network;
use super::{Engine, answers};
use crate::process::Process;
use crate::{Error, Lock, directory, program};

/// How long a daemon may take to come up on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How long a daemon may take to stop its containers and itself.
const STOP_LIMIT: Duration = Duration::from_secs(40);

/// Longest path of an engine's folder, in bytes. The engine adds up to 60 for its sockets, and 107 is the limit.
const HOME_MAX_BYTES: usize = 45;

/// What runs on behalf of an engine and carries its folder in the command line.
const HELPERS: [&str; 4] = ["containerd-shim-runc-v2", "containerd-shim", "containerd", "docker-proxy"];

/// A container engine of our own: its own state, socket, bridge and addresses, beside whatever the machine has.
#[derive(Debug)]
pub struct PrivateEngine {
    home: PathBuf,
    prefix: PathBuf,
    flags: Vec<OsString>,
    end: End,
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    Keep,
    Wipe,
}

impl PrivateEngine {
    /// The engine `name`, not started yet: a few lower-case letters, digits and dashes.
    pub fn named(name: &str) -> Result<Self, Error> {
        Self::below(&directory(), name)
    }

    /// The same with its state below `directory` instead of the usual [`directory`](crate::directory).
    pub fn below(directory: &Path, name: &str) -> Result<Self, Error> {
        if name.is_empty()
            || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        {
            return Err(Error::Unusable(format!("`{name}` cannot name an engine: use a-z, 0-9 and -")));
        }
        let home = directory.join("e").join(name);
        if home.as_os_str().len() > HOME_MAX_BYTES {
            return Err(Error::Unusable(format!(
                "`{}` is too long for an engine's sockets: set DOCKREV_TESTKIT_DIR to a shorter path, or shorten the name",
                home.display()
            )));
        }
        Ok(Self { home, prefix: PathBuf::from("/"), flags: Vec::new(), end: End::Keep })
    }

    /// Stops and removes every engine that has its state below `directory`.
    pub fn wipe_all_below(directory: &Path) -> Result<(), Error> {
        let Ok(entries) = fs::read_dir(directory.join("e")) else { return Ok(()) };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        names.filter_map(|name| Self::below(directory, &name).ok()).try_for_each(|engine| engine.wipe())
    }

    /// Takes daemon and tools from below `prefix`, where another version was unpacked.
    pub fn prefix(mut self, prefix: impl Into<PathBuf>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Adds an argument for the daemon, such as `--live-restore`.
    pub fn flag(mut self, flag: impl Into<OsString>) -> Self {
        self.flags.push(flag.into());
        self
    }

    /// Removes the engine when the value that [`PrivateEngine::start`] gives is dropped.
    pub fn wipe_on_drop(mut self) -> Self {
        self.end = End::Wipe;
        self
    }

    /// Starts it, unless it runs already, and waits until it answers.
    pub fn start(self) -> Result<Engine, Error> {
        self.launch()?;
        Ok(Engine::of_private(self))
    }

    /// Stops the engine and removes all that belongs to it: containers, mounts, bridge, firewall rule, state.
    pub fn wipe(&self) -> Result<(), Error> {
        if !self.home.exists() {
            return Ok(());
        }
        let lock = self.lock()?;
        if let Some(daemon) = self.daemon() {
            daemon.end(STOP_LIMIT)?;
        }
        // After a crash of the daemon its containers and their keepers are still there.
        for mark in [self.mark(), format!("-namespace {} ", self.namespace())] {
            for helper in Process::all(&HELPERS, &mark) {
                helper.kill_children();
                helper.kill()?;
            }
        }
        unmount_below(&self.home);
        Network::release(&self.home);
        fs::remove_dir_all(&self.home).map_err(Error::io("remove", &self.home))?;
        lock.remove();
        // Only when nothing else is in them.
        for folder in [self.directory().join("e"), self.directory().join("locks"), self.directory().to_owned()] {
            let _ = fs::remove_dir(folder);
        }
        Ok(())
    }

    pub(super) fn host(&self) -> String {
        format!("unix://{}", self.home.join("sock").display())
    }

    pub(super) fn launch(&self) -> Result<(), Error> {
        let _lock = self.lock()?;
        if self.daemon().is_some() && answers(&self.host()) {
            return Ok(());
        }
        make_folder(&self.home)?;
        self.clear_leftovers()?;
        let network = Network::claim(&self.home)?;
        let mut child = self.spawn(&network)?;
        let result = self.wait_up(&mut child);
        // Waited for in the background, so that a killed daemon does not stay as a zombie.
        std::thread::spawn(move || child.wait());
        result
    }

    pub(super) fn kill(&self) -> Result<(), Error> {
        self.daemon().map_or(Ok(()), |daemon| daemon.kill())
    }

    pub(super) fn freeze(&self) -> Result<(), Error> {
        self.daemon().map_or(Ok(()), |daemon| daemon.signal(Signal::STOP))
    }

    pub(super) fn thaw(&self) -> Result<(), Error> {
        self.daemon().map_or(Ok(()), |daemon| daemon.signal(Signal::CONT))
    }

    pub(super) fn stop(&self) -> Result<(), Error> {
        self.daemon().map_or(Ok(()), |daemon| daemon.end(STOP_LIMIT))
    }

    fn lock(&self) -> Result<Lock, Error> {
        let name = self.home.file_name().unwrap_or_default();
        Lock::acquire(&self.directory().join("locks").join(name))
    }

    /// The folder of all engines' folders and locks.
    fn directory(&self) -> &Path {
        self.home.ancestors().nth(2).unwrap_or(&self.home)
    }

    fn daemon(&self) -> Option<Process> {
        Process::from_file(&self.home.join("pid"), &self.mark())
    }

    /// In the command line of the daemon and of all that it starts, and in no other process's.
    fn mark(&self) -> String {
        format!("{}/run", self.home.display())
    }

    fn namespace(&self) -> String {
        // Letters and digits with single dashes between them: all that containerd takes.
        let home = self.home.to_string_lossy();
        let words: Vec<&str> =
            home.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        words.join("-")
    }

    /// Removes what a killed daemon or a machine that was cut off left behind: the engine refuses to start when a
    /// process has the number in its old pid file, whichever process that is by now.
    fn clear_leftovers(&self) -> Result<(), Error> {
        if let Some(silent) = self.daemon() {
            silent.end(STOP_LIMIT)?;
        }
        // That of a killed daemon ends with it, but not at once: a new daemon that still finds it waits for it in vain.
        // The containers' keepers live on, and a new one finds them.
        for containerd in Process::all(&["containerd"], &self.mark()) {
            containerd.kill()?;
        }
        remove_if_there(&self.home.join("run/containerd/containerd.pid"))?;
        remove_if_there(&self.home.join("pid"))?;
        remove_if_there(&self.home.join("sock"))
    }

    fn spawn(&self, network: &Network) -> Result<Child, Error> {
        let daemon = if self.prefix == Path::new("/") {
            program::need("dockerd", "docker.io")?
        } else {
            self.prefix.join("usr/sbin/dockerd")
        };
        let log = self.home.join("log");
        let log = File::options().create(true).append(true).open(&log).map_err(Error::io("open", &log))?;
        let errors = log.try_clone().map_err(Error::io("open", &self.home))?;
        // A session of its own: an interrupt meant for the tests must not stop the engine half-way.
        let mut command = Command::new(program::need("setsid", "util-linux")?);
        command.arg(&daemon).env("PATH", self.path()?).env_remove("DOCKER_HOST").env_remove("NOTIFY_SOCKET");
        command.args(["--data-root".into(), self.home.join("data")]);
        command.args(["--exec-root".into(), self.home.join("run")]);
        command.args(["--pidfile".into(), self.home.join("pid")]);
        command.args(["--host", &self.host()]);
        // A bridge of its own, never `none`: that would delete the bridge of the machine's own engine.
        command.args(["--bridge", &network.bridge(), "--default-address-pool", &network.pool()]);
        command.args(["--iptables=false", "--ip6tables=false", "--ip-masq=false", "--ip-forward=false"]);
        command.args(["--log-level", "warn", "--shutdown-timeout", "5", "--insecure-registry", "127.0.0.0/8"]);
        // Where the machine runs a containerd, the engine uses that one, beside the machine's own engine.
        command.args(["--containerd-namespace", &self.namespace()]);
        command.args(["--containerd-plugins-namespace", &format!("{}-plugins", self.namespace())]);
        command.args(&self.flags).stdin(Stdio::null()).stdout(log).stderr(errors);
        command.spawn().map_err(Error::io("start", daemon))
    }

    /// The prefix's own tools first; the administrator's folders always.
    fn path(&self) -> Result<OsString, Error> {
        let own = ["usr/sbin", "usr/bin"].map(|folder| self.prefix.join(folder));
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let more = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].map(PathBuf::from);
        std::env::join_paths(own.into_iter().chain(std::env::split_paths(&inherited)).chain(more))
            .map_err(|error| Error::Unusable(format!("cannot extend PATH: {error}")))
    }

    fn wait_up(&self, child: &mut Child) -> Result<(), Error> {
        let until = Instant::now() + START_LIMIT;
        while !answers(&self.host()) {
            let ended = child.try_wait().is_ok_and(|status| status.is_some());
            if ended || Instant::now() >= until {
                let log = fs::read_to_string(self.home.join("log")).unwrap_or_default();
                return Err(Error::NotUp {
                    what: format!("the private engine in `{}`", self.home.display()),
                    log: program::tail(log.trim()).to_owned(),
                });
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for PrivateEngine {
    fn drop(&mut self) {
        if self.end == End::Wipe {
            let _ = self.wipe();
        }
    }
}

fn make_folder(path: &Path) -> Result<(), Error> {
    fs::DirBuilder::new().recursive(true).mode(0o755).create(path).map_err(Error::io("make the folder", path))
}

fn remove_if_there(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(Error::io("remove", path)(source)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Lets go of every mount below `home`, the innermost first. Spaces cannot occur: see [`PrivateEngine::named`].
fn unmount_below(home: &Path) {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let mut points: Vec<&Path> = mounts.lines().filter_map(|line| line.split(' ').nth(1)).map(Path::new).collect();
    points.retain(|point| point.starts_with(home));
    points.sort_unstable();
    for point in points.into_iter().rev() {
        let _ = unmount(point, UnmountFlags::DETACH);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert!(PrivateEngine::named("tests-1").is_ok());
        for bad in ["", "Up", "a/b", "a b", "..", "a-name-that-is-far-too-long-for-any-socket-path-to-hold"] {
            assert!(PrivateEngine::named(bad).is_err(), "{bad}");
        }
    }
}
