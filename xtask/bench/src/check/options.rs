use crate::arguments::{Manner, Program, number, value};
use crate::failure::Failure;
use crate::registry::Auth;

/// Most images that a run takes: an engine makes some ten containers a second.
const IMAGES_MAX: usize = 5000;

/// What `check` was asked for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(super) images: usize,
    pub(super) latency_ms: u64,
    pub(super) runs: usize,
    pub(super) auth: Auth,
    pub(super) manner: Manner,
    pub(super) program: Program,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self {
            images: 100,
            latency_ms: 30,
            runs: 3,
            auth: Auth::Open,
            manner: Manner::default(),
            program: Program::default(),
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--images" => options.images = number(argument, &mut rest)?,
                "--latency-ms" => options.latency_ms = number(argument, &mut rest)?,
                "--runs" => options.runs = number(argument, &mut rest)?,
                "--auth" => options.auth = auth(value(argument, &mut rest)?)?,
                "--dockrev" => options.program.dockrev = value(argument, &mut rest)?.into(),
                "--plugins" => options.program.plugins = value(argument, &mut rest)?.into(),
                other if options.manner.takes(other) => {}
                unknown => return Err(Failure::new(format!("`check` does not know `{unknown}`"))),
            }
        }
        if options.images == 0 || options.images > IMAGES_MAX || options.runs == 0 {
            return Err(Failure::new(format!("`check` takes 1 to {IMAGES_MAX} images and at least one run")));
        }
        options.program.check()?;
        Ok(options)
    }
}

fn auth(text: &str) -> Result<Auth, Failure> {
    match text {
        "none" => Ok(Auth::Open),
        "token" => Ok(Auth::Token),
        other => Err(Failure::new(format!("`--auth` takes `none` or `token`, not `{other}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::words;

    fn parse(line: &str) -> Result<Options, Failure> {
        Options::parse(&words(line))
    }

    #[test]
    fn arguments_are_checked() {
        let good = parse("--dockrev /d --plugins /p --images 500 --latency-ms 0 --auth token --strict").unwrap();
        assert_eq!((good.images, good.latency_ms, good.auth, good.manner.strict), (500, 0, Auth::Token, true));
        for bad in [
            "--dockrev /d --plugins p",
            "--dockrev /d --plugins /p --images 0",
            "--dockrev /d --plugins /p --images x",
            "--dockrev /d --plugins /p --runs",
            "--dockrev /d --plugins /p --auth basic",
            "--what",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
