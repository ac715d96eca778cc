//! How many connections are made, and what is spoken over them.

use crate::authorities::Authority;
use bytes::Bytes;
use dockrev_core::image::Repository;
use dockrev_egress::{Authorities, BudgetLimits, CallScope, Egress, EgressConfig, Grant, RegistryOverride};
use http_body_util::BodyExt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A registry that offers HTTP/2 and speaks nothing else.
struct Registry {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Registry {
    async fn start(authority: &Authority) -> Self {
        let mut settings = authority.settings();
        settings.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(settings));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let registry =
            Self { address: listener.local_addr().unwrap(), connections: Arc::default(), requests: Arc::default() };
        let (connections, requests) = (Arc::clone(&registry.connections), Arc::clone(&registry.requests));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, connections) = (acceptor.clone(), Arc::clone(&connections));
                let requests = Arc::clone(&requests);
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
                    connections.fetch_add(1, Ordering::SeqCst);
                    let mut connection = h2::server::handshake(stream).await.unwrap();
                    while let Some(Ok((request, mut answer))) = connection.accept().await {
                        requests.fetch_add(1, Ordering::SeqCst);
                        let body = Bytes::from(request.uri().path().to_owned());
                        let mut sending = answer.send_response(http::Response::new(()), false).unwrap();
                        sending.send_data(body, true).unwrap();
                    }
                });
            }
        });
        registry
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_2_is_spoken_over_one_connection_where_it_is_offered() {
    let authority = Authority::new();
    let registry = Registry::start(&authority).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    authority.write(&file);
    let name = registry.address.to_string();
    let endpoint = Some(format!("https://{name}").parse().unwrap());
    let egress = Egress::new(EgressConfig {
        registries: [(name.clone(), RegistryOverride { endpoint, insecure: false })].into(),
        authorities: Authorities { files: [(name.clone(), file)].into(), ..Authorities::default() },
        ..EgressConfig::default()
    });
    let egress = Arc::new(egress.unwrap());
    let repository = Repository { registry: name.clone(), name: "team/app".to_owned() };
    let granted = egress.registry(&name).unwrap().grant(&repository);
    let ask = |number: usize| {
        let (egress, url) = (Arc::clone(&egress), format!("https://{name}/v2/team/app/{number}"));
        let grant = Grant { registry: Some(granted.clone()), ..Grant::default() };
        tokio::spawn(async move {
            let request = http::Request::get(url).body(Bytes::new()).unwrap();
            let scope = CallScope::new(grant, BudgetLimits::default());
            let (parts, body) = egress.send(request, &scope).await.unwrap().into_parts();
            assert_eq!(parts.version, http::Version::HTTP_2);
            body.collect().await.unwrap().to_bytes()
        })
    };
    // What a registry speaks is known after its first answer.
    assert_eq!(ask(0).await.unwrap(), "/v2/team/app/0");
    for (number, asked) in (1..=30).map(ask).collect::<Vec<_>>().into_iter().enumerate() {
        assert_eq!(asked.await.unwrap(), format!("/v2/team/app/{}", number + 1));
    }
    let count = |of: &AtomicUsize| of.load(Ordering::SeqCst);
    assert_eq!((count(&registry.connections), count(&registry.requests)), (1, 31));
}
