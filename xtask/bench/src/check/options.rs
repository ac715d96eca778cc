use std::path::PathBuf;

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
    pub(super) json: bool,
    pub(super) strict: bool,
    pub(super) dockrev: PathBuf,
    pub(super) plugins: PathBuf,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self {
            images: 100,
            latency_ms: 30,
            runs: 3,
            auth: Auth::Open,
            json: false,
            strict: false,
            dockrev: PathBuf::new(),
            plugins: PathBuf::new(),
        };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut value = || rest.next().ok_or_else(|| Failure::new(format!("`{argument}` needs a value")));
            match argument.as_str() {
                "--images" => options.images = number(argument, value()?)?,
                "--latency-ms" => options.latency_ms = number(argument, value()?)?,
                "--runs" => options.runs = number(argument, value()?)?,
                "--auth" => options.auth = auth(value()?)?,
                "--json" => options.json = true,
                "--strict" => options.strict = true,
                "--dockrev" => options.dockrev = value()?.into(),
                "--plugins" => options.plugins = value()?.into(),
                unknown => return Err(Failure::new(format!("`check` does not know `{unknown}`"))),
            }
        }
        if options.images == 0 || options.images > IMAGES_MAX || options.runs == 0 {
            return Err(Failure::new(format!("`check` takes 1 to {IMAGES_MAX} images and at least one run")));
        }
        for (name, path) in [("--dockrev", &options.dockrev), ("--plugins", &options.plugins)] {
            if !path.is_absolute() {
                return Err(Failure::new(format!("`{name}` needs a whole path; `cargo xtask bench` gives it")));
            }
        }
        Ok(options)
    }
}

fn number<N: std::str::FromStr>(name: &str, text: &str) -> Result<N, Failure> {
    text.parse().map_err(|_| Failure::new(format!("`{name}` takes a number, not `{text}`")))
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

    fn parse(line: &str) -> Result<Options, Failure> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Options::parse(&arguments)
    }

    #[test]
    fn arguments_are_checked() {
        let good = parse("--dockrev /d --plugins /p --images 500 --latency-ms 0 --auth token --strict").unwrap();
        assert_eq!((good.images, good.latency_ms, good.auth, good.strict), (500, 0, Auth::Token, true));
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
