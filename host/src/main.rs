//! The `dockrev` program.
#![forbid(unsafe_code)]

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    dockrev::cli::main(std::env::args_os()).await
}
