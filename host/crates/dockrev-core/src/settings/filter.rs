//! Filters by label: which containers are looked at.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Most filters of one kind: each is held against every container.
const FILTERS_MAX: usize = 100;

/// A label that a container has or has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelFilter {
    key: String,
    value: Option<String>,
}

/// Filters cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// One of them.
    #[error("`{0}` is no label: expected `key` or `key=value`")]
    NoLabel(String),
    /// There are too many.
    #[error("{0} filters are more than {FILTERS_MAX}")]
    TooMany(usize),
}

impl FromStr for LabelFilter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (text, None),
        };
        if key.is_empty() || key.contains(char::is_whitespace) {
            return Err(FilterError::NoLabel(text.to_owned()));
        }
        Ok(Self { key: key.to_owned(), value })
    }
}

impl fmt::Display for LabelFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.key)?;
        self.value.as_ref().map_or(Ok(()), |value| write!(f, "={value}"))
    }
}

impl LabelFilter {
    /// Reads several.
    pub fn parse_all<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Vec<Self>, FilterError> {
        let filters: Vec<Self> = texts.into_iter().map(str::parse).collect::<Result<_, _>>()?;
        if filters.len() > FILTERS_MAX { Err(FilterError::TooMany(filters.len())) } else { Ok(filters) }
    }

    fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let found = labels.get(&self.key);
        found.is_some_and(|found| self.value.as_ref().is_none_or(|value| value == found))
    }
}

/// Which containers are looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelFilters {
    /// If there are any: only containers that have at least one of these.
    pub only: Vec<LabelFilter>,
    /// No containers that have one of these.
    pub exclude: Vec<LabelFilter>,
}

impl LabelFilters {
    /// What leaves a container with these labels out, if anything.
    pub(super) fn leaving_out(&self, labels: &BTreeMap<String, String>) -> Option<String> {
        if let Some(filter) = self.exclude.iter().find(|filter| filter.matches(labels)) {
            return Some(format!("`exclude-labels`: it has `{filter}`"));
        }
        if self.only.is_empty() || self.only.iter().any(|filter| filter.matches(labels)) {
            return None;
        }
        let wanted: Vec<String> = self.only.iter().map(|filter| format!("`{filter}`")).collect();
        Some(format!("`only-labels`: it does not have {}", wanted.join(" or ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_decide_who_is_left_out() {
        let check = |only: &[&str], exclude: &[&str], labels: &[(&str, &str)], expected: Option<&str>| {
            let parse = |texts: &[&str]| LabelFilter::parse_all(texts.iter().copied()).unwrap();
            let filters = LabelFilters { only: parse(only), exclude: parse(exclude) };
            let labels = labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
            assert_eq!(filters.leaving_out(&labels).as_deref(), expected, "{only:?} {exclude:?} {labels:?}");
        };
        let (a1, b) = (("a", "1"), ("b", ""));
        check(&[], &[], &[], None);
        check(&["a"], &[], &[a1], None);
        check(&["a=1"], &[], &[a1], None);
        check(&["a=1", "b"], &[], &[b], None);
        check(&["b="], &[], &[b], None);
        check(&["a=2"], &[], &[a1], Some("`only-labels`: it does not have `a=2`"));
        check(&["x", "y=z=1"], &[], &[], Some("`only-labels`: it does not have `x` or `y=z=1`"));
        check(&[], &["a"], &[b], None);
        check(&["a"], &["b"], &[a1, b], Some("`exclude-labels`: it has `b`"));
    }

    #[test]
    fn what_is_no_label_is_refused() {
        let check = |text: &str| assert!(LabelFilter::parse_all([text]).is_err(), "{text}");
        check("");
        check("=x");
        check("two words");
        assert_eq!(LabelFilter::parse_all(vec!["a"; 101]), Err(FilterError::TooMany(101)));
    }
}
