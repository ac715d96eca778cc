//! Jumps that are more likely a mistake in the repository than the next version.

use crate::calendar::Calendar;
use crate::number::Number;
use crate::version::Version;
use std::collections::{BTreeMap, BTreeSet};

/// The smallest jump of the first number that may be doubtful.
const JUMP_MIN: u64 = 5;

/// A jump is out of proportion if it is so many times the largest one before it.
const JUMP_FACTOR: u64 = 4;

/// From this jump on, it is a second numbering of the repository (a browser's among those of its image), however many
/// versions it has.
const OTHER_NUMBERING_JUMP: u64 = 50;

/// Build numbers grow irregularly: one is doubtful if it is so many times the one before it.
const BUILD_FACTOR: u64 = 10;

/// With more versions than this above a jump, it is the project's new line.
const ODD_MAX: usize = 4;

/// There must be so many versions below a jump for each one above it.
const BELOW_PER_ODD: usize = 4;

/// The first number from which on versions are doubtful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Doubt {
    from: u64,
    below: String,
}

impl Doubt {
    /// Looks for a doubtful jump above `current` in the versions of its track, itself among them.
    pub(crate) fn find<'v, 'a: 'v>(
        current: &Version<'_>,
        track: impl Iterator<Item = (&'v str, &'v Version<'a>)>,
    ) -> Option<Self> {
        let mut lines: BTreeMap<u64, Line<'v, 'a>> = BTreeMap::new();
        for (name, version) in track {
            let line = lines.entry(leading(version)).or_default();
            line.versions.insert(version.numbers());
            if line.newest.is_none_or(|(_, newest)| newest.order(version).is_some_and(std::cmp::Ordering::is_lt)) {
                line.newest = Some((name, version));
            }
        }
        let total: usize = lines.values().map(|line| line.versions.len()).sum();
        let mut lower: Option<(u64, &Line<'v, 'a>)> = None;
        let (mut below, mut largest_jump) = (0, 1);
        for (at, line) in &lines {
            if let Some((lower_at, lower)) = lower {
                let counts = Counts { below, above: total - below };
                let is_doubtful = is_out_of_proportion(current, lower_at, *at, largest_jump, &counts);
                if *at > leading(current) && is_doubtful {
                    let below = lower.newest.map_or("", |(name, _)| name).to_owned();
                    return Some(Self { from: *at, below });
                }
                largest_jump = largest_jump.max(at - lower_at);
            }
            below += line.versions.len();
            lower = Some((*at, line));
        }
        None
    }

    /// Why `version` is doubtful, if it is.
    pub(crate) fn reason(&self, version: &Version<'_>) -> Option<String> {
        let below = &self.below;
        (leading(version) >= self.from)
            .then(|| format!("it is doubtful: it stands far above `{below}`, the next lower version of its shape"))
    }
}

/// Versions with the same first number.
#[derive(Default)]
struct Line<'v, 'a> {
    versions: BTreeSet<&'v [Number<'a>]>,
    newest: Option<(&'v str, &'v Version<'a>)>,
}

/// How many versions are below and above a jump.
struct Counts {
    below: usize,
    above: usize,
}

fn is_out_of_proportion(current: &Version<'_>, lower: u64, upper: u64, largest_jump: u64, counts: &Counts) -> bool {
    let jump = upper - lower;
    let are_few = counts.above <= ODD_MAX && counts.below >= BELOW_PER_ODD * counts.above;
    if let ([_], Calendar::None) = (current.numbers(), current.calendar()) {
        return are_few && upper >= lower.saturating_mul(BUILD_FACTOR);
    }
    let is_far = jump >= JUMP_MIN && jump >= largest_jump.saturating_mul(JUMP_FACTOR);
    is_far && (are_few || (jump >= OTHER_NUMBERING_JUMP && counts.below >= BELOW_PER_ODD))
}

/// The first number, or the year of a date.
fn leading(version: &Version<'_>) -> u64 {
    let Some(first) = version.numbers().first() else { return 0 };
    match version.calendar() {
        Calendar::Date => first.year().unwrap_or_default(),
        Calendar::None | Calendar::ShortYear | Calendar::Year | Calendar::Spelled => first.value(),
    }
}
