//! The WebAssembly engine, and the clock that its running calls are stopped by.

use crate::limits;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{JoinHandle, Thread};
use wasmtime::{Cache, CacheConfig, Config, Engine, EngineWeak, InstanceAllocationStrategy, PoolingAllocationConfig};

/// An engine that runs calls within the limits.
///
/// With `cache_dir`, compiled components are kept there, keyed by their content and the engine's version.
pub(crate) fn for_calls(cache_dir: Option<&Path>) -> wasmtime::Result<Engine> {
    let cache = cache_dir.map(open_cache).transpose()?;
    let mut config = base();
    config.cache(cache);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    Engine::new(&config).or_else(|error| {
        // Machines with a small address space cannot set the memories aside; the limits hold without it.
        tracing::warn!("plugins run without a pool of memories, which is slower: {error:#}");
        config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
        Engine::new(&config)
    })
}

/// An engine that only looks at components.
pub(crate) fn for_inspection() -> wasmtime::Result<Engine> {
    Engine::new(&base())
}

fn base() -> Config {
    let mut config = Config::new();
    config.wasm_component_model(true);
    config.epoch_interruption(true);
    config.max_wasm_stack(limits::WASM_STACK_MAX_BYTES);
    config.async_stack_size(limits::CALL_STACK_BYTES);
    // Names of a guest's functions help nobody who only runs it, and a panic says where it was.
    config.wasm_backtrace_max_frames(None);
    config
}

fn pool() -> PoolingAllocationConfig {
    let calls = limits::MAX_CONCURRENT_CALLS;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(calls)
        .total_stacks(calls)
        .total_core_instances(calls * limits::CORE_INSTANCES_MAX)
        .total_memories(calls * limits::MEMORIES_MAX)
        .total_tables(calls * limits::TABLES_MAX)
        .max_core_instances_per_component(limits::CORE_INSTANCES_MAX)
        .max_memories_per_component(limits::MEMORIES_MAX)
        .max_tables_per_component(limits::TABLES_MAX)
        .max_component_instance_size(limits::INSTANCE_MAX_BYTES)
        .max_core_instance_size(limits::INSTANCE_MAX_BYTES)
        .max_memory_size(limits::MEMORY_MAX_BYTES)
        .table_elements(limits::TABLE_ELEMENTS_MAX);
    pool
}

fn open_cache(folder: &Path) -> wasmtime::Result<Cache> {
    let mut config = CacheConfig::new();
    config.with_directory(std::path::absolute(folder)?);
    Cache::new(config)
}

/// Advances the engine's epoch while calls run, so that a call that computes without end gives way and is stopped.
#[derive(Debug)]
pub(crate) struct Ticker {
    running: Arc<AtomicUsize>,
    thread: Thread,
    _handle: JoinHandle<()>,
}

/// Keeps the ticker going for one call.
#[derive(Debug)]
pub(crate) struct Ticking {
    running: Arc<AtomicUsize>,
}

impl Ticker {
    pub(crate) fn start(engine: &Engine) -> std::io::Result<Self> {
        let running = Arc::new(AtomicUsize::new(0));
        let (engine, calls) = (engine.weak(), Arc::clone(&running));
        let handle =
            std::thread::Builder::new().name("plugin-ticker".to_owned()).spawn(move || tick(&engine, &calls))?;
        Ok(Self { running, thread: handle.thread().clone(), _handle: handle })
    }

    pub(crate) fn keep_going(&self) -> Ticking {
        if self.running.fetch_add(1, Ordering::AcqRel) == 0 {
            self.thread.unpark();
        }
        Ticking { running: Arc::clone(&self.running) }
    }
}

impl Drop for Ticking {
    fn drop(&mut self) {
        self.running.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        // Wakes it up to see that its engine is gone, or will be by the next tick.
        self.running.fetch_add(1, Ordering::AcqRel);
        self.thread.unpark();
    }
}

fn tick(engine: &EngineWeak, running: &AtomicUsize) {
    loop {
        if running.load(Ordering::Acquire) == 0 {
            std::thread::park();
        }
        std::thread::sleep(limits::TICK);
        match engine.upgrade() {
            Some(engine) => engine.increment_epoch(),
            None => return,
        }
    }
}
