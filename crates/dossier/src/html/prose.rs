//! Our own sentences: what stands between two backticks in them is a word to type, and is set as one.

use crate::visible::visible;
use maud::{Markup, html};

/// A text with each pair of backticks as `code`; one that has no other stays what it is.
pub(super) fn prose(text: &str) -> Markup {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, (code, behind))) =
        rest.split_once('`').and_then(|(before, after)| Some((before, after.split_once('`')?)))
    {
        parts.push((before, code));
        rest = behind;
    }
    html! {
        @for (before, word) in parts { (visible(before)) code { (visible(word)) } }
        (visible(rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_between_backticks_are_code_and_everything_is_escaped() {
        for (text, html) in [
            ("use `banbury add` <now>", "use <code>banbury add</code> &lt;now&gt;"),
            ("`a<b`", "<code>a&lt;b</code>"),
            ("`a` and `b", "<code>a</code> and `b"),
            ("plain", "plain"),
            ("", ""),
            ("``", "<code></code>"),
        ] {
            assert_eq!(prose(text).into_string(), html, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_of_a_text_becomes_markup(text in "[a-z`<>&\"]{0,60}") {
            let made = prose(&text).into_string();
            let bare = made.replace("<code>", "`").replace("</code>", "`");
            proptest::prop_assert!(!bare.contains(['<', '>']));
            let back = bare.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
            proptest::prop_assert_eq!(back, text);
        }
    }
}
