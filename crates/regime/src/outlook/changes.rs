//! What would change a verdict: for a breach, changes of the network that were tried and meet it; for an inconclusive
//! verdict, the evidence or attestation that decides it.
//!
//! How: the measure is applied anew with changes laid over the views: equipment of another maker, contracts by the operator's
//! mediation point, findings of reviews fixed. First all that the breach names is changed; when that meets the measure, it is made
//! smaller as long as the measure says met: whole blocks (a maker's devices of one role) are left as they are where they can be,
//! and of each block that stays the fewest are looked for by halving. What an answer states was applied, and the verdict
//! stands beside it. When it is wrong: no smaller part of the answer does by these steps, but another choice of blocks might be
//! smaller. What it misses: see `overlay`; a breach that no such change meets has the measure's remedy alone.

use super::overlay::{Edit, Overlay};
use super::reads::Reads;
use crate::apply::apply;
use crate::error::RegimeError;
use crate::metadata::{Measure, Overrides, Regime};
use banbury_evidence::{MeasureResult, RegimeResult, SubjectVerdict, Verdict};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};

/// How often one measure is applied anew.
const RUNS: u32 = 80;

/// Names in a sentence; all of them are in the list.
const NAMES: usize = 3;

/// What would change one measure's verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The regime.
    pub regime: String,
    /// The measure.
    pub measure: String,
    /// What evidence decides it, when it is inconclusive.
    pub decides: Option<String>,
    /// The row of `attestations.csv` to fill in, when an attestation decides it.
    pub row: Option<String>,
    /// Changes that were tried and that end the breach.
    pub changes: Vec<Change>,
    /// What was tried in vain, and what could not be tried.
    pub tried: Vec<String>,
    /// What to do about a breach, by the regime.
    pub remedy: Option<String>,
}

/// A change that was tried and ends the breach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What to do, in a sentence.
    pub what: String,
    /// The devices, contracts or findings that it changes.
    pub names: Vec<String>,
    /// The verdict when the measure was applied to the changed network.
    pub then: Verdict,
    /// Its reason.
    pub reason: String,
    /// Whether fewer of each block were tried and did not do.
    pub fewest: bool,
    /// How often the measure was applied.
    pub runs: u32,
}

/// The heading of `attestations.csv`.
pub const ATTESTATION: &str = "regime,measure,subject,state,party,date,until,document,sha256";

/// Works out what would change each verdict that is breached or inconclusive.
pub fn answers(
    connection: &mut Connection,
    regimes: &[(Regime, Overrides)],
    results: &[RegimeResult],
    as_of: &str,
) -> Result<Vec<Answer>, RegimeError> {
    let inventory = Inventory::read(connection)?;
    let mut overlay = Overlay::lay(connection)?;
    let mut found = Vec::new();
    for (regime, overrides) in regimes {
        let Some(result) = results.iter().find(|result| result.regime == regime.id) else { continue };
        let reads = Reads::of(regime);
        for measure in &regime.measures {
            let Some(now) = result.measures.iter().find(|one| one.measure == measure.id) else { continue };
            if now.verdict > Verdict::Inconclusive {
                continue;
            }
            let mut answer = Answer {
                regime: regime.id.clone(),
                measure: measure.id.clone(),
                row: measure.attested.then(|| row(regime, measure, now)),
                ..Answer::default()
            };
            if now.verdict == Verdict::Inconclusive {
                answer.decides = Some(measure.decides.clone());
            } else {
                answer.remedy = Some(measure.remedy.clone());
                if !measure.attested {
                    let one = Regime { measures: vec![measure.clone()], ..regime.clone() };
                    let mut trial = Trial {
                        overlay: &mut overlay,
                        regime: &one,
                        overrides,
                        as_of,
                        runs: 0,
                        reads: &reads,
                    };
                    trial.answer(measure, now, &inventory, &mut answer)?;
                }
            }
            found.push(answer);
        }
    }
    Ok(found)
}

/// The row that would decide an attested measure: who states it, when and in which document is for them to fill in.
fn row(regime: &Regime, measure: &Measure, now: &MeasureResult) -> String {
    let of_network = |row: &SubjectVerdict| row.subject == "network";
    let subject = now.subjects.first().filter(|row| !of_network(row)).map(|row| row.subject.as_str());
    let cell = |text: &str| {
        if text.contains([',', '"', '\n']) {
            format!("\"{}\"", text.replace('"', "\"\""))
        } else {
            text.to_owned()
        }
    };
    format!(
        "{},{},{},met,(who states it),(day),(last day on which it holds),(document),(its SHA-256)",
        cell(&regime.id),
        cell(&measure.id),
        cell(subject.unwrap_or_default())
    )
}

/// What the trials need to know of the network.
struct Inventory {
    /// Devices in service by name, with maker and role.
    devices: BTreeMap<String, (Option<String>, Option<String>)>,
    functions: BTreeMap<String, BTreeSet<String>>,
    contracts: BTreeSet<String>,
    findings: BTreeSet<String>,
}

impl Inventory {
    fn read(connection: &Connection) -> Result<Self, RegimeError> {
        let mut statement = connection.prepare(
            "SELECT name, nullif(trim(manufacturer), ''), nullif(lower(trim(role)), '') FROM devices WHERE in_service",
        )?;
        let devices = statement
            .query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))?
            .collect::<Result<_, _>>()?;
        let mut functions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut statement = connection.prepare("SELECT device, upper(trim(function)) FROM functions")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            functions.entry(row.get(0)?).or_default().insert(row.get(1)?);
        }
        let names = |query: &str| -> Result<BTreeSet<String>, RegimeError> {
            let mut statement = connection.prepare(query)?;
            Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        };
        Ok(Self {
            devices,
            functions,
            contracts: names("SELECT name FROM contracts WHERE lower(trim(access)) = 'direct'")?,
            findings: names("SELECT finding FROM reviews WHERE coalesce(lower(state), '') <> 'fixed'")?,
        })
    }
}

/// Records that are changed together or in part: a maker's devices of one role, or one contract or finding.
struct Block {
    /// What it is, after its number: `devices of A with the role b`.
    what: String,
    names: Vec<String>,
    /// How many such records there are, `names` among them.
    of: usize,
    /// How many of `names` are changed.
    changed: usize,
}

/// One measure, tried over changed networks.
struct Trial<'a, 'c> {
    overlay: &'a mut Overlay<'c>,
    regime: &'a Regime,
    overrides: &'a Overrides,
    as_of: &'a str,
    runs: u32,
    reads: &'a Reads<'a>,
}

impl Trial<'_, '_> {
    fn answer(
        &mut self,
        measure: &Measure,
        now: &MeasureResult,
        inventory: &Inventory,
        answer: &mut Answer,
    ) -> Result<(), RegimeError> {
        let breached: Vec<&SubjectVerdict> =
            now.subjects.iter().filter(|row| row.verdict == Verdict::Breached).collect();
        let reads = |words: &[&str]| words.iter().any(|word| self.reads.has(measure, word));
        let told = |name: &str| breached.iter().any(|row| names(row, name));
        let each = |found: &BTreeSet<String>, what: &str| -> Vec<Block> {
            let told = found.iter().filter(|name| told(name));
            told.map(|name| Block {
                what: format!("{what} \"{name}\""),
                names: vec![name.clone()],
                of: 1,
                changed: 1,
            })
            .collect()
        };
        let (makers, contracts, reviews, points) = (
            reads(&["manufacturer", "maker"]),
            reads(&["contracts", "contract_devices"]),
            reads(&["reviews"]),
            reads(&["single_points", "cut_off"]),
        );
        let findings = if reviews { each(&inventory.findings, "the finding") } else { Vec::new() };
        self.try_blocks(findings, "fix ", "", |name, _| Edit::Fixed(name), false, answer)?;
        let contracts = if contracts { each(&inventory.contracts, "the contract") } else { Vec::new() };
        self.try_blocks(
            contracts,
            "give access through the operator's mediation point only, in ",
            "",
            |name, _| Edit::Mediated(name),
            false,
            answer,
        )?;
        if makers && !points {
            let (blocks, alone) = by_maker(&breached, inventory);
            let with = ", by equipment of another vendor, who is on no list";
            self.try_blocks(blocks, "replace ", with, |name, _| Edit::Maker(name, 0), alone, answer)?;
            if answer.changes.is_empty() {
                // One new vendor may be relied on too much in turn.
                let (blocks, alone) = by_maker(&breached, inventory);
                let with = ", by equipment of four other vendors in turn, who are on no list";
                self.try_blocks(blocks, "replace ", with, Edit::Maker, alone, answer)?;
            }
        }
        if points {
            answer.tried.push(
                "Not tried: single points of failure are computed at the import; add links to cables.csv and assess again."
                    .to_owned(),
            );
        }
        if answer.changes.is_empty() && answer.tried.is_empty() {
            answer.tried.push(
                "No change of makers, contracts or findings that could be tried touches it.".to_owned(),
            );
        }
        Ok(())
    }

    /// Changes all blocks and, when that ends the breach, as little of them as still does. `alone`: each record is a breach by
    /// itself, so that none can be left out.
    fn try_blocks(
        &mut self,
        mut blocks: Vec<Block>,
        before: &str,
        after: &str,
        edit: fn(String, usize) -> Edit,
        alone: bool,
        answer: &mut Answer,
    ) -> Result<(), RegimeError> {
        if blocks.is_empty() {
            return Ok(());
        }
        self.runs = 0;
        let whole = self.apply(&blocks, edit)?;
        if whole.verdict == Verdict::Breached {
            answer.tried.push(format!("In vain: {before}{}{after}. {}", told(&blocks), whole.reason));
            return Ok(());
        }
        let fewest = alone || self.shrink(&mut blocks, edit)?;
        blocks.retain(|block| block.changed > 0);
        let last = self.apply(&blocks, edit)?;
        if last.verdict == Verdict::Breached {
            // More changes made it worse somewhere on the way: only the whole is known to do.
            answer.tried.push("Fewer than all that the breach names were tried, in vain.".to_owned());
            return Ok(());
        }
        answer.changes.push(Change {
            what: format!("{before}{}{after}", told(&blocks)),
            names: chosen(&blocks),
            then: last.verdict,
            reason: last.reason,
            fewest,
            runs: self.runs,
        });
        Ok(())
    }

    /// Leaves out whole blocks, then looks in each that stays for the fewest. Says whether it came to the end.
    fn shrink(&mut self, blocks: &mut [Block], edit: fn(String, usize) -> Edit) -> Result<bool, RegimeError> {
        for at in 0..blocks.len() {
            let before = set(blocks, at, 0);
            if self.runs >= RUNS {
                set(blocks, at, before);
                return Ok(false);
            }
            if self.apply(blocks, edit)?.verdict == Verdict::Breached {
                set(blocks, at, before);
            }
        }
        for at in 0..blocks.len() {
            let whole = blocks.get(at).map_or(0, |block| block.changed);
            // `low` does not do, `high` does.
            let (mut low, mut high) = (0, whole);
            while high > low + 1 {
                if self.runs >= RUNS {
                    set(blocks, at, high);
                    return Ok(false);
                }
                let middle = low + (high - low) / 2;
                set(blocks, at, middle);
                if self.apply(blocks, edit)?.verdict == Verdict::Breached {
                    low = middle;
                } else {
                    high = middle;
                }
            }
            set(blocks, at, high);
        }
        Ok(true)
    }

    fn apply(
        &mut self,
        blocks: &[Block],
        edit: fn(String, usize) -> Edit,
    ) -> Result<MeasureResult, RegimeError> {
        self.runs += 1;
        let edits: Vec<Edit> =
            chosen(blocks).into_iter().enumerate().map(|(at, name)| edit(name, at)).collect();
        self.overlay.change(&edits)?;
        let assessment = apply(self.overlay.connection(), self.regime, self.overrides, self.as_of)?;
        self.overlay.change(&[])?;
        if let Some(problem) = assessment.problems.into_iter().next() {
            return Err(problem);
        }
        assessment
            .result
            .measures
            .into_iter()
            .next()
            .ok_or(RegimeError::AsOf { given: self.as_of.to_owned() })
    }
}

/// Sets how many of a block are changed, and gives back how many were.
fn set(blocks: &mut [Block], at: usize, number: usize) -> usize {
    blocks.get_mut(at).map_or(0, |block| std::mem::replace(&mut block.changed, number))
}

fn chosen(blocks: &[Block]) -> Vec<String> {
    blocks.iter().flat_map(|block| block.names.iter().take(block.changed)).cloned().collect()
}

fn told(blocks: &[Block]) -> String {
    let parts: Vec<String> = blocks
        .iter()
        .map(|block| {
            if block.what.starts_with("the ") {
                return block.what.clone();
            }
            let mut names: Vec<&str> =
                block.names.iter().take(block.changed.min(NAMES)).map(String::as_str).collect();
            if block.changed > NAMES {
                names.push("...");
            }
            let what =
                if block.of == 1 { block.what.replacen("devices", "device", 1) } else { block.what.clone() };
            format!("{} of {} {what} ({})", block.changed, block.of, names.join(", "))
        })
        .collect();
    parts.join("; ")
}

/// Whether a verdict names somebody or something: as its subject, or in its reason.
fn names(row: &SubjectVerdict, name: &str) -> bool {
    let text = row.reason.to_lowercase();
    let name = name.to_lowercase();
    let edge = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    let subject = row.subject.to_lowercase();
    subject == name
        || subject.strip_prefix("contract ").is_some_and(|contract| contract == name)
        || text.match_indices(&name).any(|(at, _)| {
            edge(text.get(..at).and_then(|before| before.chars().next_back()))
                && edge(text.get(at + name.len()..).and_then(|after| after.chars().next()))
        })
}

/// The devices that a breach is about, in blocks by maker and role; and whether each is a breach by itself.
fn by_maker(breached: &[&SubjectVerdict], inventory: &Inventory) -> (Vec<Block>, bool) {
    let mut blocks: BTreeMap<String, (BTreeSet<String>, usize)> = BTreeMap::new();
    let alone = breached.iter().all(|row| inventory.devices.contains_key(&row.subject));
    let words = |maker: &str, element: Option<String>| {
        let element = element.map(|element| format!(" with the {element}")).unwrap_or_default();
        format!("devices of {maker}{element}")
    };
    if alone {
        for row in breached {
            if let Some((Some(maker), role)) = inventory.devices.get(&row.subject) {
                let what = words(maker, role.as_ref().map(|role| format!("role {role}")));
                let same = |other: &&(Option<String>, Option<String>)| {
                    other.0.as_ref() == Some(maker) && &other.1 == role
                };
                let (names, of) = blocks.entry(what).or_default();
                names.insert(row.subject.clone());
                if *of == 0 {
                    *of = inventory.devices.values().filter(same).count();
                }
            }
        }
    } else {
        let makers: BTreeSet<&str> =
            inventory.devices.values().filter_map(|(maker, _)| maker.as_deref()).collect();
        for row in breached {
            let element = row.subject.split_once(' ').filter(|(kind, _)| ["role", "function"].contains(kind));
            for maker in makers.iter().filter(|maker| names(row, maker)) {
                for (device, (of, role)) in &inventory.devices {
                    let has = match element {
                        Some(("role", name)) => role.as_deref() == Some(name),
                        Some((_, name)) => {
                            inventory.functions.get(device).is_some_and(|has| has.contains(name))
                        }
                        None => true,
                    };
                    if has && of.as_deref() == Some(maker) {
                        let what = match element {
                            Some(_) => words(maker, Some(row.subject.clone())),
                            None => words(maker, role.as_ref().map(|role| format!("role {role}"))),
                        };
                        let (names, of) = blocks.entry(what).or_default();
                        *of += usize::from(names.insert(device.clone()));
                    }
                }
            }
        }
    }
    let mut blocks: Vec<Block> = blocks
        .into_iter()
        .map(|(what, (names, of))| Block {
            what,
            of,
            changed: names.len(),
            names: names.into_iter().collect(),
        })
        .collect();
    blocks.sort_by(|a, b| (b.names.len(), &a.what).cmp(&(a.names.len(), &b.what)));
    (blocks, alone)
}
