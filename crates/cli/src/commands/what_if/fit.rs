//! Lines that fit a terminal.

/// Characters of a line.
const WIDTH: usize = 100;
/// Where the text of a line begins that has a title.
const TITLED: usize = 16;

/// The text with lines of at most 100 characters, broken at blanks. What goes on stands below where the line's text begins. A word that
/// is longer by itself stays whole.
pub(super) fn fit(text: &str) -> String {
    let mut all = String::with_capacity(text.len());
    for line in text.lines() {
        one(line, &mut all);
    }
    all
}

fn one(line: &str, all: &mut String) {
    if width(line) <= WIDTH {
        all.push_str(line);
        all.push('\n');
        return;
    }
    let indent = line.chars().take_while(|letter| *letter == ' ').count();
    let mut at_title = line.chars().skip(TITLED - 1);
    let is_titled =
        indent == 2 && at_title.next() == Some(' ') && at_title.next().is_some_and(|next| next != ' ');
    let hanging = if is_titled || indent == TITLED { TITLED } else { indent + 2 };
    let mut length = 0;
    // Blanks inside of a line stay: columns are made of them.
    for (number, word) in line.split(' ').enumerate() {
        let more = width(word);
        if length > hanging && length + 1 + more > WIDTH {
            while all.ends_with(' ') {
                all.pop();
            }
            all.push('\n');
            all.extend(std::iter::repeat_n(' ', hanging));
            length = hanging;
        } else if number > 0 {
            all.push(' ');
            length += 1;
        }
        all.push_str(word);
        length += more;
    }
    all.push('\n');
}

/// Characters that are seen: colours are not.
fn width(text: &str) -> usize {
    let mut count = 0;
    let mut hidden = false;
    for letter in text.chars() {
        match letter {
            '\x1b' => hidden = true,
            'm' if hidden => hidden = false,
            _ if hidden => {}
            _ => count += 1,
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_nothing_is_lost() {
        let words = "word ".repeat(60);
        for line in
            [format!("  title         {words}"), format!("    {words}"), words.clone(), "x".repeat(300)]
        {
            let fitted = fit(&line);
            assert!(
                fitted.lines().all(|line| line.chars().count() <= WIDTH || !line.trim().contains(' ')),
                "{fitted}"
            );
            let plain = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(plain(&fitted), plain(&line));
        }
        assert_eq!(fit("  a             b\n"), "  a             b\n");
        assert!(
            fit(&format!("  title         {words}"))
                .lines()
                .nth(1)
                .is_some_and(|line| line.starts_with(&" ".repeat(16)))
        );
        assert_eq!(width("\x1b[31;1mred\x1b[0m"), 3);
    }
}
