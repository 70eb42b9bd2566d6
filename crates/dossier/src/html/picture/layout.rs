//! Where boxes stand. Without chance: sorted input, a fixed number of steps.

use super::graph::{Edge, Graph, Node};
use std::collections::{BTreeMap, BTreeSet};

/// How the boxes were arranged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Arrangement {
    Geographic { without: usize },
    Layered,
}

impl Arrangement {
    pub fn words(self) -> String {
        match self {
            Self::Geographic { without: 0 } => {
                "They stand by latitude and longitude, moved apart where they would overlap.".to_owned()
            }
            Self::Geographic { without } => format!(
                "They stand by latitude and longitude, moved apart where they would overlap; the bottom row ({without}) has no coordinates."
            ),
            Self::Layered => {
                "No coordinates are stated: rows show how many links away from the core a box is.".to_owned()
            }
        }
    }
}

/// The usual width of the picture.
const WIDTH: f64 = 1160.0;
/// Room between boxes.
const GAP: f64 = 26.0;
const MARGIN: f64 = 12.0;

/// Gives every box its place.
pub(super) fn arrange(graph: &mut Graph) -> Arrangement {
    let placed = graph.boxes.iter().filter(|node| node.place.is_some()).count();
    let arrangement = if placed * 2 >= graph.boxes.len() && placed > 1 {
        Arrangement::Geographic { without: graph.boxes.len() - placed }
    } else {
        Arrangement::Layered
    };
    let width = canvas_width(&graph.boxes);
    match arrangement {
        Arrangement::Geographic { .. } => geographic(&mut graph.boxes, &graph.edges, width),
        Arrangement::Layered => layered(&mut graph.boxes, &graph.edges, width),
    }
    let left = graph.boxes.iter().map(|node| node.x - node.width / 2.0).fold(f64::INFINITY, f64::min);
    let top = graph.boxes.iter().map(|node| node.y - node.height / 2.0).fold(f64::INFINITY, f64::min);
    for node in &mut graph.boxes {
        // Whole units keep the picture the same where sums of fractions would differ.
        node.x = (node.x - left + MARGIN).round();
        node.y = (node.y - top + MARGIN).round();
    }
    arrangement
}

/// Right and bottom edge of all boxes, with the margin.
pub(super) fn extent(boxes: &[Node]) -> (f64, f64) {
    let right = boxes.iter().map(|node| node.x + node.width / 2.0).fold(0.0, f64::max);
    let bottom = boxes.iter().map(|node| node.y + node.height / 2.0).fold(0.0, f64::max);
    ((right + MARGIN).ceil(), (bottom + MARGIN).ceil())
}

fn area(boxes: &[Node]) -> f64 {
    boxes.iter().map(|node| (node.width + 2.0 * GAP) * (node.height + 2.0 * GAP)).sum()
}

fn canvas_width(boxes: &[Node]) -> f64 {
    let widest = boxes.iter().map(|node| node.width).fold(0.0, f64::max);
    let wanted = (area(boxes) * 1.5).sqrt();
    // Up to three screens high at the usual width; beyond that it grows both ways.
    if wanted < 2000.0 { WIDTH.max(widest) } else { wanted.max(widest) }
}

/// Equirectangular, east-west shrunk by the cosine of the middle latitude, then moved apart.
fn geographic(boxes: &mut [Node], edges: &[Edge], width: f64) {
    let places: Vec<(f64, f64)> = boxes.iter().filter_map(|node| node.place).collect();
    let low = |axis: fn(&(f64, f64)) -> f64| places.iter().map(axis).fold(f64::INFINITY, f64::min);
    let high = |axis: fn(&(f64, f64)) -> f64| places.iter().map(axis).fold(f64::NEG_INFINITY, f64::max);
    let (south, north) = (low(|place| place.0), high(|place| place.0));
    let (west, east) = (low(|place| place.1), high(|place| place.1));
    let squeeze = ((south + north) / 2.0).to_radians().cos().max(0.05);
    let across = ((east - west) * squeeze).max(1e-9);
    let along = (north - south).max(1e-9);
    let widest = boxes.iter().map(|node| node.width).fold(0.0, f64::max);
    let tallest = boxes.iter().map(|node| node.height).fold(0.0, f64::max);
    let room_x = (width - widest).max(200.0);
    // As high as the map's shape asks for, within what the boxes need and what a page can show.
    let needed = area(boxes) * 1.25 / width;
    let room_y = (room_x * along / across).clamp(needed * 0.6, needed.max(600.0) * 1.15).max(tallest);
    let (mut scale_x, mut scale_y) = (room_x / across, room_y / along);
    // The map may be stretched, by half at most.
    scale_x = scale_x.min(scale_y * 1.5);
    scale_y = scale_y.min(scale_x * 1.5);
    let mut homes = Vec::with_capacity(boxes.len());
    for node in boxes.iter_mut() {
        if let Some((latitude, longitude)) = node.place {
            node.x = ((longitude - west) * squeeze * scale_x).round();
            node.y = ((north - latitude) * scale_y).round();
        }
        homes.push((node.x, node.y));
    }
    spread(boxes, edges, &homes);
    let bottom = boxes
        .iter()
        .filter(|node| node.place.is_some())
        .map(|node| node.y + node.height / 2.0)
        .fold(f64::NEG_INFINITY, f64::max);
    let rest: Vec<usize> =
        boxes.iter().enumerate().filter(|(_, node)| node.place.is_none()).map(|(index, _)| index).collect();
    rows(boxes, &rest, width, bottom + 2.0 * GAP, true);
}

/// Moves boxes apart until none overlaps, and off the lines that would run beneath them, close to where they belong.
fn spread(boxes: &mut [Node], edges: &[Edge], homes: &[(f64, f64)]) {
    const STEPS: usize = 260;
    let active: Vec<bool> = boxes.iter().map(|node| node.place.is_some()).collect();
    for step in 0..STEPS {
        let calm = step > STEPS * 2 / 3;
        if !calm {
            for (node, home) in boxes.iter_mut().zip(homes) {
                node.x += (home.0 - node.x) * 0.02;
                node.y += (home.1 - node.y) * 0.02;
            }
            avoid_lines(boxes, edges, &active);
        }
        if !separate(boxes, &active) && calm {
            break;
        }
    }
    // Whatever is left is pushed downwards in order, which always ends.
    let mut order: Vec<usize> = (0..boxes.len()).filter(|index| active.get(*index) == Some(&true)).collect();
    order.sort_by(|a, b| {
        let top = |index: &usize| boxes.get(*index).map_or(0.0, |node| node.y - node.height / 2.0);
        top(a).total_cmp(&top(b)).then(a.cmp(b))
    });
    let mut fixed: Vec<(f64, f64, f64, f64)> = Vec::new();
    for index in order {
        let Some(node) = boxes.get_mut(index) else { continue };
        while let Some(other) = fixed.iter().find(|(x, y, w, h)| {
            (node.x - x).abs() < (node.width + w) / 2.0 + 4.0
                && (node.y - y).abs() < (node.height + h) / 2.0 + 4.0
        }) {
            node.y = other.1 + (node.height + other.3) / 2.0 + GAP;
        }
        fixed.push((node.x, node.y, node.width, node.height));
    }
}

/// One round of moving overlapping pairs apart along the shorter way; whether any overlapped.
fn separate(boxes: &mut [Node], active: &[bool]) -> bool {
    let mut moved = false;
    for i in 1..boxes.len() {
        let (head, tail) = boxes.split_at_mut(i);
        let Some(b) = tail.first_mut() else { continue };
        if active.get(i) != Some(&true) {
            continue;
        }
        for (a, on) in head.iter_mut().zip(active) {
            let over_x = (a.width + b.width) / 2.0 + GAP - (a.x - b.x).abs();
            let over_y = (a.height + b.height) / 2.0 + GAP - (a.y - b.y).abs();
            if !on || over_x <= 0.5 || over_y <= 0.5 {
                continue;
            }
            moved = true;
            if over_x < over_y {
                let push = if a.x <= b.x { over_x } else { -over_x } * 0.5;
                a.x -= push;
                b.x += push;
            } else {
                let push = if a.y <= b.y { over_y } else { -over_y } * 0.5;
                a.y -= push;
                b.y += push;
            }
        }
    }
    moved
}

/// One round of pushing boxes off lines between two others.
fn avoid_lines(boxes: &mut [Node], edges: &[Edge], active: &[bool]) {
    for edge in edges {
        let (Some(a), Some(b)) = (boxes.get(edge.a), boxes.get(edge.b)) else { continue };
        let (ax, ay, bx, by) = (a.x, a.y, b.x, b.y);
        let (dx, dy) = (bx - ax, by - ay);
        let length = (dx * dx + dy * dy).sqrt();
        if length < 1.0 {
            continue;
        }
        let (nx, ny) = (-dy / length, dx / length);
        for (index, node) in boxes.iter_mut().enumerate() {
            if index == edge.a || index == edge.b || active.get(index) != Some(&true) {
                continue;
            }
            let along = ((node.x - ax) * dx + (node.y - ay) * dy) / (length * length);
            if !(0.05..=0.95).contains(&along) {
                continue;
            }
            let distance = (node.x - ax) * nx + (node.y - ay) * ny;
            let needed = nx.abs() * node.width / 2.0 + ny.abs() * node.height / 2.0 + 8.0;
            if distance.abs() < needed {
                let push = (needed - distance.abs()) * 0.12 * if distance < 0.0 { -1.0 } else { 1.0 };
                node.x += nx * push;
                node.y += ny * push;
            }
        }
    }
}

/// Rows by the number of links from the core, each ordered so that lines cross little (barycentres of neighbours).
fn layered(boxes: &mut [Node], edges: &[Edge], width: f64) {
    let mut near: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for edge in edges {
        near.entry(edge.a).or_default().insert(edge.b);
        near.entry(edge.b).or_default().insert(edge.a);
    }
    let mut layers = distances(boxes, &near);
    let mut position: BTreeMap<usize, f64> = BTreeMap::new();
    let record = |layer: &[usize], position: &mut BTreeMap<usize, f64>| {
        for (at, index) in layer.iter().enumerate() {
            position.insert(*index, (at as f64 + 0.5) / layer.len() as f64);
        }
    };
    for layer in &layers {
        record(layer, &mut position);
    }
    for _ in 0..8 {
        for layer in &mut layers {
            let mut keyed: Vec<(f64, usize)> = layer
                .iter()
                .map(|index| {
                    let places: Vec<f64> = near
                        .get(index)
                        .into_iter()
                        .flatten()
                        .filter_map(|other| position.get(other).copied())
                        .collect();
                    let own = position.get(index).copied().unwrap_or(0.5);
                    let mean = if places.is_empty() {
                        own
                    } else {
                        places.iter().sum::<f64>() / places.len() as f64
                    };
                    (mean, *index)
                })
                .collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            *layer = keyed.into_iter().map(|(_, index)| index).collect();
            record(layer, &mut position);
        }
    }
    let mut top = 0.0;
    for layer in &layers {
        top = rows(boxes, layer, width, top, false) + 2.2 * GAP;
    }
}

/// Boxes by their distance from a box with a core function, or from the one with the most neighbours.
fn distances(boxes: &[Node], near: &BTreeMap<usize, BTreeSet<usize>>) -> Vec<Vec<usize>> {
    let mut layers: Vec<Vec<usize>> = Vec::new();
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    let mut front: Vec<usize> =
        boxes.iter().enumerate().filter(|(_, node)| node.core).map(|(index, _)| index).collect();
    if front.is_empty() {
        let degree = |index: &usize| near.get(index).map_or(0, BTreeSet::len);
        front.extend((0..boxes.len()).max_by_key(|index| (degree(index), std::cmp::Reverse(*index))));
    }
    seen.extend(&front);
    while !front.is_empty() {
        let mut next = Vec::new();
        for other in front.iter().filter_map(|index| near.get(index)).flatten() {
            if seen.insert(*other) {
                next.push(*other);
            }
        }
        layers.push(std::mem::replace(&mut front, next));
    }
    let apart: Vec<usize> = (0..boxes.len()).filter(|index| !seen.contains(index)).collect();
    if !apart.is_empty() {
        layers.push(apart);
    }
    layers
}

/// Sets boxes in centred rows from `top` down; returns the bottom.
fn rows(boxes: &mut [Node], order: &[usize], width: f64, top: f64, left: bool) -> f64 {
    let mut lines: Vec<(Vec<usize>, f64)> = Vec::new();
    for index in order {
        let Some(node) = boxes.get(*index) else { continue };
        match lines.last_mut() {
            Some((line, used)) if *used + GAP * 1.5 + node.width <= width => {
                *used += GAP * 1.5 + node.width;
                line.push(*index);
            }
            _ => lines.push((vec![*index], node.width)),
        }
    }
    let mut y = top;
    for (line, used) in lines {
        let mut x = if left { 0.0 } else { (width - used) / 2.0 };
        let tallest =
            line.iter().filter_map(|index| boxes.get(*index)).map(|node| node.height).fold(0.0, f64::max);
        for index in line {
            if let Some(node) = boxes.get_mut(index) {
                node.x = x + node.width / 2.0;
                node.y = y + tallest / 2.0;
                x += node.width + GAP * 1.5;
            }
        }
        y += tallest + GAP * 1.4;
    }
    y - GAP * 1.4
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn overlaps(boxes: &[Node]) -> usize {
        let mut count = 0;
        for (index, a) in boxes.iter().enumerate() {
            for b in &boxes[..index] {
                let apart = (a.x - b.x).abs() >= (a.width + b.width) / 2.0
                    || (a.y - b.y).abs() >= (a.height + b.height) / 2.0;
                count += usize::from(!apart);
            }
        }
        count
    }

    #[test]
    fn no_box_covers_another() {
        let mut report = sample::island();
        let mut graph = Graph::alone(&report);
        assert_eq!(arrange(&mut graph), Arrangement::Geographic { without: 0 });
        assert_eq!(overlaps(&graph.boxes), 0);
        report.model.sites[0].latitude = None;
        let mut graph = Graph::alone(&report);
        assert_eq!(arrange(&mut graph), Arrangement::Geographic { without: 1 });
        assert_eq!(overlaps(&graph.boxes), 0);
        for site in &mut report.model.sites {
            site.latitude = Some(1.0);
            site.longitude = Some(2.0);
        }
        let mut graph = Graph::alone(&report);
        arrange(&mut graph);
        assert_eq!(overlaps(&graph.boxes), 0, "all sites at one place");
        for site in &mut report.model.sites {
            site.latitude = None;
        }
        let mut graph = Graph::alone(&report);
        assert_eq!(arrange(&mut graph), Arrangement::Layered);
        assert_eq!(overlaps(&graph.boxes), 0);
        assert!(extent(&graph.boxes).0 <= WIDTH + 2.0 * MARGIN);
    }

    #[test]
    fn north_is_up_and_east_is_right() {
        let report = sample::island();
        let mut graph = Graph::alone(&report);
        arrange(&mut graph);
        let find = |name: &str| graph.boxes.iter().find(|node| node.title == name).unwrap();
        assert!(find("North Cape").y < find("Cable Landing").y);
        assert!(find("Lighthouse").x < find("Skerry").x);
    }
}
