//! Dockrev: keeps the containers of a Docker/Compose host up to date without ever leaving a service broken.
//!
//! This crate joins the parts: it knows the command line, HTTP and the environment, and only [`app`] knows which adapter
//! stands behind which port. What can be asked of it is in [`operations`]; [`cli`] prints that, and [`http`] serialises it.
#![forbid(unsafe_code)]

pub mod app;
pub mod cli;
pub mod config;
pub mod events;
pub mod http;
pub mod operations;
pub mod remote;
pub mod server;
