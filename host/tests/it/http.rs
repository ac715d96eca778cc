//! The server on real parts: its own process, a real engine, Compose and registry, and requests over a socket.

mod access;
mod automatic;
mod client;
mod document;
mod events;
mod interrupted;
mod once;
mod remote;
mod served;
mod updates;
mod webhooks;
