use dockrev_egress::BudgetLimits;
use std::time::Duration;

/// Most memory that one call may have.
pub(crate) const MEMORY_MAX_BYTES: usize = 64 * 1024 * 1024;
/// Calls at the same time; more wait. Each has memory and a stack set aside for it.
pub(crate) const MAX_CONCURRENT_CALLS: u32 = 16;
/// Calls of one plugin at the same time: however long they take, there is room for those of others.
pub(crate) const MAX_CONCURRENT_CALLS_OF_ONE: u32 = 12;
/// Core modules in one component: the plugin itself and a few that adapt it to WASI.
pub(crate) const CORE_INSTANCES_MAX: u32 = 16;
/// Memories in one component: that of the plugin, and those of adapters.
pub(crate) const MEMORIES_MAX: u32 = 4;
/// Tables in one component.
pub(crate) const TABLES_MAX: u32 = 16;
/// Elements of one table: functions that are called indirectly.
pub(crate) const TABLE_ELEMENTS_MAX: usize = 20_000;
/// Largest bookkeeping of one component instance and of one core instance, in bytes.
pub(crate) const INSTANCE_MAX_BYTES: usize = 1024 * 1024;
/// Stack of a plugin's own code, in bytes.
pub(crate) const WASM_STACK_MAX_BYTES: usize = 512 * 1024;
/// Stack of a call as a whole, the host's functions included, in bytes.
pub(crate) const CALL_STACK_BYTES: usize = 2 * 1024 * 1024;
/// Handles to host objects (requests, answers, streams) that a call may have open.
pub(crate) const HANDLES_MAX: usize = 1024;
/// Largest set of header fields that a call may build, in bytes.
pub(crate) const FIELDS_MAX_BYTES: usize = 64 * 1024;
/// Most random bytes at once.
pub(crate) const RANDOM_MAX_BYTES: u64 = 64 * 1024;
/// How often a running call gives way to others and is looked at.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Limits of one call that can be set. The defaults are those that the WIT package promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallLimits {
    /// How long it may take.
    pub deadline: Duration,
    /// What it may send and receive.
    pub budget: BudgetLimits,
    /// How many lines it may log.
    pub max_log_lines: u32,
    /// How long one of them may be, in bytes; more is cut off.
    pub log_line_max_bytes: usize,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(30),
            budget: BudgetLimits::default(),
            max_log_lines: 200,
            log_line_max_bytes: 4 * 1024,
        }
    }
}
