//! Each probe over one file, under the names by which probes choose files.
//!
//! The first byte of an input picks the name; the rest is the file.

#![no_main]

use banbury_evidence::{Digest, Location, Step};
use banbury_firmware::probe::{File, Findings};
use banbury_firmware::probes::PROBES;
use libfuzzer_sys::fuzz_target;

const NAMES: &[&str] = &[
    "bin/busybox",
    "boot/kernel",
    "boot/config",
    "lib/modules/5.10.1/net/x.ko",
    "lib/libc.so.6",
    "lib/libuClibc-0.9.33.2.so",
    "lib/libcrypto.so.1.1",
    "lib/libz.so.1.2.13",
    "lib/libpcap.so.1",
    "lib/libdbus-1.so.3",
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/Packages.db",
    "var/lib/rpm/Packages",
    "www/js/jquery.js",
    "usr/lib/python3/x.dist-info/METADATA",
    "usr/share/perl5/X.pm",
    "usr/lib/node_modules/x/package.json",
    "www/vendor/composer/installed.json",
    "usr/share/rubygems/specifications/x.gemspec",
    "boot/tree.dts",
    "etc/init.d/x",
    "etc/config/cwmp",
    "etc/snmp/snmpd.conf",
    "etc/opkg.conf",
    "www/cgi-bin/x.cgi",
    "usr/lib/lua/luci/controller/x.lua",
];

fuzz_target!(|data: &[u8]| {
    let Some((&pick, content)) = data.split_first() else { return };
    let path = NAMES[usize::from(pick) % NAMES.len()];
    let digest = Digest::of(content);
    let step = Step { format: "fuzz".to_owned(), offset: 0, entry: Some(path.to_owned()), at: None };
    let location = Location::exhibit(digest).inside(step);
    let file = File::new(path, content, &location, digest);
    for probe in PROBES {
        let mut findings = Findings::default();
        probe.file(&file, &mut findings);
        for claim in &findings.claims {
            assert!(!claim.locations.is_empty(), "{}: {}", probe.describe().name, claim.title);
        }
    }
});
