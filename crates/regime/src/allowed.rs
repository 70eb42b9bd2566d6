//! What a parameter may be set to: its bounds and choices, which stand beside it in regime.toml.

use crate::metadata::{Date, Parameter, ParameterValue};

/// Why a value is refused, and what would do.
pub(crate) struct Refusal {
    /// What is wrong.
    pub cause: String,
    /// What may be set.
    pub hint: String,
}

impl Parameter {
    /// Why this value of the right sort may not be set, when it may not. A query that compares with it would otherwise come to
    /// something that nobody meant, without a word: a share of 35 where 0.35 is meant, or months beyond the last day there is.
    pub(crate) fn refusal(&self, value: &ParameterValue) -> Option<Refusal> {
        let refusal = |cause: String| Some(Refusal { cause, hint: self.allowed() });
        if let Some(number) = number(value) {
            let below = self.min.is_some_and(|min| number < min);
            let above = self.max.is_some_and(|max| number > max);
            if number.is_nan() || below || above {
                return refusal(format!("{value} is out of its bounds"));
            }
        }
        if let (ParameterValue::Text(own), ParameterValue::Text(given)) = (&self.value, value) {
            if !self.one_of.is_empty() && !self.one_of.contains(given) {
                return refusal(format!("{given:?} is none of its choices"));
            }
            if Date::parse(own).is_some() && Date::parse(given).is_none() {
                return refusal(format!("{given:?} is no day"));
            }
        }
        None
    }

    /// What is wrong with the bounds and choices themselves, or with the regime's own value by them.
    pub(crate) fn fault(&self) -> Option<Refusal> {
        let fault =
            |cause: &str, hint: &str| Some(Refusal { cause: cause.to_owned(), hint: hint.to_owned() });
        let bounded = self.min.is_some() || self.max.is_some();
        if bounded && number(&self.value).is_none() {
            return fault("`min` and `max` are of a number, and this is none", "take them out");
        }
        if !self.one_of.is_empty() && !matches!(self.value, ParameterValue::Text(_)) {
            return fault("`one_of` is of a text, and this is none", "use `min` and `max` for a number");
        }
        if self.min.zip(self.max).is_some_and(|(min, max)| min > max) {
            return fault("`min` is above `max`", "change the two");
        }
        self.refusal(&self.value)
    }

    /// What it may be set to, in words.
    pub(crate) fn allowed(&self) -> String {
        match (&self.value, self.min, self.max) {
            (ParameterValue::Text(_), ..) if !self.one_of.is_empty() => {
                format!("it is one of: {}", self.one_of.join(", "))
            }
            (ParameterValue::Text(_), ..) => "write it as \"YYYY-MM-DD\"".to_owned(),
            (_, Some(min), Some(max)) => format!("it is from {min} to {max}"),
            (_, Some(min), None) => format!("it is {min} or more"),
            (_, None, Some(max)) => format!("it is {max} or less"),
            (_, None, None) => "it is a number".to_owned(),
        }
    }
}

fn number(value: &ParameterValue) -> Option<f64> {
    match value {
        ParameterValue::Number(number) => Some(*number as f64),
        ParameterValue::Real(real) => Some(*real),
        ParameterValue::Flag(_) | ParameterValue::Text(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(text: &str) -> Parameter {
        toml::from_str(&format!("{text}\nmeaning = \"m\"\ncertainty = \"own\"")).unwrap()
    }

    #[test]
    fn what_is_out_of_bounds_or_no_choice_is_refused() {
        let share = parameter("value = 0.35\nmin = 0\nmax = 1");
        let refused = |parameter: &Parameter, value: ParameterValue| {
            parameter.refusal(&value).map(|refusal| format!("{}; {}", refusal.cause, refusal.hint))
        };
        for good in [0.0, 0.35, 1.0] {
            assert_eq!(refused(&share, ParameterValue::Real(good)), None);
        }
        assert_eq!(
            refused(&share, ParameterValue::Real(35.0)).as_deref(),
            Some("35 is out of its bounds; it is from 0 to 1")
        );
        assert!(refused(&share, ParameterValue::Real(-0.1)).is_some());
        assert!(refused(&share, ParameterValue::Real(f64::NAN)).is_some());
        let months = parameter("value = 12\nmin = 1");
        assert_eq!(
            refused(&months, ParameterValue::Number(0)).as_deref(),
            Some("0 is out of its bounds; it is 1 or more")
        );
        let choice = parameter("value = \"devices\"\none_of = [\"devices\", \"sites\"]");
        let text = |text: &str| ParameterValue::Text(text.to_owned());
        assert_eq!(refused(&choice, text("sites")), None);
        assert_eq!(
            refused(&choice, text("Sites")).as_deref(),
            Some("\"Sites\" is none of its choices; it is one of: devices, sites")
        );
        let day = parameter("value = \"2026-03-23\"");
        assert_eq!(refused(&day, text("2026-04-01")), None);
        assert!(refused(&day, text("2026-4-1")).is_some_and(|told| told.contains("is no day")));
        assert_eq!(refused(&parameter("value = \"any\""), text("other")), None);
    }

    #[test]
    fn bounds_that_do_not_fit_are_faults() {
        for (text, wanted) in [
            ("value = \"x\"\nmin = 1", "are of a number"),
            ("value = 1\none_of = [\"a\"]", "is of a text"),
            ("value = 1\nmin = 3\nmax = 2", "above"),
            ("value = 3\nmax = 2", "3 is out of its bounds"),
            ("value = \"c\"\none_of = [\"a\", \"b\"]", "none of its choices"),
        ] {
            let fault = parameter(text).fault().map(|fault| fault.cause).unwrap_or_default();
            assert!(fault.contains(wanted), "{text}: {fault}");
        }
        assert!(parameter("value = 2\nmin = 1\nmax = 2").fault().is_none());
    }
}
