//! What stands at each site, and what joins it.

use super::places::{Kind, Place, Places};
use super::vendors::{Sort, Vendors};
use super::{Chance, Sheets};

/// A data centre's equipment: name, role, functions, sort.
const CENTRE: &[(&str, &str, &[&str], Sort)] = &[
    ("amf", "5g-core", &["AMF"], Sort::Packet),
    ("smf", "5g-core", &["SMF"], Sort::Packet),
    ("udm", "5g-core", &["UDM", "UDR", "AUSF"], Sort::Packet),
    ("nrf", "5g-core", &["NRF", "NSSF"], Sort::Packet),
    ("pcf", "5g-core", &["PCF", "CHF"], Sort::Packet),
    ("nef", "5g-core", &["NEF", "AF"], Sort::Packet),
    ("sepp", "5g-core", &["SEPP"], Sort::Packet),
    ("hss", "4g-core", &["HSS"], Sort::Packet),
    ("mme", "4g-core", &["MME"], Sort::Packet),
    ("pgw", "4g-core", &["SGW", "PGW"], Sort::Packet),
    ("pcrf", "4g-core", &["PCRF"], Sort::Packet),
    ("cscf", "ims", &["P-CSCF", "S-CSCF", "TAS"], Sort::Packet),
    ("sbc", "sbc", &["SBC"], Sort::Management),
    ("igw", "internet-gateway", &["IGW"], Sort::Router),
    ("fw", "firewall", &["FIREWALL"], Sort::Management),
    ("admf", "lawful-intercept", &["ADMF", "LIPF"], Sort::Management),
    ("mdf", "lawful-intercept", &["MDF2", "MDF3"], Sort::Management),
    ("oss", "oss", &["OSS"], Sort::Management),
    ("nms", "nms", &["NMS"], Sort::Management),
    ("aaa", "aaa", &["AAA"], Sort::Management),
    ("siem", "siem", &["SIEM"], Sort::Management),
    ("mano", "mano", &["MANO"], Sort::Management),
    ("nfvi", "nfvi", &["NFVI"], Sort::Management),
    ("jump", "jump-host", &["JUMP-HOST"], Sort::Management),
];

/// Writes devices, functions, links, demands and interceptions.
pub(super) fn write(places: &Places, vendors: &Vendors, chance: &mut Chance, sheets: &mut Sheets) {
    let mut works = Works { places, vendors, chance, sheets, links: 0 };
    for number in 0..places.centres.len() {
        works.centre(number);
    }
    for number in 0..places.regions.len() {
        works.region(number);
    }
}

struct Works<'a> {
    places: &'a Places,
    vendors: &'a Vendors,
    chance: &'a mut Chance,
    sheets: &'a mut Sheets,
    links: u64,
}

/// A device to be written.
struct New<'a> {
    name: &'a str,
    place: &'a Place,
    role: &'a str,
    sort: Sort,
    side: usize,
    segment: &'a str,
    functions: &'a [&'a str],
}

impl<'a> Works<'a> {
    fn device(&mut self, new: &New<'_>) {
        let vendor = self.vendors.of(new.sort, new.place.region, new.side);
        // One of four is of the older generation.
        let old = self.chance.below(4) == 0;
        let year = if old { 2014 + self.chance.below(5) } else { 2019 + self.chance.below(7) };
        let installed = format!("{year}-{:02}-{:02}", 1 + self.chance.below(12), 1 + self.chance.below(28));
        let software = format!("{}.{}", if old { 3 } else { 7 }, self.chance.below(4));
        self.sheets.devices.row(&[
            new.name,
            &new.place.name,
            new.role,
            vendor.name,
            &Vendors::model(vendor, new.sort, old),
            if old { "OS 3" } else { "OS 7" },
            &software,
            new.segment,
            "active",
            &installed,
        ]);
        for function in new.functions {
            self.sheets.functions.row(&[new.name, function]);
        }
    }

    fn link(&mut self, a: (&str, &str), b: (&str, &str), medium: &str, capacity: &str) {
        self.ducted(a, b, (medium, capacity), "");
    }

    /// A link that runs through ducts, with semicolons between them; a medium other than fibre runs through none.
    fn ducted(&mut self, a: (&str, &str), b: (&str, &str), (medium, capacity): (&str, &str), ducts: &str) {
        self.links += 1;
        let label = format!("L{:08}", self.links);
        let ducts = if medium == "smf" { ducts } else { "" };
        self.sheets.links.row(&[&label, a.0, a.1, b.0, b.1, medium, "connected", capacity, "own", ducts]);
    }

    /// A core router and the optical shelf of its side.
    fn backbone(&mut self, router: &str, shelf: &str, place: &Place, side: usize) {
        self.device(&New {
            name: router,
            place,
            role: "core-router",
            sort: Sort::Router,
            side,
            segment: "mgmt-core",
            functions: &["P"],
        });
        self.device(&New {
            name: shelf,
            place,
            role: "dwdm",
            sort: Sort::Optical,
            side,
            segment: "mgmt-transport",
            functions: &["DWDM"],
        });
    }

    /// A data centre: two routers and two optical shelves in its transport, two switches, and everything else on both.
    fn centre(&mut self, number: usize) {
        let places = self.places;
        let Some(place) = places.centres.get(number).and_then(|&at| places.all.get(at)) else { return };
        let name = |what: &str, count: usize| format!("dc{}-{what}-{count}", number + 1);
        for side in 0..2 {
            let (router, shelf, switch) = (name("p", side + 1), name("dwdm", side + 1), name("sw", side + 1));
            self.backbone(&router, &shelf, place, side);
            self.device(&New {
                name: &switch,
                place,
                role: "switch",
                sort: Sort::Router,
                side,
                segment: "mgmt-core",
                functions: &[],
            });
            self.link((&router, "et-0"), (&switch, "et-0"), "smf", "400000");
            self.link((&router, "et-1"), (&shelf, "c-1"), "smf", "400000");
        }
        self.link((&name("p", 1), "et-2"), (&name("p", 2), "et-2"), "smf", "400000");
        self.link((&name("sw", 1), "et-2"), (&name("sw", 2), "et-2"), "smf", "400000");
        for (port, (what, role, functions, sort)) in CENTRE.iter().enumerate() {
            let device = name(what, 1);
            let segment = match *role {
                "oss" | "nms" | "aaa" | "siem" | "mano" | "jump-host" => "mgmt-oversight",
                _ => "mgmt-core",
            };
            self.device(&New {
                name: &device,
                place,
                role,
                sort: *sort,
                side: number % 2,
                segment,
                functions,
            });
            for side in 1..=2 {
                let port = format!("et-{}", 10 + port);
                self.link((&device, &format!("e{side}")), (&name("sw", side), &port), "dac", "100000");
            }
            for part in functions.iter().filter(|part| ["ADMF", "LIPF", "MDF2", "MDF3"].contains(*part)) {
                self.sheets.interceptions.row(&[&device, part, "own"]);
            }
        }
        // The centres stand in a ring of both sides.
        for side in 1..=2 {
            let to = (number + 1) % places.centres.len() + 1;
            let (next, duct) =
                (format!("dc{to}-dwdm-{side}"), format!("trunk dc{}-dc{to}-{side}", number + 1));
            self.ducted((&name("dwdm", side), "l-1"), (&next, "l-2"), ("smf", "800000"), &duct);
        }
    }

    /// A region: core sites joined to the data centres, aggregation to both core sites, rings closed over aggregation.
    fn region(&mut self, number: usize) {
        let places = self.places;
        let Some(region) = places.regions.get(number) else { return };
        let name = |what: &str, count: usize| format!("r{:02}-{what}-{count}", number + 1);
        let metro = format!("metro r{:02}", number + 1);
        for (side, place) in region.cores.iter().filter_map(|&at| places.all.get(at)).enumerate() {
            let (router, shelf, upf, cu) =
                (name("p", side + 1), name("dwdm", side + 1), name("upf", side + 1), name("cu", side + 1));
            self.backbone(&router, &shelf, place, side);
            self.device(&New {
                name: &upf,
                place,
                role: "5g-core",
                sort: Sort::Packet,
                side,
                segment: "mgmt-core",
                functions: &["UPF"],
            });
            self.device(&New {
                name: &cu,
                place,
                role: "gnb-cu",
                sort: Sort::Baseband,
                side: 3,
                segment: "mgmt-access",
                functions: &["GNB-CU"],
            });
            self.link((&router, "et-1"), (&shelf, "c-1"), "smf", "400000");
            self.link((&router, "et-2"), (&upf, "e1"), "dac", "100000");
            self.link((&router, "et-3"), (&cu, "e1"), "dac", "100000");
            for centre in 1..=2 {
                let port = format!("l-{}", 100 + 2 * number + side);
                self.ducted(
                    (&shelf, &format!("l-{centre}")),
                    (&format!("dc{centre}-dwdm-{}", side + 1), &port),
                    ("smf", "800000"),
                    &format!("trunk r{:02}-dc{centre}-{}", number + 1, side + 1),
                );
            }
            // Each side's user plane stands on the other side's router too.
            let other = name("p", 2 - side);
            self.ducted((&upf, "e2"), (&other, "et-4"), ("smf", "100000"), &metro);
            self.ducted((&cu, "e2"), (&other, "et-5"), ("smf", "100000"), &metro);
        }
        self.ducted((&name("p", 1), "et-0"), (&name("p", 2), "et-0"), ("smf", "400000"), &metro);
        for (count, place) in region.aggregations.iter().filter_map(|&at| places.all.get(at)).enumerate() {
            let router = name("agg", count + 1);
            self.device(&New {
                name: &router,
                place,
                role: "transport",
                sort: Sort::Router,
                side: count % 2,
                segment: "mgmt-transport",
                functions: &[],
            });
            for core in 1..=2 {
                let port = format!("xe-{count}");
                let mut ducts = format!("feeder r{:02}-agg{}-core{core}", number + 1, count + 1);
                if number.is_multiple_of(3) {
                    // Both ways to the core cross one bridge.
                    ducts += &format!("; bridge r{:02}", number + 1);
                }
                let (end, core) = (format!("et-{core}"), name("p", core));
                self.ducted((&router, &end), (&core, &port), ("smf", "100000"), &ducts);
            }
        }
        let mut first = 0;
        for (index, ring) in region.rings.iter().enumerate() {
            self.ring(number, index, first, ring);
            first += ring.len();
        }
    }

    /// A ring of cell sites. Each has a gateway and a baseband unit with three radios; the baseband hangs on its own
    /// gateway and on the next one's.
    fn ring(&mut self, number: usize, index: usize, first: usize, ring: &[usize]) {
        let places = self.places;
        let Some(region) = places.regions.get(number) else { return };
        let cell = |what: &str, at: usize| format!("r{:02}-c{:05}-{what}", number + 1, first + at + 1);
        let closing: Vec<String> = places
            .closing(region, index)
            .iter()
            .filter_map(|at| region.aggregations.iter().position(|known| known == at))
            .map(|place| format!("r{:02}-agg-{}", number + 1, place + 1))
            .collect();
        let medium = if self.chance.below(3) == 0 { ("microwave", "2000") } else { ("smf", "10000") };
        // The listed vendor's share of a single region is by rings.
        let side = if places.regions.len() == 1 { index } else { 0 };
        // What joins neighbours on the ring, and the last with the first, runs through one duct.
        let between = |at: usize| format!("ring r{:02}-{}-{}", number + 1, index + 1, at + 1);
        for (at, place) in ring.iter().filter_map(|&at| places.all.get(at)).enumerate() {
            debug_assert_eq!(place.kind, Kind::Cell);
            let (gateway, baseband) = (cell("csg", at), cell("du", at));
            self.device(&New {
                name: &gateway,
                place,
                role: "cell-site-gateway",
                sort: Sort::Gateway,
                side,
                segment: "mgmt-access",
                functions: &[],
            });
            self.device(&New {
                name: &baseband,
                place,
                role: "gnb-du",
                sort: Sort::Baseband,
                side,
                segment: "mgmt-access",
                functions: &["GNB-DU"],
            });
            self.link((&baseband, "e1"), (&gateway, "ge-1"), "dac", "10000");
            let next = if ring.len() > 1 {
                cell("csg", (at + 1) % ring.len())
            } else {
                closing.first().cloned().unwrap_or_default()
            };
            self.ducted((&baseband, "e2"), (&next, &format!("ge-2{at:02}")), medium, &between(at));
            for sector in 1..=3 {
                let radio = cell(&format!("ru{sector}"), at);
                self.device(&New {
                    name: &radio,
                    place,
                    role: "ru",
                    sort: Sort::Radio,
                    side,
                    segment: "mgmt-access",
                    functions: &["RU"],
                });
                for port in 1..=2 {
                    let end = format!("f{sector}{port}");
                    self.link((&radio, &format!("f{port}")), (&baseband, &end), "smf", "25000");
                }
            }
            if ring.len() > 1 {
                // Neighbouring base stations talk to each other (Xn).
                let (own, other) = (format!("x{at}"), format!("y{at}"));
                let other_end = cell("du", (at + 1) % ring.len());
                self.ducted((&baseband, &own), (&other_end, &other), medium, &between(at));
            }
            if at + 1 < ring.len() {
                self.ducted((&gateway, "ge-10"), (&cell("csg", at + 1), "ge-11"), medium, &between(at));
            }
            self.sheets.demands.row(&[
                &place.name,
                "UPF",
                &place.subscribers.to_string(),
                &(place.subscribers / 5).to_string(),
            ]);
        }
        let port = format!("xe-r{index}");
        for (side, (end, at)) in closing.iter().zip([0, ring.len().saturating_sub(1)]).enumerate() {
            let mut ducts = format!("access r{:02}-{}-{}", number + 1, index + 1, side + 1);
            if index.is_multiple_of(3) {
                // Both ends come in through the same duct.
                ducts += &format!("; entry r{:02}-{}", number + 1, index + 1);
            }
            self.ducted((end, &port), (&cell("csg", at), "ge-12"), medium, &ducts);
        }
    }
}
