//! Standard output and standard error, for people.
//!
//! Nobody may be there to read: a closed pipe, a terminal that went away in the middle of an update. That is no reason to
//! stop, so what cannot be written is dropped.

/// Writes a line to standard output.
macro_rules! out {
    ($($argument:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(anstream::stdout(), $($argument)*);
    }};
}

/// Writes a line to standard error.
macro_rules! complain {
    ($($argument:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(anstream::stderr(), $($argument)*);
    }};
}

pub(super) use {complain, out};

/// Writes a document as JSON to standard output.
pub(super) fn print_json(document: &impl serde::Serialize) -> Result<(), super::Failure> {
    let text = serde_json::to_string_pretty(document);
    let text =
        text.map_err(|error| super::Failure::new("json.failed", format!("could not write it as JSON: {error}")))?;
    out!("{text}");
    Ok(())
}
