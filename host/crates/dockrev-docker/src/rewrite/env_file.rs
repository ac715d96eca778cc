//! Environment files: `NAME=value`, one a line, as both generations of Compose read them.

use std::ops::Range;

/// A variable that an environment file sets.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    /// The value as written, with its quotes.
    pub(super) span: Range<usize>,
    /// The value without its quotes.
    pub(super) value: Range<usize>,
    /// From 1.
    pub(super) line: u64,
    /// Why its value cannot be told from its looks, if it cannot.
    pub(super) unclear: Option<&'static str>,
}

/// The variables that `text` sets, in order.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    while at < text.len() {
        let line_end = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
        at = match entry(text, at, line_end) {
            Some((entry, end)) => {
                entries.push(entry);
                text[end..].find('\n').map_or(text.len(), |next| end + next + 1)
            }
            None => line_end,
        };
    }
    entries
}

/// The variable that is set in the line from `begin` to `line_end`, and where its value ends: in a later line, if a quote
/// does.
fn entry(text: &str, begin: usize, line_end: usize) -> Option<(Entry, usize)> {
    let line = &text[begin..line_end];
    let content = line.trim_start();
    let without_export = content.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
    let content = without_export.unwrap_or(content).trim_start();
    let name_begin = line_end - content.len();
    let sign = content.find(['=', ':']).filter(|_| !content.starts_with('#'))?;
    let name = content[..sign].trim_end().to_owned();
    let after = &content[sign + 1..];
    let value_begin = name_begin + sign + 1 + (after.len() - after.trim_start_matches([' ', '\t']).len());
    let colon = content[sign..].starts_with(':').then_some("it is set with a colon");
    let number = u64::try_from(text[..begin].matches('\n').count() + 1).unwrap_or(u64::MAX);
    let (span, value, unclear) = match text[value_begin..].chars().next() {
        Some(quote @ ('"' | '\'')) => quoted(text, value_begin, quote),
        Some(_) | None => plain(text, value_begin, line_end),
    };
    let end = span.end;
    Some((Entry { name, span, value, line: number, unclear: colon.or(unclear) }, end))
}

type Value = (Range<usize>, Range<usize>, Option<&'static str>);

fn quoted(text: &str, begin: usize, quote: char) -> Value {
    let inner = begin + quote.len_utf8();
    let mut is_escaped = false;
    for (at, c) in text[inner..].char_indices() {
        let at = inner + at;
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' && quote == '"' {
            is_escaped = true;
        } else if c == quote {
            let end = at + quote.len_utf8();
            let behind = text[end..].lines().next().unwrap_or_default().trim();
            let odd = (!behind.is_empty() && !behind.starts_with('#')).then_some("something follows its closing quote");
            return (begin..end, inner..at, odd.or(unclear_in(&text[inner..at], quote)));
        }
    }
    (begin..text.len(), inner..text.len(), Some("its closing quote is missing"))
}

fn plain(text: &str, begin: usize, line_end: usize) -> Value {
    let begin = begin.min(line_end);
    let line = &text[begin..line_end];
    let comment = line.char_indices().find(|(at, c)| *c == '#' && (*at == 0 || line[..*at].ends_with([' ', '\t'])));
    let value = line[..comment.map_or(line.len(), |(at, _)| at)].trim_end();
    let span = begin..begin + value.len();
    (span.clone(), span, unclear_in(value, ' '))
}

/// What is more than the characters that it is written with.
fn unclear_in(value: &str, quote: char) -> Option<&'static str> {
    if value.contains(['\n', '\r']) {
        return Some("its value is on several lines");
    }
    if value.contains('\\') {
        return Some("its value has a backslash");
    }
    if value.contains('$') && quote != '\'' {
        return Some("its value is made from another variable");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_compose_reads() {
        let check = |text: &str, expected: &[(&str, &str, &str, u64)]| {
            let found = entries(text);
            let found: Vec<_> = found
                .iter()
                .map(|entry| (entry.name.as_str(), &text[entry.span.clone()], &text[entry.value.clone()], entry.line))
                .collect();
            assert_eq!(found, expected, "{text:?}");
        };
        check("TAG=1.0\n", &[("TAG", "1.0", "1.0", 1)]);
        check("TAG=1.0", &[("TAG", "1.0", "1.0", 1)]);
        check("A=1\r\nTAG = 1.0 \r\n", &[("A", "1", "1", 1), ("TAG", "1.0", "1.0", 2)]);
        check("\u{feff}TAG=1.0\n", &[("TAG", "1.0", "1.0", 1)]);
        check("# TAG=0\n  export TAG='1.0' # c\n", &[("TAG", "'1.0'", "1.0", 2)]);
        check("TAG=\"1.0\"\n", &[("TAG", "\"1.0\"", "1.0", 1)]);
        check("TAG=1.0 # c\nB=a#b\n", &[("TAG", "1.0", "1.0", 1), ("B", "a#b", "a#b", 2)]);
        check("TAG=\nB=2\n", &[("TAG", "", "", 1), ("B", "2", "2", 2)]);
        check("KEY='a\nTAG=0\n'\nTAG=1\n", &[("KEY", "'a\nTAG=0\n'", "a\nTAG=0\n", 1), ("TAG", "1", "1", 4)]);
        check("EXPORTED\nexported=1\n", &[("exported", "1", "1", 2)]);
        check("\n\n#\n", &[]);
    }

    #[test]
    fn says_which_values_are_not_told_by_their_looks() {
        let check = |text: &str, is_unclear: bool| {
            assert_eq!(entries(text)[0].unclear.is_some(), is_unclear, "{text:?}");
        };
        check("TAG=1.0", false);
        check("TAG='1.$0'", false);
        check("TAG=$OTHER", true);
        check("TAG=\"${OTHER}\"", true);
        check("TAG=\"1\\n\"", true);
        check("TAG='1", true);
        check("TAG='1'0", true);
        check("TAG='1\n0'", true);
        check("TAG: 1.0", true);
    }
}
