use std::path::PathBuf;

use dockrev_testkit::Generation;

use crate::failure::Failure;

/// What `update` was asked for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(super) runs: u32,
    /// Which Compose is used, by Dockrev and by itself.
    pub(super) generation: Generation,
    pub(super) json: bool,
    pub(super) strict: bool,
    pub(super) dockrev: PathBuf,
    pub(super) plugins: PathBuf,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self {
            runs: 5,
            generation: Generation::V2,
            json: false,
            strict: false,
            dockrev: PathBuf::new(),
            plugins: PathBuf::new(),
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| Failure::new(format!("`{argument}` needs a value")));
            match argument.as_str() {
                "--runs" => {
                    let text = value()?;
                    let runs = text.parse().ok().filter(|runs| *runs > 0);
                    options.runs =
                        runs.ok_or_else(|| Failure::new(format!("`--runs` takes a number, not `{text}`")))?;
                }
                "--compose" => {
                    options.generation = match value()?.as_str() {
                        "1" => Generation::V1,
                        "2" => Generation::V2,
                        other => return Err(Failure::new(format!("`--compose` takes `1` or `2`, not `{other}`"))),
                    }
                }
                "--json" => options.json = true,
                "--strict" => options.strict = true,
                "--dockrev" => options.dockrev = value()?.into(),
                "--plugins" => options.plugins = value()?.into(),
                unknown => return Err(Failure::new(format!("`update` does not know `{unknown}`"))),
            }
        }
        for (name, path) in [("--dockrev", &options.dockrev), ("--plugins", &options.plugins)] {
            if !path.is_absolute() {
                return Err(Failure::new(format!("`{name}` needs a whole path; `cargo xtask bench` gives it")));
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_checked() {
        let parse = |line: &str| {
            let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            Options::parse(&arguments)
        };
        let good = parse("--dockrev /d --plugins /p --runs 2 --compose 1").unwrap();
        assert_eq!((good.runs, good.generation), (2, Generation::V1));
        for bad in ["", "--dockrev /d --plugins p", "--dockrev /d --plugins /p --runs 0", "--compose 3", "--what"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
