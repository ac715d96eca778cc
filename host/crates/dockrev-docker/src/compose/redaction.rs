//! Keeps values that Compose quotes out of logs and errors.

/// How both Composes begin to tell that a variable in a file cannot be filled in: `invalid interpolation format for`,
/// `error while interpolating`. What follows, over any number of lines, quotes the file, and that may be a secret.
const MARK: &str = "interpolat";
const WITHHELD: &str = "[withheld: Compose could not fill in a variable of the files, and quotes values here]";

/// What one output stream may show.
#[derive(Debug, Default)]
pub(super) struct Redaction {
    is_withholding: bool,
}

impl Redaction {
    /// The next line as it may be shown, if it may. Compose ends after such an error, so nothing else is lost with the
    /// rest of its lines.
    pub(super) fn line(&mut self, line: String) -> Option<String> {
        if self.is_withholding {
            return None;
        }
        self.is_withholding = line.to_ascii_lowercase().contains(MARK);
        Some(if self.is_withholding { WITHHELD.to_owned() } else { line })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_no_quoted_value() {
        let check = |printed: &str, shown: &[&str]| {
            let mut redaction = Redaction::default();
            let lines: Vec<_> = printed.lines().filter_map(|line| redaction.line(line.to_owned())).collect();
            assert_eq!(lines, shown, "{printed}");
        };
        check("Recreating web\nweb Error no such image", &["Recreating web", "web Error no such image"]);
        // 1.29.2
        check(
            "Invalid interpolation format for \"environment\" option in service \"web\": \"a${b-\nhunter2\"",
            &[WITHHELD],
        );
        check(
            "Missing mandatory value for \"environment\" option interpolating {'PASSWORD': 'hunter2${X:?}'}",
            &[WITHHELD],
        );
        // 2.26.1
        check(
            "a warning\ninvalid interpolation format for services.web.environment.PASSWORD.\n\
             You may need to escape any $ with another $.\na${b-\nhunter2",
            &["a warning", WITHHELD],
        );
        check("error while interpolating services.web.environment.PASSWORD: required variable X: hunter2", &[WITHHELD]);
    }
}
