//! Single points of failure: devices and links whose loss cuts others off.
//!
//! Found by one depth-first search (Hopcroft and Tarjan, CACM 16(6), 1973), without recursion, in time linear in
//! devices and links. How many devices a loss cuts off comes from the sizes of the search tree's subtrees. Subscribers
//! come from sums over subtrees too: a site lies within a subtree when the lowest common ancestor of its devices does,
//! and touches it when one of its devices does; both are exact for a site that is spread over several subtrees.
//!
//! What counts: devices in service (not `planned`, `staged`, `inventory` or `decommissioned`) that have a link; parallel
//! links are not single points, a link from a device to itself is none. Each part of a network that is not connected is
//! looked at by itself. "Cut off" means separated from the largest remaining part; of equally large parts the one with
//! the device that comes first by name is the one that remains. A site is cut off when none of its devices remains
//! connected, the lost device included; a site with devices in several parts, or with none that has a link, never is.
//!
//! Whom a loss cuts off is named for at most [`MOST_OF_A_POINT`] devices of a point and [`MOST_IN_ALL`] in all, in the
//! order of the search; `devices_cut` counts them all, so that what is left out can be told. When the largest remaining
//! part is not larger than another, its devices are named too, as `equal`: which of them is cut off is a matter of names.
//!
//! Wrong when: links are missing from the tables, or two links share a duct. Misses: capacity, and losses of two
//! things at once.

use banbury_evidence::model::{CutOff, Model, SinglePoint};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// How many of the devices that one point cuts off are named, in each of its parts that may count as cut off.
pub const MOST_OF_A_POINT: usize = 256;

/// How many of the devices that are cut off are named in all.
pub const MOST_IN_ALL: usize = 200_000;

/// What the links say of a network's structure.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Structure {
    /// Devices, then links, by name.
    pub single_points: Vec<SinglePoint>,
    /// Whom each cuts off, in the same order, by name within a point.
    pub cut_off: Vec<CutOff>,
    /// Devices in service that hang together by links, by name: those of the largest part. None where two parts are as large, for
    /// which of them is the network is not known then.
    pub connected: Vec<String>,
    /// Parts with links that have no connection between them.
    pub parts: usize,
    /// Devices in service without a link.
    pub unlinked: usize,
}

/// Examines the model's devices and links.
pub fn examine(model: &Model) -> Structure {
    let graph = Graph::new(model);
    let tree = Tree::new(&graph);
    let sites = Sites::new(model, &graph, &tree);
    let mut structure = Structure {
        parts: tree.roots.len(),
        unlinked: graph.in_service - graph.names.len(),
        ..Structure::default()
    };
    let devices = (0..graph.names.len()).filter_map(|vertex| device_point(&graph, &tree, &sites, vertex));
    let mut points: Vec<Point> = devices.collect();
    let mut links: Vec<Point> =
        (0..graph.names.len()).filter_map(|vertex| link_point(model, &tree, &sites, vertex)).collect();
    links.sort_by(|a, b| a.point.name.cmp(&b.point.name));
    points.append(&mut links);
    for Point { point, cut, equal } in points {
        let mut named: Vec<CutOff> = Vec::new();
        for (ranges, equal) in [(cut, false), (equal, true)] {
            let room = MOST_IN_ALL.saturating_sub(structure.cut_off.len() + named.len());
            let vertices = ranges.into_iter().flatten().filter_map(|order| tree.vertex.get(order));
            named.extend(vertices.take(room.min(MOST_OF_A_POINT)).filter_map(|&vertex| {
                let device = graph.names.get(vertex)?.clone();
                Some(CutOff { kind: point.kind.clone(), name: point.name.clone(), device, equal })
            }));
        }
        named.sort();
        structure.cut_off.append(&mut named);
        structure.single_points.push(point);
    }
    structure.connected = largest(&graph, &tree);
    structure
}

/// The devices of the part that is larger than any other.
fn largest(graph: &Graph, tree: &Tree) -> Vec<String> {
    let most = tree.roots.iter().map(|&root| tree.size(root)).max();
    let mut whole = tree.roots.iter().copied().filter(|&root| Some(tree.size(root)) == most);
    let (Some(root), None) = (whole.next(), whole.next()) else { return Vec::new() };
    let mut vertices: Vec<usize> =
        tree.range(root).filter_map(|order| tree.vertex.get(order).copied()).collect();
    vertices.sort_unstable();
    vertices.into_iter().filter_map(|vertex| graph.names.get(vertex).cloned()).collect()
}

/// A single point, with the orders of the devices that it cuts off, and of those in an equally large part that remains.
struct Point {
    point: SinglePoint,
    cut: Vec<Range<usize>>,
    equal: Vec<Range<usize>>,
}

/// Whether a device carries traffic, by its status.
pub(crate) fn is_in_service(device: &banbury_evidence::model::Device) -> bool {
    !device.status.as_deref().is_some_and(idle)
}

/// Whether a status is that of a device that carries no traffic; the ledger's view `devices` has the same rule.
fn idle(status: &str) -> bool {
    matches!(status.trim().to_lowercase().as_str(), "planned" | "staged" | "inventory" | "decommissioned")
}

/// Devices in service that have a link, in the order of their names, and the links between them.
struct Graph {
    names: Vec<String>,
    by_name: HashMap<String, usize>,
    in_service: usize,
    /// Neighbours of each vertex with the link's place in the model.
    neighbours: Vec<Vec<(usize, usize)>>,
}

impl Graph {
    fn new(model: &Model) -> Self {
        let serving: HashMap<&str, bool> = model
            .devices
            .iter()
            .filter(|device| is_in_service(device))
            .map(|device| (device.name.as_str(), true))
            .collect();
        let links = model.links.iter().enumerate().filter(|(_, link)| {
            link.a_device != link.b_device
                && serving.contains_key(link.a_device.as_str())
                && serving.contains_key(link.b_device.as_str())
        });
        let mut linked: BTreeMap<&str, Vec<(&str, usize)>> = BTreeMap::new();
        for (index, link) in links {
            linked.entry(&link.a_device).or_default().push((&link.b_device, index));
            linked.entry(&link.b_device).or_default().push((&link.a_device, index));
        }
        let names: Vec<String> = linked.keys().map(|&name| name.to_owned()).collect();
        let by_name: HashMap<String, usize> =
            names.iter().enumerate().map(|(index, name)| (name.clone(), index)).collect();
        let neighbours = linked
            .values()
            .map(|ends| ends.iter().filter_map(|&(end, link)| Some((*by_name.get(end)?, link))).collect())
            .collect();
        Self { names, by_name, in_service: serving.len(), neighbours }
    }
}

const NONE: usize = usize::MAX;

/// A depth-first search forest. Vertices are numbered by the search from here on ("order"), so that a subtree is a
/// range of numbers; each tree starts at its part's first device by name.
#[derive(Default)]
struct Tree {
    /// Order of each vertex.
    order: Vec<usize>,
    /// By order: the vertex.
    vertex: Vec<usize>,
    /// By order: the parent's order, `NONE` for a root.
    parent: Vec<usize>,
    /// By order: the link to the parent.
    parent_link: Vec<usize>,
    /// By order: vertices in the subtree.
    size: Vec<usize>,
    /// By order: the least order reached from the subtree by one link that is not of the tree.
    low: Vec<usize>,
    /// By order: first of the vertices in the subtree, by name.
    first: Vec<usize>,
    /// By order: the root of the tree.
    root: Vec<usize>,
    /// By order: the children.
    children: Vec<Vec<usize>>,
    /// The roots' orders.
    roots: Vec<usize>,
}

/// Element of a list that is indexed by vertices or orders made here.
fn at(list: &[usize], index: usize) -> usize {
    list.get(index).copied().unwrap_or(NONE)
}

impl Tree {
    fn new(graph: &Graph) -> Self {
        let mut tree = Self { order: vec![NONE; graph.names.len()], ..Self::default() };
        for start in 0..graph.names.len() {
            if at(&tree.order, start) == NONE {
                tree.grow(graph, start);
            }
        }
        tree.gather();
        tree
    }

    fn visit(&mut self, vertex: usize, parent: usize, link: usize) -> usize {
        let order = self.vertex.len();
        if let Some(slot) = self.order.get_mut(vertex) {
            *slot = order;
        }
        self.vertex.push(vertex);
        self.parent.push(parent);
        self.parent_link.push(link);
        self.size.push(1);
        self.low.push(order);
        self.first.push(vertex);
        self.root.push(if parent == NONE { order } else { at(&self.root, parent) });
        self.children.push(Vec::new());
        match self.children.get_mut(parent) {
            Some(siblings) => siblings.push(order),
            None => self.roots.push(order),
        }
        order
    }

    fn grow(&mut self, graph: &Graph, start: usize) {
        let mut stack = vec![(self.visit(start, NONE, NONE), start, 0)];
        while let Some((order, vertex, next)) = stack.last_mut() {
            let (order, edge) =
                (*order, graph.neighbours.get(*vertex).and_then(|list| list.get(*next)).copied());
            *next += 1;
            let Some((neighbour, link)) = edge else {
                stack.pop();
                continue;
            };
            if link == at(&self.parent_link, order) {
                continue;
            }
            let reached = at(&self.order, neighbour);
            if reached == NONE {
                stack.push((self.visit(neighbour, order, link), neighbour, 0));
            } else if let Some(low) = self.low.get_mut(order) {
                *low = (*low).min(reached);
            }
        }
    }

    /// Sums over subtrees: a child's order is greater than its parent's, so one pass from the end suffices.
    fn gather(&mut self) {
        for child in (0..self.vertex.len()).rev() {
            let parent = at(&self.parent, child);
            let (size, low, first) = (at(&self.size, child), at(&self.low, child), at(&self.first, child));
            if let (Some(sizes), Some(lows), Some(firsts)) =
                (self.size.get_mut(parent), self.low.get_mut(parent), self.first.get_mut(parent))
            {
                *sizes += size;
                *lows = (*lows).min(low);
                *firsts = (*firsts).min(first);
            }
        }
    }

    fn size(&self, order: usize) -> usize {
        at(&self.size, order)
    }

    /// Whether `order` lies in the subtree of `top`.
    fn inside(&self, order: usize, top: usize) -> bool {
        order >= top && order - top < self.size(top)
    }

    /// The orders of the subtree.
    fn range(&self, order: usize) -> Range<usize> {
        order..order + self.size(order)
    }

    /// The orders of the tree of `root` without the subtree of `top`.
    fn around(&self, root: usize, top: usize) -> Vec<Range<usize>> {
        let (all, gone) = (self.range(root), self.range(top));
        vec![all.start..gone.start, gone.end..all.end]
    }

    fn children(&self, order: usize) -> &[usize] {
        self.children.get(order).map_or(&[], Vec::as_slice)
    }

    /// The children whose subtrees the loss of `order` separates.
    fn separated(&self, order: usize) -> impl Iterator<Item = usize> + '_ {
        self.children(order).iter().copied().filter(move |&child| at(&self.low, child) >= order)
    }

    /// The child of `top` whose subtree holds `order`.
    fn branch(&self, order: usize, top: usize) -> Option<usize> {
        let children = self.children(top);
        children.get(children.partition_point(|&child| child <= order).checked_sub(1)?).copied()
    }
}

/// Sites that are cut off together: how many, how many of them state subscribers, and how many those are.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    sites: i64,
    stating: i64,
    subscribers: i128,
}

impl Tally {
    fn add(&mut self, other: Self, times: i64) {
        self.sites += times * other.sites;
        self.stating += times * other.stating;
        self.subscribers += i128::from(times) * other.subscribers;
    }

    fn minus(mut self, other: Self) -> Self {
        self.add(other, -1);
        self
    }
}

/// For each subtree, the sites within it and the sites that touch it.
struct Sites {
    /// Whether any site of the model states its subscribers.
    stated: bool,
    within: Vec<Tally>,
    touching: Vec<Tally>,
    /// By order: sites whose lowest common ancestor this is, each with its devices' orders, ascending.
    meeting: Vec<Vec<(Tally, Vec<usize>)>>,
}

impl Sites {
    fn new(model: &Model, graph: &Graph, tree: &Tree) -> Self {
        let vertices = tree.vertex.len();
        let mut sites = Self {
            stated: model.sites.iter().any(|site| site.subscribers.is_some()),
            within: vec![Tally::default(); vertices],
            touching: vec![Tally::default(); vertices],
            meeting: vec![Vec::new(); vertices],
        };
        let stated: HashMap<&str, Option<u64>> =
            model.sites.iter().map(|site| (site.name.as_str(), site.subscribers)).collect();
        let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for device in &model.devices {
            let (Some(site), Some(&vertex)) = (&device.site, graph.by_name.get(&device.name)) else {
                continue;
            };
            if stated.contains_key(site.as_str()) {
                members.entry(site).or_default().push(at(&tree.order, vertex));
            }
        }
        let ancestors = Ancestors::new(tree);
        for (site, mut orders) in members {
            orders.sort_unstable();
            orders.dedup();
            let roots = || orders.iter().map(|&order| at(&tree.root, order));
            if roots().min() != roots().max() {
                continue;
            }
            let subscribers = stated.get(site).copied().flatten();
            let tally = Tally {
                sites: 1,
                stating: i64::from(subscribers.is_some()),
                subscribers: subscribers.unwrap_or(0).into(),
            };
            sites.place(tally, orders, &ancestors);
        }
        for child in (0..vertices).rev() {
            for list in [&mut sites.within, &mut sites.touching] {
                let sum = list.get(child).copied().unwrap_or_default();
                if let Some(parent) = list.get_mut(at(&tree.parent, child)) {
                    parent.add(sum, 1);
                }
            }
        }
        sites
    }

    /// Counts a site at its devices, less at each meeting of neighbours in order, so that every subtree sums to one or
    /// none; and at the lowest common ancestor of all.
    fn place(&mut self, tally: Tally, orders: Vec<usize>, ancestors: &Ancestors<'_>) {
        let mut touch = |order: usize, times| {
            if let Some(sum) = self.touching.get_mut(order) {
                sum.add(tally, times);
            }
        };
        orders.iter().for_each(|&order| touch(order, 1));
        for pair in orders.windows(2) {
            if let [a, b] = pair {
                touch(ancestors.lowest(*a, *b), -1);
            }
        }
        let (Some(&first), Some(&last)) = (orders.first(), orders.last()) else { return };
        let lowest = ancestors.lowest(first, last);
        if let (Some(within), Some(meeting)) = (self.within.get_mut(lowest), self.meeting.get_mut(lowest)) {
            within.add(tally, 1);
            meeting.push((tally, orders));
        }
    }

    fn within(&self, order: usize) -> Tally {
        self.within.get(order).copied().unwrap_or_default()
    }

    fn touching(&self, order: usize) -> Tally {
        self.touching.get(order).copied().unwrap_or_default()
    }

    /// The subscribers of a tally; `None` where nothing states them.
    fn subscribers(&self, tally: Tally) -> Option<u64> {
        let silent = if tally.sites == 0 { !self.stated } else { tally.stating == 0 };
        (!silent).then(|| u64::try_from(tally.subscribers).unwrap_or(u64::MAX))
    }
}

/// Lowest common ancestors by a sparse table: of the vertices after `a` up to `b` in order, the one nearest the root
/// has it for its parent.
struct Ancestors<'a> {
    tree: &'a Tree,
    /// In row k, for each start the least parent among 2^k vertices. In search order a parent's order stands for its
    /// nearness to the root: within such a range the least parent is the common ancestor.
    rows: Vec<Vec<usize>>,
}

impl<'a> Ancestors<'a> {
    fn new(tree: &'a Tree) -> Self {
        let mut rows = vec![tree.parent.clone()];
        let mut width = 1;
        while let Some(row) = rows.last().filter(|row| row.len() > width) {
            let next: Vec<usize> = row.iter().zip(row.iter().skip(width)).map(|(a, b)| *a.min(b)).collect();
            rows.push(next);
            width *= 2;
        }
        Self { tree, rows }
    }

    /// The lowest common ancestor of two vertices of one tree, `a` not after `b`.
    fn lowest(&self, a: usize, b: usize) -> usize {
        if self.tree.inside(b, a) {
            return a;
        }
        let level = (b - a).ilog2() as usize;
        let Some(row) = self.rows.get(level) else { return NONE };
        at(row, a + 1).min(at(row, b + 1 - (1 << level)))
    }
}

fn device_point(graph: &Graph, tree: &Tree, sites: &Sites, vertex: usize) -> Option<Point> {
    let order = at(&tree.order, vertex);
    let is_root = at(&tree.parent, order) == NONE;
    let separated: Vec<usize> = tree.separated(order).collect();
    if separated.len() < if is_root { 2 } else { 1 } {
        return None;
    }
    let root = at(&tree.root, order);
    let whole = tree.size(root);
    let cut: usize = separated.iter().map(|&child| tree.size(child)).sum();
    // Beside the separated subtrees there remains the rest around the root, unless the root itself is lost. It has the
    // part's first device, and so it wins where sizes are equal.
    let rest = if is_root { 0 } else { whole - 1 - cut };
    let largest = separated
        .iter()
        .copied()
        .max_by_key(|&child| (tree.size(child), std::cmp::Reverse(at(&tree.first, child))))?;
    let below = |skip: usize| -> Vec<Range<usize>> {
        separated.iter().filter(|&&child| child != skip).map(|&child| tree.range(child)).collect()
    };
    // The rest around the root: everything that is neither lost nor separated.
    let remaining = || -> Vec<Range<usize>> {
        let mut ranges = tree.around(root, order);
        let stays = tree.children(order).iter().filter(|child| separated.binary_search(child).is_err());
        ranges.extend(stays.map(|&child| tree.range(child)));
        ranges
    };
    let size = tree.size(largest);
    let (kept, tally, cut, mut equal) = if rest >= size {
        let equal = if rest == size { remaining() } else { Vec::new() };
        (rest, beyond(tree, sites, order, &separated), below(NONE), equal)
    } else {
        let mut cut = below(largest);
        cut.extend(if is_root { Vec::new() } else { remaining() });
        (size, sites.within(root).minus(sites.touching(largest)), cut, Vec::new())
    };
    if rest < size && separated.iter().any(|&child| child != largest && tree.size(child) == size) {
        equal.push(tree.range(largest));
    }
    let point = SinglePoint {
        kind: "device".to_owned(),
        name: graph.names.get(vertex)?.clone(),
        devices_cut: (whole - 1 - kept) as u64,
        subscribers_cut: sites.subscribers(tally),
    };
    Some(Point { point, cut, equal })
}

/// The sites all of whose devices are `order` or in the subtrees that its loss separates.
fn beyond(tree: &Tree, sites: &Sites, order: usize, separated: &[usize]) -> Tally {
    let mut tally = Tally::default();
    separated.iter().for_each(|&child| tally.add(sites.within(child), 1));
    for (site, devices) in sites.meeting.get(order).into_iter().flatten() {
        let gone = |&device: &usize| {
            device == order
                || tree.branch(device, order).is_some_and(|child| separated.binary_search(&child).is_ok())
        };
        if devices.iter().all(gone) {
            tally.add(*site, 1);
        }
    }
    tally
}

/// The link from a vertex to its parent, when it is the only way between the two sides.
fn link_point(model: &Model, tree: &Tree, sites: &Sites, vertex: usize) -> Option<Point> {
    let order = at(&tree.order, vertex);
    let link = model.links.get(at(&tree.parent_link, order))?;
    if at(&tree.low, order) < order {
        return None;
    }
    let root = at(&tree.root, order);
    let below = tree.size(order);
    let above = tree.size(root) - below;
    let around = tree.around(root, order);
    let (count, tally, cut, equal) = if above >= below {
        let equal = if above == below { around } else { Vec::new() };
        (below, sites.within(order), vec![tree.range(order)], equal)
    } else {
        (above, sites.within(root).minus(sites.touching(order)), around, Vec::new())
    };
    let point = SinglePoint {
        kind: "link".to_owned(),
        name: link.name.clone(),
        devices_cut: count as u64,
        subscribers_cut: sites.subscribers(tally),
    };
    Some(Point { point, cut, equal })
}

#[cfg(test)]
mod tests;
