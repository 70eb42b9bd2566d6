//! Beacons.

use crate::chance::Chance;
use crate::pair::{DAY, Event, Pair, Side, Span};

#[derive(Clone, Copy, Debug)]
pub enum Jitter {
    /// Evenly, by so much to either side.
    Both(f64),
    /// Evenly, by so much below the sleep.
    Below(f64),
    Normal(f64),
    /// An exponential delay behind the sleep.
    Delay(f64),
    /// By a triangle's distribution.
    Triangle(f64),
    /// Evenly about the ticks of a clock, which themselves do not move.
    Clock(f64),
}

#[derive(Clone, Copy, Debug)]
pub enum Sizes {
    /// One size, but for so much.
    Fixed(f64),
    /// Padded at random up to so many times the least.
    Padded(f64),
    /// Two sizes in turn or at random.
    Two,
}

/// What a beacon is like.
#[derive(Clone, Copy, Debug)]
pub struct Implant {
    pub jitter: Jitter,
    /// The share of check-ins that are missing, and whether they are missing in a row.
    pub missing: f64,
    pub outages: bool,
    /// Connections of a check-in, on average.
    pub connections: f64,
    pub office: bool,
    /// The second period, in first ones.
    pub second: Option<f64>,
    /// How much longer a sleep is at the window's end.
    pub drift: f64,
    pub sizes: Sizes,
    /// How many check-ins are expected.
    pub count: (f64, f64),
    /// The share of the window in which it is active.
    pub active: f64,
}

impl Implant {
    pub const PLAIN: Self = Self {
        jitter: Jitter::Both(0.0),
        missing: 0.0,
        outages: false,
        connections: 1.0,
        office: false,
        second: None,
        drift: 0.0,
        sizes: Sizes::Fixed(0.01),
        count: (24.0, 1440.0),
        active: 1.0,
    };

    /// One for fitting: anything, as long as the checking set's exact cells are none of it.
    pub fn any(chance: &mut Chance) -> Self {
        let half =
            chance.pick(&[0.0, 0.03, 0.1, 0.15, 0.25, 0.35, 0.4, 0.45, 0.55, 0.6, 0.7, 0.8, 0.85, 0.95]);
        let jitter = match chance.below(10) {
            0..=3 => Jitter::Both(half),
            4..=6 => Jitter::Below(half),
            7..=8 => Jitter::Normal(chance.within(0.05, 0.5)),
            _ => Jitter::Delay(chance.scale(0.05, 1.5)),
        };
        let sizes = match chance.below(20) {
            0..=10 => Sizes::Fixed(chance.scale(0.001, 0.06)),
            11..=16 => Sizes::Padded(chance.scale(1.2, 8.0)),
            _ => Sizes::Two,
        };
        Self {
            jitter,
            missing: chance.pick(&[0.0, 0.0, 0.05, 0.1, 0.2, 0.25, 0.4, 0.45, 0.55]),
            outages: chance.happens(0.2),
            connections: if chance.happens(0.2) { chance.within(1.5, 6.0) } else { 1.0 },
            office: chance.happens(0.12),
            second: chance.happens(0.08).then(|| chance.scale(2.5, 20.0)),
            drift: if chance.happens(0.1) { chance.within(-0.15, 0.15) } else { 0.0 },
            sizes,
            count: if chance.happens(0.25) { (8.0, 40.0) } else { (20.0, 1500.0) },
            active: if chance.happens(0.2) { chance.within(0.4, 1.0) } else { 1.0 },
        }
    }

    pub fn generate(&self, kind: &'static str, chance: &mut Chance, span: Span) -> Pair {
        let office = if self.office { 0.3 } else { 1.0 };
        let (low, high) = self.count;
        let wanted = chance.scale(low, high);
        let mut sleep = (span.length * self.active * office * (1.0 - self.missing) / wanted).max(2.0);
        if let Some(ratio) = self.second {
            sleep /= ratio.sqrt();
        }
        let sizes = Exchange::new(chance, self.sizes);
        let begin = chance.within(0.0, 1.0 - self.active) * span.length;
        let end = begin + self.active * span.length;
        let (from, to) = (chance.within(7.0, 9.5), chance.within(16.5, 19.0));
        let mut events = Vec::new();
        let mut moment = begin + chance.unit() * sleep;
        let mut tick = moment;
        let (mut out, mut slow, mut left) = (false, false, chance.geometric(20.0));
        while moment < end {
            // In a row: five on average, so that the share is the wanted one.
            out = if self.outages {
                if out {
                    !chance.happens(0.2)
                } else {
                    chance.happens(0.2 * self.missing / (1.0 - self.missing))
                }
            } else {
                chance.happens(self.missing)
            };
            if !out && (!self.office || span.at_work(moment, from, to)) {
                let connections =
                    if self.connections > 1.0 { chance.geometric(self.connections).max(2) } else { 1 };
                let mut at = moment + chance.lognormal(0.04, 0.6);
                for _ in 0..connections {
                    events.push(sizes.event(chance, at));
                    at += chance.lognormal(0.4, 0.9).min(sleep / 20.0);
                }
            }
            let drifted = sleep * (1.0 + self.drift * (moment - begin) / (end - begin).max(1.0));
            let period = match self.second {
                Some(ratio) => {
                    left -= 1;
                    if left == 0 {
                        slow = !slow;
                        left = chance.geometric(20.0);
                    }
                    if slow { drifted * ratio } else { drifted }
                }
                None => drifted,
            };
            let unit = chance.unit();
            moment = match self.jitter {
                Jitter::Both(half) => moment + period * (1.0 + half * (2.0 * unit - 1.0)),
                Jitter::Below(half) => moment + period * (1.0 - half * unit),
                Jitter::Normal(deviation) => moment + period * (1.0 + deviation * chance.normal()).max(0.05),
                Jitter::Delay(mean) => moment + period * (1.0 + chance.exponential(mean)),
                Jitter::Triangle(half) => moment + period * (1.0 + half * (unit + chance.unit() - 1.0)),
                Jitter::Clock(half) => {
                    tick += period;
                    tick + period * half * unit
                }
            };
        }
        span.pair(kind, events)
    }
}

/// What a check-in sends and receives.
struct Exchange {
    sizes: Sizes,
    sent: f64,
    received: f64,
    tasks: f64,
    duration: f64,
}

impl Exchange {
    fn new(chance: &mut Chance, sizes: Sizes) -> Self {
        Self {
            sizes,
            sent: chance.scale(120.0, 4000.0),
            received: chance.scale(60.0, 6000.0),
            tasks: chance.within(0.0, 0.06),
            duration: chance.scale(0.05, 3.0),
        }
    }

    fn event(&self, chance: &mut Chance, moment: f64) -> Event {
        let (mut sent, mut received) = match self.sizes {
            Sizes::Fixed(by) => (
                self.sent * (1.0 + by * chance.within(-1.0, 1.0)),
                self.received * (1.0 + by * chance.within(-1.0, 1.0)),
            ),
            Sizes::Padded(by) => (self.sent * chance.within(1.0, by), self.received * chance.within(1.0, by)),
            Sizes::Two => {
                let other = if chance.happens(0.5) { 1.0 } else { 2.6 };
                (self.sent * other, self.received * other)
            }
        };
        if chance.happens(self.tasks) {
            sent *= chance.scale(1.5, 60.0);
            received *= chance.scale(1.2, 20.0);
        }
        Event {
            moment,
            duration: chance.lognormal(self.duration, 0.4),
            sent: sent as u64,
            received: received as u64,
        }
    }
}

/// Makes a beacon of a kind, and the time that it is seen in.
pub type Make = Box<dyn Fn(&mut Chance) -> (Implant, Span) + Sync>;

/// A kind of jitter, or one at random.
type Sleeps = fn(&mut Chance) -> Jitter;

/// A row of the table: a kind of beacon on the checking side.
pub struct Cell {
    pub name: String,
    pub make: Make,
}

/// The rows.
pub fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    // Half of the even jitters reach to both sides, half below, as frameworks do it.
    let even = |chance: &mut Chance, half: f64| {
        if chance.happens(0.5) { Jitter::Both(half) } else { Jitter::Below(half) }
    };
    for half in [0.0, 0.1, 0.2, 0.3, 0.5, 0.9] {
        for missing in [0.0, 0.3, 0.5] {
            cells.push(cell(format!("jitter {half}, {} % missing", missing * 100.0), 1.0, move |chance| {
                Implant { jitter: even(chance, half), missing, ..Implant::PLAIN }
            }));
        }
    }
    let jitters: [(&str, Sleeps); 5] = [
        ("normal jitter 0.4", |_| Jitter::Normal(0.4)),
        ("normal jitter 0.2", |_| Jitter::Normal(0.2)),
        ("exponential delay 0.5", |_| Jitter::Delay(0.5)),
        ("triangular jitter 0.5", |_| Jitter::Triangle(0.5)),
        ("a clock's ticks, jitter 0.3", |_| Jitter::Clock(0.3)),
    ];
    for (name, jitter) in jitters {
        cells
            .push(cell(name.into(), 1.0, move |chance| Implant { jitter: jitter(chance), ..Implant::PLAIN }));
    }
    let with = |half: f64, implant: Implant| {
        move |chance: &mut Chance| Implant {
            jitter: if chance.happens(0.5) { Jitter::Both(half) } else { Jitter::Below(half) },
            ..implant
        }
    };
    let plain = Implant::PLAIN;
    cells.push(cell(
        "office hours, jitter 0.3".into(),
        1.0,
        with(0.3, Implant { office: true, count: (24.0, 500.0), ..plain }),
    ));
    cells.push(cell(
        "office hours of 5 days, jitter 0.3".into(),
        5.0,
        with(0.3, Implant { office: true, ..plain }),
    ));
    cells.push(cell(
        "several connections, jitter 0.3".into(),
        1.0,
        with(0.3, Implant { connections: 3.0, ..plain }),
    ));
    cells.push(cell(
        "several connections, jitter 0.3, 30 % missing".into(),
        1.0,
        with(0.3, Implant { connections: 3.0, missing: 0.3, ..plain }),
    ));
    cells.push(cell(
        "two periods, jitter 0.2".into(),
        1.0,
        with(0.2, Implant { second: Some(8.0), count: (60.0, 1440.0), ..plain }),
    ));
    cells.push(cell("drift of 10 %, jitter 0.1".into(), 1.0, with(0.1, Implant { drift: 0.1, ..plain })));
    cells.push(cell(
        "padded sizes, jitter 0.2".into(),
        1.0,
        with(0.2, Implant { sizes: Sizes::Padded(3.0), ..plain }),
    ));
    cells.push(cell(
        "padded sizes, jitter 0.3, 30 % missing".into(),
        1.0,
        with(0.3, Implant { sizes: Sizes::Padded(3.0), missing: 0.3, ..plain }),
    ));
    cells.push(cell("two sizes, jitter 0.3".into(), 1.0, with(0.3, Implant { sizes: Sizes::Two, ..plain })));
    cells.push(cell(
        "outages, jitter 0.2, 30 % missing".into(),
        1.0,
        with(0.2, Implant { outages: true, missing: 0.3, ..plain }),
    ));
    cells.push(cell(
        "15 to 40 connections, jitter 0.2".into(),
        1.0,
        with(0.2, Implant { count: (15.0, 40.0), ..plain }),
    ));
    cells.push(cell(
        "15 to 40 connections, jitter 0.3, 30 % missing".into(),
        1.0,
        with(0.3, Implant { count: (15.0, 40.0), missing: 0.3, ..plain }),
    ));
    cells.push(cell("half of the day, jitter 0.2".into(), 1.0, with(0.2, Implant { active: 0.5, ..plain })));
    cells.push(cell(
        "a day's period over 4 weeks, jitter 0.1".into(),
        28.0,
        with(0.1, Implant { count: (24.0, 30.0), ..plain }),
    ));
    cells.push(cell(
        "a day's period over 4 weeks, jitter 0.2, 20 % missing".into(),
        28.0,
        with(0.2, Implant { count: (20.0, 24.0), missing: 0.2, ..plain }),
    ));
    cells
}

fn cell(name: String, days: f64, make: impl Fn(&mut Chance) -> Implant + Sync + 'static) -> Cell {
    Cell {
        name,
        make: Box::new(move |chance| {
            let implant = make(chance);
            (
                implant,
                Span { weekday: chance.below(if days > 1.0 { 1 } else { 5 }) as i64, length: days * DAY },
            )
        }),
    }
}

/// One for fitting.
pub fn fitting(chance: &mut Chance) -> Pair {
    let implant = Implant::any(chance);
    let span = Span::any(chance, Side::Fitting);
    implant.generate("beacon", chance, span)
}
