//! Manifests, indexes and configurations of images, as a registry answers with them. A line of `---` ends the first body;
//! the second one is what `DIGEST` in the first stands for.
#![no_main]

use dockrev_plugin_sdk::distribution::{Client, is_digest};
use dockrev_plugin_sdk::http::Method;
use dockrev_plugin_sdk::registry::{Detail, Repository};
use dockrev_plugin_sdk::testing::{Answer, Host};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

/// What is read beside the first body, at most: each is one lookup.
const REQUESTS_MAX: usize = 17;

fuzz_target!(|text: &str| {
    let (manifest, inner) = text.split_once("\n---\n").unwrap_or((text, ""));
    let digest = digest_of(inner);
    let manifest = manifest.replace("DIGEST", &digest);
    let base = "https://registry.example/v2/app";
    let host = Host::new();
    let answer =
        |path: &str, body: &str| host.answer(Method::Get, &format!("{base}/{path}"), Answer::status(200).body(body));
    answer("manifests/1.0", &manifest);
    answer(&format!("manifests/{digest}"), inner);
    answer(&format!("blobs/{digest}"), inner);
    let repository = Repository { registry: "registry.example".to_owned(), name: "app".to_owned(), endpoint: None };
    let Ok(client) = Client::new(&repository) else { return };

    let resolved = client.resolve("1.0", Detail::Platforms);

    assert!(host.requests().len() <= 2 * REQUESTS_MAX);
    if let Ok(resolved) = resolved {
        assert_eq!(resolved.digest, digest_of(&manifest));
        for image in &resolved.platforms {
            assert!(is_digest(&image.digest));
            assert!(!image.platform.os.is_empty() && !image.platform.architecture.is_empty());
        }
    }
});

fn digest_of(body: &str) -> String {
    let hash = Sha256::digest(body.as_bytes());
    hash.iter().fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}
