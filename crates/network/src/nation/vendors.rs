//! Who makes what, what it costs, and the papers: contracts, lists, reviews, attestations.

use super::{Chance, Sheets};

/// What an invented vendor is.
pub(super) struct Vendor {
    pub name: &'static str,
    home: &'static str,
    control: &'static str,
}

const ALL: [Vendor; 6] = [
    Vendor { name: "Aldersyde Networks", home: "Northmark (fictional)", control: "listed company" },
    Vendor { name: "Brackwater Systems", home: "Vasholm (fictional)", control: "state holding" },
    Vendor { name: "Corrigan Radio", home: "Northmark (fictional)", control: "listed company" },
    Vendor { name: "Dunmere Telecom", home: "Estrelle (fictional)", control: "founders" },
    Vendor { name: "Elvanfoot Optical", home: "Estrelle (fictional)", control: "listed company" },
    Vendor { name: "Fennimore Core", home: "Northmark (fictional)", control: "private equity" },
];

/// The vendor that stands on the lists.
const LISTED: usize = 1;

/// A sort of equipment, with what it costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Radio,
    Baseband,
    Gateway,
    Router,
    Optical,
    Packet,
    Management,
}

const SORTS: &[(Sort, &str, u64)] = &[
    (Sort::Radio, "RU", 9_000),
    (Sort::Baseband, "DU", 24_000),
    (Sort::Gateway, "CSG", 4_500),
    (Sort::Router, "RTR", 160_000),
    (Sort::Optical, "OTN", 90_000),
    (Sort::Packet, "PC", 400_000),
    (Sort::Management, "MG", 120_000),
];

/// Who makes what.
pub(super) struct Vendors {
    /// How many of [`ALL`] supply the nation.
    count: usize,
    seed: u64,
}

impl Vendors {
    pub fn new(chance: &mut Chance) -> Self {
        Self { count: 3 + chance.below(4) as usize, seed: chance.next() }
    }

    fn at(&self, number: usize) -> &'static Vendor {
        let [first, ..] = &ALL;
        ALL.get(number % self.count).unwrap_or(first)
    }

    /// The vendor of a sort of equipment in a region: radio and gateways differ by region, the rest is one choice for the
    /// nation, two where there are two sides.
    pub fn of(&self, sort: Sort, region: usize, side: usize) -> &'static Vendor {
        let number = match sort {
            // Of each ten regions the listed vendor has three, and three of every ten rings where there is one region.
            Sort::Radio | Sort::Baseband => match (region + side) % 10 {
                0..=2 => LISTED,
                3..=6 => 0,
                _ => 2,
            },
            Sort::Gateway => match (region + self.seed as usize % 3) % 3 {
                0 => LISTED,
                1 => 0,
                _ => 2,
            },
            Sort::Router => 3 + side,
            Sort::Optical => 4,
            Sort::Packet => 5 + side,
            Sort::Management => 2 + 3 * side,
        };
        self.at(number)
    }

    /// The model of a sort that a vendor makes, of an older or a newer generation.
    pub fn model(vendor: &Vendor, sort: Sort, old: bool) -> String {
        let initial = vendor.name.chars().next().unwrap_or('X');
        let word = SORTS.iter().find(|(known, ..)| *known == sort).map_or("", |(_, word, _)| word);
        format!("{initial}{word}-{}", if old { 100 } else { 200 })
    }

    /// Writes vendors, device types, and the papers.
    pub fn write(&self, sheets: &mut Sheets) {
        let supplying = ALL.iter().take(self.count);
        for (number, vendor) in supplying.enumerate() {
            let home = vendor.home;
            sheets.vendors.row(&[
                vendor.name,
                home,
                vendor.control,
                home,
                "2026-01-15",
                "Register of suppliers 2026",
            ]);
            for (sort, word, cost) in SORTS {
                for (old, support_end) in [(true, "2027-12-31"), (false, "2034-12-31")] {
                    let model = Self::model(vendor, *sort, old);
                    let part = format!("{}-{word}-{}", 1000 + number, u8::from(old));
                    let cost = if old { cost / 2 } else { *cost };
                    sheets.device_types.row(&[
                        vendor.name,
                        &model,
                        &part,
                        support_end,
                        home,
                        &cost.to_string(),
                    ]);
                }
            }
            let contract = format!("Support {}", vendor.name);
            sheets.contracts.row(&[
                &contract,
                vendor.name,
                "manufacturer",
                vendor.name,
                "mediated",
                "dc1-jump-1",
                "yes",
                "yes",
                "Exit plan 2026",
                "2024-04-01",
                "2029-03-31",
            ]);
            let (finding, grade, state) = match number {
                LISTED => ("Copies of one library in several versions", "medium", "open"),
                0 => ("none", "none", ""),
                _ => ("Builds cannot be reproduced from the delivered sources", "low", "open"),
            };
            sheets.reviews.row(&[vendor.name, "", "2026-05-20", "Evaluation Cell", finding, grade, state]);
        }
        let listed = self.at(LISTED).name;
        for (list, since) in
            [("restricted", "2019-04-01"), ("high-risk", "2020-01-28"), ("designated", "2022-10-13")]
        {
            sheets.designations.row(&[listed, list, since, "Decision of the Ministry (fictional)"]);
        }
        sheets.contracts.row(&[
            "Field service",
            listed,
            "role",
            "gnb-du",
            "direct",
            "",
            "no",
            "no",
            "none",
            "2021-01-01",
            "2027-06-30",
        ]);
        for (segment, plane) in [
            ("mgmt-access", "access"),
            ("mgmt-transport", "transport"),
            ("mgmt-core", "core"),
            ("mgmt-oversight", "oversight"),
        ] {
            sheets.segments.row(&[segment, plane, "yes"]);
        }
        for (measure, state, party) in [
            ("M1.01", "met", "Head of networks"),
            ("M10.01", "met", "Head of procurement"),
            ("M10.02", "breached", "Internal audit"),
        ] {
            sheets.attestations.row(&[
                "uk-security-2022",
                measure,
                "",
                state,
                party,
                "2026-06-30",
                "",
                "Statement 2026",
                "",
            ]);
        }
    }
}
