//! Maintenance windows: when updates may begin by themselves.
//!
//! A window begins and ends when the clocks on the wall say so, on some days of the week. Where clocks are put forward over
//! its beginning, it begins right after that, and where nothing would be left of it, it lasts as long as it says. Where an
//! hour comes twice, it begins the first time and is open once.

use jiff::civil::{Date, Time, Weekday};
use jiff::{SignedDuration, ToSpan as _, ZonedDateTime};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// Days that are looked through for the next window: every weekday comes in a week, and one begins at the last day's end.
const DAYS_AHEAD: i64 = 8;
const DAY_MINUTES: i64 = 24 * 60;

/// One window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    text: String,
    /// Days of the week on which it begins, counted from Monday.
    days: BTreeSet<i8>,
    start: Time,
    length: SignedDuration,
}

/// Windows: one of them is enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Windows(Vec<Window>);

/// Whether a window is open.
#[derive(Clone, Debug, PartialEq)]
pub enum Opening {
    /// It is, until then.
    OpenUntil(ZonedDateTime),
    /// None is. The next one opens then; none ever does if there is none.
    Closed(Option<ZonedDateTime>),
}

/// A text is no window.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no window: expected a time such as `02:00-05:00`, with days before it or not, such as `Sat,Sun 22:00-04:00` \
     or `Mon-Fri 01:30-02:30`"
)]
pub struct ParseWindowError {
    text: String,
}

impl FromStr for Window {
    type Err = ParseWindowError;

    fn from_str(text: &str) -> Result<Self, ParseWindowError> {
        let wrong = || ParseWindowError { text: text.trim().to_owned() };
        let words: Vec<&str> = text.split_whitespace().collect();
        let (days, times) = match words[..] {
            [times] => ((0..7).collect(), times),
            [days, times] => (parse_days(days).ok_or_else(wrong)?, times),
            _ => return Err(wrong()),
        };
        let (start, end) = times.split_once('-').ok_or_else(wrong)?;
        let (start, end) = (minutes(start).ok_or_else(wrong)?, minutes(end).ok_or_else(wrong)?);
        if start >= DAY_MINUTES || start == end {
            return Err(wrong());
        }
        let length = if end > start { end - start } else { end + DAY_MINUTES - start };
        let (hour, minute) = (i8::try_from(start / 60), i8::try_from(start % 60));
        let (Ok(hour), Ok(minute)) = (hour, minute) else { return Err(wrong()) };
        let start = Time::new(hour, minute, 0, 0).map_err(|_| wrong())?;
        Ok(Self { text: words.join(" "), days, start, length: SignedDuration::from_mins(length) })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Window {
    /// When it opens and closes if it begins on `date`, in the time zone of `now`. None on a day that is not one of its.
    fn on(&self, date: Date, now: &ZonedDateTime) -> Option<(ZonedDateTime, ZonedDateTime)> {
        if !self.days.contains(&date.weekday().to_monday_zero_offset()) {
            return None;
        }
        // A time that clocks leave out is taken as the one that they show instead.
        let zone = || now.time_zone().clone();
        let start = date.to_datetime(self.start);
        let (opens, closes) = (
            start.to_zoned_datetime(zone()).ok()?,
            start.checked_add(self.length).ok()?.to_zoned_datetime(zone()).ok()?,
        );
        if closes > opens {
            return Some((opens, closes));
        }
        let closes = opens.checked_add(self.length).ok()?;
        Some((opens, closes))
    }
}

impl Windows {
    /// These.
    #[must_use]
    pub fn new(windows: Vec<Window>) -> Self {
        Self(windows)
    }

    /// Each of them, as it was written.
    pub fn iter(&self) -> impl Iterator<Item = &Window> {
        self.0.iter()
    }

    /// Whether one is open at `now`, in its time zone.
    #[must_use]
    pub fn at(&self, now: &ZonedDateTime) -> Opening {
        let days = (-1..=DAYS_AHEAD).filter_map(|days| now.date().checked_add(days.days()).ok());
        let mut times: Vec<(ZonedDateTime, ZonedDateTime)> =
            days.flat_map(|date| self.0.iter().filter_map(move |window| window.on(date, now))).collect();
        times.sort_by(|a, b| a.0.cmp(&b.0));
        let open = times.iter().filter(|(opens, closes)| opens <= now && now < closes);
        match open.map(|(_, closes)| closes).max() {
            Some(closes) => Opening::OpenUntil(joined(closes.clone(), &times)),
            None => Opening::Closed(times.into_iter().map(|(opens, _)| opens).find(|opens| opens > now)),
        }
    }
}

/// When what is open until `closes` really closes: windows that meet or overlap are one.
fn joined(mut closes: ZonedDateTime, times: &[(ZonedDateTime, ZonedDateTime)]) -> ZonedDateTime {
    for (opens, next_closes) in times {
        if *opens <= closes && *next_closes > closes {
            closes = next_closes.clone();
        }
    }
    closes
}

/// `Mon`, `Sat,Sun` or `Mon-Fri`; a range may go over the end of the week.
fn parse_days(text: &str) -> Option<BTreeSet<i8>> {
    let mut days = BTreeSet::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (parse_day(first)?, parse_day(last)?);
        let mut day = first;
        days.insert(day.to_monday_zero_offset());
        while day != last {
            day = day.next();
            days.insert(day.to_monday_zero_offset());
        }
    }
    Some(days)
}

fn parse_day(text: &str) -> Option<Weekday> {
    const DAYS: [(&str, Weekday); 7] = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    let text = text.to_ascii_lowercase();
    DAYS.into_iter().find(|(name, _)| *name == text || (text.len() == 3 && name.starts_with(&text))).map(|(_, day)| day)
}

/// `HH:MM` as minutes of the day, up to `24:00`.
fn minutes(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| text.parse::<i64>().ok().filter(|_| text.len() == 2 && !text.starts_with(['+', '-']));
    let (hour, minute) = (number(hour)?, number(minute)?);
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= DAY_MINUTES).then_some(minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn windows(texts: &[&str]) -> Windows {
        Windows::new(texts.iter().map(|text| text.parse().unwrap()).collect())
    }

    #[track_caller]
    fn check(texts: &[&str], now: &str, expected: &str) {
        let said = match windows(texts).at(&now.parse().unwrap()) {
            Opening::OpenUntil(closes) => format!("open until {closes}"),
            Opening::Closed(Some(opens)) => format!("closed until {opens}"),
            Opening::Closed(None) => "closed".to_owned(),
        };
        assert_eq!(said, expected, "{texts:?} at {now}");
    }

    #[test]
    fn a_window_is_open_from_its_beginning_to_before_its_end() {
        let daily = ["02:00-05:00"];
        check(&daily, "2026-03-10T01:59:59[Europe/Berlin]", "closed until 2026-03-10T02:00:00+01:00[Europe/Berlin]");
        check(&daily, "2026-03-10T02:00:00[Europe/Berlin]", "open until 2026-03-10T05:00:00+01:00[Europe/Berlin]");
        check(&daily, "2026-03-10T04:59:59[Europe/Berlin]", "open until 2026-03-10T05:00:00+01:00[Europe/Berlin]");
        check(&daily, "2026-03-10T05:00:00[Europe/Berlin]", "closed until 2026-03-11T02:00:00+01:00[Europe/Berlin]");
        check(&[], "2026-03-10T05:00:00[Europe/Berlin]", "closed");
    }

    #[test]
    fn days_and_midnight() {
        let weekend = ["Sat,Sun 22:00-04:00"];
        // A Friday, a Saturday, and a Monday that the Sunday's reaches into.
        check(&weekend, "2026-11-27T23:00:00[UTC]", "closed until 2026-11-28T22:00:00+00:00[UTC]");
        check(&weekend, "2026-11-28T23:00:00[UTC]", "open until 2026-11-29T04:00:00+00:00[UTC]");
        check(&weekend, "2026-11-30T03:59:00[UTC]", "open until 2026-11-30T04:00:00+00:00[UTC]");
        check(&weekend, "2026-11-30T04:00:00[UTC]", "closed until 2026-12-05T22:00:00+00:00[UTC]");
        check(&["fri-mon 00:00-24:00"], "2026-11-30T12:00:00[UTC]", "open until 2026-12-01T00:00:00+00:00[UTC]");
        check(&["01:00-02:00", "02:00-03:00"], "2026-11-30T01:30:00[UTC]", "open until 2026-11-30T03:00:00+00:00[UTC]");
    }

    /// In Berlin, 02:00 to 03:00 did not come on 2026-03-29, and came twice on 2026-10-25.
    #[test]
    fn the_night_on_which_clocks_change_has_its_window() {
        let zone = "[Europe/Berlin]";
        let at = |time: &str| format!("{time}{zone}");
        let hour = ["02:00-03:00"];
        check(&hour, &at("2026-03-29T01:30:00+01:00"), &format!("closed until 2026-03-29T03:00:00+02:00{zone}"));
        check(&hour, &at("2026-03-29T03:30:00+02:00"), &format!("open until 2026-03-29T04:00:00+02:00{zone}"));
        check(&hour, &at("2026-10-25T02:30:00+02:00"), &format!("open until 2026-10-25T03:00:00+01:00{zone}"));
        check(&hour, &at("2026-10-25T02:30:00+01:00"), &format!("open until 2026-10-25T03:00:00+01:00{zone}"));
        check(
            &["01:00-04:00"],
            &at("2026-03-29T03:30:00+02:00"),
            &format!("open until 2026-03-29T04:00:00+02:00{zone}"),
        );
    }

    #[test]
    fn what_is_no_window_is_said() {
        for text in [
            "",
            "2-5",
            "02:00",
            "02:00-02:00",
            "24:00-02:00",
            "25:00-26:00",
            "02:60-03:00",
            "Someday 02:00-03:00",
            "2:00-3:00",
            "Mon Tue 02:00-03:00",
        ] {
            let error = text.parse::<Window>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("`{text}` is no window")), "{error}");
        }
        assert_eq!(" Sat,Sun   22:00-04:00 ".parse::<Window>().unwrap().to_string(), "Sat,Sun 22:00-04:00");
    }
}
