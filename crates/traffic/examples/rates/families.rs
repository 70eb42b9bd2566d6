//! Ordinary and planted traffic, one family for each way in which a probe may be right or wrong.

use super::chance::Chance;

/// What a source does at a moment, in seconds from the start of the recording.
pub struct Event {
    pub at: f64,
    pub what: What,
}

pub enum What {
    Flow { to: u32, port: u16, lasts: f64, sent: f64, received: f64 },
    Query { name: String, kind: u16 },
}

/// Sources that do the same with other figures.
pub struct Family {
    /// The finding that is looked for.
    pub code: &'static str,
    pub name: &'static str,
    pub is_planted: bool,
    pub days: u32,
    /// Sources.
    pub count: u32,
    /// Makes one source's events: its chance, its number, seconds of the recording.
    pub make: fn(&mut Chance, u32, f64, &mut Vec<Event>),
}

const fn ordinary(code: &'static str, name: &'static str, days: u32, count: u32, make: Make) -> Family {
    Family { code, name, is_planted: false, days, count, make }
}

const fn planted(code: &'static str, name: &'static str, days: u32, count: u32, make: Make) -> Family {
    Family { code, name, is_planted: true, days, count, make }
}

type Make = fn(&mut Chance, u32, f64, &mut Vec<Event>);

const TUNNEL: &str = "traffic.dns-tunnel";
const RARE: &str = "traffic.rare-destination";
const STROBE: &str = "traffic.strobe";
const LONG: &str = "traffic.long-connection";
const VOLUME: &str = "traffic.volume";

/// All of them, in the order of the table.
pub const FAMILIES: &[Family] = &[
    ordinary(TUNNEL, "a site's hosts, by their names", 1, 4000, |chance, _, seconds, all| {
        let hosts = 5 + chance.below(60);
        for _ in 0..hosts * 8 {
            let name = format!(
                "{}{}.site.example",
                chance.pick(&["www", "mail", "api", "img", "cdn"]),
                chance.below(hosts)
            );
            all.push(query(chance.within(0.0, seconds), name, 1));
        }
    }),
    ordinary(TUNNEL, "a content network's random names", 1, 2000, |chance, _, seconds, all| {
        for _ in 0..20 + chance.below(600) {
            let name =
                format!("{}.edge.cdn.example", text(chance, b"abcdefghijklmnopqrstuvwxyz0123456789", 8, 14));
            all.push(query(chance.within(0.0, seconds), name, 1));
        }
    }),
    ordinary(TUNNEL, "look-ups of a list of bad addresses", 1, 1000, |chance, _, seconds, all| {
        for _ in 0..100 + chance.below(3000) {
            let part = |chance: &mut Chance| chance.below(256);
            let name =
                format!("{}.{}.{}.{}.list.example", part(chance), part(chance), part(chance), part(chance));
            all.push(query(chance.within(0.0, seconds), name, 1));
        }
    }),
    ordinary(TUNNEL, "look-ups of files by their hash", 1, 1000, |chance, _, seconds, all| {
        for _ in 0..20 + chance.below(600) {
            let name = format!("{}.files.example", text(chance, b"0123456789abcdef", 32, 33));
            all.push(query(chance.within(0.0, seconds), name, 16));
        }
    }),
    planted(
        TUNNEL,
        "base32, 30 to 60 bytes a name, 300 to 5,000 names",
        1,
        1000,
        |chance, _, seconds, all| {
            for _ in 0..300 + chance.below(4700) {
                all.push(query(
                    chance.within(0.0, seconds),
                    format!("{}.t.example", text(chance, BASE32, 30, 60)),
                    16,
                ));
            }
        },
    ),
    planted(TUNNEL, "hexadecimal, 16 bytes a name", 1, 1000, |chance, _, seconds, all| {
        for _ in 0..300 + chance.below(4700) {
            all.push(query(
                chance.within(0.0, seconds),
                format!("{}.t.example", text(chance, b"0123456789abcdef", 16, 17)),
                1,
            ));
        }
    }),
    planted(TUNNEL, "base32, 30 to 60 bytes a name, 30 to 90 names", 1, 1000, |chance, _, seconds, all| {
        for _ in 0..30 + chance.below(60) {
            all.push(query(
                chance.within(0.0, seconds),
                format!("{}.t.example", text(chance, BASE32, 30, 60)),
                16,
            ));
        }
    }),
    ordinary(
        RARE,
        "people's pages: many addresses, few that others have not",
        1,
        1000,
        |chance, number, seconds, all| {
            for _ in 0..30 + chance.below(60) {
                let to = popular(chance, number);
                for _ in 0..1 + chance.below(20) {
                    let at = chance.within(0.0, seconds);
                    let lasts = chance.lognormal(2.0, 1.8);
                    all.push(flow(
                        at,
                        to,
                        443,
                        lasts,
                        chance.lognormal(900.0, 1.2),
                        chance.lognormal(20_000.0, 1.6),
                    ));
                }
            }
        },
    ),
    ordinary(
        RARE,
        "equipment: time, names and a collector that all share",
        1,
        1000,
        |chance, _, seconds, all| {
            for to in [0xc000_0201, 0xc000_0202, 0xc000_0203] {
                timer(chance, seconds, to, usual_period(to), 0.05, all);
            }
        },
    ),
    ordinary(RARE, "equipment with a licence server of its own", 1, 1000, |chance, number, seconds, all| {
        timer(chance, seconds, own(number), 3600.0, 0.02, all);
    }),
    planted(
        RARE,
        "an implant with an address of its own, jitter 0.3",
        1,
        1000,
        |chance, number, seconds, all| {
            let period = chance.scale(60.0, 1800.0);
            timer(chance, seconds, own(number), period, 0.3, all);
        },
    ),
    planted(
        RARE,
        "an implant that shares its address with nine others",
        1,
        1000,
        |chance, number, seconds, all| {
            let period = chance.scale(60.0, 1800.0);
            timer(chance, seconds, own(number / 10), period, 0.3, all);
        },
    ),
    ordinary(STROBE, "pollers: a connection every 5 to 60 s", 1, 200, |chance, _, seconds, all| {
        let period = chance.scale(5.0, 60.0);
        timer(chance, seconds, 0xc000_0207, period, 0.01, all);
    }),
    ordinary(
        STROBE,
        "a proxy at 0.2 to 3 connections a second, by the time of day",
        1,
        40,
        |chance, _, seconds, all| {
            let rate = chance.scale(0.2, 3.0);
            let mut at = 0.0;
            while at < seconds {
                at += chance.exponential(1.0 / (rate * day_shape(at)));
                all.push(flow(at, 0xc000_0208, 443, 0.2, 500.0, 9000.0));
            }
        },
    ),
    planted(STROBE, "1.1 to 5 connections a second all day", 1, 20, |chance, _, seconds, all| {
        let rate = chance.scale(1.1, 5.0);
        timer(chance, seconds, 0xc633_6401, 1.0 / rate, 0.1, all);
    }),
    planted(STROBE, "2 a second, one day of a week", 7, 10, |chance, _, _, all| {
        let from = all.len();
        timer(chance, 86_400.0, 0xc633_6402, 0.5, 0.1, all);
        all[from..].iter_mut().for_each(|event| event.at += 2.0 * 86_400.0);
    }),
    planted(STROBE, "2 a second, three hours of a week", 7, 10, |chance, _, _, all| {
        let from = all.len();
        timer(chance, 10_800.0, 0xc633_6403, 0.5, 0.1, all);
        all[from..].iter_mut().for_each(|event| event.at += 3.5 * 86_400.0);
    }),
    ordinary(
        LONG,
        "pages, downloads and keep-alives (median 2 s, heavy-tailed)",
        1,
        2000,
        |chance, number, seconds, all| {
            for _ in 0..200 {
                let (at, lasts) = (chance.within(0.0, seconds), chance.lognormal(2.0, 2.0));
                all.push(flow(at, popular(chance, number), 443, lasts, 900.0, 20_000.0));
            }
        },
    ),
    ordinary(LONG, "push services: connections of 5 min to 8 h", 1, 1000, |chance, _, seconds, all| {
        let mut at = 0.0;
        while at < seconds {
            let lasts = chance.scale(300.0, 28_800.0);
            all.push(flow(at, 0xc000_0209, 443, lasts, 2000.0, 3000.0));
            at += lasts + 5.0;
        }
    }),
    planted(LONG, "a tunnel that is open for 5 to 20 h", 1, 1000, |chance, _, seconds, all| {
        let lasts = chance.within(5.0, 20.0) * 3600.0;
        all.push(flow(chance.within(0.0, seconds - lasts), 0xc633_6404, 443, lasts, 3e6, 9e6));
    }),
    planted(LONG, "a tunnel that is renewed every 30 min to 3 h", 1, 1000, |chance, _, seconds, all| {
        let lasts = chance.within(0.5, 3.0) * 3600.0;
        let mut at = 0.0;
        while at + lasts < seconds {
            all.push(flow(at, 0xc633_6405, 443, lasts, 3e5, 9e5));
            at += lasts + 2.0;
        }
    }),
    ordinary(VOLUME, "equipment: telemetry and logs, nearly even", 28, 400, |chance, _, seconds, all| {
        let level = chance.scale(1e5, 3e7);
        let spread = chance.within(0.05, 0.3);
        hours(chance, seconds, all, |chance, _| level * chance.lognormal(1.0, spread));
    }),
    ordinary(VOLUME, "by the time of day, weekends less", 28, 400, |chance, _, seconds, all| {
        let (level, spread) = (chance.scale(1e5, 1e8), chance.within(0.3, 0.8));
        hours(chance, seconds, all, |chance, at| {
            level * day_shape(at) * weekday(at) * chance.lognormal(1.0, spread)
        });
    }),
    ordinary(VOLUME, "people: heavy-tailed hours", 28, 400, |chance, _, seconds, all| {
        let (level, spread) = (chance.scale(1e5, 1e7), chance.within(1.0, 1.6));
        hours(chance, seconds, all, |chance, at| {
            if chance.happens(0.3 + 0.5 * day_shape(at) / 2.0) {
                level * day_shape(at) * chance.lognormal(1.0, spread)
            } else {
                0.0
            }
        });
    }),
    ordinary(
        VOLUME,
        "a backup every week, 20 to 200 times an hour's level",
        28,
        400,
        |chance, _, seconds, all| {
            let (level, times, hour) = (chance.scale(1e6, 3e7), chance.scale(20.0, 200.0), chance.below(168));
            hours(chance, seconds, all, |chance, at| {
                let is_backup = (at / 3600.0) as usize % 168 == hour;
                level
                    * chance.lognormal(1.0, 0.4)
                    * if is_backup { times * chance.lognormal(1.0, 0.1) } else { 1.0 }
            });
        },
    ),
    ordinary(
        VOLUME,
        "a new task of 2 to 10 times as much from one day on",
        28,
        400,
        |chance, _, seconds, all| {
            let (level, times, from) =
                (chance.scale(1e6, 3e7), chance.scale(2.0, 10.0), chance.within(8.0, 27.0) * 86_400.0);
            hours(chance, seconds, all, |chance, at| {
                level * chance.lognormal(1.0, 0.4) * if at > from { times } else { 1.0 }
            });
        },
    ),
    planted(VOLUME, "0.5 to 5 GB taken in an hour, from equipment", 28, 400, |chance, _, seconds, all| {
        let (level, much, when) =
            (chance.scale(1e5, 3e7), chance.scale(5e8, 5e9), 8 * 24 + chance.below(19 * 24));
        hours(chance, seconds, all, |chance, at| {
            level * chance.lognormal(1.0, 0.2) + if (at / 3600.0) as usize == when { much } else { 0.0 }
        });
    }),
    planted(
        VOLUME,
        "0.5 to 5 GB taken in an hour, from people's machines",
        28,
        400,
        |chance, _, seconds, all| {
            let (level, much, when) =
                (chance.scale(1e5, 1e7), chance.scale(5e8, 5e9), 8 * 24 + chance.below(19 * 24));
            hours(chance, seconds, all, |chance, at| {
                level * day_shape(at) * chance.lognormal(1.0, 1.2)
                    + if (at / 3600.0) as usize == when { much } else { 0.0 }
            });
        },
    ),
    planted(VOLUME, "the same over a day", 28, 400, |chance, _, seconds, all| {
        let (level, much, when) = (chance.scale(1e5, 1e7), chance.scale(5e8, 5e9), 8 + chance.below(19));
        hours(chance, seconds, all, |chance, at| {
            level * chance.lognormal(1.0, 0.4)
                + if (at / 86_400.0) as usize == when { much / 24.0 } else { 0.0 }
        });
    }),
    planted(VOLUME, "the same over two weeks", 28, 400, |chance, _, seconds, all| {
        let (level, much) = (chance.scale(1e5, 1e7), chance.scale(5e8, 5e9));
        hours(chance, seconds, all, |chance, at| {
            level * chance.lognormal(1.0, 0.4) + if at > 14.0 * 86_400.0 { much / 336.0 } else { 0.0 }
        });
    }),
];

const BASE32: &[u8] = b"abcdefghijklmnopqrstuvwxyz234567";

fn query(at: f64, name: String, kind: u16) -> Event {
    Event { at, what: What::Query { name, kind } }
}

fn flow(at: f64, to: u32, port: u16, lasts: f64, sent: f64, received: f64) -> Event {
    Event { at, what: What::Flow { to, port, lasts, sent, received } }
}

/// A text of `least` letters and more, fewer than `most`.
fn text(chance: &mut Chance, of: &[u8], least: usize, most: usize) -> String {
    let length = least + chance.below(most - least);
    (0..length).map(|_| char::from(chance.pick(of))).collect()
}

/// An address that one source alone has.
fn own(number: u32) -> u32 {
    0xcb00_7100_u32.wrapping_add(number)
}

/// An address by its popularity (1 of 50 is one's own).
fn popular(chance: &mut Chance, number: u32) -> u32 {
    if chance.happens(0.02) { own(number) } else { 0x5db8_0000 + chance.scale(1.0, 20_000.0) as u32 }
}

/// Connections by a timer, with even jitter to both sides.
fn timer(chance: &mut Chance, seconds: f64, to: u32, period: f64, jitter: f64, all: &mut Vec<Event>) {
    let mut at = chance.within(0.0, period);
    while at < seconds {
        all.push(flow(at, to, 443, 0.3, 300.0 + chance.within(0.0, 20.0), 600.0));
        at += period * chance.within(1.0 - jitter, 1.0 + jitter);
    }
}

fn usual_period(to: u32) -> f64 {
    [64.0, 300.0, 900.0][(to % 3) as usize]
}

/// Connections of each hour to a few peers that together send what `bytes` says.
fn hours(
    chance: &mut Chance,
    seconds: f64,
    all: &mut Vec<Event>,
    mut bytes: impl FnMut(&mut Chance, f64) -> f64,
) {
    for hour in 0..(seconds / 3600.0) as u32 {
        let at = f64::from(hour) * 3600.0;
        let sum = bytes(chance, at);
        if sum > 0.0 {
            for peer in 0..3 {
                all.push(flow(
                    at + chance.within(0.0, 3599.0),
                    0xc000_0210 + peer,
                    443,
                    1.0,
                    sum / 3.0,
                    1000.0,
                ));
            }
        }
    }
}

/// How busy an hour of the day is: 0.1 at night, 1.9 in the afternoon.
fn day_shape(at: f64) -> f64 {
    1.0 - 0.9 * ((at / 86_400.0).fract() * std::f64::consts::TAU).cos()
}

/// Weekends have a third.
fn weekday(at: f64) -> f64 {
    if (at / 86_400.0) as u32 % 7 >= 5 { 0.33 } else { 1.0 }
}
