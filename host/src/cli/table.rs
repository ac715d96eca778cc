//! Tables whose columns line up, also with wide characters.

use super::output::out;
use super::paint::{Tone, paint};
use unicode_width::UnicodeWidthStr;

/// Bytes in words: `12 B`, `4.5 MiB`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    const STEP: f64 = 1024.0;
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    // Nobody reads more than one digit after the point.
    #[expect(clippy::cast_precision_loss, reason = "for reading")]
    let mut value = bytes as f64 / STEP;
    let mut unit = UNITS[0];
    for next in &UNITS[1..] {
        if value < STEP {
            break;
        }
        value /= STEP;
        unit = next;
    }
    format!("{value:.1} {unit}")
}

/// Space between two columns.
const GAP: &str = "  ";

/// One cell: its text, without colour, and what it means.
pub(super) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    pub(super) fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { text: one_line(&text.into()), tone }
    }

    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self::new(Tone::Plain, text)
    }
}

/// A table with a heading.
pub(super) struct Table {
    heading: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(super) fn new(heading: &[&'static str]) -> Self {
        Self { heading: heading.to_vec(), rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// Writes the table to standard output.
    pub(super) fn print(&self) {
        for line in self.lines(0, &self.widths()) {
            out!("{line}");
        }
    }

    /// The width that each column needs, so that several tables can share it.
    pub(super) fn widths(&self) -> Vec<usize> {
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.text.width());
            cells.chain([self.heading.get(column).map_or(0, |name| name.width())]).max().unwrap_or(0)
        };
        (0..self.heading.len()).map(width).collect()
    }

    /// The lines of the table, indented, with columns at least as wide as given.
    pub(super) fn lines(&self, indent: usize, widths: &[usize]) -> Vec<String> {
        let heading = self.heading.iter().map(|name| Cell::new(Tone::Faint, *name)).collect::<Vec<_>>();
        std::iter::once(&heading).chain(&self.rows).map(|row| line(row, indent, widths)).collect()
    }
}

fn line(row: &[Cell], indent: usize, widths: &[usize]) -> String {
    let mut line = " ".repeat(indent);
    for (column, cell) in row.iter().enumerate() {
        line.push_str(&paint(cell.tone, &cell.text));
        if column + 1 < row.len() {
            let missing = widths.get(column).copied().unwrap_or(0).saturating_sub(cell.text.width());
            line.push_str(&" ".repeat(missing));
            line.push_str(GAP);
        }
    }
    line
}

/// Width of the names of [`field`]s.
const FIELD_WIDTH: usize = 12;

/// A line with a name and what it is.
pub(super) fn field(name: &str, tone: Tone, text: &str) -> String {
    let name = paint(Tone::Faint, format!("{name:<FIELD_WIDTH$}"));
    format!("{name} {}", paint(tone, one_line(text)))
}

/// Control characters would break the table, or do worse to the terminal.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_up() {
        let mut table = Table::new(&["NAME", "TAG"]);
        table.row(vec![Cell::plain("a"), Cell::plain("1")]);
        table.row(vec![Cell::plain("中文长名"), Cell::plain("2\n\u{1b}[31m")]);
        let lines = table.lines(1, &table.widths());
        let plain: Vec<String> = lines.iter().map(|line| anstream::adapter::strip_str(line).to_string()).collect();
        assert_eq!(plain, [" NAME      TAG", " a         1", " 中文长名  2  [31m"]);
    }
}
