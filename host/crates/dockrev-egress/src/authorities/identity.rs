//! The certificate with which this client shows who it is, in the manner of Docker's `certs.d`: `NAME.cert` with `NAME.key`
//! beside it.

use super::{list, read_file, unusable};
use crate::secret::Secret;
use std::path::Path;

/// What is in `folder`: the first certificate by name, with its key, in PEM.
///
/// The error names the file, and shows nothing of it.
pub(super) fn find(folder: &Path) -> Result<Option<Secret>, String> {
    let (mut certificates, mut keys) = (list(folder, "cert")?, list(folder, "key")?);
    certificates.sort();
    keys.sort();
    if let Some(lonely) = keys.iter().find(|key| !certificates.contains(&key.with_extension("cert"))) {
        return Err(unusable(lonely, &"there is no certificate for it, which would end in `.cert`"));
    }
    if let Some(lonely) = certificates.iter().find(|one| !keys.contains(&one.with_extension("key"))) {
        return Err(unusable(lonely, &"there is no key for it, which would end in `.key`"));
    }
    let Some(path) = certificates.first() else {
        return Ok(None);
    };
    if certificates.len() > 1 {
        tracing::warn!("of several client certificates in `{}`, `{}` is used", folder.display(), path.display());
    }
    let text =
        |path: &Path| String::from_utf8(read_file(path)?).map_err(|_| unusable(path, &"it is not in the PEM format"));
    let key = path.with_extension("key");
    let (certificate, secret) = (text(path)?, Secret::new(text(&key)?));
    if !certificate.contains("-----BEGIN CERTIFICATE-----") {
        return Err(unusable(path, &"it holds no certificate in the PEM format"));
    }
    let identity = Secret::new(format!("{certificate}\n{}", secret.expose()));
    parse(&identity).map_err(|_| unusable(&key, &"it holds no key without a password in the PEM format"))?;
    Ok(Some(identity))
}

/// As the HTTP library takes it.
pub(super) fn parse(identity: &Secret) -> Result<reqwest::Identity, String> {
    let identity = reqwest::Identity::from_pem(identity.expose().as_bytes());
    // The library's own words are left out: they might quote what they are about.
    identity.map_err(|_| "the client's certificate cannot be used".to_owned())
}
