use dockrev_testkit::Generation;

use crate::arguments::{Manner, Program, number, value};
use crate::failure::Failure;

/// What `update` was asked for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(super) runs: u32,
    /// Which Compose is used, by Dockrev and by itself.
    pub(super) generation: Generation,
    pub(super) manner: Manner,
    pub(super) program: Program,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let (manner, program) = (Manner::default(), Program::default());
        let mut options = Self { runs: 5, generation: Generation::V2, manner, program };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--runs" => options.runs = number(argument, &mut rest)?,
                "--compose" => {
                    options.generation = match value(argument, &mut rest)? {
                        "1" => Generation::V1,
                        "2" => Generation::V2,
                        other => return Err(Failure::new(format!("`--compose` takes `1` or `2`, not `{other}`"))),
                    }
                }
                "--dockrev" => options.program.dockrev = value(argument, &mut rest)?.into(),
                "--plugins" => options.program.plugins = value(argument, &mut rest)?.into(),
                other if options.manner.takes(other) => {}
                unknown => return Err(Failure::new(format!("`update` does not know `{unknown}`"))),
            }
        }
        if options.runs == 0 {
            return Err(Failure::new("`update` takes at least one run"));
        }
        options.program.check()?;
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::words;

    #[test]
    fn arguments_are_checked() {
        let parse = |line: &str| Options::parse(&words(line));
        let good = parse("--dockrev /d --plugins /p --runs 2 --compose 1").unwrap();
        assert_eq!((good.runs, good.generation), (2, Generation::V1));
        for bad in ["", "--dockrev /d --plugins p", "--dockrev /d --plugins /p --runs 0", "--compose 3", "--what"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
