//! The URI of CPE 2.2: `cpe:/part:vendor:product:version:update:edition:language`, percent-encoded, where 2.3's new
//! attributes are packed into the edition: `~edition~sw_edition~target_sw~target_hw~other`.
//! Source: NISTIR 7695, 6.1.

use super::{Attribute, Cpe, Value, Wild, known_part};

pub(super) fn parse(rest: &str) -> Result<Cpe, &'static str> {
    let mut parts = rest.split(':');
    let mut next = || parts.next().unwrap_or_default();
    let part = attribute(next())?;
    known_part(&part)?;
    let (vendor, product, version) = (attribute(next())?, attribute(next())?, attribute(next())?);
    let (update, edition, language) = (attribute(next())?, next(), attribute(next())?);
    if parts.next().is_some() {
        return Err("it has more than seven parts");
    }
    let mut packed: [Attribute; 5] = Default::default();
    match edition.strip_prefix('~') {
        None => {
            packed = [attribute(edition)?, Attribute::Any, Attribute::Any, Attribute::Any, Attribute::Any]
        }
        Some(rest) => {
            let mut values = rest.split('~');
            for slot in &mut packed {
                *slot = attribute(values.next().ok_or("its packed edition has fewer than five parts")?)?;
            }
            if values.next().is_some() {
                return Err("its packed edition has more than five parts");
            }
        }
    }
    let [edition, sw_edition, target_sw, target_hw, other] = packed;
    Ok(Cpe {
        part,
        vendor,
        product,
        version,
        update,
        edition,
        language,
        sw_edition,
        target_sw,
        target_hw,
        other,
    })
}

pub(super) fn write(cpe: &Cpe) -> String {
    let new = [&cpe.sw_edition, &cpe.target_sw, &cpe.target_hw, &cpe.other];
    let edition = if new.iter().all(|attribute| **attribute == Attribute::Any) {
        encode(&cpe.edition)
    } else {
        let mut packed = format!("~{}", encode(&cpe.edition));
        for attribute in new {
            packed.push('~');
            packed.push_str(&encode(attribute));
        }
        packed
    };
    let plain = [&cpe.part, &cpe.vendor, &cpe.product, &cpe.version, &cpe.update].map(encode);
    let whole = format!("cpe:/{}:{edition}:{}", plain.join(":"), encode(&cpe.language));
    whole.trim_end_matches(':').to_owned()
}

fn attribute(text: &str) -> Result<Attribute, &'static str> {
    match text {
        "" => return Ok(Attribute::Any),
        "-" => return Ok(Attribute::Na),
        _ if !text.bytes().all(|byte| byte.is_ascii_graphic()) => {
            return Err("a part holds a blank, a control character or one outside ASCII");
        }
        _ => {}
    }
    // Wildcards are %01 (?) and %02 (*); everything else stands for itself.
    let mut before = Wild::UpTo(0);
    let mut rest = text;
    if let Some(after) = rest.strip_prefix("%02") {
        (before, rest) = (Wild::Any, after);
    } else {
        while let Some(after) = rest.strip_prefix("%01") {
            before = Wild::UpTo(if let Wild::UpTo(count) = before { count + 1 } else { 1 });
            rest = after;
        }
    }
    let mut behind = Wild::UpTo(0);
    if let Some(shorter) = rest.strip_suffix("%02") {
        (behind, rest) = (Wild::Any, shorter);
    } else {
        while let Some(shorter) = rest.strip_suffix("%01") {
            behind = Wild::UpTo(if let Wild::UpTo(count) = behind { count + 1 } else { 1 });
            rest = shorter;
        }
    }
    Ok(Attribute::Value(Value { before, text: decode(rest)?, behind }))
}

fn decode(text: &str) -> Result<String, &'static str> {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
        if character != '%' {
            decoded.push(character.to_ascii_lowercase());
            continue;
        }
        let digits = rest.get(..2).ok_or("it ends within a percent-encoded character")?;
        let byte = u8::from_str_radix(digits, 16).map_err(|_| "a percent sign is followed by no number")?;
        match byte {
            0x01 | 0x02 => return Err("a wildcard stands in the middle of a value"),
            byte if byte.is_ascii_graphic() => decoded.push(char::from(byte.to_ascii_lowercase())),
            _ => return Err("a part holds a blank, a control character or one outside ASCII"),
        }
        rest = rest.get(2..).unwrap_or_default();
    }
    Ok(decoded)
}

fn encode(attribute: &Attribute) -> String {
    let value = match attribute {
        Attribute::Any => return String::new(),
        Attribute::Na => return "-".to_owned(),
        Attribute::Value(value) => value,
    };
    let wild = |wild| match wild {
        Wild::Any => "%02".to_owned(),
        Wild::UpTo(count) => "%01".repeat(count),
    };
    let mut text = wild(value.before);
    let alone = value.text == "-";
    for character in value.text.chars() {
        if (character.is_ascii_alphanumeric() || "._-".contains(character)) && !alone {
            text.push(character);
        } else {
            text.push_str(&format!("%{:02x}", u32::from(character)));
        }
    }
    text + &wild(value.behind)
}
