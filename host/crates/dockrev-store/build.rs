//! A new migration has to be compiled in, although no Rust file names it.

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    writeln!(std::io::stdout(), "cargo::rerun-if-changed=../../../migrations")
}
