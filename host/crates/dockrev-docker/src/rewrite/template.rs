//! Compose's `$VARIABLE` and `${VARIABLE:-default}` in a text.

use std::ops::Range;

/// A text that is made from one variable, or from none.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Template {
    /// No variable is in it.
    Plain,
    /// One variable.
    One(Variable),
}

/// A variable in a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) name: String,
    /// From its dollar sign to its end.
    pub(super) span: Range<usize>,
    pub(super) default: Option<DefaultText>,
}

/// What stands for a variable that has no value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct DefaultText {
    pub(super) span: Range<usize>,
    /// Whether it stands for an empty value too (`:-`).
    pub(super) also_if_empty: bool,
}

/// Why a text is not read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TemplateError {
    /// More than one variable, or one within the other.
    Several,
    /// This.
    Unclear(&'static str),
}

impl Template {
    /// Reads `text`.
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        let Some(dollar) = text.find('$') else { return Ok(Self::Plain) };
        let rest = &text[dollar + 1..];
        let variable = match rest.strip_prefix('{') {
            Some(inner) => braced(inner, dollar)?,
            None => {
                let name =
                    name_of(rest).ok_or(TemplateError::Unclear("its image has a `$` that begins no variable"))?;
                Variable { name: name.to_owned(), span: dollar..dollar + 1 + name.len(), default: None }
            }
        };
        match text[variable.span.end..].contains('$') {
            true => Err(TemplateError::Several),
            false => Ok(Self::One(variable)),
        }
    }
}

/// Reads what comes after `${`, which is at `dollar`.
fn braced(inner: &str, dollar: usize) -> Result<Variable, TemplateError> {
    let unclear = TemplateError::Unclear;
    let name = name_of(inner).ok_or(unclear("its image has a `${` that begins no variable"))?;
    let end = inner.find('}').ok_or(unclear("its image has a `${` without its `}`"))?;
    if inner[..end].contains('$') {
        return Err(TemplateError::Several);
    }
    let begin = dollar + "${".len();
    let operation = &inner[name.len()..end];
    let default = |sign: &str, also_if_empty| {
        let span = begin + name.len() + sign.len()..begin + end;
        Some(DefaultText { span, also_if_empty })
    };
    let default = match operation {
        "" => None,
        _ if operation.starts_with(":-") => default(":-", true),
        _ if operation.starts_with('-') => default("-", false),
        // A message for the case that it has no value.
        _ if operation.starts_with(":?") || operation.starts_with('?') => None,
        _ => return Err(unclear("its image has a variable that is replaced by something else (`+`)")),
    };
    Ok(Variable { name: name.to_owned(), span: dollar..begin + end + 1, default })
}

/// The name that `text` begins with.
fn name_of(text: &str) -> Option<&str> {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    Some(&text[..end]).filter(|name| name.starts_with(is_first))
}

/// Whether `text` takes the value of the variable `name`, as far as its looks say.
pub(super) fn uses(text: &str, name: &str) -> bool {
    text.match_indices('$').any(|(at, _)| {
        let rest = &text[at + 1..];
        name_of(rest.strip_prefix('{').unwrap_or(rest)) == Some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_one_variable() {
        let check = |text: &str, name: &str, source: &str, default: Option<(&str, bool)>| {
            let Ok(Template::One(variable)) = Template::parse(text) else { panic!("{text}") };
            assert_eq!((variable.name.as_str(), &text[variable.span]), (name, source), "{text}");
            let found = variable.default.map(|default| (&text[default.span], default.also_if_empty));
            assert_eq!(found, default, "{text}");
        };
        check("a:$TAG", "TAG", "$TAG", None);
        check("a:$TAG-alpine", "TAG", "$TAG", None);
        check("a:${TAG}-alpine", "TAG", "${TAG}", None);
        check("a:${TAG:-1.0}", "TAG", "${TAG:-1.0}", Some(("1.0", true)));
        check("a:${TAG-1.0}x", "TAG", "${TAG-1.0}", Some(("1.0", false)));
        check("${IMAGE:-a:1-b}", "IMAGE", "${IMAGE:-a:1-b}", Some(("a:1-b", true)));
        check("${_I2:?set it}", "_I2", "${_I2:?set it}", None);
        check("${I?}", "I", "${I?}", None);
        assert_eq!(Template::parse("a:1.0"), Ok(Template::Plain));
    }

    #[test]
    fn refuses_what_is_not_one_variable() {
        let check = |text: &str, several: bool| {
            let error = Template::parse(text).unwrap_err();
            assert_eq!(error == TemplateError::Several, several, "{text}: {error:?}");
        };
        check("$A/b:$C", true);
        check("${A}b:${C}", true);
        check("${A:-${B}}", true);
        check("a:$$", false);
        check("a:$1", false);
        check("a:${TAG", false);
        check("a:${}", false);
        check("a:${TAG:+1}", false);
        check("a:${TAG+1}", false);
        check("a:${TAG:1}", false);
    }

    #[test]
    fn sees_who_else_uses_a_variable() {
        let check = |text: &str, expected: bool| assert_eq!(uses(text, "TAG"), expected, "{text}");
        check("x-${TAG}", true);
        check("$TAG", true);
        check("${OTHER:-${TAG:-1}}", true);
        check("$TAGS", false);
        check("${TAG_2}", false);
        check("TAG", false);
    }
}
