//! Dockrev on real parts: a real engine, real Compose, a real registry, and the program itself.

mod absent;
mod cli;
mod recover;
mod rules;
mod stage;
mod update;
