//! Registries with certificates of an authority that the system does not know.

use crate::server::{Reply, Seen, Server, ok, response};
use crate::support::get;
use dockrev_core::image::Repository;
use dockrev_egress::{
    Authorities, BudgetLimits, CallScope, ConnectFailure, Egress, EgressConfig, EgressError, Grant, RegistryOverride,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap())
    }

    /// A server for this machine, and for `registry.test`.
    pub(crate) async fn server(&self, reply: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Server {
        Server::start_tls(self.settings(), reply).await
    }

    /// How a server with a certificate of this authority speaks TLS.
    pub(crate) fn settings(&self) -> rustls::ServerConfig {
        let (certificate, key) = self.certificate();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap()
    }

    fn certificate(&self) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let names = ["127.0.0.1", "localhost", "registry.test"].map(str::to_owned);
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &self.0).unwrap();
        (certificate.der().clone(), PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())))
    }

    /// The same for a server that lets in only whoever shows a certificate of this authority.
    fn settings_for_members(&self) -> rustls::ServerConfig {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let members = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
        let (certificate, key) = self.certificate();
        rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(members.unwrap())
            .with_single_cert(vec![certificate], key)
            .unwrap()
    }

    /// Puts a certificate and its key where Docker has those of a client.
    fn write_identity(&self, folder: &Path, name: &str) {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = parameters.signed_by(&key, &self.0).unwrap();
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join(format!("{name}.cert")), certificate.pem()).unwrap();
        std::fs::write(folder.join(format!("{name}.key")), key.serialize_pem()).unwrap();
    }

    pub(crate) fn write(&self, path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, self.0.pem()).unwrap();
    }
}

/// Asks `server` as the registry at its own address.
async fn ask(server: &Server, authorities: Authorities) -> Result<(u16, String), EgressError> {
    let egress = egress(server, authorities);
    get(&egress, &format!("https://{}/v2/", server.address), &about(&egress, server)).await
}

fn egress(server: &Server, authorities: Authorities) -> Egress {
    let endpoint = Some(format!("https://{}", server.address).parse().unwrap());
    let registries = [(server.address.to_string(), RegistryOverride { endpoint, insecure: false })].into();
    Egress::new(EgressConfig { registries, authorities, ..EgressConfig::default() }).unwrap()
}

fn about(egress: &Egress, server: &Server) -> Arc<CallScope> {
    let repository = Repository { registry: server.address.to_string(), name: "team/app".to_owned() };
    let registry = egress.registry(&repository.registry).unwrap().grant(&repository);
    CallScope::new(Grant { registry: Some(registry), ..Grant::default() }, BudgetLimits::default())
}

fn folders(folder: &TempDir) -> Authorities {
    Authorities { folders: vec![folder.path().join("missing"), folder.path().to_owned()], ..Authorities::default() }
}

fn file_for(server: &Server, path: PathBuf) -> Authorities {
    Authorities { files: [(server.address.to_string(), path)].into(), ..Authorities::default() }
}

fn untrusted(result: &Result<(u16, String), EgressError>) -> bool {
    matches!(result, Err(EgressError::Connect { failure: ConnectFailure::Tls, .. }))
}

#[tokio::test]
async fn an_authority_is_trusted_for_its_registry() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = authority.server(|_| ok("hello")).await;
    let expected = (200, "hello".to_owned());
    let folder = tempfile::tempdir().unwrap();
    assert!(untrusted(&ask(&server, Authorities::default()).await));
    assert!(untrusted(&ask(&server, folders(&folder)).await));
    // That of another registry does not count for this one, nor does what Docker would not read.
    authority.write(&folder.path().join("127.0.0.1/ca.crt"));
    authority.write(&folder.path().join("127.0.0.1:1/ca.crt"));
    let own = folder.path().join(server.address.to_string());
    authority.write(&own.join("ca.pem"));
    other.write(&own.join("a.crt"));
    assert!(untrusted(&ask(&server, folders(&folder)).await));
    authority.write(&own.join("b.crt"));
    assert_eq!(ask(&server, folders(&folder)).await.unwrap(), expected);
    let file = folder.path().join("ca.pem");
    other.write(&file);
    assert!(untrusted(&ask(&server, file_for(&server, file.clone())).await));
    authority.write(&file);
    assert_eq!(ask(&server, file_for(&server, file)).await.unwrap(), expected);
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named() {
    let server = Authority::new().server(|_| ok("hello")).await;
    let folder = tempfile::tempdir().unwrap();
    for (content, problem) in [
        (Some("nothing like it"), "it holds no certificate"),
        (Some("-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n"), "it is not in the PEM format"),
        (None, "No such file"),
    ] {
        let path = folder.path().join("ca.pem");
        drop(std::fs::remove_file(&path));
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let error = ask(&server, file_for(&server, path.clone())).await.unwrap_err().to_string();
        assert!(error.contains(path.to_str().unwrap()) && error.contains(problem), "{error}");
    }
    assert_eq!(server.seen().len(), 0);
}

#[tokio::test]
async fn a_token_server_is_trusted_as_its_registry_is() {
    let authority = Authority::new();
    let tokens = authority.server(|_| ok(r#"{"token": "good"}"#)).await;
    let realm = format!("https://{}/token", tokens.address);
    let registry = authority
        .server(move |seen| match seen.field("authorization") {
            Some("Bearer good") => ok("tags"),
            _ => response("401 Unauthorized", &format!("WWW-Authenticate: Bearer realm=\"{realm}\"\r\n"), ""),
        })
        .await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    authority.write(&file);
    assert_eq!(ask(&registry, file_for(&registry, file)).await.unwrap(), (200, "tags".to_owned()));
    assert_eq!(tokens.seen().len(), 1);
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_its_registry_alone() {
    let (authority, other) = (Authority::new(), Authority::new());
    let members = Server::start_tls(authority.settings_for_members(), |_| ok("hello")).await;
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join(members.address.to_string());
    authority.write(&own.join("ca.crt"));
    // None, one for somebody else, and one that is not accepted.
    assert!(untrusted(&ask(&members, folders(&folder)).await));
    authority.write_identity(&folder.path().join("127.0.0.1:1"), "client");
    assert!(untrusted(&ask(&members, folders(&folder)).await));
    other.write_identity(&own, "client");
    assert!(untrusted(&ask(&members, folders(&folder)).await));
    assert_eq!(members.seen().len(), 0);
    authority.write_identity(&own, "client");
    assert_eq!(ask(&members, folders(&folder)).await.unwrap(), (200, "hello".to_owned()));
    // It is the first by name.
    authority.write_identity(&own, "b");
    other.write_identity(&own, "client");
    assert_eq!(ask(&members, folders(&folder)).await.unwrap(), (200, "hello".to_owned()));
}

#[tokio::test]
async fn a_client_certificate_that_cannot_be_used_is_named() {
    let authority = Authority::new();
    let server = authority.server(|_| ok("hello")).await;
    let cases = [
        ("client.cert", None, "client.key", "there is no certificate for it"),
        ("client.key", None, "client.cert", "there is no key for it"),
        ("client.cert", Some("s3cret"), "client.cert", "it holds no certificate"),
        ("client.key", Some("s3cret"), "client.key", "it holds no key"),
        ("client.key", Some("-----BEGIN ENCRYPTED PRIVATE KEY-----\ns3cret"), "client.key", "it holds no key"),
    ];
    for (changed, content, named, problem) in cases {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join(server.address.to_string());
        authority.write(&own.join("ca.crt"));
        authority.write_identity(&own, "client");
        match content {
            Some(content) => std::fs::write(own.join(changed), content).unwrap(),
            None => std::fs::remove_file(own.join(changed)).unwrap(),
        }
        let error = ask(&server, folders(&folder)).await.unwrap_err().to_string();
        assert!(error.contains(own.join(named).to_str().unwrap()) && error.contains(problem), "{error}");
        assert!(!error.contains("s3cret"), "{error}");
    }
    assert_eq!(server.seen().len(), 0);
}
