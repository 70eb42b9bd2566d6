//! Capacity, cascades and chance.

use super::super::answer::losses;
use super::super::cascade::loads;
use super::super::chance::failing;
use super::*;

fn sized(a: &str, b: &str, mbps: Option<u64>) -> Link {
    Link { capacity_mbps: mbps, ..link(a, b) }
}

/// A core with UPF and AMF, two ways to two cells: over left (100 Mbit/s) and over right (60).
fn ring() -> Model {
    let demand = |at: &str, function: &str, subscribers: u64, mbps: Option<u64>| Demand {
        mbps,
        ..demand(at, function, subscribers)
    };
    Model {
        sites: vec![site("core", "S", 0), site("c1", "N", 100), site("c2", "N", 40)],
        devices: vec![
            device("upf", "core", "A"),
            device("left", "core", "A"),
            device("right", "core", "B"),
            device("cell-1", "c1", "A"),
            device("cell-2", "c2", "B"),
        ],
        links: vec![
            sized("upf", "left", Some(100)),
            sized("upf", "right", Some(60)),
            sized("left", "cell-1", Some(100)),
            sized("right", "cell-2", Some(100)),
            sized("cell-1", "cell-2", Some(100)),
        ],
        functions: vec![carries("upf", "UPF"), carries("upf", "AMF")],
        demands: vec![
            demand("c1", "UPF", 100, Some(50)),
            demand("c2", "UPF", 40, None),
            demand("c1", "AMF", 100, None),
        ],
        ..Model::default()
    }
}

struct Asked<'m> {
    topology: Topology<'m>,
    traffic: Traffic,
}

fn with<'m>(model: &'m Model, extra: &'m Extra, figures: &[&str]) -> Asked<'m> {
    let topology = Topology::of(model, extra, "2026-01-01").unwrap();
    let traffic = Traffic::of(&topology, &Figures::parse(figures).unwrap()).unwrap();
    Asked { topology, traffic }
}

#[test]
fn what_is_connected_may_be_beyond_capacity() {
    let (model, extra) = (ring(), Extra::new());
    // c2 asks for 40 Mbit/s of UPF; AMF has no figure.
    let Asked { topology, traffic } = with(&model, &extra, &["UPF=1"]);
    assert!(traffic.is_known());
    assert_eq!(traffic.without_figure, [("AMF".to_owned(), 1)].into());
    assert_eq!((traffic.stated, traffic.zero, traffic.missing), (5, 0, 0));
    let whole = capacity(&topology, &traffic, None).unwrap();
    assert_eq!(
        (whole.asked, whole.connected, whole.at_least, whole.at_most),
        (90_000, 90_000, 90_000, 90_000)
    );
    assert_eq!((whole.beyond, whole.full.len()), (0, 0));
    let scenario = Scenario::of(vec![Event::parse(Verb::Lose, "device:left").unwrap()]);
    let happens = topology.resolve(&scenario).unwrap();
    let answer = answer(&topology, &happens).unwrap();
    assert_eq!(answer.subscribers, 0, "everybody is connected");
    let after = capacity(&topology, &traffic, Some((&happens, &answer))).unwrap();
    assert_eq!(
        (after.asked, after.connected, after.at_least, after.at_most),
        (90_000, 90_000, 60_000, 60_000)
    );
    assert_eq!(after.full, ["upf-right"]);
    assert_eq!(
        after.functions[0],
        Carried { function: "UPF".into(), asked: 90_000, connected: 90_000, alone: 60_000, together: 60_000 }
    );
    // 30 of 90 Mbit/s are missing: at c1 60 of 100 subscribers, or 30 of 40 at c2, or some of both.
    assert!((30..=60).contains(&after.beyond), "{after:?}");
    // Two functions compete: AMF asks for 1 Mbit/s each, too.
    let Asked { topology, traffic } = with(&model, &extra, &["1"]);
    let both = capacity(&topology, &traffic, None).unwrap();
    assert_eq!((both.asked, both.at_least, both.at_most), (190_000, 160_000, 160_000));
    assert_eq!(both.functions.iter().map(|one| one.alone).collect::<Vec<_>>(), [100_000, 90_000]);
}

#[test]
fn those_cut_off_are_not_counted_twice() {
    let (mut model, extra) = (ring(), Extra::new());
    model.links[1].capacity_mbps = Some(0);
    let Asked { topology, traffic } = with(&model, &extra, &["UPF=1"]);
    assert_eq!((traffic.stated, traffic.zero), (4, 1));
    let scenario = Scenario::of(vec![Event::parse(Verb::Lose, "device:cell-1").unwrap()]);
    let happens = topology.resolve(&scenario).unwrap();
    let answer = answer(&topology, &happens).unwrap();
    assert_eq!(answer.subscribers, 100);
    let after = capacity(&topology, &traffic, Some((&happens, &answer))).unwrap();
    // c2 is connected over a link that carries nothing.
    assert_eq!((after.connected, after.at_most, after.beyond, after.sites_beyond), (40_000, 0, 40, 1));
    model.links[1].capacity_mbps = None;
    let Asked { topology, traffic } = with(&model, &extra, &["UPF=1"]);
    let happens = topology.resolve(&scenario).unwrap();
    assert_eq!(capacity(&topology, &traffic, Some((&happens, &answer))).unwrap().at_least, 40_000);
    assert_eq!(traffic.missing, 1);
    let Asked { traffic, .. } = with(&Model { demands: Vec::new(), ..ring() }, &extra, &["1"]);
    assert!(!traffic.is_known(), "without carriers nothing flows");
}

#[test]
fn an_overload_moves_on() {
    let (model, extra) = (ring(), Extra::new());
    let Asked { topology, traffic } = with(&model, &extra, &["UPF=1"]);
    let lose = |text: &str, tolerance| {
        let scenario = Scenario::of(vec![Event::parse(Verb::Lose, text).unwrap()]);
        cascade(&topology, &traffic, &topology.resolve(&scenario).unwrap(), tolerance).unwrap()
    };
    // All 90 Mbit/s take the way over right, which carries 60; then nobody is left connected.
    let found = lose("device:left", None);
    assert_eq!(found.rounds, [Round { links: vec!["upf-right".into()], subscribers: 140 }]);
    assert_eq!(
        (found.sites, found.subscribers, found.overloaded_before, found.without_capacity),
        (2, 140, 0, 0)
    );
    // The other way round there is room.
    assert_eq!(lose("device:right", None), Cascade::default());
    // Each link carries what it does now and a tenth: the link between the cells carries nothing now.
    let found = lose("device:right", Some(10));
    assert_eq!(found.rounds[0].links, ["upf-left", "left-cell-1", "cell-1-cell-2"]);
    assert_eq!(lose("device:right", Some(1_000_000)).rounds[0].links, ["cell-1-cell-2"]);
    assert_eq!(lose("device:right", Some(1_000_000)).subscribers, 40);
}

#[test]
fn what_was_overloaded_before_stays_until_more_comes() {
    let (mut model, extra) = (ring(), Extra::new());
    model.links[0].capacity_mbps = Some(10);
    let Asked { topology, traffic } = with(&model, &extra, &["UPF=1"]);
    let lose = |text: &str| {
        let scenario = Scenario::of(vec![Event::parse(Verb::Lose, text).unwrap()]);
        cascade(&topology, &traffic, &topology.resolve(&scenario).unwrap(), None).unwrap()
    };
    let found = lose("device:cell-2");
    assert_eq!((found.overloaded_before, found.rounds.len(), found.subscribers), (1, 0, 40));
    let found = lose("device:right");
    assert_eq!((found.rounds.len(), found.subscribers), (1, 140));
}

fn sources(topology: &Topology<'_>, failures: &[&str]) -> Result<Sources, Error> {
    let failures: Vec<Failure> = failures.iter().map(|text| Failure::parse(text).unwrap()).collect();
    Sources::of(topology, &failures)
}

#[test]
fn chances_are_stated_once_and_of_what_there_is() {
    let (model, extra) = (network(), Extra::new());
    let topology = Topology::of(&model, &extra, "2026-01-01").unwrap();
    let found = sources(&topology, &["device=0.5", "device:hub-b=0", "site:hub=1"]).unwrap();
    assert_eq!(found.kinds["device"], (7, 3.0));
    for (texts, part) in [
        (["device=0.1", "device=0.2"].as_slice(), "stated before"),
        (["site:hub=0.1", "site: HUB=0.2"].as_slice(), "stated before"),
        (["site:hubb=0.1"].as_slice(), "did you mean hub?"),
        (["duct=0.1"].as_slice(), "nothing in service states a duct"),
    ] {
        let error = sources(&topology, texts).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
    for text in [
        "device",
        "device=",
        "device=nan",
        "device=-0.1",
        "maker=0.1",
        "site:=0.1",
        "device=1.1",
        "device=inf",
    ] {
        assert!(Failure::parse(text).is_err(), "{text}");
    }
    let table = Failure::parse_table("p.txt", "# all\ndevice=1e-3 # each\nsite:\"a # b\"=0.5\n").unwrap();
    assert_eq!((table[0].probability, table[1].name.as_deref()), (0.001, Some("a # b")));
    let error = Failure::parse_table("p.txt", "\nmaker=1\n").unwrap_err().to_string();
    assert!(error.starts_with("p.txt:2: "), "{error}");
    let error = Sources::of(&topology, &Failure::parse_table("p.txt", "site:hubb=0.1").unwrap()).unwrap_err();
    assert!(error.to_string().starts_with("p.txt:1: no site"), "{error}");
}

#[test]
fn the_same_seed_gives_the_same_figures_with_any_number_of_threads() {
    let (model, extra) = (network(), Extra::new());
    let topology = Topology::of(&model, &extra, "2026-01-01").unwrap();
    let sources = sources(&topology, &["device=0.05", "link=0.02"]).unwrap();
    let one = chances(&topology, &sources, (1000, 7), 50, 1).unwrap();
    assert_eq!(one, chances(&topology, &sources, (1000, 7), 50, 3).unwrap());
    assert_eq!(one, chances(&topology, &sources, (1000, 7), 50, 64).unwrap());
    assert_ne!(one.lost, chances(&topology, &sources, (1000, 8), 50, 1).unwrap().lost);
    // Written down once: other figures for the same seed would be a change of what was published.
    assert_eq!((one.draws, one.sources, one.served), (1000, 13, 160));
    assert_eq!((one.quantiles[3], one.anything.count), PUBLISHED);
    let never = sources_of(&topology, &["device=0"]);
    let none = chances(&topology, &never, (100, 1), 1, 2).unwrap();
    assert_eq!((none.lost, none.anything.count, none.sites.len()), (Mean::default(), 0, 0));
    assert!(none.anything.high > 0.03);
    let always = sources_of(&topology, &["site:hub=1"]);
    let all = chances(&topology, &always, (70, 1), 100, 2).unwrap();
    assert_eq!((all.lost.mean, all.share.1.count, all.functions[0].wholly.count), (160.0, 70, 70));
}

/// What the draws above come to.
const PUBLISHED: (u64, u32) = (160, 307);

fn sources_of(topology: &Topology<'_>, failures: &[&str]) -> Sources {
    sources(topology, failures).unwrap()
}

/// Devices and links that are lost when these sources fail.
fn lost_with(sources: &Sources, fails: impl Fn(usize) -> bool) -> (Vec<u32>, Vec<u32>) {
    let ours =
        || sources.all.iter().enumerate().filter(|(number, _)| fails(*number)).map(|(_, source)| source);
    let devices: BTreeSet<u32> = ours().flat_map(|source| source.devices.iter().copied()).collect();
    let links: BTreeSet<u32> = ours().flat_map(|source| source.links.iter().copied()).collect();
    (devices.into_iter().collect(), links.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn draws_agree_with_one_by_one_and_with_every_state_weighed(
        count in 2usize..6,
        ends in proptest::collection::vec((0usize..6, 0usize..6), 1..6),
        carriers in proptest::collection::vec((0usize..6, 0usize..2), 1..4),
        chance in 0.05f64..0.6,
        seed in 0u64..1000,
        asks in any::<bool>(),
    ) {
        let name = |number: usize| format!("d{}", number % count);
        let functions = ["AMF", "UPF"];
        let mut model = Model {
            sites: (0..count).map(|at| site(&format!("s{at}"), "R", 1 << at)).collect(),
            devices: (0..count).map(|at| device(&name(at), &format!("s{at}"), "A")).collect(),
            links: ends.iter().map(|(a, b)| link(&name(*a), &name(*b))).collect(),
            functions: carriers.iter().map(|(at, which)| carries(&name(*at), functions[*which])).collect(),
            ..Model::default()
        };
        if asks {
            // Another number of subscribers for each function.
            let demands = (0..count).flat_map(|at| [demand(&format!("s{at}"), "AMF", 1 << at), demand(&format!("s{at}"), "UPF", 3)]);
            model.demands = demands.collect();
        }
        let extra = Extra::new();
        let topology = Topology::of(&model, &extra, "2026-01-01").unwrap();
        let sources = sources_of(&topology, &[&format!("device={chance}"), &format!("link={}", chance / 2.0)]);
        let draws = 4000u32;
        let found = chances(&topology, &sources, (draws, seed), 50, 2).unwrap();
        // The first draws, one by one.
        let first = chances(&topology, &sources, (70, seed), 50, 1).unwrap();
        let mut one_by_one: Vec<u64> = (0..70u64).map(|draw| {
            let bit = |number: usize| failing(seed, number as u64, draw / 64, sources.all[number].chance) >> (draw % 64) & 1 == 1;
            let (devices, links) = lost_with(&sources, bit);
            losses(&topology, &devices, &links).unwrap().subscribers()
        }).collect();
        let mean = one_by_one.iter().sum::<u64>() as f64 / 70.0;
        prop_assert!((first.lost.mean - mean).abs() < 1e-9, "{} {mean}", first.lost.mean);
        one_by_one.sort_unstable();
        prop_assert_eq!(first.quantiles[3], one_by_one[69]);
        prop_assert_eq!(first.quantiles[0], one_by_one[34]);
        // Every state with its probability.
        let (mut expected, mut squares, mut half) = (0.0, 0.0, 0.0);
        for state in 0u32..1 << sources.all.len() {
            let fails = |number: usize| state >> number & 1 == 1;
            let weight: f64 = sources.all.iter().enumerate().map(|(number, source)| {
                let p = source.chance.unwrap() as f64 / 2f64.powi(64);
                if fails(number) { p } else { 1.0 - p }
            }).product();
            let (devices, links) = lost_with(&sources, fails);
            let lost = losses(&topology, &devices, &links).unwrap().subscribers();
            expected += weight * lost as f64;
            squares += weight * (lost as f64).powi(2);
            half += if found.served > 0 && 2 * lost >= found.served { weight } else { 0.0 };
        }
        let n = f64::from(draws);
        let deviation = (squares - expected * expected).max(0.0).sqrt();
        prop_assert!((found.lost.mean - expected).abs() <= 5.0 * deviation / n.sqrt() + 1e-9, "{} {expected}", found.lost.mean);
        let near = 5.0 * (half * (1.0 - half) / n).sqrt() + 1e-9;
        prop_assert!((found.share.1.share - half).abs() <= near, "{} {half}", found.share.1.share);
        prop_assert!(found.share.1.low <= found.share.1.share && found.share.1.share <= found.share.1.high);
    }

    #[test]
    fn on_a_tree_a_link_carries_what_lies_behind_it(
        above in proptest::collection::vec(0usize..100, 1..12),
        traffic in proptest::collection::vec(0u64..1000, 12),
        gone in 0usize..12,
    ) {
        let count = above.len() + 1;
        let above: Vec<usize> = above.iter().enumerate().map(|(at, above)| above % (at + 1)).collect();
        let model = Model {
            sites: (0..count).map(|at| site(&format!("s{at}"), "R", 1)).collect(),
            devices: (0..count).map(|at| device(&format!("d{at}"), &format!("s{at}"), "A")).collect(),
            links: above.iter().enumerate().map(|(at, above)| sized(&format!("d{}", at + 1), &format!("d{above}"), Some(1))).collect(),
            functions: vec![carries("d0", "UPF")],
            demands: (0..count).map(|at| Demand { mbps: Some(traffic[at]), ..demand(&format!("s{at}"), "UPF", 1) }).collect(),
            ..Model::default()
        };
        let extra = Extra::new();
        let Asked { topology, traffic: flows } = with(&model, &extra, &[]);
        let gone = gone % count;
        // What lies behind a link: all below its lower end, as far as nothing is gone in between.
        let below = |top: usize, lost: Option<usize>| -> u64 {
            let reaches = |mut at: usize, until: usize| loop {
                if Some(at) == lost { return false }
                if at == until { return true }
                if at == 0 { return false }
                at = above[at - 1];
            };
            (0..count).filter(|at| reaches(*at, top) && reaches(*at, 0)).map(|at| traffic[at] * 1000).sum()
        };
        for lost in [None, Some(gone)] {
            let marks: Vec<bool> = (0..count).map(|at| Some(at) == lost).collect();
            let found = loads(&flows, &marks, &vec![false; above.len()]);
            let expected: Vec<u64> = (1..count).map(|top| below(top, lost)).collect();
            prop_assert_eq!(found, expected);
        }
        // On a tree nothing is ever loaded more than before.
        let scenario = Scenario::of(vec![Event::parse(Verb::Lose, &format!("device:d{gone}")).unwrap()]);
        let happens = topology.resolve(&scenario).unwrap();
        let found = cascade(&topology, &flows, &happens, None).unwrap();
        prop_assert!(found.rounds.is_empty());
        prop_assert_eq!(found.subscribers, answer(&topology, &happens).unwrap().subscribers);
    }

    #[test]
    fn any_file_ends_and_a_quoted_name_comes_back(text in ".{0,200}", name in "[ -~äß]{1,30}") {
        let _ = parse_table("f", &text);
        let _ = Failure::parse_table("f", &text);
        let name = name.trim();
        prop_assume!(!name.is_empty());
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        let line = format!("{quoted} = lose site:{quoted} + isolate region:{quoted} # \"\n");
        let all = parse_table("f", &line).unwrap();
        prop_assert_eq!(&all[0].name, name);
        prop_assert!(all[0].events.iter().all(|event| event.name == name), "{line}");
        let all = Failure::parse_table("f", &format!("site:{quoted}=0.5 # x\n")).unwrap();
        prop_assert_eq!(all[0].name.as_deref(), Some(name));
    }
}
