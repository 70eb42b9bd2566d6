//! Passwords and keys at calls: which argument of which function is one.
//!
//! Source: the manuals of the functions (crypt(3), libpq, the MySQL C API, libcurl, OpenLDAP, OpenSSL, Mbed TLS, wolfSSL, libgcrypt, Nettle,
//! libssh, libssh2, Mosquitto, sqlcipher).

use banbury_code::uses::{Content, Given, To, Use, Uses};

/// A password at a call.
#[derive(Debug)]
pub struct Password<'a> {
    /// The call.
    pub one: Use,
    /// The function.
    pub by: &'static str,
    /// Whose, where that is fixed.
    pub user: Option<&'a [u8]>,
    /// The password.
    pub content: Content<'a>,
    /// Whether it is a password hash that others are compared with, and not a password.
    pub hash: bool,
}

/// (function, where the user stands, where the password stands).
const PASSWORDS: &[(&str, Option<usize>, usize)] = &[
    ("crypt", None, 0),
    ("crypt_r", None, 0),
    ("PQsetdbLogin", Some(5), 6),
    ("mysql_real_connect", Some(2), 3),
    ("mysql_change_user", Some(1), 2),
    ("ldap_simple_bind_s", Some(1), 2),
    ("ldap_simple_bind", Some(1), 2),
    ("ldap_bind_s", Some(1), 2),
    ("SSL_CTX_set_default_passwd_cb_userdata", None, 1),
    ("SSL_set_default_passwd_cb_userdata", None, 1),
    ("PEM_read_PrivateKey", None, 3),
    ("PEM_read_RSAPrivateKey", None, 3),
    ("PEM_read_bio_PrivateKey", None, 3),
    ("PEM_read_bio_RSAPrivateKey", None, 3),
    ("PKCS12_parse", None, 1),
    ("mbedtls_pk_parse_keyfile", None, 2),
    ("mbedtls_pk_parse_key", None, 3),
    ("ssh_userauth_password", Some(1), 2),
    ("libssh2_userauth_password_ex", Some(1), 3),
    ("mosquitto_username_pw_set", Some(1), 2),
    ("sqlite3_key", None, 1),
    ("ftp_login", Some(1), 2),
    ("gnutls_psk_set_client_credentials", Some(1), 2),
    ("evhttp_uri_set_userinfo", None, 1),
    ("PKCS5_PBKDF2_HMAC", None, 0),
    ("PKCS5_PBKDF2_HMAC_SHA1", None, 0),
    ("EVP_BytesToKey", None, 3),
];

/// Functions that store a setting: (function, where the name stands, where the value stands).
const SETTINGS: &[(&str, usize, usize)] = &[
    ("nvram_set", 0, 1),
    ("nvram_bufset", 1, 2),
    ("acosNvramConfig_set", 0, 1),
    ("cfg_set", 0, 1),
    ("setenv", 0, 1),
];

/// Options of `curl_easy_setopt` that are passwords (curl/curl.h).
const CURL: [(u64, &str); 8] = [
    (10005, "CURLOPT_USERPWD"),
    (10006, "CURLOPT_PROXYUSERPWD"),
    (10026, "CURLOPT_KEYPASSWD"),
    (10174, "CURLOPT_PASSWORD"),
    (10176, "CURLOPT_PROXYPASSWORD"),
    (10205, "CURLOPT_TLSAUTH_PASSWORD"),
    (10220, "CURLOPT_XOAUTH2_BEARER"),
    (10259, "CURLOPT_PROXY_TLSAUTH_PASSWORD"),
];

/// Names of functions at which an executable is worth reading.
pub fn is_wanted(name: &[u8]) -> bool {
    let known = |known: &str| known.as_bytes() == name;
    PASSWORDS.iter().any(|(name, ..)| known(name))
        || SETTINGS.iter().any(|(name, ..)| known(name))
        || KEYS.iter().any(|key| known(key.by))
        || matches!(
            name,
            b"PQconnectdb"
                | b"PQconnectStart"
                | b"curl_easy_setopt"
                | b"system"
                | b"popen"
                | b"doSystem"
                | b"doSystemCmd"
                | b"putspent"
        )
}

/// The passwords at the calls of a program.
pub fn passwords<'a>(uses: &Uses<'a>) -> Vec<Password<'a>> {
    let mut found = Vec::new();
    for (by, user, at) in PASSWORDS {
        let mut positions = vec![*at];
        positions.extend(*user);
        for one in uses.through(by.as_bytes(), &positions) {
            // PEM readers take a password only where they are given no function that asks for it.
            let asks = by.starts_with("PEM_read") && one.given.get(2) != Some(&Given::Number(0));
            let Some(content) = uses.content(&one, *at).filter(|content| !asks && is_secret(content)) else {
                continue;
            };
            let user = user.and_then(|user| Some(uses.content(&one, user)?.text));
            found.push(Password { one, by, user, content, hash: false });
        }
    }
    for by in ["crypt", "crypt_r"] {
        for one in uses.through(by.as_bytes(), &[1]) {
            if let Some(content) = uses.content(&one, 1)
                && content.text.len() >= 13
                && matches!(super::super::accounts::Secret::read(content.text), super::super::accounts::Secret::Hash(scheme) if scheme != "unknown")
            {
                found.push(Password { one, by, user: None, content, hash: true });
            }
        }
    }
    for by in ["PQconnectdb", "PQconnectStart"] {
        for one in uses.through(by.as_bytes(), &[0]) {
            let Some(content) = uses.content(&one, 0) else { continue };
            let at = content.text.windows(9).position(|word| word == b"password=");
            let value = at.and_then(|at| content.text.get(at + 9..)).unwrap_or_default();
            if !value.is_empty() && !value.starts_with(b"%") {
                found.push(Password { one, by, user: None, content, hash: false });
            }
        }
    }
    for one in uses.through(b"curl_easy_setopt", &[1, 2]) {
        let Some(Given::Number(option)) = one.given.get(1) else { continue };
        let Some((_, by)) = CURL.iter().find(|(number, _)| number == option) else { continue };
        if let Some(content) = uses.content(&one, 2).filter(is_secret) {
            found.push(Password { one, by, user: None, content, hash: false });
        }
    }
    for (by, name, value) in SETTINGS {
        for one in uses.through(by.as_bytes(), &[*name, *value]) {
            let Some(name) = uses.content(&one, *name).filter(|name| names_password(name.text)) else {
                continue;
            };
            if let Some(content) = uses.content(&one, *value).filter(is_secret) {
                found.push(Password { one, by, user: Some(name.text), content, hash: false });
            }
        }
    }
    found
}

fn is_secret(content: &Content<'_>) -> bool {
    !content.format || !content.text.contains(&b'%')
}

/// Whether the name of a setting says that its value is a password: not one that only tells how passwords are dealt with.
pub fn names_password(name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    ["passwd", "password", "passphrase", "_pwd", "psk", "secret"].iter().any(|end| name.ends_with(end))
        && !name.contains(' ')
}

/// A key at a call.
#[derive(Debug)]
pub struct Key<'a> {
    /// The call.
    pub one: Use,
    /// The function.
    pub by: &'static str,
    /// The algorithm, as far as the call says it.
    pub algorithm: String,
    /// Where the key stands.
    pub address: u64,
    /// The key.
    pub bytes: &'a [u8],
}

/// Where the length of a key is said.
#[derive(Clone, Copy)]
enum Length {
    Fixed(usize),
    Bytes(usize),
    Bits(usize),
    /// By the cipher that the call before chose, which is this argument.
    Cipher(usize),
}

struct At {
    by: &'static str,
    algorithm: &'static str,
    key: usize,
    length: Length,
}

const fn at(by: &'static str, algorithm: &'static str, key: usize, length: Length) -> At {
    At { by, algorithm, key, length }
}

const KEYS: &[At] = &[
    at("AES_set_encrypt_key", "AES", 0, Length::Bits(1)),
    at("AES_set_decrypt_key", "AES", 0, Length::Bits(1)),
    at("DES_set_key", "DES", 0, Length::Fixed(8)),
    at("DES_set_key_checked", "DES", 0, Length::Fixed(8)),
    at("DES_set_key_unchecked", "DES", 0, Length::Fixed(8)),
    at("BF_set_key", "Blowfish", 2, Length::Bytes(1)),
    at("RC4_set_key", "RC4", 2, Length::Bytes(1)),
    at("EVP_EncryptInit", "", 2, Length::Cipher(1)),
    at("EVP_DecryptInit", "", 2, Length::Cipher(1)),
    at("EVP_CipherInit", "", 2, Length::Cipher(1)),
    at("EVP_EncryptInit_ex", "", 3, Length::Cipher(1)),
    at("EVP_DecryptInit_ex", "", 3, Length::Cipher(1)),
    at("EVP_CipherInit_ex", "", 3, Length::Cipher(1)),
    at("EVP_EncryptInit_ex2", "", 2, Length::Cipher(1)),
    at("EVP_DecryptInit_ex2", "", 2, Length::Cipher(1)),
    at("HMAC", "HMAC", 1, Length::Bytes(2)),
    at("HMAC_Init", "HMAC", 1, Length::Bytes(2)),
    at("HMAC_Init_ex", "HMAC", 1, Length::Bytes(2)),
    at("EVP_PKEY_new_mac_key", "MAC", 2, Length::Bytes(3)),
    at("mbedtls_aes_setkey_enc", "AES", 1, Length::Bits(2)),
    at("mbedtls_aes_setkey_dec", "AES", 1, Length::Bits(2)),
    at("aes_setkey_enc", "AES", 1, Length::Bits(2)),
    at("aes_setkey_dec", "AES", 1, Length::Bits(2)),
    at("mbedtls_gcm_setkey", "GCM", 2, Length::Bits(3)),
    at("mbedtls_ccm_setkey", "CCM", 2, Length::Bits(3)),
    at("mbedtls_cipher_setkey", "", 1, Length::Bits(2)),
    at("mbedtls_des_setkey_enc", "DES", 1, Length::Fixed(8)),
    at("mbedtls_des_setkey_dec", "DES", 1, Length::Fixed(8)),
    at("mbedtls_des3_set3key_enc", "3DES", 1, Length::Fixed(24)),
    at("mbedtls_des3_set3key_dec", "3DES", 1, Length::Fixed(24)),
    at("mbedtls_md_hmac_starts", "HMAC", 1, Length::Bytes(2)),
    at("mbedtls_md_hmac", "HMAC", 1, Length::Bytes(2)),
    at("wc_AesSetKey", "AES", 1, Length::Bytes(2)),
    at("wc_AesGcmSetKey", "AES", 1, Length::Bytes(2)),
    at("wc_HmacSetKey", "HMAC", 2, Length::Bytes(3)),
    at("gcry_cipher_setkey", "", 1, Length::Bytes(2)),
    at("gcry_md_setkey", "HMAC", 1, Length::Bytes(2)),
    at("nettle_aes128_set_encrypt_key", "AES", 1, Length::Fixed(16)),
    at("nettle_aes128_set_decrypt_key", "AES", 1, Length::Fixed(16)),
    at("nettle_aes256_set_encrypt_key", "AES", 1, Length::Fixed(32)),
    at("nettle_aes256_set_decrypt_key", "AES", 1, Length::Fixed(32)),
    at("crypto_secretbox_easy", "XSalsa20-Poly1305", 4, Length::Fixed(32)),
    at("crypto_secretbox_open_easy", "XSalsa20-Poly1305", 4, Length::Fixed(32)),
    at("AES_init_ctx", "AES", 1, Length::Fixed(16)),
    at("AES_init_ctx_iv", "AES", 1, Length::Fixed(16)),
    at("aes_encrypt_init", "AES", 0, Length::Bytes(1)),
    at("aes_decrypt_init", "AES", 0, Length::Bytes(1)),
];

/// Bytes of the key of a cipher that OpenSSL names so; `None` where the name does not say.
fn of_cipher(name: &str) -> Option<usize> {
    Some(match name {
        _ if name.contains("aes_128_xts") => 32,
        _ if name.contains("aes_256_xts") => 64,
        _ if name.contains("_128_") => 16,
        _ if name.contains("_192_") => 24,
        _ if name.contains("_256_") || name.contains("chacha20") => 32,
        _ if name.contains("des_ede3") => 24,
        _ if name.contains("des_ede") => 16,
        _ if name.contains("EVP_des_") => 8,
        _ if name.contains("rc4")
            || name.contains("EVP_bf_")
            || name.contains("rc2_cbc")
            || name.contains("cast5") =>
        {
            16
        }
        _ => return None,
    })
}

/// The keys at the calls of a program that stand in its file.
pub fn keys<'a>(uses: &Uses<'a>) -> Vec<Key<'a>> {
    let mut found = Vec::new();
    for place in KEYS {
        for one in uses.through(place.by.as_bytes(), &[place.key]) {
            let number = |at: usize| match one.given.get(at) {
                Some(Given::Number(number)) => usize::try_from(*number).ok(),
                _ => None,
            };
            let mut algorithm = place.algorithm.to_owned();
            let length = match place.length {
                Length::Fixed(length) => Some(length),
                Length::Bytes(at) => number(at),
                Length::Bits(at) => number(at).map(|bits| bits / 8),
                Length::Cipher(at) => {
                    let name = uses.maker(&one, at).map(|name| String::from_utf8_lossy(name).into_owned());
                    let length = name.as_deref().and_then(of_cipher);
                    algorithm = name.unwrap_or_default().trim_start_matches("EVP_").to_owned();
                    length
                }
            };
            let Some(length) = length.filter(|length| (5..=256).contains(length)) else { continue };
            let Some((address, bytes)) = uses.bytes(&one, place.key, length) else { continue };
            // What is written to when the program runs is zero in the file.
            let is_variable =
                !uses.program().image().is_constant(address) && bytes.iter().all(|byte| *byte == 0);
            if !is_variable {
                found.push(Key { one, by: place.by, algorithm, address, bytes });
            }
        }
    }
    found
}

/// Keys that everyone has as examples of the algorithm: FIPS 197 appendices A and C, SP 800-38A appendix F, RFC 4231, counting bytes.
pub fn example(key: &[u8]) -> Option<&'static str> {
    let counts = |first: u8| key.iter().zip(0_u8..).all(|(byte, number)| *byte == first.wrapping_add(number));
    const A1: [u8; 16] =
        [0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c];
    const A3: [u8; 8] = [0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe];
    const DES: [u8; 8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
    match key {
        _ if key == A1 || key.starts_with(&A3) => Some("the key of FIPS 197 and SP 800-38A"),
        _ if counts(0) || counts(1) => Some("bytes that count up, as in FIPS 197"),
        _ if key.starts_with(&DES) => Some("the key of FIPS 81"),
        [first, rest @ ..] if rest.iter().all(|byte| byte == first) => Some("one byte over and over"),
        _ => None,
    }
}

/// Names of functions whose results, or numbers whose calls, are the same on one device and another on each other one.
fn is_source(uses: &Uses<'_>, one: &Use) -> Option<&'static str> {
    let To::Import(name) = &one.to else { return None };
    let text = |at: usize| {
        uses.content(one, at).map(|content| content.text.to_ascii_lowercase()).unwrap_or_default()
    };
    let tells = |text: &[u8]| {
        [&b"mac"[..], b"serial", b"ethaddr", b"hwaddr", b"device_sn", b"deviceid"]
            .iter()
            .any(|word| text.windows(word.len()).any(|part| part == *word))
            || (text.starts_with(b"/sys/class/net/") && text.ends_with(b"/address"))
    };
    match banbury_code::uses::bare(name) {
        // SIOCGIFHWADDR.
        b"ioctl" if one.given.get(1) == Some(&Given::Number(0x8927)) => Some("the hardware address"),
        b"gethostid" => Some("the host's number"),
        b"localtime" | b"localtime_r" | b"gmtime" | b"gmtime_r" | b"strftime" => Some("the date"),
        b"nvram_get" | b"nvram_safe_get" | b"getenv" | b"acosNvramConfig_get" | b"apmib_get"
            if tells(&text(0)) =>
        {
            Some("a serial number or address")
        }
        b"fopen" | b"open" | b"fopen64" | b"open64" if tells(&text(0)) => Some("a serial number or address"),
        _ => None,
    }
}

/// A password that is set, or hashed, from what a formula makes of the device or the day: the call, and of what.
pub fn derived(uses: &Uses<'_>) -> Vec<(Use, &'static str, &'static str)> {
    let mut found = Vec::new();
    let mut note = |one: &Use, by: &'static str| {
        let near = uses.in_function(one.function).filter(|other| other.at < one.at);
        let sources = near.flat_map(|other| {
            let inner: Vec<&Use> = match other.to {
                To::Here(function) => uses.in_function(function).take(64).collect(),
                To::Import(_) => vec![other],
            };
            inner.into_iter().filter_map(|one| is_source(uses, one)).collect::<Vec<_>>()
        });
        if let Some(source) = sources.min() {
            found.push((one.clone(), by, source));
        }
    };
    for by in ["crypt", "crypt_r"] {
        for one in uses.of_name(by.as_bytes()) {
            // The word that is hashed was put together here.
            if uses.content(one, 0).is_some_and(|content| content.format && content.text.contains(&b'%')) {
                note(one, "crypt");
            }
        }
    }
    for by in super::super::shell::PROGRAMS_OF {
        for one in uses.of_name(by.as_bytes()) {
            let Some(content) = uses.content(one, 0).filter(|content| content.format) else { continue };
            let text = String::from_utf8_lossy(content.text);
            if text.contains('%')
                && (text.contains("chpasswd") || text.contains("passwd ") || text.ends_with("passwd"))
            {
                note(one, by);
            }
        }
    }
    for one in uses.of_name(b"putspent") {
        note(one, "putspent");
    }
    found
}
