//! Extended headers: records of the form `LENGTH KEY=VALUE\n`, where the length counts itself.

use crate::entry::Time;

/// Prefix of the records that carry extended attributes.
pub(super) const XATTR: &[u8] = b"SCHILY.xattr.";

/// Appends a record.
pub(super) fn push(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    // ` KEY=VALUE\n` and as many digits as the whole takes.
    let rest = key.len() + value.len() + 3;
    let mut length = rest + digits(rest);
    length = rest + digits(length);
    records.extend_from_slice(length.to_string().as_bytes());
    records.push(b' ');
    records.extend_from_slice(key);
    records.push(b'=');
    records.extend_from_slice(value);
    records.push(b'\n');
}

fn digits(number: usize) -> usize {
    number.checked_ilog10().unwrap_or(0) as usize + 1
}

/// Reads the records one after the other. `None` stands for bytes that are no record; it is the last.
pub(super) fn records(mut rest: &[u8]) -> impl Iterator<Item = Option<(&[u8], &[u8])>> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let record = record(rest);
        rest = record.map_or(&[], |(_, _, length)| &rest[length..]);
        Some(record.map(|(key, value, _)| (key, value)))
    })
}

fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], usize)> {
    let space = bytes.iter().take(10).position(|byte| *byte == b' ')?;
    let length: usize = number(&bytes[..space])?.try_into().ok()?;
    let (line_break, body) = bytes.get(space + 1..length)?.split_last()?;
    let equals = body.iter().position(|byte| *byte == b'=')?;
    (*line_break == b'\n').then_some((&body[..equals], &body[equals + 1..], length))
}

/// Reads a number without a sign.
pub(super) fn number(text: &[u8]) -> Option<u64> {
    let is_digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    if is_digits { std::str::from_utf8(text).ok()?.parse().ok() } else { None }
}

/// Writes a moment as decimal seconds.
pub(super) fn time(time: Time) -> String {
    if time.nanoseconds == 0 {
        return time.seconds.to_string();
    }
    // The format is a decimal number: half a second before 1970 is -0.5.
    let (sign, seconds, nanoseconds) = match time.seconds {
        seconds @ ..0 => ("-", -(seconds + 1), 1_000_000_000 - time.nanoseconds),
        seconds @ 0.. => ("", seconds, time.nanoseconds),
    };
    let text = format!("{sign}{seconds}.{nanoseconds:09}");
    text.trim_end_matches('0').to_owned()
}

/// Reads a moment from decimal seconds; what is finer than a nanosecond is dropped.
pub(super) fn parse_time(text: &[u8]) -> Option<Time> {
    let text = std::str::from_utf8(text).ok()?;
    let (is_negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (seconds, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let seconds = i64::try_from(number(seconds.as_bytes())?).ok()?;
    let fraction = &fraction.as_bytes()[..fraction.len().min(9)];
    let nanoseconds = match fraction {
        [] => 0,
        digits => u32::try_from(number(digits)?).ok()? * 10_u32.pow(9 - digits.len() as u32),
    };
    Some(match (is_negative, nanoseconds) {
        (false, _) => Time { seconds, nanoseconds },
        (true, 0) => Time { seconds: -seconds, nanoseconds },
        (true, _) => Time { seconds: -seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_records_length_counts_its_own_digits() {
        for length in (0..300).chain([9_980, 9_985, 9_990, 99_990]) {
            let value = vec![b'\n'; length];
            let mut bytes = Vec::new();
            push(&mut bytes, b"a", &value);
            push(&mut bytes, b"path", b"x=y");
            let read: Vec<_> = records(&bytes).collect();
            assert_eq!(read, [Some((&b"a"[..], &value[..])), Some((b"path", b"x=y"))], "{length}");
        }
    }

    #[test]
    fn what_is_no_record_is_told() {
        for bad in [&b"x"[..], b"9", b"5 a=b", b"0 a=b\n", b"3 a=b\n", b"99999999999 a=b\n", b"6 abc\n", b"-6 a=b\n"] {
            assert_eq!(records(bad).last(), Some(None));
        }
    }

    #[test]
    fn times_come_back_exactly() {
        for (seconds, nanoseconds, text) in [
            (0, 0, "0"),
            (0, 1, "0.000000001"),
            (1_700_000_000, 123_456_789, "1700000000.123456789"),
            (-1, 500_000_000, "-0.5"),
            (-2, 750_000_000, "-1.25"),
            (-86_400, 0, "-86400"),
            (253_402_300_800, 900_000_000, "253402300800.9"),
        ] {
            let moment = Time { seconds, nanoseconds };
            assert_eq!(time(moment), text);
            assert_eq!(parse_time(text.as_bytes()), Some(moment));
        }
        for bad in ["", "x", "1.x", "--1", "99999999999999999999", "1e3", "."] {
            assert_eq!(parse_time(bad.as_bytes()), None, "{bad}");
        }
    }
}
