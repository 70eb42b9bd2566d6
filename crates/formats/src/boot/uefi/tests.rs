use super::*;
use crate::compression::test_support::read;
use proptest::prelude::*;

fn corpus(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../../corpus/formats/uefi-volume/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn a_broken_file_is_told_and_the_rest_kept() {
    let mut data = corpus("guided.fv");
    data[72 + 20] ^= 0x10;
    let (reading, entries) = read(&FirmwareVolume, &data, Place::Inside).unwrap();
    assert_eq!((reading.problems[0].kind, reading.problems[0].offset), (ProblemKind::Malformed, 72));
    assert_eq!((&*entries[0].path, entries[0].at), (&b"free-space"[..], Some(72)));
}

#[test]
fn an_extended_header_that_cannot_be_hides_no_file() {
    let data = corpus("guided.fv");
    let (whole, files) = read(&FirmwareVolume, &data, Place::Inside).unwrap();
    assert_eq!(whole.problems, []);
    for extended in [0x7f8_u16, 0x7000, 0xfff8] {
        let mut data = data.clone();
        let sum = u16::from_le_bytes([data[50], data[51]]).wrapping_sub(extended);
        data[50..52].copy_from_slice(&sum.to_le_bytes());
        data[52..54].copy_from_slice(&extended.to_le_bytes());
        let (reading, entries) = read(&FirmwareVolume, &data, Place::Inside).unwrap();
        assert_eq!(entries.len(), files.len(), "{extended:#x}");
        let told = reading.problems.iter().any(|problem| problem.offset == 52);
        assert!(told, "{extended:#x}: {:?}", reading.problems);
    }
}

#[test]
fn checksums_of_contents_are_compared() {
    let mut data = corpus("compressed.fv");
    let at = data.windows(9).position(|window| window == b"raw bytes").unwrap();
    data[at] ^= 1;
    let (reading, _) = read(&FirmwareVolume, &data, Place::Inside).unwrap();
    assert_eq!(reading.problems[0].kind, ProblemKind::Checksum);
    data[50] ^= 1;
    assert!(read(&FirmwareVolume, &data, Place::Inside).is_none());
}

proptest! {
    #[test]
    fn any_bits_are_decompressed_to_the_stated_length_or_not_at_all(
        body in prop::collection::vec(any::<u8>(), 0..300),
        length in 0_u32..5000,
        wide in any::<bool>(),
    ) {
        let data = [&(body.len() as u32).to_le_bytes()[..], &length.to_le_bytes(), &body].concat();
        let made = tiano::decompress(&data, if wide { 5 } else { 4 }, 4000);
        if let Some(bytes) = made {
            prop_assert_eq!(bytes.len(), length as usize);
            prop_assert!(length <= 4000);
        }
    }

    #[test]
    fn any_sections_end(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let sections = section::read(&bytes, 0, &Limits::default());
        prop_assert!(sections.leaves.len() <= bytes.len());
    }
}
