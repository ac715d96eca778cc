//! `dockrev health`: whether the server on this machine is ready, as its container's healthcheck asks.

use super::output::out;
use super::{Ending, Failure};
use crate::config::Config;
use crate::remote::Remote;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

pub(super) async fn run(config: &Config) -> Result<Ending, Failure> {
    let address = reached_at(config.server.listen);
    Remote::new(&format!("http://{address}"), None)?.is_ready().await?;
    out!("ready");
    Ok(Ending::Fine)
}

/// Who listens everywhere is reached here as well.
fn reached_at(listen: SocketAddr) -> SocketAddr {
    let here = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    SocketAddr::new(here, listen.port())
}

#[cfg(test)]
mod tests {
    use super::reached_at;

    #[test]
    fn everywhere_is_here_as_well() {
        let check = |listen: &str, at: &str| assert_eq!(reached_at(listen.parse().unwrap()), at.parse().unwrap());
        check("0.0.0.0:8686", "127.0.0.1:8686");
        check("[::]:1", "[::1]:1");
        check("192.0.2.7:8686", "192.0.2.7:8686");
    }
}
