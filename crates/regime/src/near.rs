//! Names near a mistaken one, for hints.

/// Up to three of `names` that differ from `word` by the fewest letters, and by few, in order of name.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let word = word.to_lowercase();
    let most = 1 + word.chars().count() / 3;
    let mut found: Vec<(usize, &str)> = names
        .into_iter()
        .map(|name| {
            let lower = name.to_lowercase();
            let part =
                word.len() >= 4 && (lower.contains(&word) || word.contains(&lower) && lower.len() >= 4);
            (if part { 1 } else { distance(&word, &lower) }, name)
        })
        .filter(|(far, _)| *far <= most)
        .collect();
    found.sort_unstable();
    found.dedup();
    let best = found.first().map(|(far, _)| *far);
    found.into_iter().filter(|(far, _)| Some(*far) == best).map(|(_, name)| name).take(3).collect()
}

/// "did you mean a, b or c?", or what there is when nothing is near.
pub fn hint<'a>(what: &str, word: &str, names: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let near = nearest(word, names.clone());
    if near.is_empty() {
        let mut all: Vec<&str> = names.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        if all.is_empty() { format!("there are no {what}") } else { format!("{what}: {}", all.join(", ")) }
    } else {
        format!("did you mean {}?", near.join(" or "))
    }
}

/// Edit distance where two neighbouring letters that changed places count once.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    let mut last = None;
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX - 1);
            let mut least =
                (at(&row, j) + usize::from(x != *y)).min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let swapped = j.checked_sub(1).filter(|k| last == Some(*y) && b.get(*k) == Some(&x));
            if let Some(k) = swapped {
                least = least.min(at(&before, k) + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
        last = Some(x);
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("devices", "device"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("nmae", "name"), 1);
        assert_eq!(distance("ab", ""), 2);
    }

    #[test]
    fn near_names_come_first_and_far_ones_not_at_all() {
        assert_eq!(nearest("devcies", ["links", "devices", "device_claims"]), ["devices"]);
        assert!(nearest("qqqqqq", ["links", "devices"]).is_empty());
        assert_eq!(hint("views", "devcies", ["links", "devices"]), "did you mean devices?");
        assert_eq!(hint("views", "zzz", ["links", "devices"]), "views: devices, links");
    }
}
