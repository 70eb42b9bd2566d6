//! Copies inside what a decoder has made: a match refers to bytes before it, perhaps to some that it writes itself.

/// Bytes copied at once where both sides have them: most literal runs and matches are shorter.
pub(super) const WORD: usize = 16;

/// Writes at `to` the `length` bytes from `distance` before it; `None` where they do not lie within `made`, or the distance is nought.
#[inline]
pub(super) fn copy(made: &mut [u8], to: usize, distance: usize, length: usize) -> Option<()> {
    if distance >= WORD && length <= WORD {
        let from = to.checked_sub(distance)?;
        let (before, behind) = made.split_at_mut_checked(to)?;
        if let Some(source) = before.get(from..).and_then(|rest| rest.first_chunk::<WORD>())
            && let Some(target) = behind.first_chunk_mut::<WORD>()
        {
            *target = *source;
            return Some(());
        }
    }
    repeat(made, to, distance, length)
}

fn repeat(made: &mut [u8], to: usize, distance: usize, length: usize) -> Option<()> {
    let from = to.checked_sub(distance)?;
    // A copy of itself would never come to its end.
    if distance == 0 {
        return None;
    }
    if distance == 1 {
        let byte = *made.get(from)?;
        made.get_mut(to..to.checked_add(length)?)?.fill(byte);
        return Some(());
    }
    let mut done = 0;
    while done < length {
        // What is copied doubles with each turn.
        let piece = (distance + done).min(length - done);
        let (before, behind) = made.split_at_mut_checked(to + done)?;
        behind.get_mut(..piece)?.copy_from_slice(before.get(from..from + piece)?);
        done += piece;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::copy;

    #[test]
    fn each_distance_and_length() {
        for distance in 1..40 {
            for length in 0..100 {
                let start: Vec<u8> = (0..40).collect();
                let mut plain = start.clone();
                for _ in 0..length {
                    plain.push(plain[plain.len() - distance]);
                }
                let mut made = start;
                made.resize(40 + length, 0);
                copy(&mut made, 40, distance, length).unwrap();
                assert_eq!(made, plain, "{distance} {length}");
            }
        }
        assert_eq!(copy(&mut [0; 20], 4, 5, 1), None);
        assert_eq!(copy(&mut [0; 20], 18, 17, 3), None);
        assert_eq!(copy(&mut [0; 20], 4, 0, 3), None);
    }
}
