//! The egress against servers on loopback.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails the test")]

#[path = "it/authentication.rs"]
mod authentication;
#[path = "it/authorities.rs"]
mod authorities;
#[path = "it/companions.rs"]
mod companions;
#[path = "it/conditional.rs"]
mod conditional;
#[path = "it/connections.rs"]
mod connections;
#[path = "it/flights.rs"]
mod flights;
#[path = "it/helpers.rs"]
mod helpers;
#[path = "it/limits.rs"]
mod limits;
#[path = "it/proxies.rs"]
mod proxies;
#[path = "it/retries.rs"]
mod retries;
#[path = "it/server.rs"]
mod server;
#[path = "it/support.rs"]
mod support;
