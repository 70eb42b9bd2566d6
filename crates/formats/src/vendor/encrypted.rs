//! Encrypted firmware that says of itself that it is: SHRS, `encrpted_img` and what `openssl enc` makes.
//!
//! Finds: the encrypted payload with its extent, named and handed out as it is. How: SHRS states the length and the
//! SHA-512 of its ciphertext, which is verified; `encrpted_img` states its length; a salted openssl stream reaches to
//! the end of the data. Wrong when: carved from unknown bytes, sizes must make sense and the payload must look like
//! noise. Misses: nothing is decrypted. Source: unblob's handlers dlink/shrs.py and dlink/encrpted_img.py, OpenSSL
//! apps/enc.c.

use super::parts::{Parts, is_noise};
use crate::broken;
use crate::bytes::{head, slice, tail, u32_be};
use crate::{Description, Entry, Format, Limits, Magic, Place, Problem, ProblemKind, Reading};
use sha2::{Digest, Sha512};

/// A D-Link SHRS image.
pub struct Shrs;

/// A D-Link `encrpted_img`.
pub struct EncrptedImg;

/// What `openssl enc` makes with a salt.
pub struct Salted;

static SHRS: Description = Description {
    name: "shrs",
    title: "D-Link SHRS encrypted image",
    magics: &[Magic { offset: 0, bytes: b"SHRS" }],
    yields: "the encrypted payload",
    limits: &["the payload (AES-128 in CBC mode) is not decrypted", "the signatures are not verified"],
    source: "unblob, handlers/archive/dlink/shrs.py",
};

static ENCRPTED: Description = Description {
    name: "encrpted-img",
    title: "D-Link encrpted_img",
    magics: &[Magic { offset: 0, bytes: b"encrpted_img" }],
    yields: "the encrypted payload",
    limits: &["the payload (AES-256 in CBC mode) is not decrypted", "the format has no checksum"],
    source: "unblob, handlers/archive/dlink/encrpted_img.py",
};

static SALTED: Description = Description {
    name: "openssl-salted",
    title: "openssl enc, salted",
    magics: &[Magic { offset: 0, bytes: b"Salted__" }],
    yields: "the encrypted payload",
    limits: &[
        "the payload is not decrypted; the stream does not say which cipher it is",
        "the stream does not state its length: it is taken to reach to the end of the data",
    ],
    source: "OpenSSL, apps/enc.c",
};

impl Format for Shrs {
    fn describe(&self) -> &'static Description {
        &SHRS
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        /// Magic, two sizes, initialisation vector, three digests, a reserve and two signatures.
        const HEADER: usize = 4 + 4 + 4 + 16 + 3 * 64 + 3 * 512;
        const DIGEST: usize = 28 + 2 * 64;
        const RESERVE: usize = 28 + 3 * 64;
        let (Some(padded), Some(size), true) = (u32_be(data, 4), u32_be(data, 8), data.len() >= HEADER)
        else {
            return broken::header(data, place, &SHRS, || broken::cut_off(data));
        };
        let reserve = slice(data, RESERVE, 512)?;
        if padded < size || padded - size > 4096 || size == 0 || reserve.iter().any(|byte| *byte != 0) {
            return broken::header(data, place, &SHRS, || {
                Problem::new(
                    ProblemKind::Malformed,
                    4,
                    format!("{size} bytes, padded to {padded}, or no empty reserve"),
                )
            });
        }
        let mut parts = Parts::new(data, HEADER as u64 + u64::from(padded));
        parts.header(0, HEADER);
        let payload = parts.add(&b"encrypted"[..], HEADER as u64, u64::from(padded));
        if place == Place::Inside && !is_noise(payload) {
            return None;
        }
        let found = Sha512::digest(head(payload, size as usize));
        parts.checksum("SHA-512 of the ciphertext", DIGEST, slice(data, DIGEST, 64)?, found);
        let detail = "the payload is encrypted with AES-128 in CBC mode; it is not decrypted";
        parts.problem(ProblemKind::Unsupported, HEADER as u64, detail);
        let iv: String = slice(data, 12, 16)?.iter().map(|byte| format!("{byte:02x}")).collect();
        let attributes = vec![("encryption", "AES-128-CBC".to_owned()), ("initialisation-vector", iv)];
        Some(parts.finish(attributes, limits, sink))
    }
}

impl Format for EncrptedImg {
    fn describe(&self) -> &'static Description {
        &ENCRPTED
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        const HEADER: usize = 16;
        let Some(size) = u32_be(data, 12) else {
            return broken::header(data, place, &ENCRPTED, || broken::cut_off(data));
        };
        let start = head(tail(data, HEADER), size as usize);
        if size < 16 || (place == Place::Inside && (!is_noise(start) || start.len() < size as usize)) {
            return broken::header(data, place, &ENCRPTED, || {
                Problem::new(ProblemKind::Malformed, 12, format!("a payload of {size} bytes"))
            });
        }
        let mut parts = Parts::new(data, HEADER as u64 + u64::from(size));
        parts.header(0, HEADER);
        parts.add(&b"encrypted"[..], HEADER as u64, u64::from(size));
        let detail = "the payload is encrypted with AES-256 in CBC mode; it is not decrypted";
        parts.problem(ProblemKind::Unsupported, HEADER as u64, detail);
        Some(parts.finish(vec![("encryption", "AES-256-CBC".to_owned())], limits, sink))
    }
}

impl Format for Salted {
    fn describe(&self) -> &'static Description {
        &SALTED
    }

    fn read<'a>(
        &self,
        data: &'a [u8],
        place: Place,
        limits: &Limits,
        sink: &mut dyn FnMut(Entry<'a>),
    ) -> Option<Reading> {
        const HEADER: usize = 16;
        let payload = tail(data, HEADER);
        // The string stands in every program that knows the format: only what looks like ciphertext is believed.
        let is_noise = || is_noise(payload) && is_noise(tail(payload, payload.len().saturating_sub(1024)));
        if payload.is_empty() || (place == Place::Inside && !is_noise()) {
            return broken::header(data, place, &SALTED, || broken::cut_off(data));
        }
        let mut parts = Parts::new(data, data.len() as u64);
        parts.header(0, HEADER);
        parts.add(&b"encrypted"[..], HEADER as u64, payload.len() as u64);
        let blocks = if payload.len().is_multiple_of(16) { "" } else { ", of no whole number of AES blocks" };
        let detail = format!("the payload is encrypted by openssl enc{blocks}; it is not decrypted");
        parts.problem(ProblemKind::Unsupported, HEADER as u64, detail);
        let salt: String = slice(data, 8, 8)?.iter().map(|byte| format!("{byte:02x}")).collect();
        Some(parts.finish(vec![("salt", salt)], limits, sink))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compression::test_support::{bytes_of, noise, read};

    fn shrs(size: usize) -> Vec<u8> {
        let payload = noise(size.next_multiple_of(16));
        let mut image = b"SHRS".to_vec();
        image.extend((payload.len() as u32).to_be_bytes());
        image.extend((size as u32).to_be_bytes());
        image.extend([9; 16]);
        image.extend([1; 128]);
        image.extend(Sha512::digest(&payload[..size]));
        image.extend([0; 512]);
        image.extend([5; 1024]);
        [image, payload].concat()
    }

    #[test]
    fn an_shrs_image_is_named_and_checked() {
        let data = [shrs(500), vec![0; 40]].concat();
        let (reading, entries) = read(&Shrs, &data, Place::Inside).unwrap();
        assert_eq!(reading.size, data.len() - 40);
        assert_eq!(bytes_of(&entries).len(), 512);
        let kinds: Vec<_> = reading.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!(kinds, [ProblemKind::Unsupported]);
        let mut data = shrs(500);
        data[1760] ^= 1;
        let (reading, _) = read(&Shrs, &data, Place::Start).unwrap();
        assert!(reading.problems.iter().any(|problem| problem.kind == ProblemKind::Checksum));
    }

    #[test]
    fn an_encrypted_image_with_a_length_alone() {
        let payload = noise(160);
        let data = [&b"encrpted_img"[..], &160_u32.to_be_bytes(), &payload, b"behind"].concat();
        let (reading, entries) = read(&EncrptedImg, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, bytes_of(&entries)), (176, payload));
        assert!(read(&EncrptedImg, &data[..90], Place::Inside).is_none());
    }

    #[test]
    fn the_name_of_the_salt_in_a_text_is_no_stream() {
        let text = [&b"Salted__"[..], &b"bad magic number in super-block\n".repeat(9)].concat();
        assert!(read(&Salted, &text, Place::Inside).is_none());
        let data = [&b"Salted__12345678"[..], &noise(320)].concat();
        let (reading, entries) = read(&Salted, &data, Place::Inside).unwrap();
        assert_eq!((reading.size, bytes_of(&entries).len()), (data.len(), 320));
        assert_eq!(reading.problems[0].kind, ProblemKind::Unsupported);
    }
}
