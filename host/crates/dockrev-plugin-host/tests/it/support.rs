use dockrev_core::ids::PluginId;
use dockrev_core::image::{Repository, Tag};
use dockrev_core::policy::PolicyQuestion;
use dockrev_core::registry::{ListedTag, TagList};
use dockrev_egress::{Egress, EgressConfig, RegistryOverride};
use dockrev_plugin_host::{CallLimits, PluginHost, PluginHostConfig, PluginSetup};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

pub(crate) const POLICY: &str = "policy-same-level";
pub(crate) const HOSTILE: &str = "testing-hostile";

/// Where `cargo xtask plugins` puts the plugins that come with Dockrev.
pub(crate) fn plugins_dir() -> PathBuf {
    built("DOCKREV_PLUGIN_DIR", "target/plugins", POLICY)
}

/// Where `cargo xtask plugins` puts those for tests.
pub(crate) fn testing_dir() -> PathBuf {
    built("DOCKREV_TEST_PLUGIN_DIR", "target/plugins-testing", HOSTILE)
}

fn built(variable: &str, default: &str, plugin: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let folder = std::env::var_os(variable).map_or_else(|| root.join(default), PathBuf::from);
    let component = folder.join(plugin).join("plugin.wasm");
    assert!(component.exists(), "`{}` is not there: run `cargo xtask plugins`, or set {variable}", component.display());
    folder
}

/// Compiled components of all tests, so that each is compiled once.
fn cache_dir() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compiled-plugins")
}

pub(crate) fn config(folders: Vec<PathBuf>) -> PluginHostConfig {
    PluginHostConfig {
        folders,
        cache_dir: Some(cache_dir()),
        egress: Arc::new(Egress::new(EgressConfig::default()).unwrap()),
        plugins: BTreeMap::new(),
        adapters: BTreeMap::new(),
        limits: CallLimits::default(),
    }
}

/// The interface that plugins are built against.
pub(crate) fn wit_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../wit/0.1.0")
}

/// A manifest without wishes; that of an adapter has an empty list of hosts.
pub(crate) fn manifest(plugin: &str, world: &str) -> String {
    let registry = if world == "registry-adapter" { "[registry]\nhosts = []" } else { "" };
    format!(
        "id = \"{plugin}\"\nversion = \"0.1.0\"\nworld = \"{world}\"\nwit = \"0.1.0\"\n\
         name = \"Test\"\ndescription = \"A test\"\nlicense = \"MIT\"\n{registry}"
    )
}

/// Lays a plugin out as the host reads it.
pub(crate) fn write_plugin(folder: &Path, plugin: &str, manifest: &str, component: &[u8]) {
    let folder = folder.join(plugin);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("plugin.toml"), manifest).unwrap();
    std::fs::write(folder.join("plugin.wasm"), component).unwrap();
}

pub(crate) fn egress(registry: &str, endpoint: &str) -> Arc<Egress> {
    let configured = RegistryOverride { endpoint: Some(endpoint.parse().unwrap()), insecure: false };
    let registries = BTreeMap::from([(registry.to_owned(), configured)]);
    Arc::new(Egress::new(EgressConfig { registries, ..EgressConfig::default() }).unwrap())
}

pub(crate) fn host(config: PluginHostConfig) -> Arc<PluginHost> {
    Arc::new(PluginHost::load(config).unwrap())
}

pub(crate) fn setup(settings: serde_json::Value) -> PluginSetup {
    PluginSetup { settings, secrets: BTreeMap::new() }
}

pub(crate) fn repository(registry: &str, name: &str) -> Repository {
    Repository { registry: registry.to_owned(), name: name.to_owned() }
}

pub(crate) fn id(text: &str) -> PluginId {
    PluginId::new(text)
}

pub(crate) fn question(current: &str, tags: &[&str]) -> PolicyQuestion {
    let tags = tags.iter().map(|tag| ListedTag { name: tag.parse().unwrap(), digest: None, pushed_at_unix_s: None });
    let tags = TagList { tags: tags.collect(), truncated: None };
    PolicyQuestion::new(&current.parse::<Tag>().unwrap(), &tags)
}

/// A server on loopback that answers every request with `answer(request)`, a whole HTTP/1.1 response.
pub(crate) async fn serve(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !is_whole(&request) {
                    let mut chunk = [0; 4096];
                    match stream.read(&mut chunk).await {
                        Ok(0) | Err(_) => return,
                        Ok(count) => request.extend_from_slice(&chunk[..count]),
                    }
                }
                let response = answer(&String::from_utf8_lossy(&request));
                drop(stream.write_all(response.as_bytes()).await);
                drop(stream.shutdown().await);
            });
        }
    });
    address
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        return body.ends_with("0\r\n\r\n");
    }
    body.len() >= length.unwrap_or(0)
}

pub(crate) fn response(status: &str, headers: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
}
