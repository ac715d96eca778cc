//! Versions that are times.

use crate::number::Number;

/// Whether the first number is a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Calendar {
    /// It is an ordinary number, as far as the tag alone shows.
    None,
    /// A year with two digits: `24.04`. Only the repository's history shows it.
    ShortYear,
    /// A year: `2024.1`, `2024`.
    Year,
    /// A date in one number: `20240115`.
    Date,
    /// A date in two or three numbers that are not separated by dots: `2024-01-15`, `2024-01`.
    Spelled,
}

impl Calendar {
    /// What a first number shows by itself.
    pub(crate) fn of(first: Number<'_>) -> Self {
        if first.is_year() {
            Self::Year
        } else if first.is_date() {
            Self::Date
        } else {
            Self::None
        }
    }
}

/// Takes `2024-01-15`, `2024_01_15` or `2024-01` from the start of `text`.
pub(crate) fn take_spelled_date(text: &str) -> Option<(Vec<Number<'_>>, &str)> {
    let separator = text.get(4..)?.chars().next().filter(|char| matches!(char, '-' | '_'))?;
    let (year, rest) = Number::take(text)?;
    let (month, rest) = Number::take(rest.strip_prefix(separator)?)?;
    if !year.is_year() || !month.is_month() {
        return None;
    }
    match rest.strip_prefix(separator).and_then(Number::take) {
        Some((day, rest)) if day.is_day() => Some((vec![year, month, day], rest)),
        Some(_) => None,
        None if rest.starts_with('.') => None,
        None => Some((vec![year, month], rest)),
    }
}

/// What the numbers of a version say about years with two digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShortYear {
    /// The first number is no such year of our time: `5.1`.
    Impossible,
    /// The second number is no month of two digits: `14.3`, `24.13`.
    NoMonth,
    /// It would fit: `24.10`.
    Possible,
    /// It fits, and the month has a zero in front, as ordinary numbers do not: `24.04`.
    Shown,
}

impl ShortYear {
    /// Looks at the first two of `numbers`. The first years of our time are those since Linux distributions count by them.
    pub(crate) fn of(numbers: &[Number<'_>]) -> Self {
        let [year, month, ..] = numbers else { return Self::Impossible };
        if !year.is_short_year() {
            Self::Impossible
        } else if !month.is_month() {
            Self::NoMonth
        } else if month.text().starts_with('0') {
            Self::Shown
        } else {
            Self::Possible
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_spelled(text: &str, expected: Option<(usize, &str)>) {
        let taken = take_spelled_date(text).map(|(numbers, rest)| (numbers.len(), rest));
        assert_eq!(taken, expected, "{text}");
    }

    #[test]
    fn spelled_dates_are_found() {
        check_spelled("2024-01-15", Some((3, "")));
        check_spelled("2024_01_15-alpine", Some((3, "-alpine")));
        check_spelled("2024-01-15T10-20-30Z", Some((3, "T10-20-30Z")));
        check_spelled("2024-01", Some((2, "")));
        check_spelled("2024-01-alpine", Some((2, "-alpine")));
        for text in ["2024-13", "2024-1", "2024-01-32", "2024-01.5", "1024-01-15", "2024-CU14", "2024", "20-01"] {
            check_spelled(text, None);
        }
    }

    #[test]
    fn short_years_are_told_by_their_months() {
        for (text, expected) in [
            ("24.04", ShortYear::Shown),
            ("24.10", ShortYear::Possible),
            ("24.13", ShortYear::NoMonth),
            ("24.4", ShortYear::NoMonth),
            ("24.00", ShortYear::NoMonth),
            ("5.04", ShortYear::Impossible),
            ("05.04", ShortYear::Impossible),
            ("50.04", ShortYear::Impossible),
            ("124.04", ShortYear::Impossible),
            ("24", ShortYear::Impossible),
        ] {
            let numbers: Vec<_> = text.split('.').filter_map(Number::take).map(|(number, _)| number).collect();
            assert_eq!(ShortYear::of(&numbers), expected, "{text}");
        }
    }
}
