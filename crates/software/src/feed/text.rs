//! Text that is borrowed from the record where it has no escapes, at every depth (a plain `Option<Cow<str>>` is not).

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Text<'a>(Cow<'a, str>);

impl Text<'_> {
    pub(crate) fn to_owned_string(&self) -> String {
        self.0.clone().into_owned()
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowing;

        impl<'de> Visitor<'de> for Borrowing {
            type Value = Text<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Borrowing)
    }
}

/// An owned copy of a text that may be missing or empty.
pub(crate) fn owned(text: &Option<Text<'_>>) -> Option<String> {
    text.as_ref().filter(|text| !text.is_empty()).map(Text::to_owned_string)
}

/// A number as it is written, without the loss of a conversion to binary where it is short.
pub(crate) fn number(value: &Option<serde_json::Number>) -> Option<String> {
    value.as_ref().map(ToString::to_string)
}
