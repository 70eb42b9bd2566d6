//! Text from inputs, made safe to look at.
//!
//! Names in images and tables are chosen by whoever made them. A control character, a bidirectional override or a
//! character without width can make one name look like another; each is shown by its code point instead.

use std::{borrow::Cow, fmt::Write as _};

/// `text` with every character that would be invisible, or would move its neighbours, written as `⟨U+XXXX⟩`.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_hidden(character) {
            // Writing to a String cannot fail.
            let _ = write!(out, "⟨U+{:04X}⟩", u32::from(character));
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// A text of at most `limit` characters for a place that has no room, with an ellipsis where it was cut. The caller
/// shows the whole text elsewhere.
pub(crate) fn shortened(text: &str, limit: usize) -> String {
    let text = visible(text);
    if text.chars().count() <= limit {
        return text.into_owned();
    }
    let mut short: String = text.chars().take(limit.saturating_sub(1)).collect();
    short.push('…');
    short
}

fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_hides() {
        assert_eq!(visible("etc/\u{202e}wodahs"), "etc/⟨U+202E⟩wodahs");
        assert_eq!(visible("a\nb\0c\u{7f}"), "a⟨U+000A⟩b⟨U+0000⟩c⟨U+007F⟩");
        assert_eq!(visible("plain Ünïcödé عربى"), "plain Ünïcödé عربى");
    }

    #[test]
    fn shortens_by_characters() {
        assert_eq!(shortened("ééééé", 5), "ééééé");
        assert_eq!(shortened("éééééé", 5), "éééé…");
    }

    proptest::proptest! {
        #[test]
        fn nothing_hidden_is_left(text in ".{0,200}") {
            let shown = visible(&text).into_owned();
            proptest::prop_assert!(!shown.chars().any(is_hidden));
        }
    }
}
