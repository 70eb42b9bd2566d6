//! Connections over time and the gaps between them as inline SVG, for the dossier and for the page of `banbury watch`.
//!
//! Both pictures are of counts that a claim holds ([`Picture`]): nothing is read anew, and no script is needed. Colours are those of the page
//! ([`DRAWN_STYLE`] names the variables), so that they follow light and dark.

use crate::html::numbers;
use banbury_evidence::{Picture, in_its_unit};
use maud::{Markup, html};

/// The style of what is drawn; a page has to have `--known`, `--muted`, `--line` and `--sans`.
pub const DRAWN_STYLE: &str = "\
.drawn{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,17rem),1fr));gap:.4rem 1.5rem;max-width:58rem;margin:.5rem 0}\
.drawn figure{margin:0;max-width:28rem}.drawn svg{display:block;width:100%;height:auto}\
.drawn rect{fill:var(--known)}.drawn line{stroke:var(--line);stroke-width:1}\
.drawn text{font:11px var(--sans);fill:var(--muted)}.drawn figcaption{font-size:.82rem;color:var(--muted)}\n";

/// The size of a picture, and where its bars stand.
const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 96.0;
const LEFT: f64 = 30.0;
const TOP: f64 = 6.0;
const FLOOR: f64 = 78.0;

/// Both pictures, as HTML.
pub fn drawn(picture: &Picture) -> String {
    markup(picture).into_string()
}

/// Both pictures.
pub(crate) fn markup(picture: &Picture) -> Markup {
    html! {
        div.drawn {
            (timeline(picture))
            @if !picture.gaps.is_empty() { (gaps(picture)) }
        }
    }
}

fn timeline(picture: &Picture) -> Markup {
    let slots = i64::try_from(picture.timeline.len()).unwrap_or(i64::MAX);
    let slot = i64::try_from(picture.slot).unwrap_or(i64::MAX);
    let end = picture.since.saturating_add(slot.saturating_mul(slots));
    let most = picture.timeline.iter().copied().max().unwrap_or_default();
    let all: u64 = picture.timeline.iter().map(|count| u64::from(*count)).sum();
    let said = format!(
        "{} from {} to {}, at most {} in {}",
        numbers::count(usize::try_from(all).unwrap_or(usize::MAX), "connection", "connections"),
        moment(picture.since),
        moment(end),
        numbers::grouped(most.into()),
        lasting(picture.slot as f64)
    );
    html! {
        figure {
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(said) {
                (axis(most))
                (bars(&picture.timeline, most))
                text x=(LEFT) y=(HEIGHT - 4.0) { (moment(picture.since)) }
                text x=(WIDTH) y=(HEIGHT - 4.0) text-anchor="end" { (moment(end)) }
            }
            figcaption { "Connections over time, a bar for " (lasting(picture.slot as f64)) " (UTC)" }
        }
    }
}

fn gaps(picture: &Picture) -> Markup {
    let most = picture.gaps.iter().copied().max().unwrap_or_default();
    let top = picture.gaps.iter().position(|count| *count == most).unwrap_or_default();
    let bin =
        |at: usize| Picture::gap(picture.from.saturating_add(u32::try_from(at).unwrap_or(u32::MAX / 2)));
    let (from, to) = (bin(0), bin(picture.gaps.len()));
    let often = format!("{} to {}", lasting(bin(top)), lasting(bin(top + 1)));
    let said = format!(
        "Gaps between connections, from {} to {}; most often {often}: {} times",
        lasting(from),
        lasting(to),
        numbers::grouped(most.into())
    );
    html! {
        figure {
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(said) {
                (axis(most))
                (bars(&picture.gaps, most))
                text x=(LEFT) y=(HEIGHT - 4.0) { (lasting(from)) }
                text x=(WIDTH) y=(HEIGHT - 4.0) text-anchor="end" { (lasting(to)) }
            }
            figcaption { "Gaps between them, ten bars for each factor of ten; most often " (often) }
        }
    }
}

/// The floor, the ceiling, and what the ceiling stands for.
fn axis(most: u32) -> Markup {
    html! {
        line x1=(LEFT) y1=(FLOOR) x2=(WIDTH) y2=(FLOOR) {}
        line x1=(LEFT) y1=(TOP) x2=(WIDTH) y2=(TOP) {}
        text x=(LEFT - 4.0) y=(TOP + 9.0) text-anchor="end" { (short(most)) }
        text x=(LEFT - 4.0) y=(FLOOR) text-anchor="end" { "0" }
    }
}

/// A bar for each count; one that is not 0 can be seen, however many there are elsewhere.
fn bars(counts: &[u32], most: u32) -> Markup {
    let step = (WIDTH - LEFT) / counts.len().max(1) as f64;
    html! {
        @for (at, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            @let height = (f64::from(*count) / f64::from(most.max(1)) * (FLOOR - TOP)).max(1.0);
            rect x=(round(LEFT + at as f64 * step)) y=(round(FLOOR - height)) width=(round((step * 0.86).max(0.6))) height=(round(height)) {}
        }
    }
}

/// A count in a few characters.
fn short(count: u32) -> String {
    match count {
        0..10_000 => count.to_string(),
        10_000..1_000_000 => format!("{}k", count / 1000),
        _ => format!("{}M", count / 1_000_000),
    }
}

fn round(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

/// A moment of UTC to the minute.
pub(crate) fn moment(seconds: i64) -> String {
    let minutes = seconds.rem_euclid(86_400) / 60;
    format!("{} {:02}:{:02}", numbers::date(seconds), minutes / 60, minutes % 60)
}

/// A length of time in words: `1 ms`, `5 min`, `1.5 h`.
pub(crate) fn lasting(seconds: f64) -> String {
    let (value, unit) = in_its_unit(seconds);
    let text = if value < 10.0 { format!("{value:.1}") } else { format!("{value:.0}") };
    format!("{} {unit}", text.strip_suffix(".0").unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_has_its_bar_and_the_tallest_reaches_the_top() {
        let picture = Picture {
            since: 1_793_577_600,
            slot: 900,
            timeline: vec![3, 0, 7, 4_000_000],
            from: 54,
            gaps: vec![9, 1],
        };
        let text = drawn(&picture);
        assert_eq!(text.matches("<rect").count(), 5);
        assert!(text.contains(r#"y="6""#) && text.contains("4M"), "{text}");
        assert!(text.contains("2026-11-02 00:00") && text.contains("15 min"), "{text}");
        assert!(text.contains("4.2 min to 5.3 min"), "{text}");
        roxmltree::Document::parse(&text).unwrap();
        // A single moment, and nothing at all.
        let one = Picture { slot: 1, timeline: vec![1], ..Picture::default() };
        assert_eq!(drawn(&one).matches("<figure").count(), 1);
        assert_eq!(drawn(&Picture { slot: 1, ..Picture::default() }).matches("<rect").count(), 0);
    }

    #[test]
    fn times_in_words() {
        for (seconds, text) in [
            (0.001, "1 ms"),
            (0.25, "250 ms"),
            (90.0, "90 s"),
            (900.0, "15 min"),
            (5400.0, "90 min"),
            (86_400.0, "24 h"),
            (400_000.0, "4.6 d"),
        ] {
            assert_eq!(lasting(seconds), text);
        }
        assert_eq!(moment(-1), "1969-12-31 23:59");
    }
}
