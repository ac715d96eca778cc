//! The command line.

use std::path::PathBuf;

use dockrev_faults::Failure;

/// What is run, and how.
#[derive(Debug)]
pub(crate) struct Options {
    /// Only cases whose name holds one of these texts, which commas part.
    pub(crate) only: Option<String>,
    /// What the random jobs are drawn from.
    pub(crate) seed: u64,
    /// How many random jobs.
    pub(crate) random: u32,
    /// How many engines at once.
    pub(crate) jobs: usize,
    pub(crate) json: bool,
    /// Where each case is written down when it is done, and what is in there is not tried again.
    pub(crate) done: Option<PathBuf>,
    pub(crate) program: PathBuf,
    pub(crate) plugins: PathBuf,
}

/// How many random jobs there are unless the command line says otherwise.
const RANDOM_JOBS: u32 = 200;

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self {
            only: None,
            seed: 1,
            random: RANDOM_JOBS,
            jobs: std::thread::available_parallelism().map_or(2, usize::from),
            json: false,
            done: None,
            program: PathBuf::new(),
            plugins: PathBuf::new(),
        };
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            if word == "--json" {
                options.json = true;
                continue;
            }
            let value = words.next().ok_or_else(|| Failure::new(format!("`{word}` needs a value")))?;
            let number = || value.parse::<u64>().map_err(Failure::of(format!("`{word} {value}`")));
            match word.as_str() {
                "--only" => options.only = Some(value.clone()),
                "--seed" => options.seed = number()?,
                "--random" => options.random = u32::try_from(number()?).map_err(Failure::of(word))?,
                "--jobs" => options.jobs = usize::try_from(number()?).map_err(Failure::of(word))?.max(1),
                "--done" => options.done = Some(value.into()),
                "--dockrev" => options.program = value.into(),
                "--plugins" => options.plugins = value.into(),
                unknown => return Err(Failure::new(format!("unknown option `{unknown}`"))),
            }
        }
        if options.program.as_os_str().is_empty() || options.plugins.as_os_str().is_empty() {
            return Err(Failure::new("`--dockrev FILE` and `--plugins FOLDER` say what is tried"));
        }
        Ok(options)
    }
}
