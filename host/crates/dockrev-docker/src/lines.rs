//! Lines of text that programs and containers print, made fit for a log.

/// Longest line that is kept, in bytes: a log is for reading, and a program may print without end.
pub(crate) const LINE_MAX_BYTES: usize = 4 * 1024;

const ESCAPE: char = '\u{1b}';
const BELL: char = '\u{7}';

/// The line without terminal control sequences, control characters and surrounding blanks, cut to a fit length.
pub(crate) fn clean(line: &str) -> String {
    shorten(strip_control(line).trim_end(), LINE_MAX_BYTES)
}

/// At most the first `max_bytes` of `text`, with a mark if something is missing.
pub(crate) fn shorten(text: &str, max_bytes: usize) -> String {
    if text.len() <= max_bytes {
        return text.to_owned();
    }
    let end = (0..=max_bytes).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    format!("{}…", &text[..end])
}

/// ECMA-48 control sequences and strings, and all control characters but the tabulator, taken out.
fn strip_control(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            ESCAPE => match characters.next() {
                Some('[') => {
                    characters.by_ref().find(|c| ('@'..='~').contains(c));
                }
                Some(']' | 'P' | 'X' | '^' | '_') => {
                    let mut before = ' ';
                    characters.by_ref().find(|&c| {
                        let ends = c == BELL || (before == ESCAPE && c == '\\');
                        before = c;
                        ends
                    });
                }
                Some(_) | None => {}
            },
            '\t' => kept.push('\t'),
            control if control.is_control() => {}
            other => kept.push(other),
        }
    }
    kept
}

/// Cuts a stream of bytes into lines, none longer than fits a log.
#[derive(Debug, Default)]
pub(crate) struct LineSplitter {
    pending: Vec<u8>,
}

impl LineSplitter {
    /// Takes bytes and gives the lines that are complete with them, cleaned; empty ones are left out.
    pub(crate) fn push(&mut self, bytes: &[u8], mut on_line: impl FnMut(String)) {
        for &byte in bytes {
            match byte {
                b'\n' | b'\r' => self.finish(&mut on_line),
                // What is beyond the limit is dropped, so that a program cannot fill the memory.
                _ if self.pending.len() <= LINE_MAX_BYTES => self.pending.push(byte),
                _ => {}
            }
        }
    }

    /// Gives the line that has no end yet, if there is one.
    pub(crate) fn finish(&mut self, mut on_line: impl FnMut(String)) {
        let line = clean(&String::from_utf8_lossy(&self.pending));
        self.pending.clear();
        if !line.is_empty() {
            on_line(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_terminal_control_out() {
        let check = |raw: &str, kept: &str| assert_eq!(clean(raw), kept, "{raw:?}");
        check("plain", "plain");
        check("\u{1b}[32mdone\u{1b}[0m", "done");
        check("\u{1b}[1A\u{1b}[2K\rCreating app ... done\u{1b}[1B", "Creating app ... done");
        check("\u{1b}]0;title\u{7}text", "text");
        check("\u{1b}]8;;http://x\u{1b}\\link", "link");
        check("\u{1b}(Bascii", "Bascii");
        check("tab\there \t", "tab\there");
        check("bell\u{7} and null\u{0}", "bell and null");
        check("half a sequence \u{1b}[3", "half a sequence");
        check(" ⠿ Container app-1  Started", " ⠿ Container app-1  Started");
    }

    #[test]
    fn cuts_between_characters() {
        assert_eq!(shorten("äöü", 3), "ä…");
        assert_eq!(shorten("abc", 3), "abc");
    }

    #[test]
    fn splits_at_every_kind_of_line_end() {
        let mut splitter = LineSplitter::default();
        let mut lines = Vec::new();
        splitter.push(b"one\r\ntw", |line| lines.push(line));
        splitter.push(b"o\rthree\n\n", |line| lines.push(line));
        splitter.push(&[b'x'; LINE_MAX_BYTES * 3], |line| lines.push(line));
        splitter.push(b"\nlast", |line| lines.push(line));
        splitter.finish(|line| lines.push(line));
        assert_eq!(lines[..3], ["one", "two", "three"]);
        assert!(lines[3].len() < LINE_MAX_BYTES + 8);
        assert_eq!(lines[4], "last");
    }
}
