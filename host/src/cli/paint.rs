//! Colours, by meaning. `anstream` takes them out where the output is no terminal or `NO_COLOR` is set.

use anstyle::{AnsiColor, Style};
use std::fmt::Display;

/// What a text means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    News,
    Caution,
    Bad,
    Faint,
    Strong,
    Plain,
}

/// The text in the colour of its meaning.
pub(super) fn paint(tone: Tone, text: impl Display) -> String {
    let style = match tone {
        Tone::Good => AnsiColor::Green.on_default(),
        Tone::News => AnsiColor::Cyan.on_default().bold(),
        Tone::Caution => AnsiColor::Yellow.on_default(),
        Tone::Bad => AnsiColor::Red.on_default().bold(),
        Tone::Faint => Style::new().dimmed(),
        Tone::Strong => Style::new().bold(),
        Tone::Plain => return text.to_string(),
    };
    format!("{style}{text}{style:#}")
}
