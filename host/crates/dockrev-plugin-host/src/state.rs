//! What one call has: handles, standard streams, settings and secrets.

use crate::bindings::imports::{log, secrets, settings};
use crate::call_log::{CallLog, GuestOutput};
use crate::limits;
use crate::outgoing::Outgoing;
use dockrev_egress::Secret;
use std::collections::BTreeMap;
use std::sync::Arc;
use wasmtime::ResourceLimiter;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

/// The data of a call's store.
pub(crate) struct CallState {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    outgoing: Outgoing,
    log: Arc<CallLog>,
    granted: Arc<GrantedValues>,
    pub(crate) memory: MemoryCap,
}

/// What the admin set for a plugin.
#[derive(Debug, Default)]
pub(crate) struct GrantedValues {
    /// Its settings as JSON.
    pub(crate) settings: String,
    /// Its secrets: every name that was granted, with a value if it has one.
    pub(crate) secrets: BTreeMap<String, Option<Secret>>,
}

impl CallState {
    pub(crate) fn new(outgoing: Outgoing, log: &Arc<CallLog>, granted: &Arc<GrantedValues>) -> Self {
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits::HANDLES_MAX);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(limits::FIELDS_MAX_BYTES);
        let wasi = WasiCtx::builder()
            .stdout(GuestOutput::stdout(log))
            .stderr(GuestOutput::stderr(log))
            .max_random_size(limits::RANDOM_MAX_BYTES)
            .build();
        let (log, granted) = (Arc::clone(log), Arc::clone(granted));
        Self { table, wasi, http, outgoing, log, granted, memory: MemoryCap::default() }
    }
}

impl WasiView for CallState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for CallState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.outgoing, table: &mut self.table, ctx: &mut self.http }
    }
}

impl log::Host for CallState {
    fn write(&mut self, level: log::Level, message: String) {
        self.log.write(level, &message);
    }
}

impl settings::Host for CallState {
    fn get(&mut self) -> String {
        self.granted.settings.clone()
    }
}

impl secrets::Host for CallState {
    fn get(&mut self, name: String) -> Result<String, secrets::SecretError> {
        match self.granted.secrets.get(&name) {
            None => Err(secrets::SecretError::NotGranted),
            Some(None) => Err(secrets::SecretError::NotSet),
            Some(Some(secret)) => Ok(secret.expose().to_owned()),
        }
    }
}

/// Caps the memory of one call, all memories of its component together.
#[derive(Debug, Default)]
pub(crate) struct MemoryCap {
    used_bytes: usize,
}

/// A call wanted more memory than it may have.
#[derive(Debug, thiserror::Error)]
#[error("more than {} bytes of memory", limits::MEMORY_MAX_BYTES)]
pub(crate) struct MemoryCapReached;

impl ResourceLimiter for MemoryCap {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let used_bytes = self.used_bytes.saturating_add(desired.saturating_sub(current));
        if used_bytes > limits::MEMORY_MAX_BYTES {
            return Err(MemoryCapReached.into());
        }
        self.used_bytes = used_bytes;
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= limits::TABLE_ELEMENTS_MAX)
    }

    fn instances(&self) -> usize {
        limits::CORE_INSTANCES_MAX as usize
    }

    fn tables(&self) -> usize {
        limits::TABLES_MAX as usize
    }

    fn memories(&self) -> usize {
        limits::MEMORIES_MAX as usize
    }
}
