use crate::arguments::{Manner, number};
use crate::failure::Failure;

/// Largest tree, in MiB: it is there three times at once.
const SIZE_MAX_MIB: u64 = 16 * 1024;

/// What `backup` was asked for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(super) size_mib: u64,
    pub(super) runs: u32,
    pub(super) manner: Manner,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self { size_mib: 1024, runs: 3, manner: Manner::default() };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--size-mib" => options.size_mib = number::<u32>(argument, &mut rest)?.into(),
                "--runs" => options.runs = number(argument, &mut rest)?,
                other if options.manner.takes(other) => {}
                unknown => return Err(Failure::new(format!("`backup` does not know `{unknown}`"))),
            }
        }
        if !(16..=SIZE_MAX_MIB).contains(&options.size_mib) || options.runs == 0 {
            return Err(Failure::new(format!(
                "`backup` takes a tree of 16 to {SIZE_MAX_MIB} MiB and at least one run"
            )));
        }
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
        let good = parse("--size-mib 64 --runs 2 --strict").unwrap();
        assert_eq!((good.size_mib, good.runs, good.manner), (64, 2, Manner { strict: true, json: false }));
        for bad in ["--size-mib", "--size-mib x", "--size-mib 1", "--runs 0", "--what"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
