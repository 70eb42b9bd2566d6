//! The little of DER that keys need: elements, and what a private or public key is.
//!
//! Source: X.690; RFC 8017 (RSA), RFC 5915 (EC), RFC 5958 (PKCS #8), RFC 5280 (public keys), RFC 8410 (Edwards curves).

/// An element.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    /// Its tag, of one byte.
    pub tag: u8,
    /// Tag, length and value.
    pub whole: &'a [u8],
    /// Its value.
    pub value: &'a [u8],
}

/// Integer.
pub const INTEGER: u8 = 2;
const BITS: u8 = 3;
const OCTETS: u8 = 4;
const OBJECT: u8 = 6;
/// Sequence.
pub const SEQUENCE: u8 = 0x30;

/// The first element of `data`, and what follows it. Definite lengths of up to four bytes alone.
pub fn element(data: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, rest) = data.split_first()?;
    let (&first, rest) = rest.split_first()?;
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 7))?;
            (digits.iter().fold(0usize, |length, &digit| length << 8 | usize::from(digit)), rest)
        }
        _ => return None,
    };
    let (value, rest) = rest.split_at_checked(length)?;
    let whole = data.get(..data.len() - rest.len())?;
    Some((Element { tag, whole, value }, rest))
}

/// The elements of `data`, up to 32; `None` when something else stands among them.
pub fn elements(mut data: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut found = Vec::new();
    while !data.is_empty() {
        let (next, rest) = element(data)?;
        found.push(next);
        data = rest;
        if found.len() > 32 {
            return None;
        }
    }
    Some(found)
}

fn wrap(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let value = parts.concat();
    let length = value.len().to_be_bytes();
    let digits: Vec<u8> = length.iter().copied().skip_while(|&digit| digit == 0).collect();
    let mut whole = vec![tag];
    if value.len() < 0x80 {
        whole.extend(u8::try_from(value.len()));
    } else {
        whole.extend(u8::try_from(digits.len()).map(|count| 0x80 | count));
        whole.extend(digits);
    }
    whole.extend(value);
    whole
}

/// The bits of a positive integer.
pub fn bit_length(integer: &[u8]) -> u32 {
    let digits: Vec<u8> = integer.iter().copied().skip_while(|&digit| digit == 0).collect();
    match digits.first() {
        Some(first) => {
            u32::try_from(digits.len()).unwrap_or(u32::MAX).saturating_mul(8) - first.leading_zeros()
        }
        None => 0,
    }
}

/// What kind of key it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyKind {
    /// `rsa`, `dsa`, `ec`, `ed25519`, ... or the object identifier.
    pub algorithm: String,
    /// Its size in bits, where known.
    pub bits: Option<u32>,
}

impl KeyKind {
    /// Why it is weak: RSA under 2048 bits, any DSA, curves under 224 bits.
    pub fn weakness(&self) -> Option<String> {
        let bits = self.bits.unwrap_or(u32::MAX);
        match self.algorithm.as_str() {
            "rsa" if bits < 2048 => Some(format!("RSA of {bits} bits, under 2048")),
            "dsa" => Some("DSA, which NIST FIPS 186-5 no longer allows for signing".to_owned()),
            "ec" if bits < 224 => Some(format!("an elliptic curve of {bits} bits, under 224")),
            _ => None,
        }
    }

    /// Such as `RSA 2048`.
    pub fn label(&self) -> String {
        let name = self.algorithm.to_ascii_uppercase();
        self.bits.map_or(name.clone(), |bits| format!("{name} {bits}"))
    }
}

/// A private key.
#[derive(Debug)]
pub struct PrivateKey {
    /// What kind it is; `None` when it is encrypted.
    pub kind: Option<KeyKind>,
    /// The SubjectPublicKeyInfo of its public half, where that can be derived.
    pub public: Option<Vec<u8>>,
}

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 4, 1];

/// Bits of named curves by the value of their object identifier.
const CURVES: &[(&[u8], u32)] = &[
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1], 192),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7], 256),
    (&[0x2b, 0x81, 4, 0, 0x21], 224),
    (&[0x2b, 0x81, 4, 0, 0x22], 384),
    (&[0x2b, 0x81, 4, 0, 0x23], 521),
    (&[0x2b, 0x81, 4, 0, 0x0a], 256),
    (&[0x2b, 0x24, 3, 3, 2, 8, 1, 1, 7], 256),
    (&[0x2b, 0x24, 3, 3, 2, 8, 1, 1, 11], 384),
    (&[0x2b, 0x24, 3, 3, 2, 8, 1, 1, 13], 512),
];

fn curve_bits(object: &[u8]) -> Option<u32> {
    CURVES.iter().find(|(found, _)| *found == object).map(|(_, bits)| *bits)
}

fn object_text(object: &[u8]) -> String {
    let mut numbers = Vec::new();
    let mut number = 0u64;
    for &digit in object.iter().take(32) {
        number = number << 7 | u64::from(digit & 0x7f);
        if digit < 0x80 {
            numbers.push(number);
            number = 0;
        }
    }
    let first = numbers.first().copied().unwrap_or(0);
    let mut text = format!("{}.{}", (first / 40).min(2), first - (first / 40).min(2) * 40);
    numbers.iter().skip(1).for_each(|number| text.push_str(&format!(".{number}")));
    text
}

/// The kind of a SubjectPublicKeyInfo.
pub fn public_kind(spki: &[u8]) -> Option<KeyKind> {
    let parts = elements(element(spki)?.0.value)?;
    let (algorithm, key) = (elements(parts.first()?.value)?, parts.get(1).filter(|key| key.tag == BITS)?);
    let object = algorithm.first().filter(|object| object.tag == OBJECT)?.value;
    let size = match object {
        _ if object == RSA => {
            let numbers = elements(element(key.value.get(1..)?)?.0.value)?;
            Some(bit_length(numbers.first()?.value))
        }
        _ if object == EC => algorithm.get(1).and_then(|curve| curve_bits(curve.value)),
        _ if object == DSA => {
            let numbers = algorithm.get(1).and_then(|parameters| elements(parameters.value));
            numbers.and_then(|numbers| Some(bit_length(numbers.first()?.value)))
        }
        _ => None,
    };
    Some(kind_of(object, size))
}

fn kind_of(object: &[u8], bits: Option<u32>) -> KeyKind {
    let (algorithm, fixed) = match object {
        _ if object == RSA => ("rsa", None),
        _ if object == EC => ("ec", None),
        _ if object == DSA => ("dsa", None),
        [0x2b, 0x65, 0x6e] => ("x25519", Some(256)),
        [0x2b, 0x65, 0x6f] => ("x448", Some(448)),
        [0x2b, 0x65, 0x70] => ("ed25519", Some(256)),
        [0x2b, 0x65, 0x71] => ("ed448", Some(456)),
        other => return KeyKind { algorithm: object_text(other), bits },
    };
    KeyKind { algorithm: algorithm.to_owned(), bits: bits.or(fixed) }
}

/// Reads a private key in any of the DER forms: RSA, EC, DSA, PKCS #8, encrypted PKCS #8.
pub fn private_key(data: &[u8]) -> Option<PrivateKey> {
    let (outer, _) = element(data).filter(|(outer, _)| outer.tag == SEQUENCE)?;
    let parts = elements(outer.value)?;
    let tags: Vec<u8> = parts.iter().map(|part| part.tag).collect();
    let version = parts.first().filter(|part| part.tag == INTEGER).map(|part| part.value);
    match tags.as_slice() {
        [INTEGER, SEQUENCE, OCTETS, ..] if matches!(version, Some([0 | 1])) => {
            let algorithm = elements(parts.get(1)?.value)?;
            let object = algorithm.first().filter(|object| object.tag == OBJECT)?.value;
            let inner = parts.get(2)?.value;
            match object {
                _ if object == RSA => rsa(inner),
                _ if object == EC => ec(inner, algorithm.get(1).copied()),
                _ if object == DSA => {
                    let numbers = algorithm.get(1).and_then(|parameters| elements(parameters.value));
                    let size = numbers.and_then(|numbers| Some(bit_length(numbers.first()?.value)));
                    Some(PrivateKey { kind: Some(kind_of(object, size)), public: None })
                }
                _ => Some(PrivateKey { kind: Some(kind_of(object, None)), public: None }),
            }
        }
        [SEQUENCE, OCTETS] => {
            // PKCS #5 and PKCS #12 password-based encryption.
            let object = elements(parts.first()?.value)?.first().filter(|object| object.tag == OBJECT)?.value;
            let encrypted = object.starts_with(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5])
                || object.starts_with(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1]);
            encrypted.then_some(PrivateKey { kind: None, public: None })
        }
        [INTEGER, OCTETS, ..] if version == Some(&[1]) => ec(data, None),
        [INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER] if version == Some(&[0]) => {
            let size = bit_length(parts.get(1)?.value);
            (size >= 256).then(|| PrivateKey { kind: Some(kind_of(DSA, Some(size))), public: None })
        }
        [INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, INTEGER, ..] => rsa(data),
        _ => None,
    }
}

fn rsa(data: &[u8]) -> Option<PrivateKey> {
    let parts = elements(element(data).filter(|(outer, _)| outer.tag == SEQUENCE)?.0.value)?;
    let (modulus, exponent) = (parts.get(1)?, parts.get(2)?);
    let numbers = parts.len() >= 9 && parts.iter().take(9).all(|part| part.tag == INTEGER);
    let size = bit_length(modulus.value);
    if !numbers || size < 256 {
        return None;
    }
    let key = wrap(SEQUENCE, &[modulus.whole, exponent.whole]);
    let algorithm = wrap(SEQUENCE, &[&wrap(OBJECT, &[RSA]), &[5, 0]]);
    let public = wrap(SEQUENCE, &[&algorithm, &wrap(BITS, &[&[0], &key])]);
    Some(PrivateKey { kind: Some(kind_of(RSA, Some(size))), public: Some(public) })
}

fn ec(data: &[u8], curve: Option<Element<'_>>) -> Option<PrivateKey> {
    let parts = elements(element(data).filter(|(outer, _)| outer.tag == SEQUENCE)?.0.value)?;
    let secret = parts.get(1).filter(|part| part.tag == OCTETS && part.value.len() >= 14)?;
    let tagged =
        |tag: u8| parts.iter().find(|part| part.tag == tag).and_then(|part| Some(element(part.value)?.0));
    let curve = curve.or_else(|| tagged(0xa0)).filter(|curve| curve.tag == OBJECT);
    let size = curve.and_then(|curve| curve_bits(curve.value));
    let public = curve.zip(tagged(0xa1).filter(|point| point.tag == BITS)).map(|(curve, point)| {
        let algorithm = wrap(SEQUENCE, &[&wrap(OBJECT, &[EC]), curve.whole]);
        wrap(SEQUENCE, &[&algorithm, point.whole])
    });
    let size = size.or(u32::try_from(secret.value.len() * 8).ok());
    Some(PrivateKey { kind: Some(kind_of(EC, size)), public })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths_and_objects() {
        assert_eq!(wrap(4, &[&[7; 200]])[..3], [4, 0x81, 200]);
        assert_eq!(element(&wrap(4, &[&[7; 300]])).unwrap().0.value.len(), 300);
        assert_eq!(object_text(RSA), "1.2.840.113549.1.1.1");
        assert_eq!(bit_length(&[0, 0x80, 0]), 16);
        assert!(element(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]).is_none());
    }

    #[test]
    fn an_rsa_key_gives_its_public_half() {
        let number = |size: usize| wrap(INTEGER, &[&[0x7f], &vec![1; size]]);
        let parts: Vec<Vec<u8>> = [0, 255, 2, 255, 127, 127, 127, 127, 127].map(number).into();
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let key = private_key(&wrap(SEQUENCE, &parts)).unwrap();
        assert_eq!(key.kind.as_ref().unwrap().label(), "RSA 2047");
        assert_eq!(public_kind(&key.public.unwrap()), key.kind);
    }

    proptest! {
        #[test]
        fn random_bytes(data in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (private_key(&data), public_kind(&data), object_text(&data));
            let wrapped = wrap(SEQUENCE, &[&[2, 1, 0], &data]);
            let _ = (private_key(&wrapped), public_kind(&wrapped));
        }
    }
}
