use crate::failure::Failure;

/// Largest tree, in MiB: it is there three times at once.
const SIZE_MAX_MIB: u64 = 16 * 1024;

/// What `backup` was asked for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(super) size_mib: u64,
    pub(super) runs: u32,
    pub(super) json: bool,
    pub(super) strict: bool,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self { size_mib: 1024, runs: 3, json: false, strict: false };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut number = || {
                let text = rest.next().ok_or_else(|| Failure::new(format!("`{argument}` needs a value")))?;
                text.parse::<u32>().map_err(|_| Failure::new(format!("`{argument}` takes a number, not `{text}`")))
            };
            match argument.as_str() {
                "--size-mib" => options.size_mib = number()?.into(),
                "--runs" => options.runs = number()?,
                "--json" => options.json = true,
                "--strict" => options.strict = true,
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

    #[test]
    fn arguments_are_checked() {
        let parse = |line: &str| {
            let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            Options::parse(&arguments)
        };
        let good = parse("--size-mib 64 --runs 2 --strict").unwrap();
        assert_eq!((good.size_mib, good.runs, good.strict, good.json), (64, 2, true, false));
        for bad in ["--size-mib", "--size-mib x", "--size-mib 1", "--runs 0", "--what"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
