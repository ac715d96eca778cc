//! Cron expressions, followed in a time zone.

use croner::errors::CronError;
use croner::parser::{CronParser, Seconds};
use croner::{CivilDateTime, Cron, CronDateTime, Resolution, Weekday};
use jiff::civil::DateTime;
use jiff::tz::AmbiguousOffset;
use jiff::{SignedDuration, ZonedDateTime};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// Times of the day by a cron expression, with seconds in front or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronTimes {
    text: String,
    cron: Cron,
}

/// A text is no cron expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no cron expression ({reason}): expected five fields, or six with seconds in front, such as `30 2 * * *`"
)]
pub struct ParseCronError {
    text: String,
    reason: String,
}

impl FromStr for CronTimes {
    type Err = ParseCronError;

    fn from_str(text: &str) -> Result<Self, ParseCronError> {
        let text = text.trim();
        let parsed = CronParser::builder().seconds(Seconds::Optional).build().parse(text);
        let cron = parsed.map_err(|error| ParseCronError { text: text.to_owned(), reason: error.to_string() })?;
        Ok(Self { text: text.to_owned(), cron })
    }
}

impl fmt::Display for CronTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl CronTimes {
    /// The next time after `now`, in its time zone. None if there is none in the years that are looked through.
    #[must_use]
    pub fn next_after(&self, now: &ZonedDateTime) -> Option<ZonedDateTime> {
        let local = Local(now.clone());
        self.cron.find_next_occurrence(&local, false).ok().map(|next| next.0)
    }
}

/// A time that croner can search over.
#[derive(Clone)]
struct Local(ZonedDateTime);

impl CronDateTime for Local {
    fn to_civil(&self) -> CivilDateTime {
        let time = self.0.datetime();
        let part = |part: i8| u32::try_from(part).unwrap_or_default();
        let (year, month, day) = (i32::from(time.year()), part(time.month()), part(time.day()));
        let of_day = (part(time.hour()), part(time.minute()), part(time.second()));
        CivilDateTime::from_ymd_hms_opt(year, month, day, of_day.0, of_day.1, of_day.2)
            .unwrap_or_else(|| unreachable!("jiff knows only dates that are"))
    }

    fn civil_weekday(&self) -> Weekday {
        let day = self.0.datetime().weekday().to_sunday_zero_offset();
        const DAYS: [Weekday; 7] = [
            Weekday::Sunday,
            Weekday::Monday,
            Weekday::Tuesday,
            Weekday::Wednesday,
            Weekday::Thursday,
            Weekday::Friday,
            Weekday::Saturday,
        ];
        DAYS[usize::try_from(day).unwrap_or_default() % DAYS.len()]
    }

    fn resolve_civil(&self, civil: CivilDateTime) -> Result<Resolution<Self>, CronError> {
        let ambiguous = self.0.time_zone().to_ambiguous_zoned_datetime(of_civil(civil).ok_or(CronError::InvalidDate)?);
        let known = |time: Result<ZonedDateTime, jiff::Error>| time.map(Local).map_err(|_| CronError::InvalidTime);
        Ok(match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => Resolution::Single(known(ambiguous.unambiguous())?),
            AmbiguousOffset::Fold { .. } => {
                Resolution::Ambiguous(known(ambiguous.clone().earlier())?, known(ambiguous.later())?)
            }
            AmbiguousOffset::Gap { .. } => Resolution::Gap,
        })
    }

    fn checked_add_seconds(&self, seconds: i64) -> Option<Self> {
        self.0.checked_add(SignedDuration::from_secs(seconds)).ok().map(Local)
    }

    fn cmp_instant(&self, other: &Self) -> Ordering {
        self.0.timestamp().cmp(&other.0.timestamp())
    }
}

fn of_civil(civil: CivilDateTime) -> Option<DateTime> {
    let part = |part: u32| i8::try_from(part).ok();
    let (year, month, day) = (i16::try_from(civil.year()).ok()?, part(civil.month())?, part(civil.day())?);
    let (hour, minute, second) = (part(civil.hour())?, part(civil.minute())?, part(civil.second())?);
    DateTime::new(year, month, day, hour, minute, second, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_followed_through_the_nights_on_which_clocks_change() {
        let check = |expression: &str, now: &str, expected: &str| {
            let next = expression.parse::<CronTimes>().unwrap().next_after(&now.parse().unwrap());
            assert_eq!(next.map(|next| next.to_string()).as_deref(), Some(expected), "{expression} after {now}");
        };
        check("30 2 * * *", "2026-11-30T01:00:00[UTC]", "2026-11-30T02:30:00+00:00[UTC]");
        check("30 2 * * *", "2026-11-30T02:30:00[UTC]", "2026-12-01T02:30:00+00:00[UTC]");
        check("*/20 * * * * *", "2026-11-30T02:30:01[UTC]", "2026-11-30T02:30:20+00:00[UTC]");
        check("0 6 * * MON", "2026-11-30T06:00:00[UTC]", "2026-12-07T06:00:00+00:00[UTC]");
        // 02:30 does not come on the 29th, and comes twice on the 25th.
        let berlin = |time: &str| format!("{time}[Europe/Berlin]");
        check("30 2 * * *", &berlin("2026-03-29T01:00:00+01:00"), &berlin("2026-03-29T03:00:00+02:00"));
        check("30 2 * * *", &berlin("2026-10-25T02:30:00+02:00"), &berlin("2026-10-26T02:30:00+01:00"));
    }

    #[test]
    fn what_is_none_is_said() {
        for text in ["", "often", "60 * * * *", "* * * *"] {
            let error = text.parse::<CronTimes>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{text}` is no cron expression (")), "{error}");
        }
    }
}
