//! Dockrev: keeps the containers of a Docker/Compose host up to date without ever leaving a service broken.
//!
//! This crate joins the parts: it knows the command line and the environment, and only [`app`] knows which adapter
//! stands behind which port.
#![forbid(unsafe_code)]

pub mod app;
pub mod cli;
pub mod config;
