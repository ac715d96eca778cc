mod token_server;

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::client::{Client, Credentials};
use crate::process::Process;
use crate::{Error, free_port, http, program};
use token_server::TokenServer;

/// The one user of registries that ask for one.
const USER: &str = "keeper";
const PASSWORD: &str = "open-sesame";

/// How long a registry may take to listen.
const START_LIMIT: Duration = Duration::from_secs(20);

/// How long a registry may take to end.
const STOP_LIMIT: Duration = Duration::from_secs(5);

/// Ports tried before giving up: another process may take a free one before the registry does.
const PORTS_TRIED: usize = 5;

/// Who may use a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// Everyone.
    Plain,
    /// Who sends the user's password with each request.
    Basic,
    /// Who sends a bearer token, which a token server gives for the user's password.
    Token,
}

/// A request that a registry was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// HTTP status of the answer.
    pub status: u16,
}

/// A real Distribution registry on a loopback port, with storage of its own; both are gone when it is dropped.
#[derive(Debug)]
pub struct Registry {
    auth: Auth,
    port: u16,
    home: Home,
    child: Child,
    _tokens: Option<TokenServer>,
}

#[derive(Debug)]
enum Home {
    Temporary(TempDir),
    /// Stays, with the registry running, when the value is dropped.
    Lasting(PathBuf),
}

impl Registry {
    /// Starts an empty registry on a free port.
    pub fn start(auth: Auth) -> Result<Self, Error> {
        let folder = tempfile::Builder::new().prefix("dockrev-registry-").tempdir();
        Self::start_in(auth, Home::Temporary(folder.map_err(Error::io("make a folder in", std::env::temp_dir()))?))
    }

    /// Starts an open registry in `folder` that goes on running after this process; [`Registry::end_lasting`] ends it.
    pub fn start_lasting(folder: &Path) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(Error::io("make the folder", folder))?;
        Self::start_in(Auth::Plain, Home::Lasting(folder.to_owned()))
    }

    /// Ends the registry that [`Registry::start_lasting`] started in `folder`, if it runs. The folder stays.
    pub fn end_lasting(folder: &Path) -> Result<(), Error> {
        Process::from_file(&folder.join("pid"), &config_path(folder).display().to_string())
            .map_or(Ok(()), |process| process.end(STOP_LIMIT))
    }

    /// Host and port, as image references have them.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its base address.
    pub fn url(&self) -> String {
        format!("http://{}", self.host())
    }

    /// The user that may use it, if not everyone may.
    pub fn credentials(&self) -> Option<Credentials> {
        match self.auth {
            Auth::Plain => None,
            Auth::Basic | Auth::Token => Some(Credentials { user: USER.to_owned(), password: PASSWORD.to_owned() }),
        }
    }

    /// A client that may do everything.
    pub fn client(&self) -> Client {
        Client::new(&self.url(), self.credentials())
    }

    /// Docker's `config.json` with the login for this registry.
    pub fn docker_config(&self) -> String {
        let auth = self.credentials().map(|known| serde_json::json!({ "auth": known.encoded() }));
        serde_json::json!({ "auths": { self.host(): auth.unwrap_or_else(|| serde_json::json!({})) } }).to_string()
    }

    /// Every request so far, oldest first. Requests to the token server are not among them.
    pub fn requests(&self) -> Vec<Request> {
        let log = fs::read_to_string(self.folder().join("access.log")).unwrap_or_default();
        log.lines().filter_map(parse_request).collect()
    }

    /// Takes a tag away, as a clean-up in a registry does. What it pointed to stays.
    pub fn remove_tag(&self, repository: &str, tag: &str) -> Result<(), Error> {
        remove_folder(&self.repository_folder(repository).join("_manifests/tags").join(tag))
    }

    /// Takes a repository away, with all its tags.
    pub fn remove_repository(&self, repository: &str) -> Result<(), Error> {
        remove_folder(&self.repository_folder(repository))
    }

    fn repository_folder(&self, repository: &str) -> PathBuf {
        storage_path(self.folder()).join("docker/registry/v2/repositories").join(repository)
    }

    /// Holds the registry: it accepts connections and never answers.
    pub fn freeze(&self) -> Result<(), Error> {
        self.process().map_or(Ok(()), |process| process.signal(Signal::STOP))
    }

    /// Lets a frozen registry go on.
    pub fn thaw(&self) -> Result<(), Error> {
        self.process().map_or(Ok(()), |process| process.signal(Signal::CONT))
    }

    /// Stops the registry: connections are refused. Its images stay for [`Registry::restart`].
    pub fn stop(&mut self) -> Result<(), Error> {
        if let Some(process) = self.process() {
            process.end(STOP_LIMIT)?;
        }
        let _ = self.child.wait();
        Ok(())
    }

    /// Starts the stopped registry again on the same port.
    pub fn restart(&mut self) -> Result<(), Error> {
        self.stop()?;
        self.child = spawn(&self.home)?;
        wait_up(&mut self.child, self.port, self.home.path())
    }

    fn start_in(auth: Auth, home: Home) -> Result<Self, Error> {
        let tokens = if auth == Auth::Token { Some(TokenServer::start(home.path(), USER, PASSWORD)?) } else { None };
        let mut tries = 0;
        loop {
            tries += 1;
            let port = free_port()?;
            write_config(auth, port, home.path(), tokens.as_ref())?;
            let mut child = spawn(&home)?;
            match wait_up(&mut child, port, home.path()) {
                Ok(()) => return Ok(Self { auth, port, home, child, _tokens: tokens }),
                Err(error) => {
                    let _ = child.kill();
                    let _ = child.wait();
                    if tries == PORTS_TRIED {
                        return Err(error);
                    }
                }
            }
        }
    }

    fn folder(&self) -> &Path {
        self.home.path()
    }

    fn process(&self) -> Option<Process> {
        Process::running(i32::try_from(self.child.id()).ok()?, &config_path(self.folder()).display().to_string())
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        match &self.home {
            Home::Temporary(_) => drop(self.stop()),
            Home::Lasting(_) => {}
        }
    }
}

impl Home {
    fn path(&self) -> &Path {
        match self {
            Self::Temporary(folder) => folder.path(),
            Self::Lasting(folder) => folder,
        }
    }
}

fn config_path(folder: &Path) -> PathBuf {
    folder.join("config.yml")
}

/// Where a registry keeps what is pushed, below its folder.
fn storage_path(folder: &Path) -> PathBuf {
    folder.join("data")
}

fn remove_folder(path: &Path) -> Result<(), Error> {
    fs::remove_dir_all(path).map_err(Error::io("remove", path))
}

fn write_config(auth: Auth, port: u16, folder: &Path, tokens: Option<&TokenServer>) -> Result<(), Error> {
    let mut config = format!(
        "version: 0.1\n\
         log: {{level: error}}\n\
         storage: {{filesystem: {{rootdirectory: {0}}}, delete: {{enabled: true}}}}\n\
         http: {{addr: '127.0.0.1:{port}', secret: testkit}}\n",
        storage_path(folder).display()
    );
    match (auth, tokens) {
        (Auth::Basic, _) => {
            let path = folder.join("htpasswd");
            let htpasswd = program::need("htpasswd", "apache2-utils")?;
            // The registry takes bcrypt only. The lowest cost: every request pays it again.
            let line = program::output(Command::new(htpasswd).args(["-nbB", "-C", "4", USER, PASSWORD]))?;
            fs::write(&path, line).map_err(Error::io("write", &path))?;
            let _ = writeln!(config, "auth: {{htpasswd: {{realm: testkit, path: {}}}}}", path.display());
        }
        (Auth::Token, Some(tokens)) => config.push_str(&tokens.config()),
        (Auth::Plain | Auth::Token, _) => {}
    }
    let path = config_path(folder);
    fs::write(&path, config).map_err(Error::io("write", &path))
}

fn spawn(home: &Home) -> Result<Child, Error> {
    let folder = home.path();
    let registry = program::need("docker-registry", "docker-registry")?;
    let open = |name: &str| {
        let path = folder.join(name);
        File::options().create(true).append(true).open(&path).map_err(Error::io("open", path))
    };
    let mut command = match home {
        Home::Temporary(_) => Command::new(&registry),
        // In a session of its own, so that the end of ours does not end it.
        Home::Lasting(_) => {
            let mut command = Command::new(program::need("setsid", "util-linux")?);
            command.arg(&registry);
            command
        }
    };
    command.arg("serve").arg(config_path(folder)).stdin(Stdio::null());
    command.stdout(open("access.log")?).stderr(open("log")?);
    // Variables with this beginning would change the configuration.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("REGISTRY_")) {
        command.env_remove(name);
    }
    let child = command.spawn().map_err(Error::io("start", registry))?;
    let pid = folder.join("pid");
    fs::write(&pid, child.id().to_string()).map_err(Error::io("write", pid))?;
    Ok(child)
}

fn wait_up(child: &mut Child, port: u16, folder: &Path) -> Result<(), Error> {
    let until = Instant::now() + START_LIMIT;
    let address = ([127, 0, 0, 1], port).into();
    // Any answer will do: one that asks who we are is an answer too.
    while http::connect(address, Duration::from_secs(1)).and_then(|stream| http::get(stream, "/v2/")).is_err() {
        if child.try_wait().is_ok_and(|status| status.is_some()) || Instant::now() >= until {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            let what = format!("the registry on port {port}");
            return Err(Error::NotUp { what, log: program::tail(log.trim()).to_owned() });
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    // Another process's registry may have answered on this port while ours failed to get it.
    if child.try_wait().is_ok_and(|status| status.is_some()) {
        return Err(Error::NotUp { what: format!("the registry on port {port}"), log: "the port is taken".to_owned() });
    }
    Ok(())
}

/// Reads a line of the registry's access log, in the format that web servers share.
fn parse_request(line: &str) -> Option<Request> {
    let mut quoted = line.splitn(3, '"');
    let (_, request, rest) = (quoted.next()?, quoted.next()?, quoted.next()?);
    let mut words = request.split(' ');
    Some(Request {
        method: words.next()?.to_owned(),
        path: words.next()?.to_owned(),
        status: rest.split_whitespace().next()?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn access_log_lines_are_read() {
        let line = r#"127.0.0.1 - - [25/Nov/2026:01:00:00 +0000] "GET /v2/a/b/tags/list?n=5 HTTP/1.1" 200 31 "" "x/1""#;
        let request = Request { method: "GET".into(), path: "/v2/a/b/tags/list?n=5".into(), status: 200 };
        assert_eq!(parse_request(line), Some(request));
        assert_eq!(parse_request("something else"), None);
    }
}
