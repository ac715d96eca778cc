use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::Error;

/// Where ports are taken from: below those that the kernel gives to outgoing connections. Otherwise a client that
/// asks again and again while nobody listens would in the end hold the port itself.
const FIRST: u32 = 20_000;
const COUNT: u32 = 10_000;

/// A loopback TCP port that nobody listened on a moment ago; not given twice to the same process.
pub fn free_port() -> Result<u16, Error> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Processes that run at the same time begin at different places.
    let start = std::process::id().wrapping_mul(61);
    for _ in 0..COUNT {
        let number = FIRST + start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let Ok(port) = u16::try_from(number) else { continue };
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Err(Error::Unusable(format!("no port of {FIRST} to {} is free on 127.0.0.1", FIRST + COUNT - 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_free_and_differ() {
        let (one, two) = (free_port().unwrap(), free_port().unwrap());
        assert_ne!(one, two);
        TcpListener::bind(("127.0.0.1", one)).unwrap();
    }
}
