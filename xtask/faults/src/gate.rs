//! The other side of the gate that a debug build of Dockrev stops at, before and after each line of its journal.

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::{Failure, Moment};

/// A listener that is told where Dockrev stands, and lets it go on when `reached` returns.
pub(crate) struct Gate {
    socket: PathBuf,
    ended: Arc<AtomicBool>,
}

impl Gate {
    pub(crate) fn open(
        socket: &Path,
        reached: impl Fn(Moment, u32, &str) + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        let failed = format!("could not listen at `{}`", socket.display());
        let listener = UnixListener::bind(socket).map_err(Failure::of(failed))?;
        let ended = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&ended);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let mut text = String::new();
                if BufReader::new(&stream).read_line(&mut text).is_err() {
                    continue;
                }
                let place: Value = serde_json::from_str(&text).unwrap_or_default();
                let moment = if place["moment"] == "before" { Moment::Before } else { Moment::After };
                let number = place["line"].as_u64().and_then(|line| u32::try_from(line).ok()).unwrap_or(0);
                reached(moment, number, &label(&place["entry"]));
            }
        });
        Ok(Self { socket: socket.to_owned(), ended })
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = std::os::unix::net::UnixStream::connect(&self.socket);
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// `undo apply: intends compose-up`.
fn label(entry: &Value) -> String {
    let Some(stage) = entry["stage"].as_str() else { return "job begins".to_owned() };
    let undo = if entry["direction"] == "undo" { "undo " } else { "" };
    let step = entry["step"]["type"].as_str().unwrap_or_default();
    let effect = entry["step"]["detail"]["type"].as_str().filter(|_| matches!(step, "intends" | "did"));
    let effect = effect.map(|effect| format!(" {effect}")).unwrap_or_default();
    format!("{undo}{stage}: {step}{effect}")
}
