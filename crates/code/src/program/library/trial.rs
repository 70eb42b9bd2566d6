//! What a function is called, by what it does: it is given texts and numbers, and what it makes of them is held against what POSIX says that the
//! function of that name makes.
//!
//! Each name has to answer several questions, of which some tell it from its neighbours. An argument that a function of that name does not have is one
//! number and another one, so that nothing may depend on it.
//!
//! When it is wrong: a function that does the same for all that is asked and something else for one input; what it is used for in the program
//! is then the same for all other inputs. Misses: what a locale or the thread's own memory takes part in, and what asks the system.

use super::machine::{ANYTHING, Code, End, call};

/// The name of a function; `None` where it is none of those known here.
pub(super) fn name(code: &mut Code<'_, '_>, function: (u64, bool)) -> Option<&'static str> {
    let [a, b] = code.rooms();
    let mut trial = Trial { code, function, a, b };
    match trial.end(b"Same7\0", b"Same7\0", Third::Unknown, false) {
        End::Back { result: Some(result), wrote: false, .. } => match result {
            0 => trial.compares_texts().or_else(|| trial.bounded()),
            5 => trial.measures(),
            result if result == a => trial.finds(),
            _ => None,
        },
        End::Back { .. } => None,
        End::Writes => trial.writes(),
        End::Open => trial.bounded(),
    }
}

#[derive(Clone, Copy)]
enum Third {
    Unknown,
    Number(u64),
}

struct Trial<'t, 'p, 'a> {
    code: &'t mut Code<'p, 'a>,
    function: (u64, bool),
    a: u64,
    b: u64,
}

impl Trial<'_, '_, '_> {
    fn end(&mut self, a: &[u8], b: &[u8], third: Third, writes: bool) -> End {
        let third = match third {
            Third::Unknown => ANYTHING,
            Third::Number(number) => number,
        };
        call(self.code, self.function, [a, b], [self.a, self.b, third], writes)
    }

    fn result(&mut self, a: &[u8], b: &[u8], third: Third) -> Option<u64> {
        match self.end(a, b, third, false) {
            End::Back { result, wrote: false, .. } => result,
            _ => None,
        }
    }

    /// Whether two are alike, less or greater, as a number of C says.
    fn order(&mut self, a: &[u8], b: &[u8], third: Third) -> Option<i32> {
        self.result(a, b, third).map(|result| (result as u32).cast_signed().signum())
    }

    fn answers(&mut self, third: Third, questions: &[(&[u8], &[u8], i32)]) -> bool {
        questions.iter().all(|(a, b, sign)| self.order(a, b, third) == Some(*sign))
    }

    fn compares_texts(&mut self) -> Option<&'static str> {
        let orders: [(&[u8], &[u8], i32); 6] = [
            (b"abc\0x", b"abc\0y", 0),
            (b"abc\0", b"abd\0", -1),
            (b"b\0", b"a\0", 1),
            (b"abc\0", b"ab\0", 1),
            (b"\0", b"\0", 0),
            (
                b"a text that is longer than sixteen bytes\0",
                b"a text that is longer than sixteen bytez\0",
                -1,
            ),
        ];
        // The same whatever stands where a number would be.
        if !self.answers(Third::Unknown, &orders) || !self.answers(Third::Number(1), &orders) {
            return None;
        }
        match self.order(b"PASS-word\0", b"pass-WORD\0", Third::Unknown)? {
            0 => Some("strcasecmp"),
            _ => Some("strcmp"),
        }
    }

    fn measures(&mut self) -> Option<&'static str> {
        let long = b"a text that is longer than sixteen bytes\0";
        let is = self.result(b"\0", b"\0", Third::Unknown) == Some(0)
            && self.result(b"a\0bc\0", b"\0", Third::Unknown) == Some(1)
            && self.result(long, b"\0", Third::Unknown) == Some(long.len() as u64 - 1)
            && self.result(long, long, Third::Number(1)) == Some(long.len() as u64 - 1);
        is.then_some("strlen")
    }

    fn finds(&mut self) -> Option<&'static str> {
        let place = self.a;
        let is = self.result(b"hello world\0", b"lo w\0", Third::Unknown) == Some(place + 3)
            && self.result(b"hello world\0", b"low\0", Third::Unknown) == Some(0)
            && self.result(b"aab\0", b"ab\0", Third::Unknown) == Some(place + 1);
        if !is {
            return None;
        }
        match self.result(b"Hello\0", b"LL\0", Third::Unknown)? {
            0 => Some("strstr"),
            found if found == place + 2 => Some("strcasestr"),
            _ => None,
        }
    }

    /// Where it does not answer without a number.
    fn bounded(&mut self) -> Option<&'static str> {
        match self.end(b"Same7\0", b"Same7\0", Third::Number(6), false) {
            End::Back { result: Some(0), wrote: false, .. } => self.compares_bounded(),
            End::Writes => self.writes(),
            _ => None,
        }
    }

    fn compares_bounded(&mut self) -> Option<&'static str> {
        let of = |number| Third::Number(number);
        let differs = |order: Option<i32>| order.is_some_and(|order| order != 0);
        let plain = self.order(b"abcX\0", b"abcY\0", of(3)) == Some(0)
            && differs(self.order(b"abcX\0", b"abcY\0", of(4)))
            && differs(self.order(b"Xbcdefgh\0", b"Ybcdefgh\0", of(8)))
            && self.order(b"abc\0", b"xyz\0", of(0)) == Some(0);
        if !plain {
            return None;
        }
        let behind = self.order(b"abc\0X", b"abc\0Y", of(5))?;
        let folds = self.order(b"PASS\0", b"pass\0", of(4))?;
        match (behind, folds) {
            (0, 0) => Some("strncasecmp"),
            (0, _) => Some("strncmp"),
            (_, 0) => None,
            _ => Some("memcmp"),
        }
    }

    /// What is in the first piece of memory after a call, and what came back.
    fn made(&mut self, a: &[u8], b: &[u8], third: Third, count: usize) -> Option<(u64, Vec<u8>)> {
        match self.end(a, b, third, true) {
            End::Back { result, first, wrote: true } => {
                let bytes: Option<Vec<u8>> = first.into_iter().take(count).collect();
                Some((result.unwrap_or(0), bytes?))
            }
            _ => None,
        }
    }

    fn writes(&mut self) -> Option<&'static str> {
        let place = self.a;
        if let Some((result, bytes)) = self.made(b"old old old old\0", b"new\0zz", Third::Unknown, 6)
            && self.made(b"old old old old\0", b"new\0zz", Third::Number(1), 6)
                == Some((result, bytes.clone()))
        {
            let copies = bytes == b"new\0ol";
            return match result {
                result if copies && result == place => Some("strcpy"),
                result if copies && result == place + 3 => Some("stpcpy"),
                result if result == place => {
                    let (_, bytes) = self.made(b"ab\0zzzzz", b"cd\0", Third::Unknown, 6)?;
                    (bytes == b"abcd\0z").then_some("strcat")
                }
                _ => None,
            };
        }
        let (result, bytes) = self.made(b"old old old old\0", b"new\0zz", Third::Number(5), 7)?;
        if result == place && bytes == b"new\0zld" {
            return Some("memcpy");
        }
        if result == place && bytes == b"new\0\0ld" {
            return Some("strncpy");
        }
        None
    }
}
