//! What a component may import, per world.

use crate::bindings::imports::{log, secrets, settings};
use crate::manifest::World;
use crate::state::CallState;
use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};
use wasmtime_wasi::WasiView;
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::{cli, filesystem, random};
use wasmtime_wasi::random::WasiRandom;

type Result = wasmtime::Result<()>;

/// Everything that a component of `world` may import, and nothing else.
pub(crate) fn for_world(engine: &Engine, world: World) -> wasmtime::Result<Linker<CallState>> {
    let mut linker = Linker::new(engine);
    add_standard_library(&mut linker)?;
    log::add_to_linker::<_, HasSelf<CallState>>(&mut linker, |state| state)?;
    settings::add_to_linker::<_, HasSelf<CallState>>(&mut linker, |state| state)?;
    match world {
        World::RegistryAdapter | World::Notifier => {
            secrets::add_to_linker::<_, HasSelf<CallState>>(&mut linker, |state| state)?;
            wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
        }
        World::VersionPolicy => {}
    }
    Ok(linker)
}

/// What the standard library of a guest's language needs to start. There are no files, no environment, no arguments, and
/// no sockets at all.
fn add_standard_library(linker: &mut Linker<CallState>) -> Result {
    // Streams, clocks, random bytes and the standard streams.
    wasmtime_wasi::p2::add_to_linker_proxy_interfaces_async(linker)?;
    random::insecure::add_to_linker::<CallState, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    random::insecure_seed::add_to_linker::<CallState, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    cli::exit::add_to_linker::<CallState, WasiCli>(linker, CallState::cli)?;
    cli::environment::add_to_linker::<CallState, WasiCli>(linker, CallState::cli)?;
    cli::terminal_input::add_to_linker::<CallState, WasiCli>(linker, CallState::cli)?;
    cli::terminal_output::add_to_linker::<CallState, WasiCli>(linker, CallState::cli)?;
    cli::terminal_stdin::add_to_linker::<CallState, WasiCli>(linker, CallState::cli)?;
    cli::terminal_stdout::add_to_linker::<CallState, WasiCli>(linker, CallState::cli)?;
    cli::terminal_stderr::add_to_linker::<CallState, WasiCli>(linker, CallState::cli)?;
    filesystem::preopens::add_to_linker::<CallState, WasiFilesystem>(linker, CallState::filesystem)?;
    filesystem::types::add_to_linker::<CallState, WasiFilesystem>(linker, CallState::filesystem)
}
