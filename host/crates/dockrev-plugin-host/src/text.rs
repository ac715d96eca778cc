/// Longest text of a plugin that is shown, in bytes: a sentence or two.
const SHOWN_MAX_BYTES: usize = 500;

/// A plugin's text as it may be shown: one line of bounded length that cannot command a terminal.
pub(crate) fn shown(text: &str) -> String {
    one_line(text, SHOWN_MAX_BYTES)
}

/// Cuts `text` to `max_bytes` and replaces what moves the cursor, changes its colour or its direction.
pub(crate) fn one_line(text: &str, max_bytes: usize) -> String {
    let mut end = text.len().min(max_bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut line: String = text[..end].trim().chars().map(|c| if is_shown(c) { c } else { ' ' }).collect();
    if end < text.len() {
        line.push('…');
    }
    line
}

fn is_shown(character: char) -> bool {
    let turns_direction =
        matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks_line = matches!(character, '\u{2028}' | '\u{2029}');
    !character.is_control() && !turns_direction && !breaks_line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_made_harmless() {
        let check = |text: &str, max_bytes: usize, expected: &str| assert_eq!(one_line(text, max_bytes), expected);
        check("plain text\n", 100, "plain text");
        check("two\nlines\u{1b}[31m", 100, "two lines [31m");
        check("left\u{202e}right", 100, "left right");
        check("äöü", 3, "ä…");
        check("", 3, "");
    }
}
