use std::path::PathBuf;

use crate::arguments::{Manner, Program, number, value};
use crate::failure::Failure;

/// Most services and jobs that are written down for a run.
const SERVICES_MAX: usize = 10_000;
const JOBS_MAX: usize = 1_000_000;

/// What `server` was asked for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(super) services: usize,
    pub(super) jobs: usize,
    pub(super) requests: usize,
    /// The script that opens the page, if that is measured, too.
    pub(super) page: Option<PathBuf>,
    pub(super) manner: Manner,
    pub(super) program: Program,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let options = Self::read(arguments)?;
        options.program.check()?;
        Ok(options)
    }

    /// The same without a program.
    pub(super) fn read(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self {
            services: 500,
            jobs: 20_000,
            requests: 200,
            page: None,
            manner: Manner::default(),
            program: Program::default(),
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--services" => options.services = number(argument, &mut rest)?,
                "--jobs" => options.jobs = number(argument, &mut rest)?,
                "--requests" => options.requests = number(argument, &mut rest)?,
                "--page" => options.page = Some(value(argument, &mut rest)?.into()),
                "--dockrev" => options.program.dockrev = value(argument, &mut rest)?.into(),
                "--plugins" => options.program.plugins = value(argument, &mut rest)?.into(),
                other if options.manner.takes(other) => {}
                unknown => return Err(Failure::new(format!("`server` does not know `{unknown}`"))),
            }
        }
        let is_possible =
            (1..=SERVICES_MAX).contains(&options.services) && options.jobs <= JOBS_MAX && options.requests > 0;
        if is_possible {
            Ok(options)
        } else {
            Err(Failure::new(format!(
                "`server` takes 1 to {SERVICES_MAX} services, up to {JOBS_MAX} jobs and at least one request"
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::words;

    #[test]
    fn arguments_are_checked() {
        let parse = |line: &str| Options::parse(&words(line));
        let good = parse("--dockrev /d --plugins /p --services 8 --jobs 0 --requests 1 --page /s.mjs").unwrap();
        assert_eq!((good.services, good.jobs, good.requests), (8, 0, 1));
        for bad in ["", "--dockrev /d --plugins /p --services 0", "--dockrev /d --plugins /p --requests 0", "--what"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
