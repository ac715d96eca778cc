//! Asks before something is changed.

use crate::cli::Failure;
use std::io::{IsTerminal, Write};

/// What the person said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Answer {
    Yes,
    No,
}

/// Asks on a terminal; `given` is the answer that was given beforehand. Without a terminal and without an answer
/// there is no consent, and that is an error: silence must not look like success.
pub(in crate::cli) fn ask(question: &str, given: bool) -> Result<Answer, Failure> {
    if given {
        return Ok(Answer::Yes);
    }
    if !std::io::stdin().is_terminal() {
        let failure = Failure::new("consent.missing", "there is no terminal to ask on, so nothing was changed");
        return Err(failure.hint("give --yes to go ahead without asking, or --dry-run to look only"));
    }
    anstream::print!("{question} [y/N] ");
    let unreadable = |_| Failure::new("consent.missing", "could not read an answer, so nothing was changed");
    std::io::stdout().flush().map_err(unreadable)?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(unreadable)?;
    Ok(read(&answer))
}

fn read(answer: &str) -> Answer {
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Answer::Yes,
        _ => Answer::No,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        for (answer, expected) in [("y\n", Answer::Yes), ("YES", Answer::Yes), ("", Answer::No), ("yep", Answer::No)] {
            assert_eq!(read(answer), expected, "{answer}");
        }
    }
}
