use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{Error, program};

/// Private engines of one machine at a time; each has a network `10.(100 + number)`.
const NUMBERS: std::ops::RangeInclusive<u8> = 1..=120;

/// The bridge and the addresses of one private engine.
#[derive(Debug)]
pub(super) struct Network {
    number: u8,
}

impl Network {
    /// The network of the engine in `home`: the one it had, or a new one that nobody on this machine uses.
    pub(super) fn claim(home: &Path) -> Result<Self, Error> {
        if let Some(network) = Self::of(home) {
            // The bridge is gone after a reboot. That it is still there is no error.
            let _ = network.add_bridge();
            network.bring_up()?;
            return Ok(network);
        }
        let routes = program::output(Command::new(ip()?).args(["-4", "route", "show"]))?;
        let mut refusal = None;
        for network in NUMBERS.map(|number| Self { number }) {
            if routes.contains(&network.prefix()) {
                continue;
            }
            // Adding the bridge is the claim: it fails when another process was quicker.
            if let Err(error) = network.add_bridge() {
                refusal = Some(error);
                continue;
            }
            let note = home.join("net");
            fs::write(&note, network.number.to_string()).map_err(Error::io("write", &note))?;
            network.bring_up()?;
            return Ok(network);
        }
        Err(refusal
            .unwrap_or_else(|| Error::Unusable("no network of 10.101 to 10.220 is free for an engine".to_owned())))
    }

    /// Removes the network of the engine in `home`, as far as it is there.
    pub(super) fn release(home: &Path) {
        let Some(network) = Self::of(home) else { return };
        if let Ok(ip) = ip() {
            let _ = program::output(Command::new(ip).args(["link", "delete", &network.bridge()]));
        }
        let _ = network.rule("-D");
    }

    /// The bridge's name.
    pub(super) fn bridge(&self) -> String {
        format!("drtk{}", self.number)
    }

    /// Where the engine takes addresses of Compose networks from.
    pub(super) fn pool(&self) -> String {
        format!("base={}128.0/17,size=26", self.prefix())
    }

    fn of(home: &Path) -> Option<Self> {
        let number = fs::read_to_string(home.join("net")).ok()?.trim().parse().ok()?;
        NUMBERS.contains(&number).then_some(Self { number })
    }

    fn prefix(&self) -> String {
        format!("10.{}.", 100 + self.number)
    }

    fn add_bridge(&self) -> Result<(), Error> {
        program::output(Command::new(ip()?).args(["link", "add", &self.bridge(), "type", "bridge"])).map(drop)
    }

    fn bring_up(&self) -> Result<(), Error> {
        let (ip, bridge) = (ip()?, self.bridge());
        let address = format!("{}0.1/24", self.prefix());
        program::output(Command::new(&ip).args(["address", "replace", &address, "dev", &bridge]))?;
        program::output(Command::new(&ip).args(["link", "set", &bridge, "up"]))?;
        // The machine's own engine drops what is forwarded, and packets between containers pass that rule too.
        // Where it cannot be set, published ports still work.
        if self.rule("-C").is_err() {
            let _ = self.rule("-I");
        }
        Ok(())
    }

    fn rule(&self, action: &str) -> Result<(), Error> {
        let subnet = format!("{}0.0/16", self.prefix());
        let iptables = program::need("iptables", "iptables")?;
        let rule = ["-w", action, "FORWARD", "-s", &subnet, "-d", &subnet, "-j", "ACCEPT"];
        program::output(Command::new(iptables).args(rule)).map(drop)
    }
}

fn ip() -> Result<std::path::PathBuf, Error> {
    program::need("ip", "iproute2")
}
