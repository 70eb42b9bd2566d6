//! What `benches/feeds` runs: makes a feed of NVD 2.0's shape from a seed, imports it, looks components up.
//!
//!   feeds generate COUNT SEED FILE
//!   feeds import DATABASE FILE...
//!   feeds look-up DATABASE COUNT

#![allow(clippy::print_stdout, reason = "its figures are its output")]

use banbury_software::known::{Component, Facts, Known, State};
use banbury_software::store::{Options, Store};
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["generate", count, seed, file] => generate(count.parse()?, seed.parse()?, Path::new(file)),
        ["import", database, files @ ..] => import(Path::new(database), files),
        ["look-up", database, count] => look_up(Path::new(database), count.parse()?),
        _ => Err("feeds generate COUNT SEED FILE | import DATABASE FILE... | look-up DATABASE COUNT".into()),
    }
}

fn import(database: &Path, files: &[&str]) -> Result<(), Box<dyn Error>> {
    let started = Instant::now();
    let mut store = Store::open(database)?;
    for file in files {
        for imported in store.import(Path::new(file), &Options::default())? {
            let file = imported.file;
            println!("{}: {} records, {} problems", file.feed, file.records, file.problems.total());
        }
    }
    drop(store);
    let size = std::fs::metadata(database)?.len();
    println!("import: {}, database {} MB", spent(started)?, size >> 20);
    Ok(())
}

fn look_up(database: &Path, count: u64) -> Result<(), Box<dyn Error>> {
    let components: Vec<Component> = (0..count).map(component).collect::<Result<_, _>>()?;
    let started = Instant::now();
    let store = Store::open_to_read(database)?;
    let known = Known::new(&store)?;
    let (mut findings, mut outside, mut affected, mut slowest) = (0, 0, 0, (0.0, String::new()));
    for component in &components {
        let one = Instant::now();
        let answer = known.look_up_what_matters(component, &Facts::default())?;
        findings += answer.findings.len();
        outside += answer.outside;
        affected +=
            answer.findings.iter().filter(|finding| matches!(finding.state, State::Affected { .. })).count();
        let seconds = one.elapsed().as_secs_f64();
        if seconds > slowest.0 {
            slowest = (seconds, component.name.clone());
        }
    }
    println!(
        "look-up of {count} components: {}; {findings} findings, {affected} affected, {outside} outside; slowest {} {:.3} s",
        spent(started)?,
        slowest.1,
        slowest.0
    );
    Ok(())
}

/// The components of a device: the kernel, what every device has, and products further down the list.
fn component(number: u64) -> Result<Component, Box<dyn Error>> {
    let product = number * number % PRODUCTS;
    let (part, vendor, name) = product_name(product);
    let version = if product == 0 {
        "5.10.101".to_owned()
    } else {
        format!("{}.{}.{}", number % 4 + 1, number % 13, number % 7)
    };
    Ok(Component {
        name: name.clone(),
        version: Some(version),
        cpes: vec![format!("cpe:2.3:{part}:{vendor}:{name}:*:*:*:*:*:*:*:*").parse()?],
        ..Component::default()
    })
}

/// Wall clock and CPU seconds since the start, and the process's largest memory.
fn spent(started: Instant) -> Result<String, Box<dyn Error>> {
    let wall = started.elapsed().as_secs_f64();
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let behind = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let ticks: u64 =
        behind.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    let peak: u64 = peak.split_whitespace().nth(1).unwrap_or_default().parse()?;
    // The kernel counts in hundredths of a second, whatever its own tick.
    #[allow(clippy::cast_precision_loss, reason = "a few seconds")]
    let cpu = ticks as f64 / 100.0;
    Ok(format!("{wall:.2} s, {cpu:.2} s of CPU since the start of the process, peak {} MB", peak >> 10))
}

const PRODUCTS: u64 = 40_000;

fn product_name(number: u64) -> (&'static str, String, String) {
    if number == 0 {
        return ("o", "linux".to_owned(), "linux_kernel".to_owned());
    }
    ("a", format!("vendor{}", number / 3), format!("product_{number}"))
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers from the same seed everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// The kernel has 5 in 100 of all (12,500 of 250,000), some dozens of products have hundreds, most a few.
    fn product(&mut self) -> u64 {
        if self.below(100) < 5 {
            return 0;
        }
        let reach = 64 << self.below(10);
        self.below(reach) % PRODUCTS
    }
}

fn generate(count: u64, seed: u64, path: &Path) -> Result<(), Box<dyn Error>> {
    let mut random = Random(seed);
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    write!(
        out,
        r#"{{"resultsPerPage":{count},"startIndex":0,"totalResults":{count},"format":"NVD_CVE","version":"2.0","timestamp":"2026-11-01T00:00:00.000","vulnerabilities":["#
    )?;
    for number in 0..count {
        if number > 0 {
            out.write_all(b",")?;
        }
        record(&mut out, number, &mut random)?;
    }
    out.write_all(b"]}\n")?;
    out.flush()?;
    println!("generated {count} records, {} MB", std::fs::metadata(path)?.len() >> 20);
    Ok(())
}

const WORDS: &[&str] = &[
    "allows",
    "remote",
    "attackers",
    "execute",
    "arbitrary",
    "code",
    "via",
    "crafted",
    "packet",
    "buffer",
    "overflow",
    "in",
    "the",
    "function",
    "before",
    "when",
    "parsing",
    "header",
    "denial",
    "of",
    "service",
    "use-after-free",
    "file",
    "\\\"quoted\\\"",
    "memory",
    "discovered",
    "issue",
    "was",
    "version",
    "leading",
    "to",
    "information",
    "disclosure",
];

fn record(out: &mut impl Write, number: u64, random: &mut Random) -> std::io::Result<()> {
    let (year, serial) = (2002 + number / 10_500, number % 10_500 + 1);
    write!(
        out,
        r#"{{"cve":{{"id":"CVE-{year}-{serial:04}","sourceIdentifier":"cve@example.org","published":"{year}-05-06T10:15:00.000","lastModified":"2026-0{}-1{}T10:15:07.000","vulnStatus":"Analyzed","cveTags":[],"descriptions":[{{"lang":"en","value":""#,
        random.below(9) + 1,
        random.below(10)
    )?;
    for _ in 0..30 + random.below(90) {
        let word = WORDS.get(usize::try_from(random.below(WORDS.len() as u64)).unwrap_or(0)).unwrap_or(&"in");
        write!(out, "{word} ")?;
    }
    out.write_all(br#""},{"lang":"es","value":"Una vulnerabilidad en una funci\u00f3n permite a un atacante remoto ejecutar c\u00f3digo arbitrario por medio de un paquete."}],"metrics":{"#)?;
    write!(
        out,
        r#""cvssMetricV31":[{{"source":"nvd@nist.gov","type":"Primary","cvssData":{{"version":"3.1","vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","baseScore":{}.{},"baseSeverity":"HIGH","attackVector":"NETWORK","attackComplexity":"LOW","privilegesRequired":"NONE","userInteraction":"NONE","scope":"UNCHANGED","confidentialityImpact":"HIGH","integrityImpact":"HIGH","availabilityImpact":"HIGH"}},"exploitabilityScore":3.9,"impactScore":5.9}}],"cvssMetricV2":[{{"source":"nvd@nist.gov","type":"Primary","cvssData":{{"version":"2.0","vectorString":"AV:N/AC:L/Au:N/C:P/I:P/A:P","baseScore":7.5,"accessVector":"NETWORK","accessComplexity":"LOW","authentication":"NONE","confidentialityImpact":"PARTIAL","integrityImpact":"PARTIAL","availabilityImpact":"PARTIAL"}},"baseSeverity":"HIGH","exploitabilityScore":10.0,"impactScore":6.4,"acInsufInfo":false,"obtainAllPrivilege":false,"obtainUserPrivilege":false,"obtainOtherPrivilege":false,"userInteractionRequired":false}}]"#,
        random.below(9) + 1,
        random.below(10)
    )?;
    out.write_all(br#"},"weaknesses":[{"source":"nvd@nist.gov","type":"Primary","description":[{"lang":"en","value":"CWE-787"}]}],"configurations":["#)?;
    // One configuration in most, many in firmware of a whole family of devices.
    let firmware = random.below(20) == 0;
    let configurations = if firmware { 1 + random.below(30) } else { 1 };
    let product = random.product();
    for configuration in 0..configurations {
        if configuration > 0 {
            out.write_all(b",")?;
        }
        if firmware {
            out.write_all(br#"{"operator":"AND","nodes":[{"operator":"OR","negate":false,"cpeMatch":["#)?;
            let device = random.below(5_000);
            write!(
                out,
                r#"{{"vulnerable":true,"criteria":"cpe:2.3:o:maker{}:device_{device}_firmware:*:*:*:*:*:*:*:*","versionEndExcluding":"2.{}","matchCriteriaId":"{:032X}"}}"#,
                device / 50,
                random.below(30),
                random.next()
            )?;
            out.write_all(br#"]},{"operator":"OR","negate":false,"cpeMatch":["#)?;
            write!(
                out,
                r#"{{"vulnerable":false,"criteria":"cpe:2.3:h:maker{}:device_{device}:-:*:*:*:*:*:*:*","matchCriteriaId":"{:032X}"}}"#,
                device / 50,
                random.next()
            )?;
            out.write_all(b"]}]}")?;
        } else {
            out.write_all(br#"{"nodes":[{"operator":"OR","negate":false,"cpeMatch":["#)?;
            let most = 1 << random.below(7);
            let matches = 1 + random.below(most);
            for one in 0..matches {
                if one > 0 {
                    out.write_all(b",")?;
                }
                let (part, vendor, name) =
                    product_name(if one % 8 == 7 { random.product() } else { product });
                let (major, minor) = (random.below(5) + 1, random.below(20));
                if random.below(3) == 0 && product != 0 {
                    write!(
                        out,
                        r#"{{"vulnerable":true,"criteria":"cpe:2.3:{part}:{vendor}:{name}:{major}.{minor}:*:*:*:*:*:*:*","matchCriteriaId":"{:032X}"}}"#,
                        random.next()
                    )?;
                } else {
                    write!(
                        out,
                        r#"{{"vulnerable":true,"criteria":"cpe:2.3:{part}:{vendor}:{name}:*:*:*:*:*:*:*:*","versionStartIncluding":"{major}.{minor}","versionEndExcluding":"{major}.{minor}.{}","matchCriteriaId":"{:032X}"}}"#,
                        random.below(200) + 1,
                        random.next()
                    )?;
                }
            }
            out.write_all(b"]}]}")?;
        }
    }
    out.write_all(br#"],"references":["#)?;
    for reference in 0..1 + random.below(8) {
        if reference > 0 {
            out.write_all(b",")?;
        }
        write!(
            out,
            r#"{{"url":"https://example.org/security/advisories/{:016x}/{number}","source":"cve@example.org","tags":["Patch","Vendor Advisory"]}}"#,
            random.next()
        )?;
    }
    out.write_all(b"]}}")
}
