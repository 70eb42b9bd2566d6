//! Traffic that is no beacon, and regular machines, which are kept apart.
//!
//! The two sides share no range of parameters; half of the checking side's families are not in the fitting side at all.

use crate::chance::Chance;
use crate::pair::{DAY, Event, HOUR, Pair, Side, Span};

type Family = fn(&mut Chance, Span, f64) -> Vec<f64>;

/// Families with their names, of which each pair is one with the same chance.
const FITTING: [(&str, Family); 15] = [
    ("poisson", |chance, span, count| renewal(span, count, chance, |chance| chance.exponential(1.0))),
    ("user bursts", |chance, span, count| bursts(chance, span, count, (2.0, 12.0), (0.5, 15.0))),
    ("diurnal", |chance, span, count| diurnal(chance, span, count)),
    ("heavy-tailed", |chance, span, count| {
        let shape = chance.within(0.8, 1.6);
        renewal(span, count, chance, move |chance| chance.pareto(shape).min(300.0))
    }),
    ("wide lognormal", |chance, span, count| {
        let deviation = chance.within(1.2, 2.4);
        renewal(span, count, chance, move |chance| chance.lognormal(1.0, deviation))
    }),
    ("think time", |chance, span, count| {
        let deviation = chance.within(0.35, 0.8);
        sessions(chance, span, count, (20.0, 120.0), move |chance| chance.lognormal(1.0, deviation))
    }),
    ("think time all day", |chance, span, count| {
        let deviation = chance.within(0.45, 0.9);
        renewal(span, count, chance, move |chance| chance.lognormal(1.0, deviation))
    }),
    ("cadence", |chance, span, count| {
        let shape = chance.scale(1.3, 6.0);
        renewal(span, count, chance, move |chance| chance.gamma(shape))
    }),
    ("cadence in sessions", |chance, span, count| {
        let shape = chance.scale(1.3, 6.0);
        sessions(chance, span, count, (30.0, 200.0), move |chance| chance.gamma(shape))
    }),
    ("keep-alive", |chance, span, count| {
        let idle = chance.within(0.2, 0.5);
        renewal(span, count, chance, move |chance| {
            if chance.happens(idle) { 1.0 } else { chance.exponential(0.7).min(1.0) }
        })
    }),
    ("retries", |chance, span, count| retries(chance, span, count, 2.0)),
    ("page loads", |chance, span, count| bursts(chance, span, count, (4.0, 25.0), (0.02, 0.6))),
    ("polling pages", |chance, span, count| polling(chance, span, count, (0.35, 0.6))),
    ("updates", |chance, span, count| {
        let checks = chance.within(3.0, 12.0) * (span.length / DAY).sqrt();
        bursts(chance, span, count.min(checks * 8.0), (2.0, 8.0), (0.05, 3.0))
    }),
    ("busy server", |chance, span, count| mixed(chance, span, count)),
];

/// Those of the checking side that the fitting side has not.
const CHECKING: [(&str, Family); 8] = [
    ("weibull cadence", |chance, span, count| {
        let shape = chance.within(0.6, 2.3);
        renewal(span, count, chance, move |chance| chance.weibull(shape))
    }),
    ("log-logistic", |chance, span, count| {
        let shape = chance.within(1.2, 3.5);
        renewal(span, count, chance, move |chance| chance.loglogistic(shape).min(500.0))
    }),
    ("inverse Gaussian", |chance, span, count| {
        let shape = chance.scale(0.3, 4.0);
        renewal(span, count, chance, move |chance| chance.inverse_gaussian(shape))
    }),
    ("two rates", |chance, span, count| two_rates(chance, span, count)),
    ("wandering rate", |chance, span, count| wandering(chance, span, count)),
    ("bursts of bursts", |chance, span, count| {
        let outer = bursts(chance, span, count / 4.0, (2.0, 8.0), (60.0, 500.0));
        outer.into_iter().flat_map(|moment| cluster(chance, moment, (2.0, 6.0), (0.1, 4.0))).collect()
    }),
    ("backing off slowly", |chance, span, count| retries(chance, span, count, 1.5)),
    ("cadence of two kinds", |chance, span, count| {
        let (shape, ratio) = (chance.scale(1.5, 5.0), chance.scale(2.0, 6.0));
        renewal(span, count, chance, move |chance| {
            let scale = if chance.happens(0.5) { 1.0 } else { ratio };
            scale * chance.gamma(shape)
        })
    }),
];

/// Families of both sides in the ranges of the checking side.
const SHIFTED: [(&str, Family); 9] = [
    ("poisson", |chance, span, count| renewal(span, count, chance, |chance| chance.exponential(1.0))),
    ("user bursts", |chance, span, count| bursts(chance, span, count, (3.0, 20.0), (1.0, 30.0))),
    ("diurnal", |chance, span, count| diurnal(chance, span, count)),
    ("heavy-tailed", |chance, span, count| {
        let shape = chance.within(0.9, 2.0);
        renewal(span, count, chance, move |chance| chance.pareto(shape).min(1000.0))
    }),
    ("think time", |chance, span, count| {
        let deviation = chance.within(0.4, 1.0);
        sessions(chance, span, count, (10.0, 90.0), move |chance| chance.lognormal(1.0, deviation))
    }),
    ("cadence", |chance, span, count| {
        let shape = chance.scale(1.1, 5.0);
        renewal(span, count, chance, move |chance| chance.gamma(shape))
    }),
    ("keep-alive", |chance, span, count| {
        let idle = chance.within(0.15, 0.4);
        renewal(span, count, chance, move |chance| {
            if chance.happens(idle) { 1.0 } else { chance.lognormal(0.4, 0.8).min(1.0) }
        })
    }),
    ("page loads", |chance, span, count| bursts(chance, span, count, (6.0, 40.0), (0.01, 1.0))),
    ("polling pages", |chance, span, count| polling(chance, span, count, (0.4, 0.7))),
];

/// An ordinary pair.
pub fn ordinary(chance: &mut Chance, side: Side) -> Pair {
    let span = Span::any(chance, side);
    let count = if chance.happens(0.25) { chance.scale(6.0, 40.0) } else { chance.scale(20.0, 1500.0) };
    let (name, family) = match side {
        Side::Fitting => chance.pick(&FITTING),
        Side::Checking => {
            let at = chance.below(CHECKING.len() + SHIFTED.len());
            CHECKING.iter().chain(&SHIFTED).copied().nth(at).unwrap_or(CHECKING[0])
        }
    };
    let moments = family(chance, span, count);
    let sizes = Sizes::any(chance);
    let events = moments.into_iter().map(|moment| sizes.event(chance, moment)).collect();
    span.pair(name, events)
}

/// A regular machine, which timing cannot tell from a beacon.
pub fn regular(chance: &mut Chance) -> Pair {
    let span = Span::any(chance, Side::Checking);
    let kinds: [(&str, (f64, f64), f64, f64); 6] = [
        ("time synchronisation", (64.0, 1024.0), 0.005, 0.02),
        ("SNMP polling", (60.0, 300.0), 0.002, 0.01),
        ("health checks", (5.0, 60.0), 0.01, 0.01),
        ("mail checks", (120.0, 900.0), 0.01, 0.15),
        ("telemetry with jitter", (300.0, 3600.0), 0.25, 0.05),
        ("update timers", (1800.0, 14_400.0), 0.4, 0.1),
    ];
    let (name, (low, high), jitter, missing) = chance.pick(&kinds);
    let period = chance.scale(low, high);
    let sizes =
        Sizes::Near { sent: chance.scale(48.0, 900.0), received: chance.scale(48.0, 3000.0), by: 0.02 };
    let (mut moment, mut events) = (chance.unit() * period, Vec::new());
    while moment < span.length && events.len() < 20_000 {
        if !chance.happens(missing) {
            events.push(sizes.event(chance, moment));
        }
        moment += period * (1.0 + jitter * chance.within(-1.0, 1.0));
    }
    span.pair(name, events)
}

/// Independent gaps, whose mean is as long as the count asks for: found by trying.
fn renewal(span: Span, count: f64, chance: &mut Chance, gap: impl Fn(&mut Chance) -> f64) -> Vec<f64> {
    let mean = (0..200).map(|_| gap(chance)).sum::<f64>() / 200.0;
    let scale = span.length / count / mean;
    let mut moment = chance.unit() * scale;
    let mut moments = Vec::new();
    while moment < span.length && moments.len() < 20_000 {
        moments.push(moment);
        moment += scale * gap(chance);
    }
    moments
}

/// Moments when people are busy.
fn diurnal(chance: &mut Chance, span: Span, count: f64) -> Vec<f64> {
    let mut moments = Vec::new();
    let depth = chance.within(0.5, 1.0);
    let mut tries = 0;
    while (moments.len() as f64) < count && tries < 100_000 {
        tries += 1;
        let moment = chance.unit() * span.length;
        if chance.happens(1.0 - depth + depth * span.busy(moment)) {
            moments.push(moment);
        }
    }
    moments
}

fn cluster(chance: &mut Chance, moment: f64, sizes: (f64, f64), gaps: (f64, f64)) -> Vec<f64> {
    let (size, middle) = (chance.within(sizes.0, sizes.1), chance.scale(gaps.0, gaps.1));
    let mut at = moment;
    (0..chance.geometric(size))
        .map(|_| {
            at += chance.lognormal(middle, 1.0);
            at
        })
        .collect()
}

/// Bursts whose beginnings people make, by day or at any time.
fn bursts(chance: &mut Chance, span: Span, count: f64, sizes: (f64, f64), gaps: (f64, f64)) -> Vec<f64> {
    let size = (sizes.0 + sizes.1) / 2.0;
    let number = (count / size).max(3.0);
    let beginnings = if chance.happens(0.6) {
        diurnal(chance, span, number)
    } else {
        renewal(span, number, chance, |chance| chance.exponential(1.0))
    };
    beginnings.into_iter().flat_map(|moment| cluster(chance, moment, sizes, gaps)).collect()
}

/// Sessions of some minutes by day, with gaps of one kind within.
fn sessions(
    chance: &mut Chance,
    span: Span,
    count: f64,
    minutes: (f64, f64),
    gap: impl Fn(&mut Chance) -> f64,
) -> Vec<f64> {
    let number = (chance.within(1.0, 5.0) * (span.length / DAY)).max(1.0);
    let beginnings = diurnal(chance, span, number);
    let middle = 60.0 * (minutes.0 * minutes.1).sqrt();
    let scale = (middle * beginnings.len().max(1) as f64 / count).max(0.5);
    let mut moments = Vec::new();
    for beginning in beginnings {
        let end = beginning + 60.0 * chance.scale(minutes.0, minutes.1);
        let mut moment = beginning;
        while moment < end && moments.len() < 20_000 {
            moments.push(moment);
            moment += scale * gap(chance);
        }
    }
    moments
}

/// Pages that ask again while they are open, and clicks between: of all connections a share.
fn polling(chance: &mut Chance, span: Span, count: f64, clicks: (f64, f64)) -> Vec<f64> {
    let share = chance.within(clicks.0, clicks.1);
    let number = (chance.within(2.0, 8.0) * (span.length / DAY)).max(1.0);
    let beginnings = diurnal(chance, span, number);
    let minutes = chance.within(3.0, 40.0);
    let period = (60.0 * minutes * beginnings.len().max(1) as f64 / (count * (1.0 - share))).max(2.0);
    let mut moments = Vec::new();
    for beginning in beginnings {
        let length = 60.0 * chance.exponential(minutes);
        let mut moment = beginning;
        while moment < beginning + length && moments.len() < 20_000 {
            moments.push(moment);
            moment += period * chance.within(0.98, 1.05);
        }
        let clicked = (length / period * share / (1.0 - share)) as usize;
        moments.extend((0..clicked.min(2000)).map(|_| beginning + chance.unit() * length));
    }
    moments
}

/// Connections that fail, are tried again after longer and longer times, and succeed at last.
fn retries(chance: &mut Chance, span: Span, count: f64, factor: f64) -> Vec<f64> {
    let steps = chance.within(3.0, 7.0);
    let beginnings = renewal(span, (count / steps).max(3.0), chance, |chance| chance.exponential(1.0));
    let first = chance.scale(0.5, 5.0);
    let mut moments = Vec::new();
    for beginning in beginnings {
        let (mut moment, mut wait) = (beginning, first);
        for _ in 0..chance.geometric(steps).min(12) {
            moments.push(moment);
            moment += wait * chance.within(0.9, 1.1);
            wait = (wait * factor).min(900.0);
        }
    }
    moments
}

/// Many clients' worth of connections: a Poisson stream, bursts, and some cadence, all in one.
fn mixed(chance: &mut Chance, span: Span, count: f64) -> Vec<f64> {
    let shape = chance.scale(1.5, 5.0);
    let mut moments = renewal(span, count / 3.0, chance, |chance| chance.exponential(1.0));
    moments.extend(bursts(chance, span, count / 3.0, (2.0, 6.0), (0.2, 5.0)));
    moments.extend(renewal(span, count / 3.0, chance, move |chance| chance.gamma(shape)));
    moments
}

/// A Poisson stream that changes between two rates.
fn two_rates(chance: &mut Chance, span: Span, count: f64) -> Vec<f64> {
    let (ratio, stay) = (chance.scale(4.0, 60.0), chance.scale(0.2, 4.0) * HOUR);
    let slow = span.length / count * (1.0 + ratio) / 2.0;
    let (mut moment, mut fast, mut moments) = (0.0, chance.happens(0.5), Vec::new());
    let mut change = chance.exponential(stay);
    while moment < span.length && moments.len() < 20_000 {
        moment += chance.exponential(if fast { slow / ratio } else { slow });
        if moment > change {
            fast = !fast;
            change = moment + chance.exponential(stay);
        }
        moments.push(moment);
    }
    moments
}

/// A Poisson stream whose rate wanders.
fn wandering(chance: &mut Chance, span: Span, count: f64) -> Vec<f64> {
    let (deviation, memory) = (chance.within(0.4, 1.5), chance.within(0.8, 0.99));
    let mean = span.length / count;
    let (mut level, mut moment, mut moments) = (0.0_f64, 0.0, Vec::new());
    while moment < span.length && moments.len() < 20_000 {
        level = memory * level + (1.0 - memory * memory).sqrt() * chance.normal();
        moment += chance.exponential(mean * (deviation * level).exp());
        moments.push(moment);
    }
    moments
}

enum Sizes {
    Lognormal { sent: f64, received: f64, deviation: f64 },
    Near { sent: f64, received: f64, by: f64 },
    Few([f64; 4], f64),
}

impl Sizes {
    fn any(chance: &mut Chance) -> Self {
        let (sent, received) = (chance.scale(150.0, 5000.0), chance.scale(200.0, 100_000.0));
        match chance.below(20) {
            0..=11 => Self::Lognormal { sent, received, deviation: chance.within(0.3, 1.6) },
            12..=14 => Self::Lognormal { sent, received, deviation: chance.within(0.08, 0.3) },
            15..=17 => Self::Few(
                [sent, sent * chance.within(1.1, 3.0), sent * chance.within(0.4, 0.9), sent * 4.0],
                chance.within(0.3, 20.0),
            ),
            _ => Self::Near { sent, received, by: chance.scale(0.002, 0.06) },
        }
    }

    fn event(&self, chance: &mut Chance, moment: f64) -> Event {
        let (sent, received) = match self {
            Self::Lognormal { sent, received, deviation } => {
                (chance.lognormal(*sent, *deviation), chance.lognormal(*received, deviation * 1.3))
            }
            Self::Near { sent, received, by } => {
                (sent * (1.0 + by * chance.normal()), received * (1.0 + by * chance.normal()))
            }
            Self::Few(sizes, ratio) => {
                let sent = chance.pick(sizes);
                (sent, sent * ratio * chance.pick(&[1.0, 1.0, 2.0]))
            }
        };
        Event {
            moment,
            duration: chance.lognormal(0.5, 1.2),
            sent: sent.max(0.0) as u64,
            received: received.max(0.0) as u64,
        }
    }
}
