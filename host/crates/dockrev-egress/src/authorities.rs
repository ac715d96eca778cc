//! Certificate authorities that are trusted beside the system's own, each for one registry, and certificates that
//! registries get to see.

mod identity;

use crate::origin::Origin;
use crate::proxies::Proxies;
use crate::secret::Secret;
use std::collections::HashMap;
use std::fmt;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use url::Url;

/// Largest file of certificates that is read, in bytes. The system's own bundle has a quarter of that.
const FILE_MAX_BYTES: u64 = 1024 * 1024;
/// Files that are read for one host.
const FILES_MAX: usize = 64;
/// How long the files for a host are taken to be as they were.
const LOOK_AGAIN_AFTER: Duration = Duration::from_secs(30);
/// Sets of certificates for which a client, with its connections, is kept.
const CLIENTS_MAX: usize = 16;
/// Hosts for which it is remembered what was found before all are looked up again.
const HOSTS_MAX: usize = 256;
/// Where Docker Hub's registry API is, and under which name Docker keeps certificates for it.
const DOCKER_HUB: (&str, &str) = ("registry-1.docker.io", "docker.io");

/// Where certificates of authorities are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authorities {
    /// Folders in the manner of Docker's `certs.d`: certificates for `HOST` or `HOST:PORT` are in the files `*.crt` of
    /// its subfolder by that name, and what it gets to see of the client is in `*.cert` with `*.key` beside it.
    pub folders: Vec<PathBuf>,
    /// PEM files for single registries, by their names in image references.
    pub files: std::collections::BTreeMap<String, PathBuf>,
}

/// The HTTP clients: one for everybody, and one for each set of further authorities and the client's own certificate.
pub(crate) struct Clients {
    make: Box<Make>,
    ordinary: Client,
    folders: Vec<PathBuf>,
    files: Vec<(Origin, PathBuf)>,
    found: Mutex<HashMap<Asked, Found>>,
    /// The one that was used last comes last.
    special: Mutex<Vec<Special>>,
}

type Client = reqwest::Client;
type Make = dyn Fn() -> reqwest::ClientBuilder + Send + Sync;

/// The host, and the registry for which it is a token server.
type Asked = (Origin, Option<Origin>);

struct Found {
    at: Instant,
    client: Result<Client, String>,
}

struct Special {
    certificates: Vec<u8>,
    /// Certificate and key of the client, in PEM.
    identity: Option<Secret>,
    client: Client,
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").field("folders", &self.folders).field("files", &self.files).finish_non_exhaustive()
    }
}

impl Clients {
    /// `files` are by the places where their registries are reached.
    pub(crate) fn new(
        make: impl Fn() -> reqwest::ClientBuilder + Send + Sync + 'static,
        proxies: &Arc<Proxies>,
        folders: Vec<PathBuf>,
        files: Vec<(Origin, PathBuf)>,
    ) -> Result<Self, reqwest::Error> {
        let proxies = Arc::clone(proxies);
        let make = move || through(&proxies, make());
        Ok(Self {
            ordinary: make().build()?,
            make: Box::new(make),
            folders,
            files,
            found: Mutex::default(),
            special: Mutex::default(),
        })
    }

    /// The client for `origin`. `registry` is the one that a token is wanted for: as with Docker, its authorities count
    /// for its token server too.
    ///
    /// The error says what is wrong with which file.
    pub(crate) async fn client_for(
        self: &Arc<Self>,
        origin: &Origin,
        registry: Option<&Origin>,
    ) -> Result<Client, String> {
        if origin.is_plain() || (self.folders.is_empty() && self.files.is_empty()) {
            return Ok(self.ordinary.clone());
        }
        let asked = (origin.clone(), registry.cloned());
        let found = lock(&self.found).get(&asked).filter(|found| found.at.elapsed() < LOOK_AGAIN_AFTER).map(known);
        if let Some(client) = found {
            return client;
        }
        let clients = Arc::clone(self);
        let looked = tokio::task::spawn_blocking(move || clients.look(asked)).await;
        looked.unwrap_or_else(|error| Err(error.to_string()))
    }

    fn look(&self, asked: Asked) -> Result<Client, String> {
        let client = self.find(&asked);
        let mut found = lock(&self.found);
        if found.len() >= HOSTS_MAX {
            found.clear();
        }
        found.insert(asked, Found { at: Instant::now(), client: client.clone() });
        client
    }

    fn find(&self, (origin, registry): &Asked) -> Result<Client, String> {
        let mut certificates = Vec::new();
        for path in self.paths(origin, registry.as_ref())? {
            certificates.extend(read(&path)?);
            certificates.push(b'\n');
        }
        let identity = self.identity(origin)?;
        if certificates.is_empty() && identity.is_none() {
            return Ok(self.ordinary.clone());
        }
        let mut special = lock(&self.special);
        let same = |known: &Special| known.certificates == certificates && known.identity == identity;
        let known = special.iter().position(same).map(|index| special.remove(index));
        let newest = match known {
            Some(known) => known,
            None => Special { client: self.build(&certificates, identity.as_ref())?, certificates, identity },
        };
        let client = newest.client.clone();
        special.push(newest);
        let surplus = special.len().saturating_sub(CLIENTS_MAX);
        special.drain(..surplus);
        Ok(client)
    }

    fn build(&self, certificates: &[u8], identity: Option<&Secret>) -> Result<Client, String> {
        let problem = |error: reqwest::Error| format!("a certificate of an authority cannot be used: {error}");
        let certificates = reqwest::Certificate::from_pem_bundle(certificates).map_err(problem)?;
        let builder = (self.make)().tls_certs_merge(certificates);
        let builder = match identity {
            Some(identity) => builder.identity(identity::parse(identity)?),
            None => builder,
        };
        builder.build().map_err(|error| format!("its certificates cannot be used: {error}"))
    }

    /// What `origin` gets to see, and nobody else: not even its token server, unless it has the same name.
    fn identity(&self, origin: &Origin) -> Result<Option<Secret>, String> {
        for (folder, name) in self.folders.iter().flat_map(|folder| names(origin).map(move |name| (folder, name))) {
            let identity = identity::find(&folder.join(name))?;
            if identity.is_some() {
                return Ok(identity);
            }
        }
        Ok(None)
    }

    fn paths(&self, origin: &Origin, registry: Option<&Origin>) -> Result<Vec<PathBuf>, String> {
        let mut paths = Vec::new();
        for origin in registry.into_iter().chain([origin]) {
            let configured = self.files.iter().filter(|(configured, _)| configured == origin);
            paths.extend(configured.map(|(_, path)| path.clone()));
            for (folder, name) in self.folders.iter().flat_map(|folder| names(origin).map(move |name| (folder, name))) {
                paths.extend(list(&folder.join(name), "crt")?);
            }
        }
        paths.sort();
        paths.dedup();
        if paths.len() > FILES_MAX {
            return Err(format!("there are more than {FILES_MAX} files of authorities for it"));
        }
        Ok(paths)
    }
}

/// Has the client ask through these proxies, and through none that the environment names.
fn through(proxies: &Arc<Proxies>, builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
    if proxies.is_empty() {
        return builder.no_proxy();
    }
    let proxies = Arc::clone(proxies);
    let choose = move |url: &Url| Some(proxies.on_the_way_to(&Origin::of(url)?)?.url().to_owned());
    builder.proxy(reqwest::Proxy::custom(choose))
}

fn known(found: &Found) -> Result<Client, String> {
    found.client.clone()
}

/// Under which names certificates for `origin` may be.
fn names(origin: &Origin) -> impl Iterator<Item = String> {
    let host = origin.host().to_string();
    let with_port = origin.authority();
    let default_port = (with_port == host).then(|| format!("{host}:443"));
    let hub = (with_port == DOCKER_HUB.0).then(|| DOCKER_HUB.1.to_owned());
    let names = [Some(with_port), default_port, hub].into_iter().flatten();
    names.filter(|name| name != "." && name != ".." && !name.contains('/'))
}

/// The files in `folder` whose names end so, if there is such a folder.
fn list(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error: std::io::Error| format!("could not read `{}`: {error}", folder.display());
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut paths = Vec::new();
    for entry in entries.take(FILES_MAX * 4) {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|found| found == extension) {
            paths.push(path);
        }
    }
    Ok(paths)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let problem = |problem: &dyn fmt::Display| unusable(path, problem);
    let bytes = read_file(path)?;
    match reqwest::Certificate::from_pem_bundle(&bytes) {
        Ok(certificates) if certificates.is_empty() => Err(problem(&"it holds no certificate")),
        Ok(_) => Ok(bytes),
        Err(_) => Err(problem(&"it is not in the PEM format")),
    }
}

fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let file = std::fs::File::open(path).map_err(|error| unusable(path, &error))?;
    let mut bytes = Vec::new();
    file.take(FILE_MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unusable(path, &error))?;
    if bytes.len() as u64 > FILE_MAX_BYTES {
        return Err(unusable(path, &format!("it is larger than {FILE_MAX_BYTES} bytes")));
    }
    Ok(bytes)
}

fn unusable(path: &Path, problem: &dyn fmt::Display) -> String {
    format!("could not use `{}`: {problem}", path.display())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_where_docker_looks() {
        let check = |url: &str, expected: &[&str]| {
            let origin = Origin::of(&url.parse().unwrap()).unwrap();
            assert_eq!(names(&origin).collect::<Vec<_>>(), expected, "{url}");
        };
        check("https://registry.lan:5000/v2/", &["registry.lan:5000"]);
        check("https://registry.lan/v2/", &["registry.lan", "registry.lan:443"]);
        check("https://REGISTRY.lan:443/", &["registry.lan", "registry.lan:443"]);
        check("https://[::1]:5000/", &["[::1]:5000"]);
        check("https://registry-1.docker.io/", &["registry-1.docker.io", "registry-1.docker.io:443", "docker.io"]);
    }
}
