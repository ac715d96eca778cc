//! The token server of a registry: gives signed bearer tokens to the one user, as the Distribution token
//! specification says. Signed with `openssl`, which saves this crate a cryptographic library.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{Error, program};

const ISSUER: &str = "testkit-issuer";
const SERVICE: &str = "testkit";

/// How long a token is good for.
const LIFETIME_S: u64 = 300;

/// Longest wait for a client that does not finish its request.
const REQUEST_LIMIT: Duration = Duration::from_secs(5);

/// Most header lines that are read of a request.
const HEADERS_MAX: usize = 100;

/// A running token server; ends when dropped.
#[derive(Debug)]
pub(super) struct TokenServer {
    port: u16,
    certificate: PathBuf,
    ended: Arc<AtomicBool>,
}

struct Signer {
    openssl: PathBuf,
    key: PathBuf,
    /// The certificate, base64, without its frame.
    certificate: String,
    /// What the user sends to be believed.
    authorization: String,
    user: String,
}

impl TokenServer {
    /// Starts it with a fresh key in `folder`.
    pub(super) fn start(folder: &Path, user: &str, password: &str) -> Result<Self, Error> {
        let openssl = program::need("openssl", "openssl")?;
        let (key, certificate) = (folder.join("token.key"), folder.join("token.pem"));
        let mut command = Command::new(&openssl);
        command.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=testkit"]);
        program::output(command.arg("-keyout").arg(&key).arg("-out").arg(&certificate))?;
        let framed = fs::read_to_string(&certificate).map_err(Error::io("read", &certificate))?;
        let signer = Signer {
            openssl,
            key,
            certificate: framed.lines().filter(|line| !line.starts_with('-')).collect(),
            authorization: format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))),
            user: user.to_owned(),
        };
        let taken = || Error::io("listen on", "127.0.0.1");
        let listener = TcpListener::bind("127.0.0.1:0").map_err(taken())?;
        let port = listener.local_addr().map_err(taken())?.port();
        let ended = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&ended);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if end.load(Ordering::Relaxed) {
                    return;
                }
                let _ = signer.serve(stream);
            }
        });
        Ok(Self { port, certificate, ended })
    }

    /// The part of the registry's configuration that names this server.
    pub(super) fn config(&self) -> String {
        format!(
            "auth: {{token: {{realm: 'http://127.0.0.1:{}/token', service: {SERVICE}, issuer: {ISSUER}, rootcertbundle: {}}}}}\n",
            self.port,
            self.certificate.display()
        )
    }
}

impl Drop for TokenServer {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the thread, which waits for a connection.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Signer {
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(REQUEST_LIMIT))?;
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let request = lines.next().transpose()?.unwrap_or_default();
        let mut authorization = String::new();
        for line in lines.take(HEADERS_MAX) {
            let line = line?;
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("authorization")
            {
                authorization = value.trim().to_owned();
            }
        }
        let query = request.split(' ').nth(1).and_then(|path| path.split_once('?')).map_or("", |(_, query)| query);
        let (status, answer) = self.answer(query, &authorization);
        let body = answer.to_string();
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n", body.len());
        stream.write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes())
    }

    fn answer(&self, query: &str, authorization: &str) -> (&'static str, Value) {
        let refused = json!({ "errors": [{ "code": "UNAUTHORIZED", "message": "unknown user or wrong password" }] });
        if authorization != self.authorization {
            return ("401 Unauthorized", refused);
        }
        let scopes = query.split('&').filter_map(|pair| pair.strip_prefix("scope=")).map(percent_decoded);
        let access: Vec<Value> =
            scopes.flat_map(|scope| scope.split(' ').filter_map(access).collect::<Vec<_>>()).collect();
        match self.token(&access) {
            Some(token) => ("200 OK", json!({ "token": token, "expires_in": LIFETIME_S })),
            None => ("500 Internal Server Error", json!({})),
        }
    }

    fn token(&self, access: &[Value]) -> Option<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
        let head = json!({ "typ": "JWT", "alg": "RS256", "x5c": [self.certificate] });
        let claims = json!({
            "iss": ISSUER, "sub": self.user, "aud": SERVICE, "jti": format!("{now}"),
            "iat": now, "nbf": now.saturating_sub(10), "exp": now + LIFETIME_S, "access": access,
        });
        let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&head), encode(&claims));
        let mut openssl = Command::new(&self.openssl)
            .args(["dgst", "-sha256", "-binary", "-sign"])
            .arg(&self.key)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        openssl.stdin.take()?.write_all(signed.as_bytes()).ok()?;
        let signature = openssl.wait_with_output().ok().filter(|done| done.status.success())?.stdout;
        Some(format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// `repository:shop/web:pull,push` as a token's claim. The name may have colons, the type and the actions do not.
fn access(scope: &str) -> Option<Value> {
    let (kind, rest) = scope.split_once(':')?;
    let (name, actions) = rest.rsplit_once(':')?;
    Some(json!({ "type": kind, "name": name, "actions": actions.split(',').collect::<Vec<_>>() }))
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match (first, escaped.and_then(|two| u8::from_str_radix(two, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            (byte, _) => {
                bytes.push(if byte == b'+' { b' ' } else { byte });
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read() {
        let decoded = percent_decoded("repository%3Ashop%2Fweb:pull%2Cpush+registry:catalog:*%");
        assert_eq!(decoded, "repository:shop/web:pull,push registry:catalog:*%");
        let web = json!({ "type": "repository", "name": "shop/web", "actions": ["pull", "push"] });
        assert_eq!(access("repository:shop/web:pull,push"), Some(web));
        assert_eq!(access("nonsense"), None);
    }
}
