//! A port that leads to an engine's socket, as an engine on another machine has one.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Error;

/// The port, on loopback. It is closed when this is dropped.
#[derive(Debug)]
pub struct Door {
    port: u16,
    closed: Arc<AtomicBool>,
}

impl Door {
    /// Opens one to the engine at `host`, a `unix://` address.
    pub fn open(host: &str) -> Result<Self, Error> {
        let socket = host.strip_prefix("unix://").map(PathBuf::from);
        let socket = socket.ok_or_else(|| Error::Unusable(format!("`{host}` is not a unix socket")))?;
        let taken = || Error::io("listen on", "127.0.0.1");
        let listener = TcpListener::bind("127.0.0.1:0").map_err(taken())?;
        let port = listener.local_addr().map_err(taken())?.port();
        let closed = Arc::new(AtomicBool::new(false));
        let accepting = Arc::clone(&closed);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if accepting.load(Ordering::SeqCst) {
                    return;
                }
                let socket = socket.clone();
                // Either side may hang up at any time.
                std::thread::spawn(move || {
                    UnixStream::connect(socket).and_then(|engine| pass(&client, &engine)).unwrap_or_default();
                });
            }
        });
        Ok(Self { port, closed })
    }

    /// Its address as `DOCKER_HOST` takes it.
    #[must_use]
    pub fn host(&self) -> String {
        format!("tcp://127.0.0.1:{}", self.port)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::SeqCst);
        // Wakes the listener up.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

/// Copies both ways until the engine has said all that it has to say.
fn pass(client: &TcpStream, engine: &UnixStream) -> io::Result<()> {
    let (mut from_client, mut to_engine) = (client.try_clone()?, engine.try_clone()?);
    let asking = std::thread::spawn(move || {
        let copied = io::copy(&mut from_client, &mut to_engine);
        let _ = to_engine.shutdown(Shutdown::Write);
        copied
    });
    io::copy(&mut engine.try_clone()?, &mut client.try_clone()?)?;
    client.shutdown(Shutdown::Both)?;
    drop(asking.join());
    Ok(())
}
