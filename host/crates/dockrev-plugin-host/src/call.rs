//! One call of a plugin: a fresh store, its limits, and what its failure means.

use crate::call_log::CallLog;
use crate::engine::Ticker;
use crate::limits::{self, CallLimits};
use crate::meter::Meter;
use crate::outgoing::Outgoing;
use crate::state::{CallState, GrantedValues, MemoryCapReached};
use crate::text;
use dockrev_core::ids::PluginId;
use dockrev_core::registry::{PluginError, PluginFault};
use dockrev_egress::{CallScope, Egress, EgressError, Grant, OverBudget};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use wasmtime::{Engine, Store, Trap, UpdateDeadline};
use wasmtime_wasi::I32Exit;

/// Most data that a call may hand to one function of the host, or return, in bytes of the host's memory.
const HANDED_OVER_MAX_BYTES: usize = 128 * 1024 * 1024;

/// Runs calls.
#[derive(Debug)]
pub(crate) struct Caller {
    engine: Engine,
    ticker: Ticker,
    places: Semaphore,
    places_of_one: Mutex<BTreeMap<PluginId, Arc<Semaphore>>>,
    egress: Arc<Egress>,
    limits: CallLimits,
    meter: Meter,
    calls: Mutex<BTreeMap<PluginId, Calls>>,
}

/// Calls of a plugin so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// How many there were.
    pub made: u64,
    /// How many of them it did not survive: it trapped, or went past a limit.
    pub faults: u64,
}

/// Whose call it is, and what it may do.
pub(crate) struct CallContext<'a> {
    pub(crate) plugin: &'a PluginId,
    pub(crate) granted: &'a Arc<GrantedValues>,
    pub(crate) grant: Grant,
}

/// What came of a call.
pub(crate) struct Called<R> {
    pub(crate) answer: R,
    /// Why the last request that it sent failed, if it did: WASI has codes for this and no room for words.
    pub(crate) send_error: Option<EgressError>,
}

/// A call went on past its deadline.
#[derive(Debug, thiserror::Error)]
#[error("past the deadline")]
struct DeadlinePassed;

impl Caller {
    pub(crate) fn new(engine: Engine, egress: Arc<Egress>, limits: CallLimits) -> std::io::Result<Self> {
        let ticker = Ticker::start(&engine)?;
        let places = Semaphore::new(limits::MAX_CONCURRENT_CALLS as usize);
        let (places_of_one, meter, calls) = (Mutex::default(), Meter::default(), Mutex::default());
        Ok(Self { engine, ticker, places, places_of_one, egress, limits, meter, calls })
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn egress(&self) -> &Egress {
        &self.egress
    }

    /// Time on the processor of all calls so far.
    pub(crate) fn cpu_time(&self) -> Duration {
        self.meter.total()
    }

    /// Calls of `plugin` so far.
    pub(crate) fn calls_of(&self, plugin: &PluginId) -> Calls {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).get(plugin).copied().unwrap_or_default()
    }

    fn count(&self, plugin: &PluginId, is_fault: bool) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = calls.entry(plugin.clone()).or_default();
        calls.made += 1;
        calls.faults += u64::from(is_fault);
    }

    /// Runs `call` in a fresh store, and stops it at the first limit that it passes.
    pub(crate) async fn run<R, F>(
        &self,
        context: CallContext<'_>,
        call: impl FnOnce(Store<CallState>) -> F + Send,
    ) -> Result<Called<R>, PluginError>
    where
        F: Future<Output = wasmtime::Result<R>> + Send,
    {
        // Its own first: whoever waits for that must not keep others waiting.
        let of_one = self.places_of(context.plugin);
        let (Ok(_own_place), Ok(_place)) = (of_one.acquire().await, self.places.acquire().await) else {
            unreachable!("nobody closes these semaphores");
        };
        let _ticking = self.ticker.keep_going();
        let started = Instant::now();
        let deadline = started + self.limits.deadline;
        let scope = CallScope::new(context.grant.clone(), self.limits.budget);
        let log = CallLog::new(context.plugin.clone(), self.limits);
        let call = self.meter.measure(async { call(self.store(&scope, &log, &context, deadline)).await });
        let outcome = tokio::select! {
            biased;
            over = scope.budget.exceeded() => Err(over_limit(over)),
            result = tokio::time::timeout_at(deadline, call) => match result {
                Ok(result) => result.map_err(|error| fault(&error, &log, self.limits.deadline)),
                Err(_) => Err(PluginFault::TimedOut(self.limits.deadline)),
            },
        };
        // It may have been told of its limit and have answered all the same.
        let outcome = scope.budget.over().map_or(outcome, |over| Err(over_limit(over)));
        log.finish();
        self.count(context.plugin, outcome.is_err());
        let (took_us, requests) = (started.elapsed().as_micros(), scope.budget.requests());
        tracing::debug!(plugin.id = %context.plugin, took_us, requests, failed = outcome.is_err(), "called a plugin");
        match outcome {
            Ok(answer) => Ok(Called { answer, send_error: scope.last_error() }),
            Err(fault) => Err(PluginError { plugin: context.plugin.clone(), fault }),
        }
    }

    fn places_of(&self, plugin: &PluginId) -> Arc<Semaphore> {
        let mut places = self.places_of_one.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = || Arc::new(Semaphore::new(limits::MAX_CONCURRENT_CALLS_OF_ONE as usize));
        Arc::clone(places.entry(plugin.clone()).or_insert_with(fresh))
    }

    fn store(
        &self,
        scope: &Arc<CallScope>,
        log: &Arc<CallLog>,
        context: &CallContext<'_>,
        deadline: Instant,
    ) -> Store<CallState> {
        let (egress, scope) = (Arc::clone(&self.egress), Arc::clone(scope));
        let outgoing = Outgoing { plugin: context.plugin.clone(), egress, scope };
        let mut store = Store::new(&self.engine, CallState::new(outgoing, log, context.granted));
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(HANDED_OVER_MAX_BYTES);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(move |_| {
            if Instant::now() < deadline { Ok(UpdateDeadline::Yield(1)) } else { Err(DeadlinePassed.into()) }
        });
        store
    }
}

fn over_limit(over: OverBudget) -> PluginFault {
    PluginFault::OverLimit(over.to_string())
}

fn fault(error: &wasmtime::Error, log: &CallLog, deadline: Duration) -> PluginFault {
    if error.is::<MemoryCapReached>() {
        return PluginFault::OutOfMemory(limits::MEMORY_MAX_BYTES);
    }
    if error.is::<DeadlinePassed>() {
        return PluginFault::TimedOut(deadline);
    }
    if let Some(I32Exit(status)) = error.downcast_ref() {
        return PluginFault::Trapped(format!("it exited with status {status}"));
    }
    let trap = error.downcast_ref::<Trap>().map(ToString::to_string);
    let reason = trap.unwrap_or_else(|| text::shown(&error.root_cause().to_string()));
    PluginFault::Trapped(log.last_words().unwrap_or(reason))
}
