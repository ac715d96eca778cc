//! Work that goes on to its end, whether or not somebody still waits for what comes of it.

use crate::operations::Failure;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Does `work` on a thread of its own, and gives what comes of it. Whoever stops waiting stops nothing.
///
/// A thread, since what the engine's futures borrow is more than the compiler can follow between threads; and one that the
/// process does not wait for at its end, since a job that is cut off there is picked up at the next start.
pub(crate) async fn detached<T, F>(work: impl FnOnce() -> F + Send + 'static) -> Result<T, Failure>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>>,
{
    let (runtime, (sender, receiver)) = (Handle::current(), oneshot::channel());
    let thread = std::thread::Builder::new().name("work".to_owned()).spawn(move || {
        // Nobody may be waiting any more.
        let _ = sender.send(runtime.block_on(work()));
    });
    let failed = |reason: String| Failure::new("server.failed", format!("it was not brought to an end: {reason}"));
    thread.map_err(|error| failed(error.to_string()))?;
    receiver.await.map_err(|_| failed("see the log".to_owned()))?
}
