//! Where things stand: regions, rings, core sites, data centres.

use super::{COUNTRY, Chance, Sheet};

/// What stands at a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A cell site on a ring.
    Cell,
    /// Two of a region's sites close each of its rings.
    Aggregation,
    /// Two a region.
    Core,
    /// Two for the nation, and one for standby.
    Centre,
}

/// A site.
pub(super) struct Place {
    pub name: String,
    pub kind: Kind,
    pub region: usize,
    pub subscribers: u64,
    /// Whether government or critical infrastructure hangs on it.
    pub sensitive: bool,
    /// The power region that feeds it; none where two do.
    pub power: String,
    latitude: f64,
    longitude: f64,
}

/// A region: its sites by what they are, as places in [`Places::all`].
#[derive(Default)]
pub(super) struct Region {
    pub name: String,
    pub cores: Vec<usize>,
    pub aggregations: Vec<usize>,
    /// Cell sites in the order in which the ring joins them.
    pub rings: Vec<Vec<usize>>,
}

/// All sites.
pub(super) struct Places {
    pub all: Vec<Place>,
    pub centres: Vec<usize>,
    pub regions: Vec<Region>,
}

/// Cell sites on a ring.
const RING: usize = 10;
/// Rings that two aggregation sites close.
const RINGS: usize = 6;

impl Places {
    pub fn new(sites: u32, chance: &mut Chance) -> Self {
        let sites = sites as usize;
        let mut places = Self { all: Vec::with_capacity(sites), centres: Vec::new(), regions: Vec::new() };
        let regions = (sites / 60).clamp(1, 48);
        for number in 0..3 {
            let region = number % regions;
            // A data centre is fed from two regions.
            let at = places.add(
                Kind::Centre,
                format!("Data Centre {}", number + 1),
                region,
                String::new(),
                chance,
            );
            places.centres.push(at);
        }
        let left = sites - 3;
        for number in 0..regions {
            let share = left * (number + 1) / regions - left * number / regions;
            let name = name(number, chance);
            let mut region = Region { name: name.clone(), ..Region::default() };
            for core in 1..=2 {
                let power = grid(&name, core - 1);
                let at = places.add(Kind::Core, format!("{name} Core {core}"), number, power, chance);
                region.cores.push(at);
            }
            // What is left is cells, with two aggregation sites for each group of rings.
            let rest = share.saturating_sub(2);
            let groups = rest.div_ceil(RING * RINGS + 2).max(1);
            for group in 0..groups {
                for (beside, side) in ["A", "B"].into_iter().enumerate() {
                    let label = format!("{name} Aggregation {}{side}", group + 1);
                    // The second stands in the next power region, where there is one.
                    let power = grid(&name, (group + beside) % groups);
                    let at = places.add(Kind::Aggregation, label, number, power, chance);
                    region.aggregations.push(at);
                }
            }
            let cells = rest.saturating_sub(2 * groups);
            for cell in 0..cells {
                let power = grid(&name, cell / (RING * RINGS));
                let at = places.add(Kind::Cell, format!("{name} {:05}", cell + 1), number, power, chance);
                match region.rings.last_mut() {
                    Some(ring) if ring.len() < RING => ring.push(at),
                    _ => region.rings.push(vec![at]),
                }
            }
            places.regions.push(region);
        }
        places
    }

    fn add(&mut self, kind: Kind, name: String, region: usize, power: String, chance: &mut Chance) -> usize {
        let subscribers = match kind {
            Kind::Cell => 200 + chance.below(2_800),
            _ => 0,
        };
        let sensitive = match kind {
            Kind::Cell => chance.below(100) == 0,
            Kind::Aggregation => chance.below(10) == 0,
            Kind::Core | Kind::Centre => true,
        };
        // A region is a square of one degree; nothing depends on where it is.
        let mut degrees = |base: usize| base as f64 + chance.below(10_000) as f64 / 10_000.0;
        let (latitude, longitude) = (50.0 + degrees(region / 8), degrees(region % 8) - 6.0);
        self.all.push(Place { name, kind, region, subscribers, sensitive, power, latitude, longitude });
        self.all.len() - 1
    }

    pub fn region(&self, place: &Place) -> &str {
        self.regions.get(place.region).map_or("", |region| region.name.as_str())
    }

    /// The aggregation sites that close a region's ring.
    pub fn closing<'a>(&self, region: &'a Region, ring: usize) -> &'a [usize] {
        let pairs = region.aggregations.len() / 2;
        let pair = (ring / RINGS).min(pairs.saturating_sub(1));
        region.aggregations.get(2 * pair..2 * pair + 2).unwrap_or_default()
    }
}

impl Place {
    pub fn write(&self, region: &str, sheet: &mut Sheet) {
        sheet.row(&[
            &self.name,
            region,
            COUNTRY,
            if self.sensitive { "yes" } else { "no" },
            &self.subscribers.to_string(),
            &self.power,
            &format!("{:.4}", self.latitude),
            &format!("{:.4}", self.longitude),
        ]);
    }
}

/// A power region: what hangs on one pair of aggregation sites.
fn grid(region: &str, number: usize) -> String {
    format!("{region} Grid {}", number + 1)
}

/// A name for a region that no real one is meant by.
fn name(number: usize, chance: &mut Chance) -> String {
    const FIRST: &[&str] = &["Alder", "Bracken", "Cold", "Dun", "Elm", "Fern", "Gorse", "Hazel"];
    const LAST: &[&str] = &["mere", "shire", "fell", "wick", "haven", "moor"];
    let first = FIRST.get(number % FIRST.len()).copied().unwrap_or_default();
    let last = LAST.get((number / FIRST.len()) % LAST.len()).copied().unwrap_or_default();
    let suffix = chance.pick(&["", " North", " South", " East", " West"]).copied().unwrap_or_default();
    format!("{first}{last}{suffix}")
}
