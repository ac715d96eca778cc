//! What a plugin writes: log lines, standard output and standard error.

use crate::bindings::imports::log::Level;
use crate::limits::CallLimits;
use crate::text;
use async_trait::async_trait;
use bytes::Bytes;
use dockrev_core::ids::PluginId;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// What is kept of standard error to explain a crash, in bytes: as much as is shown of any text.
const LAST_WORDS_MAX_BYTES: usize = 480;
/// How much of an output stream is taken at once, in bytes.
const WRITE_MAX_BYTES: usize = 16 * 1024;

/// The log of one call, with its budget.
#[derive(Debug)]
pub(crate) struct CallLog {
    plugin: PluginId,
    limits: CallLimits,
    lines: AtomicU32,
    last_words: Mutex<String>,
}

impl CallLog {
    pub(crate) fn new(plugin: PluginId, limits: CallLimits) -> Arc<Self> {
        Arc::new(Self { plugin, limits, lines: AtomicU32::new(0), last_words: Mutex::default() })
    }

    /// Writes one line, if the budget allows it.
    pub(crate) fn write(&self, level: Level, message: &str) {
        if self.lines.fetch_add(1, Ordering::Relaxed) >= self.limits.max_log_lines {
            return;
        }
        let line = text::one_line(message, self.limits.log_line_max_bytes);
        let plugin = &self.plugin;
        match level {
            Level::Trace => tracing::trace!(plugin.id = %plugin, "{line}"),
            Level::Debug => tracing::debug!(plugin.id = %plugin, "{line}"),
            Level::Info => tracing::info!(plugin.id = %plugin, "{line}"),
            Level::Warn => tracing::warn!(plugin.id = %plugin, "{line}"),
            Level::Error => tracing::error!(plugin.id = %plugin, "{line}"),
        }
    }

    /// How many lines were over the budget.
    pub(crate) fn dropped(&self) -> u32 {
        self.lines.load(Ordering::Relaxed).saturating_sub(self.limits.max_log_lines)
    }

    /// Says how many lines were dropped, if any were.
    pub(crate) fn finish(&self) {
        let (dropped, max) = (self.dropped(), self.limits.max_log_lines);
        if dropped > 0 {
            tracing::warn!(plugin.id = %self.plugin, "dropped {dropped} log lines: one call may write {max}");
        }
    }

    /// The end of what was written to standard error: what a panic says.
    pub(crate) fn last_words(&self) -> Option<String> {
        let words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = words.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("note: "));
        let joined = lines.collect::<Vec<_>>().join(" ");
        (!joined.is_empty()).then(|| text::shown(&joined))
    }

    fn remember(&self, written: &str) {
        let mut words = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
        words.push_str(written);
        let mut start = words.len().saturating_sub(LAST_WORDS_MAX_BYTES);
        while !words.is_char_boundary(start) {
            start += 1;
        }
        words.drain(..start);
    }
}

/// Standard output or standard error of a call, as lines of its log.
#[derive(Clone, Debug)]
pub(crate) struct GuestOutput {
    log: Arc<CallLog>,
    unfinished: Arc<Mutex<Vec<u8>>>,
    explains_crash: bool,
}

impl GuestOutput {
    pub(crate) fn stdout(log: &Arc<CallLog>) -> Self {
        Self { log: Arc::clone(log), unfinished: Arc::default(), explains_crash: false }
    }

    pub(crate) fn stderr(log: &Arc<CallLog>) -> Self {
        Self { log: Arc::clone(log), unfinished: Arc::default(), explains_crash: true }
    }
}

impl IsTerminal for GuestOutput {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for GuestOutput {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // WASI 0.3 asks for this one; the worlds of today do not use it.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for GuestOutput {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if self.explains_crash {
            self.log.remember(&String::from_utf8_lossy(&bytes));
        }
        let mut unfinished = self.unfinished.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rest = &bytes[..];
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            unfinished.extend_from_slice(&rest[..end]);
            self.log.write(Level::Debug, &String::from_utf8_lossy(&unfinished));
            unfinished.clear();
            rest = &rest[end + 1..];
        }
        let room = self.log.limits.log_line_max_bytes.saturating_sub(unfinished.len());
        unfinished.extend_from_slice(&rest[..rest.len().min(room)]);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_MAX_BYTES)
    }
}

#[async_trait]
impl Pollable for GuestOutput {
    async fn ready(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_over_the_budget() {
        let log = CallLog::new(PluginId::new("test"), CallLimits { max_log_lines: 3, ..CallLimits::default() });
        let mut output = GuestOutput::stdout(&log);
        output.write(Bytes::from_static(b"one\ntwo\nth")).unwrap();
        output.write(Bytes::from_static(b"ree\n")).unwrap();
        assert_eq!(log.dropped(), 0);
        log.write(Level::Info, "four");
        log.write(Level::Info, "five");
        assert_eq!(log.dropped(), 2);
    }

    #[test]
    fn keeps_the_end_of_standard_error() {
        let log = CallLog::new(PluginId::new("test"), CallLimits::default());
        assert_eq!(log.last_words(), None);
        let mut output = GuestOutput::stderr(&log);
        output.write(Bytes::from("x".repeat(10_000))).unwrap();
        output
            .write(Bytes::from_static(b"\nthread panicked at lib.rs:1:\nasked to fail\nnote: run with more\n"))
            .unwrap();
        assert!(log.last_words().unwrap().ends_with("x thread panicked at lib.rs:1: asked to fail"));
    }
}
