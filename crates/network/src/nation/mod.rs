//! A made-up national network of any size, as the tables that an operator would export.
//!
//! What it is: regions; in each, rings of cell sites closed over two aggregation sites; aggregation joined to the region's
//! two core sites; those to two national data centres and a third for standby, which hold the 4G and 5G core, management,
//! lawful intercept and interconnect. Fibre between sites runs through ducts: one between neighbours on a ring; both ends
//! of every third ring share one at their aggregation sites, and both ways to the core of every third region one bridge. Sites are fed by power regions, an area of rings each. Three to six invented vendors share the radio by region; one stands on lists. What it
//! is for: demonstrations, and tests at scale. What it is not: any real network, or a forecast of one; each table says in
//! its first line that it is synthetic, and what made it.
//!
//! The same number of sites and the same seed give the same bytes: chance is a generator of our own (SplitMix64; G. Steele,
//! D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014).

mod equipment;
mod places;
mod vendors;

use places::Places;
use vendors::Vendors;

/// What to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nation {
    /// Sites, at least [`Nation::FEWEST`].
    pub sites: u32,
    /// Seed of chance.
    pub seed: u64,
}

/// The first part of every country, place and vendor's home here says so.
pub const COUNTRY: &str = "Albany (fictional)";

impl Nation {
    /// The fewest sites that hold a region, a ring and the data centres.
    pub const FEWEST: u32 = 12;
    /// The most sites: names have seven digits, and nobody has more.
    pub const MOST: u32 = 5_000_000;

    /// What stands in the first line of each table behind `# synthetic: `.
    pub fn mark(&self) -> String {
        format!("banbury example nation --sites {} --seed {}", self.sites, self.seed)
    }

    /// The tables, each with the name of its file.
    pub fn tables(&self) -> Vec<(&'static str, Vec<u8>)> {
        let mut chance = Chance(self.seed);
        let vendors = Vendors::new(&mut chance);
        let places = Places::new(self.sites.clamp(Self::FEWEST, Self::MOST), &mut chance);
        let mut sheets = Sheets::new(&self.mark());
        for place in &places.all {
            place.write(places.region(place), &mut sheets.sites);
        }
        equipment::write(&places, &vendors, &mut chance, &mut sheets);
        vendors.write(&mut sheets);
        sheets.finish()
    }
}

/// The tables being written.
struct Sheets {
    sites: Sheet,
    devices: Sheet,
    links: Sheet,
    functions: Sheet,
    device_types: Sheet,
    vendors: Sheet,
    designations: Sheet,
    contracts: Sheet,
    interceptions: Sheet,
    reviews: Sheet,
    demands: Sheet,
    segments: Sheet,
    attestations: Sheet,
}

impl Sheets {
    fn new(mark: &str) -> Self {
        let sheet = |headings| Sheet::new(mark, headings);
        Self {
            sites: sheet("name,region,country,sensitive,subscribers,power,latitude,longitude"),
            devices: sheet(
                "name,site,role,manufacturer,device_type,platform,software_version,management_segment,status,installed",
            ),
            links: sheet(
                "label,device_a,termination_a,device_b,termination_b,type,status,capacity_mbps,operator,ducts",
            ),
            functions: sheet("device,function"),
            device_types: sheet("manufacturer,model,part_number,support_end,production,cost"),
            vendors: sheet("name,jurisdiction,control,production,stated,citation"),
            designations: sheet("vendor,list,since,citation"),
            contracts: sheet(
                "name,party,scope_kind,scope,access,through,administrator,logged,exit_plan,since,until",
            ),
            interceptions: sheet("device,part,operator"),
            reviews: sheet("vendor,product,date,reviewer,finding,grade,state"),
            demands: sheet("site,function,subscribers,mbps"),
            segments: sheet("segment,plane,contained"),
            attestations: sheet("regime,measure,subject,state,party,date,until,document,sha256"),
        }
    }

    fn finish(self) -> Vec<(&'static str, Vec<u8>)> {
        vec![
            ("sites.csv", self.sites.0),
            ("device_types.csv", self.device_types.0),
            ("devices.csv", self.devices.0),
            ("links.csv", self.links.0),
            ("functions.csv", self.functions.0),
            ("vendors.csv", self.vendors.0),
            ("designations.csv", self.designations.0),
            ("contracts.csv", self.contracts.0),
            ("interceptions.csv", self.interceptions.0),
            ("reviews.csv", self.reviews.0),
            ("demands.csv", self.demands.0),
            ("segments.csv", self.segments.0),
            ("attestations.csv", self.attestations.0),
        ]
    }
}

/// One table. No name that is made here holds a comma or a quote.
struct Sheet(Vec<u8>);

impl Sheet {
    fn new(mark: &str, headings: &str) -> Self {
        Self(format!("# synthetic: {mark}\n{headings}\n").into_bytes())
    }

    fn row(&mut self, cells: &[&str]) {
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                self.0.push(b',');
            }
            self.0.extend_from_slice(cell.as_bytes());
        }
        self.0.push(b'\n');
    }
}

/// SplitMix64.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is not 0.
    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> Option<&'a T> {
        list.get(usize::try_from(self.below(list.len() as u64)).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Input, import};
    use std::collections::BTreeSet;

    fn read(nation: Nation) -> banbury_evidence::model::Model {
        let tables = nation.tables();
        let inputs: Vec<Input<'_>> =
            tables.iter().map(|(name, bytes)| Input { name: (*name).to_owned(), bytes }).collect();
        let (model, diagnostics) = import(&inputs);
        assert_eq!(diagnostics, [], "{nation:?}");
        assert!(model.tables.iter().all(|table| table.synthetic.as_deref() == Some(nation.mark().as_str())));
        model
    }

    #[test]
    fn every_nation_reads_without_a_remark() {
        for (sites, seed) in [(12, 0), (13, 1), (40, 2), (41, 3), (300, 4), (1000, 5)] {
            let model = read(Nation { sites, seed });
            assert_eq!(model.sites.len(), sites as usize);
            let named: BTreeSet<&str> = model.sites.iter().map(|site| site.name.as_str()).collect();
            assert_eq!(named.len(), sites as usize);
            let occupied: BTreeSet<&str> =
                model.devices.iter().filter_map(|device| device.site.as_deref()).collect();
            assert_eq!(occupied, named, "every site has a device, and every device a site");
            for device in &model.devices {
                assert!(device.manufacturer.is_some() && device.role.is_some(), "{device:?}");
            }
        }
    }

    #[test]
    fn chance_comes_from_the_seed_alone() {
        let nation = Nation { sites: 200, seed: 7 };
        assert_eq!(nation.tables(), nation.tables());
        assert_ne!(nation.tables(), Nation { seed: 8, ..nation }.tables());
    }

    #[test]
    fn fibre_between_sites_has_a_duct_and_sites_a_power_region() {
        let model = read(Nation { sites: 300, seed: 1 });
        let place: std::collections::HashMap<&str, &str> = model
            .devices
            .iter()
            .filter_map(|device| Some((device.name.as_str(), device.site.as_deref()?)))
            .collect();
        for link in model.links.iter().filter(|link| link.medium.as_deref() == Some("smf")) {
            let apart = place[link.a_device.as_str()] != place[link.b_device.as_str()];
            assert_eq!(apart, link.ducts().next().is_some(), "{link:?}");
        }
        let several = model.links.iter().filter(|link| link.ducts().count() == 2).count();
        assert!(several > 10, "rings and regions share ducts near the core: {several}");
        let dark = model.sites.iter().filter(|site| site.power.is_none()).count();
        assert_eq!(dark, 3, "data centres are fed from two regions");
    }

    #[test]
    fn no_cell_site_hangs_on_one_device_of_the_transport() {
        let model = read(Nation { sites: 300, seed: 1 });
        let transport = model
            .single_points
            .iter()
            .filter(|point| point.kind == "device" && !point.name.contains("-du") && point.devices_cut > 8);
        assert_eq!(transport.map(|point| point.name.as_str()).collect::<Vec<_>>(), Vec::<&str>::new());
    }
}
