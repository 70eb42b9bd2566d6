//! What an advisory says on a subject, as a row of the database holds it: criteria by CPE in a form that can be held against a
//! version as it stands, everything else as JSON.
//!
//! The form: `c`, then statements with U+001D between. A statement is its condition, then its criteria, each behind a U+001E.
//! A condition is `!` where the source negates a part, and the numbers of the groups that it needs, with commas between. A
//! criterion is its fields with U+001F between, each a letter and a text. Where a text holds one of these characters, all of
//! it is JSON.

use crate::advisory::{Criterion, Says};
use serde::de::Error as _;

/// What stands between the names of vulnerabilities.
pub(crate) const BETWEEN: &str = "\u{1f}";

const STATEMENT: char = '\u{1d}';
const CRITERION: char = '\u{1e}';
const FIELD: char = '\u{1f}';

/// As it is stored.
pub(crate) fn write(all: &[Says]) -> Result<String, serde_json::Error> {
    compact(all).map_or_else(|| serde_json::to_string(all), Ok)
}

/// Read back whole.
pub(crate) fn read(text: &str) -> Result<Vec<Says>, serde_json::Error> {
    let Some(criteria) = text.strip_prefix('c') else { return serde_json::from_str(text) };
    criteria.split(STATEMENT).map(statement).collect()
}

/// Whether it is criteria alone, and `outside` holds of every one of them.
pub(crate) fn all_criteria(text: &str, mut outside: impl FnMut(&Fields<'_>) -> bool) -> bool {
    let Some(criteria) = text.strip_prefix('c') else { return false };
    criteria
        .split(STATEMENT)
        .flat_map(|statement| statement.split(CRITERION).skip(1))
        .all(|criterion| Fields::read(criterion).is_some_and(|fields| outside(&fields)))
}

/// The fields of a criterion, as they stand in the row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields<'a> {
    pub(crate) version: Option<&'a str>,
    pub(crate) update: Option<&'a str>,
    cpe: Option<&'a str>,
    pub(crate) ge: Option<&'a str>,
    pub(crate) gt: Option<&'a str>,
    pub(crate) le: Option<&'a str>,
    pub(crate) lt: Option<&'a str>,
}

impl<'a> Fields<'a> {
    fn read(criterion: &'a str) -> Option<Self> {
        let mut fields = Self::default();
        if criterion.is_empty() {
            return Some(fields);
        }
        for field in criterion.split(FIELD) {
            let mut characters = field.chars();
            let place = match characters.next()? {
                'v' => &mut fields.version,
                'u' => &mut fields.update,
                'c' => &mut fields.cpe,
                'G' => &mut fields.ge,
                'g' => &mut fields.gt,
                'L' => &mut fields.le,
                'l' => &mut fields.lt,
                _ => return None,
            };
            *place = Some(characters.as_str());
        }
        Some(fields)
    }

    fn whole(self) -> Criterion {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Criterion {
            version: own(self.version),
            update: own(self.update),
            cpe: own(self.cpe),
            ge: own(self.ge),
            gt: own(self.gt),
            le: own(self.le),
            lt: own(self.lt),
        }
    }
}

fn compact(all: &[Says]) -> Option<String> {
    let mut text = String::from("c");
    if all.is_empty() {
        return None;
    }
    for (index, says) in all.iter().enumerate() {
        let Says::Cpe { any, needs, negated } = says else { return None };
        if index > 0 {
            text.push(STATEMENT);
        }
        if *negated {
            text.push('!');
        }
        let numbers: Vec<String> = needs.iter().map(usize::to_string).collect();
        text.push_str(&numbers.join(","));
        for criterion in any {
            text.push(CRITERION);
            add(&mut text, criterion)?;
        }
    }
    Some(text)
}

fn add(text: &mut String, criterion: &Criterion) -> Option<()> {
    let fields = [
        ('v', &criterion.version),
        ('u', &criterion.update),
        ('c', &criterion.cpe),
        ('G', &criterion.ge),
        ('g', &criterion.gt),
        ('L', &criterion.le),
        ('l', &criterion.lt),
    ];
    let mut first = true;
    for (letter, value) in fields {
        let Some(value) = value else { continue };
        if value.contains([STATEMENT, CRITERION, FIELD]) {
            return None;
        }
        if !first {
            text.push(FIELD);
        }
        first = false;
        text.push(letter);
        text.push_str(value);
    }
    Some(())
}

fn statement(text: &str) -> Result<Says, serde_json::Error> {
    let mut parts = text.split(CRITERION);
    let condition = parts.next().unwrap_or_default();
    let (negated, numbers) =
        condition.strip_prefix('!').map_or((false, condition), |numbers| (true, numbers));
    let wrong = |what: &str| serde_json::Error::custom(format!("{what:?} is no part of a stored criterion"));
    let needs = numbers.split(',').filter(|number| !number.is_empty());
    let needs = needs
        .map(|number| number.parse().map_err(|_| wrong(number)))
        .collect::<Result<Vec<usize>, serde_json::Error>>()?;
    let any = parts
        .map(|criterion| Fields::read(criterion).map(Fields::whole).ok_or_else(|| wrong(criterion)))
        .collect::<Result<Vec<Criterion>, serde_json::Error>>()?;
    Ok(Says::Cpe { any, needs, negated })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advisory::{EventRange, Status};
    use proptest::prelude::*;

    fn text() -> impl Strategy<Value = Option<String>> {
        proptest::option::of(
            prop_oneof![9 => "[0-9.a-z*\\\\-]{0,8}", 1 => ".{0,4}", 1 => "[\u{1c}-\u{20}]{1,2}"],
        )
    }

    fn criterion() -> impl Strategy<Value = Criterion> {
        (text(), text(), text(), text(), text(), text(), text()).prop_map(
            |(version, update, cpe, ge, gt, le, lt)| Criterion { version, update, cpe, ge, gt, le, lt },
        )
    }

    fn says() -> impl Strategy<Value = Says> {
        let cpe = (
            proptest::collection::vec(criterion(), 0..4),
            proptest::collection::vec(0..99_usize, 0..3),
            any::<bool>(),
        )
            .prop_map(|(any, needs, negated)| Says::Cpe { any, needs, negated });
        let events = Just(Says::Events {
            ecosystem: "Debian:12".to_owned(),
            ranges: vec![EventRange { scheme: None, events: Vec::new() }],
            versions: vec!["1".to_owned()],
        });
        let versions =
            Just(Says::Versions { default: Status::Unknown, versions: Vec::new(), platforms: Vec::new() });
        prop_oneof![8 => cpe, 1 => events, 1 => versions]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(all in proptest::collection::vec(says(), 0..4)) {
            prop_assert_eq!(read(&write(&all).unwrap()).unwrap(), all);
        }

        #[test]
        fn any_row_is_read_or_refused(text in "c?[cvuGgLl!,0-9\u{1d}-\u{1f}\\[\\]]{0,30}") {
            let whole = read(&text);
            // What is decided without reading it whole is of criteria that can be read.
            let mut criteria = 0;
            let all = all_criteria(&text, |_| { criteria += 1; true });
            if let (true, Ok(whole)) = (all, whole) {
                let of = |says: &Says| match says { Says::Cpe { any, .. } => any.len(), _ => 0 };
                prop_assert_eq!(criteria, whole.iter().map(of).sum::<usize>());
            }
        }
    }

    #[test]
    fn criteria_have_a_form_of_their_own_and_other_words_are_json() {
        let bounded =
            Criterion { ge: Some("1".to_owned()), lt: Some("2".to_owned()), ..Criterion::default() };
        let any = vec![bounded, Criterion::default()];
        let all = [Says::Cpe { any, needs: vec![3, 4], negated: true }];
        assert_eq!(write(&all).unwrap(), "c!3,4\u{1e}G1\u{1f}l2\u{1e}");
        let odd = Criterion { version: Some("1\u{1e}2".to_owned()), ..Criterion::default() };
        assert!(
            write(&[Says::Cpe { any: vec![odd], needs: vec![], negated: false }]).unwrap().starts_with('[')
        );
        assert!(read("c\u{1e}x1").is_err() && read("cx").is_err());
    }
}
