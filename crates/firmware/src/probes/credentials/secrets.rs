//! Secrets by their form, in any bytes: password hashes, lines of account files, addresses with a password, and texts that were made
//! unreadable by XOR with one byte or by base64.
//!
//! A hash counts when it has a scheme's mark and exactly its length; an account line when numbers stand where numbers belong and
//! its password is empty or a hash; an address when user and password are neither empty, nor formats, nor words that stand for
//! others in documentation. XOR with any one byte keeps the differences of neighbours: marks are looked for in these, for all 255 at once.
//! Sources: crypt(5), passwd(5), RFC 3986 3.2.1, RFC 4648.

use super::super::accounts::{Secret, can_log_in};
use super::super::pem;
use aho_corasick::AhoCorasick;
use std::sync::LazyLock;

/// Findings of one file that are kept.
const MOST: usize = 256;
/// Bytes of a hidden text that are read.
const HIDDEN: usize = 4096;
/// Bytes of base64 of one file that are decoded.
const DECODED: usize = 4 << 20;

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Where.
    pub offset: usize,
    /// Bytes.
    pub length: usize,
    /// What.
    pub what: What,
}

/// A secret's form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A password hash: the scheme, the hash.
    Hash(&'static str, Vec<u8>),
    /// A line of an account file: the account, and the scheme of its hash; `None` where the password is empty.
    Account(Vec<u8>, Option<&'static str>),
    /// An address with user and password.
    Address(Vec<u8>),
}

/// A text that was not readable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// Where.
    pub offset: usize,
    /// Bytes.
    pub length: usize,
    /// How it was hidden.
    pub how: String,
    /// What it says.
    pub text: Vec<u8>,
}

const MARKS: [&[u8]; 11] =
    [b"$1$", b"$5$", b"$6$", b"$2a$", b"$2b$", b"$2y$", b"$y$", b"$apr1$", b"://", b":0:0:", b"::0:"];

static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(MARKS).ok());

/// The secrets that stand in `data` as they are, in order.
pub fn find(data: &[u8]) -> Vec<Found> {
    let Some(finder) = FINDER.as_ref() else { return Vec::new() };
    let mut found: Vec<Found> = Vec::new();
    for hit in finder.find_iter(data) {
        let one = match hit.pattern().as_usize() {
            0..=7 => hash(data, hit.start()),
            8 => address(data, hit.start()),
            _ => account(data, hit.start()),
        };
        let Some(one) = one else { continue };
        // A hash in an account line is the line's.
        if let Some(last) = found.last_mut()
            && one.offset < last.offset + last.length
        {
            if one.length > last.length {
                *last = one;
            }
            continue;
        }
        if let Some(last) = found.last()
            && one.offset <= last.offset
        {
            found.pop();
        }
        if found.len() >= MOST {
            break;
        }
        found.push(one);
    }
    found
}

fn digit(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/')
}

fn hash(data: &[u8], start: usize) -> Option<Found> {
    if start
        .checked_sub(1)
        .and_then(|before| data.get(before))
        .is_some_and(|byte| digit(*byte) || *byte == b'$')
    {
        return None;
    }
    let rest = data.get(start..)?;
    let length = rest
        .iter()
        .take(160)
        .position(|&byte| !(digit(byte) || matches!(byte, b'$' | b'=')))
        .unwrap_or(rest.len().min(160));
    let text = rest.get(..length)?;
    let scheme = match text.strip_prefix(b"$apr1$") {
        Some(rest) => {
            let (salt, sum) = rest.split_at_checked(rest.iter().position(|&byte| byte == b'$')?)?;
            ((1..=8).contains(&salt.len()) && sum.len() == 23).then_some("md5")?
        }
        None => match Secret::read(text) {
            Secret::Hash("unknown") => return None,
            Secret::Hash(scheme) => scheme,
            _ => return None,
        },
    };
    // What is one byte over and over stands for a hash in a help text.
    let last = text.rsplit(|&byte| byte == b'$').next()?;
    let mut kinds: Vec<u8> = last.to_vec();
    kinds.sort_unstable();
    kinds.dedup();
    (kinds.len() >= 8).then(|| Found { offset: start, length, what: What::Hash(scheme, text.to_vec()) })
}

/// The line around a mark, where its ends are a zero byte, a line's end, a quote, or those of the data.
fn line_around(data: &[u8], at: usize) -> Option<(usize, &[u8])> {
    let ends = |byte: &u8| *byte < 0x20 || *byte >= 0x7f || matches!(byte, b'"' | b'\'' | b'`');
    let from = at.saturating_sub(256);
    let before = data.get(from..at)?.iter().rposition(ends).map_or(from, |end| from + end + 1);
    let after = data.get(at..data.len().min(at + 256))?;
    let end = after.iter().position(ends).map_or(after.len(), |end| end);
    let line = data.get(before..at + end)?;
    // A line's end that is written `\n` is one.
    let end = line.windows(2).position(|pair| pair == b"\\n").unwrap_or(line.len());
    Some((before, line.get(..end)?))
}

fn account(data: &[u8], at: usize) -> Option<Found> {
    let (mut start, mut line) = line_around(data, at)?;
    // `echo root:...`: the account is the last word.
    if let Some(blank) = line.iter().take(at - start).rposition(|&byte| byte == b' ' || byte == b'>') {
        (start, line) = (start + blank + 1, line.get(blank + 1..)?);
    }
    let fields: Vec<&[u8]> = line.splitn(10, |&byte| byte == b':').collect();
    let number =
        |field: &[u8]| !field.is_empty() && field.len() <= 10 && field.iter().all(u8::is_ascii_digit);
    let name = fields.first().filter(|name| {
        !name.is_empty()
            && name.len() <= 32
            && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte))
    })?;
    let secret = *fields.get(1)?;
    let shell = match fields.as_slice() {
        [_, _, uid, gid, _, home, shell] if number(uid) && number(gid) && home.starts_with(b"/") => {
            Some(*shell)
        }
        [_, _, days, rest @ ..] if number(days) && rest.len() == 6 => {
            rest.iter().all(|field| field.is_empty() || number(field)).then_some(None)?
        }
        _ => return None,
    };
    let scheme = match Secret::read(secret) {
        Secret::Empty if shell.is_some_and(|shell| shell.starts_with(b"/") && can_log_in(shell)) => None,
        Secret::Hash("unknown") | Secret::Empty | Secret::Locked | Secret::Elsewhere => return None,
        Secret::Hash(scheme) => Some(scheme),
    };
    Some(Found { offset: start, length: line.len(), what: What::Account(name.to_vec(), scheme) })
}

/// Words that documentation puts in place of a user's own.
const STANDING_IN: [&str; 26] = [
    "user",
    "username",
    "pass",
    "password",
    "passwd",
    "pwd",
    "login",
    "name",
    "usr",
    "pw",
    "me",
    "foo",
    "bar",
    "secret",
    "someone",
    "xxx",
    "you",
    "token",
    "u",
    "p",
    "userid",
    "proxyuser",
    "proxypass",
    "user1",
    "joe",
    "myuser",
];

fn address(data: &[u8], at: usize) -> Option<Found> {
    let from = at.saturating_sub(12);
    let before = data.get(from..at)?;
    let length = before
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_lowercase() || matches!(byte, b'+' | b'-' | b'0'..=b'9'))
        .count();
    if length < 2 {
        return None;
    }
    let rest = data.get(at + 3..)?;
    let rest = rest.get(..rest.len().min(256))?;
    let end = rest
        .iter()
        .position(|byte| !byte.is_ascii_graphic() || b"/\"'`<>\\?#,()".contains(byte))
        .unwrap_or(rest.len());
    let authority = rest.get(..end)?;
    let (info, host) = authority.split_at_checked(authority.iter().rposition(|&byte| byte == b'@')?)?;
    let (user, password) = info.split_at_checked(info.iter().position(|&byte| byte == b':')?)?;
    let password = password.get(1..)?;
    let host = host.get(1..)?;
    let stands_in = |word: &[u8]| {
        let word = String::from_utf8_lossy(word).to_ascii_lowercase();
        word.is_empty()
            || STANDING_IN.contains(&word.as_str())
            || word.chars().any(|byte| "$%<>{}[]*|@=&;".contains(byte))
            || word.contains("...")
    };
    let host_text = String::from_utf8_lossy(host).to_ascii_lowercase();
    let host_name = host_text.split(':').next().unwrap_or_default();
    let documented = host_name
        .split('.')
        .any(|part| matches!(part, "example" | "host" | "hostname" | "server" | "test" | "foo" | "bar"))
        || host_name.len() < 4
        || !host_name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    if stands_in(user) || stands_in(password) || documented {
        return None;
    }
    let offset = at - length;
    let length = length + 3 + end;
    Some(Found { offset, length, what: What::Address(data.get(offset..offset + length)?.to_vec()) })
}

/// Beginnings that show that a text is about accounts or keys.
const TELLING: [&[u8]; 11] = [
    b"root:$1$",
    b"root:$5$",
    b"root:$6$",
    b"root:$2",
    b"root::0:0:",
    b"root:x:0:0:",
    b"admin:$1$",
    b"admin:$6$",
    b"-----BEGIN ",
    b"ssh-rsa AAAAB3",
    b":0:0:root:/",
];

static DIFFERENCES: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::new(TELLING.iter().map(|text| differences(text))).ok());

fn differences(text: &[u8]) -> Vec<u8> {
    text.windows(2)
        .map(|pair| match pair {
            [a, b] => a ^ b,
            _ => 0,
        })
        .collect()
}

/// Texts about accounts or keys that stand in `data` under XOR with one byte (inverted among them) or in base64.
pub fn hidden(data: &[u8]) -> Vec<Hidden> {
    let mut found = xored(data);
    found.extend(encoded(data));
    found.sort_by_key(|one| one.offset);
    found.truncate(MOST);
    found
}

fn xored(data: &[u8]) -> Vec<Hidden> {
    let Some(finder) = DIFFERENCES.as_ref() else { return Vec::new() };
    let mut found: Vec<Hidden> = Vec::new();
    const PART: usize = 1 << 20;
    // Parts overlap by more than the longest mark.
    for start in (0..data.len()).step_by(PART) {
        let part = data.get(start..data.len().min(start + PART + 32)).unwrap_or_default();
        for hit in finder.find_iter(&differences(part)) {
            let at = start + hit.start();
            let first = TELLING.get(hit.pattern().as_usize()).and_then(|text| text.first());
            let (Some(first), Some(byte)) = (first, data.get(at)) else { continue };
            let key = first ^ byte;
            if key == 0 || found.last().is_some_and(|last| at < last.offset + last.length) {
                continue;
            }
            let printed = |byte: &&u8| matches!(**byte ^ key, b'\n' | b'\t' | b'\r' | 0x20..=0x7e);
            let rest = data.get(at..data.len().min(at + HIDDEN)).unwrap_or_default();
            let text: Vec<u8> = rest.iter().take_while(printed).map(|byte| byte ^ key).collect();
            if text.len() >= 12 && found.len() < MOST {
                found.push(Hidden {
                    offset: at,
                    length: text.len(),
                    how: format!("XOR with {key:#04x}"),
                    text,
                });
            }
        }
    }
    found
}

fn encoded(data: &[u8]) -> Vec<Hidden> {
    let (mut found, mut budget, mut at) = (Vec::new(), DECODED, 0);
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    while at < data.len() && budget > 0 && found.len() < MOST {
        let rest = data.get(at..).unwrap_or_default();
        let length = rest.iter().position(|&byte| !is_digit(byte)).unwrap_or(rest.len());
        let padding =
            rest.get(length..).unwrap_or_default().iter().take(2).take_while(|&&byte| byte == b'=').count();
        if (20..=64 << 10).contains(&length) {
            budget = budget.saturating_sub(length);
            let digits = rest.get(..length + padding).unwrap_or_default();
            if let Some(text) = pem::base64(digits).filter(|text| tells(text)) {
                found.push(Hidden { offset: at, length: length + padding, how: "base64".to_owned(), text });
            }
        }
        at += length.max(1);
    }
    found
}

/// Whether a decoded text is about accounts or keys.
fn tells(text: &[u8]) -> bool {
    let printed = text.iter().all(|byte| matches!(byte, b'\n' | b'\t' | b'\r' | 0x20..=0x7e));
    printed
        && (TELLING.iter().any(|mark| text.starts_with(mark))
            || find(text).iter().any(|found| !matches!(found.what, What::Address(_)))
            || is_pair(text))
}

/// A short text of an account's usual name and a password.
fn is_pair(text: &[u8]) -> bool {
    let Some(at) = text.iter().position(|&byte| byte == b':') else { return false };
    let (name, rest) = text.split_at(at);
    let word = |bytes: &[u8]| (4..=64).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
    matches!(name, b"root" | b"admin" | b"administrator" | b"support" | b"service" | b"superuser" | b"guest")
        && rest.get(1..).is_some_and(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn forms(data: &[u8]) -> Vec<What> {
        find(data).into_iter().map(|found| found.what).collect()
    }

    #[test]
    fn hashes_have_their_scheme_and_length() {
        let md5 = b"$1$O3JMY.Tw$AdLnLjQ/5jXF9.MTp3gHv/";
        assert_eq!(forms(&[b"x\0", &md5[..], b"\0y"].concat()), [What::Hash("md5", md5.to_vec())]);
        assert!(forms(b"$1$%s$%s and $6$rounds=5000$salt").is_empty());
        assert!(forms(b"$1$aaaaaaaa$aaaaaaaaaaaaaaaaaaaaaa").is_empty(), "no hash is one letter");
    }

    #[test]
    fn lines_of_accounts() {
        let line = b"\"sup:$1$O3JMY.Tw$AdLnLjQ/5jXF9.MTp3gHv/:0:0:Sup:/:/bin/sh\\n\"";
        assert_eq!(forms(line), [What::Account(b"sup".to_vec(), Some("md5"))]);
        assert_eq!(
            forms(b"echo 'root::0:0:root:/root:/bin/sh' > /etc/passwd"),
            [What::Account(b"root".to_vec(), None)]
        );
        assert_eq!(forms(b"a:rqXexS6ZhobKA:0:0:a:/:/bin/sh"), [What::Account(b"a".to_vec(), Some("des"))]);
        assert!(forms(b"root:x:0:0:root:/root:/bin/sh").is_empty(), "its password is elsewhere");
        assert!(forms(b"%s:%s:0:0:%s:/:/bin/sh root:*:0:0:r:/:/bin/sh d::1:1:d:/:/bin/false").is_empty());
    }

    #[test]
    fn addresses_with_a_password() {
        let all: &[u8] = b"ftp://upd8:k7Wq-2@fw.net-grid.org/x http://user:pass@a.org/ http://a:b@example.com http://%s:%s@%s/ http://a.b/c:d@e";
        assert_eq!(forms(all), [What::Address(b"ftp://upd8:k7Wq-2@fw.net-grid.org".to_vec())]);
    }

    #[test]
    fn hidden_texts_are_read() {
        let text = b"root:$1$O3JMY.Tw$AdLnLjQ/5jXF9.MTp3gHv/:0:0::/:/bin/sh\n";
        for key in [0x01, 0x5a, 0xff] {
            let mut data = vec![7; 100];
            data.extend(text.iter().map(|byte| byte ^ key));
            data.push(key);
            let found = hidden(&data);
            assert_eq!(
                (found.len(), found[0].offset, found[0].text.as_slice()),
                (1, 100, &text[..]),
                "{key}"
            );
        }
        assert!(hidden(text).is_empty(), "it stands there as it is");
        let found = hidden(b"\0cm9vdDp2ZXNwZXI0MWxhbnRlcm4=\0");
        assert_eq!(
            (found[0].how.as_str(), found[0].text.as_slice()),
            ("base64", &b"root:vesper41lantern"[..])
        );
    }

    proptest! {
        #[test]
        fn random_bytes(data in proptest::collection::vec(any::<u8>(), 0..400), text in "[a-z:$@/0 \n]{0,200}") {
            for content in [&data[..], text.as_bytes()] {
                for found in find(content) {
                    prop_assert!(found.offset + found.length <= content.len());
                }
                for found in hidden(content) {
                    prop_assert!(found.offset + found.length <= content.len());
                }
            }
        }
    }
}
