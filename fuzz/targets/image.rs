//! A whole image through the engine and every probe: no panic, every byte accounted for, the same twice.

#![no_main]

use banbury_firmware::{Options, engine::examine};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let options = Options { object_bytes: 4 << 20, total_bytes: 16 << 20, objects: 2000, depth: 6, ..Options::default() };
    let examination = examine(bytes, &options, &options.limits());
    for object in &examination.objects {
        let mut at = 0;
        for region in &object.regions {
            assert_eq!(region.offset, at);
            at += region.length;
        }
        assert!(at == object.size || object.sha256.is_none());
    }
    let faults = examination.runs.iter().flat_map(|run| &run.claims).filter(|claim| claim.code == "unpack.reader-fault");
    assert_eq!(faults.count(), 0, "a reader panicked");
    let failed = examination.runs.iter().flat_map(|run| &run.skipped).filter(|skipped| skipped.why.contains("a defect of Banbury"));
    assert_eq!(failed.count(), 0, "a probe panicked");
    assert_eq!(examination, examine(bytes, &options, &options.limits()));
});
