//! An executable read from end to end: its functions, those of the C library where it is static, suspects, sockets, and what runs when it is
//! loaded. Nothing panics; what a suspect says can be asked.
#![no_main]

use banbury_code::program::Program;
use banbury_code::surface::Reader;
use banbury_code::suspects::Suspects;
use banbury_code::weights::Weights;
use banbury_formats::executable::elf::Elf;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some(elf) = Elf::parse(data) else { return };
    let Some(program) = Program::of(&elf) else { return };
    assert!(program.is_static() || program.library().is_empty());
    assert!(program.library().values().all(|name| !name.is_empty()));
    let mut reader = Reader::new(&program);
    let suspects = Suspects::beside(&program, &mut |bounds, read| reader.look(bounds, read));
    let surface = reader.finish();
    assert_eq!(surface.functions, program.functions().len());
    for suspect in &suspects.all {
        let weighed = Weights::measured().weigh(suspect);
        assert!(weighed.low <= weighed.high && !suspect.features().is_empty());
        let _ = suspect.trigger();
    }
    for early in banbury_code::early::all(&program) {
        assert!(early.functions > 0);
    }
});
