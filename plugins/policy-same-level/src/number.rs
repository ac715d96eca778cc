use std::cmp::Ordering;

/// A number as it stands in a tag: of any length, with its leading zeros.
///
/// Numbers with the same value are equal, so `01` is `1`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number<'a>(&'a str);

impl<'a> Number<'a> {
    /// Takes the digits at the start of `text`, and gives back what follows them.
    pub(crate) fn take(text: &'a str) -> Option<(Self, &'a str)> {
        let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
        let (digits, rest) = text.split_at(end);
        (!digits.is_empty()).then_some((Self(digits), rest))
    }

    /// What is written.
    pub(crate) fn text(self) -> &'a str {
        self.0
    }

    /// Its value, or the highest one if that is too high to count with.
    pub(crate) fn value(self) -> u64 {
        self.0.parse().unwrap_or(u64::MAX)
    }

    /// The year of a date without separators.
    pub(crate) fn year(self) -> Option<u64> {
        self.0.get(..4).and_then(|year| year.parse().ok())
    }

    /// How many digits are written.
    pub(crate) fn digits(self) -> usize {
        self.0.len()
    }

    /// Whether it is written as a year of our time: four digits, 1900 to 2099.
    pub(crate) fn is_year(self) -> bool {
        self.0.len() == 4 && matches!(self.0.as_bytes(), [b'1', b'9', ..] | [b'2', b'0', ..])
    }

    /// Whether it is written as a year of our time without the century: `10` to `49`.
    pub(crate) fn is_short_year(self) -> bool {
        self.0.len() == 2 && ("10"..="49").contains(&self.0)
    }

    /// Whether it is written as a date without separators, alone (`20240115`) or with hours, minutes and seconds.
    pub(crate) fn is_date(self) -> bool {
        matches!(self.0.len(), 8 | 10 | 12 | 14)
            && Self(&self.0[..4]).is_year()
            && Self(&self.0[4..6]).is_month()
            && Self(&self.0[6..8]).is_day()
    }

    /// Whether it is written as a month: `01` to `12`.
    pub(crate) fn is_month(self) -> bool {
        self.0.len() == 2 && ("01"..="12").contains(&self.0)
    }

    /// Whether it is written as a day of a month: `01` to `31`.
    pub(crate) fn is_day(self) -> bool {
        self.0.len() == 2 && ("01"..="31").contains(&self.0)
    }

    fn significant(self) -> &'a str {
        self.0.trim_start_matches('0')
    }
}

impl Ord for Number<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (one, other) = (self.significant(), other.significant());
        one.len().cmp(&other.len()).then_with(|| one.cmp(other))
    }
}

impl PartialOrd for Number<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number<'_> {
        Number::take(text).expect("it begins with a digit").0
    }

    #[test]
    fn numbers_compare_by_value_whatever_their_length() {
        let ascending =
            ["0", "1", "9", "10", "099", "100", "4294967296", "18446744073709551616", "99999999999999999999999"];
        for (at, one) in ascending.iter().enumerate() {
            for (other_at, other) in ascending.iter().enumerate() {
                assert_eq!(number(one).cmp(&number(other)), at.cmp(&other_at), "{one} and {other}");
            }
        }
        assert_eq!(number("007"), number("7"));
        assert_eq!(number("000"), number("0"));
    }

    #[test]
    fn years_and_dates_are_told_from_other_numbers() {
        for (text, year, date) in [
            ("2024", true, false),
            ("1999", true, false),
            ("1899", false, false),
            ("2100", false, false),
            ("24", false, false),
            ("20240115", false, true),
            ("2024011512", false, true),
            ("202401151230", false, true),
            ("20240115123000", false, true),
            ("20241301", false, false),
            ("20240132", false, false),
            ("20240100", false, false),
            ("12345678", false, false),
            ("202401", false, false),
        ] {
            assert_eq!((number(text).is_year(), number(text).is_date()), (year, date), "{text}");
        }
    }
}
