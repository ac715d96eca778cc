//! Dockrev on real parts: a real engine, real Compose, a real registry, and the program itself.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on ends there")]

mod absent;
mod backups;
mod cli;
mod composes;
mod database;
mod edges;
mod faults;
mod followers;
mod http;
mod one_shots;
mod recover;
mod registries;
mod rewrite;
mod rules;
mod schema;
mod settings;
mod stage;
mod standalone;
mod truth;
mod unseen;
mod update;
