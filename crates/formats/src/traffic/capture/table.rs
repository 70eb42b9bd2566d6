//! Packets put together into connections. Open ones stand in a list in the order in which they were last heard, so that the one
//! that was silent longest is found at once; so do ended ones, which wait a little for stragglers.

use super::connection::{Connection, Out};
use super::packet::Packet;
use crate::traffic::{Settings, Sink};
use core::net::IpAddr;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Microseconds for which packets of an ended connection still belong to it (the last acknowledgement of a FIN, what was sent again): as long as
/// Linux keeps a connection in TIME-WAIT. RFC 9293 (3.4.2) has four minutes, in which ports are used anew.
const STRAGGLERS: i64 = 60_000_000;

/// No slot.
const NONE: u32 = u32::MAX;

/// The connections that have not been handed out.
pub(super) struct Table {
    slots: Vec<Slot>,
    free: Vec<u32>,
    index: HashMap<Key, u32, RandomState>,
    /// Open ones, ended ones.
    lists: [List; 2],
    idle: i64,
    most: usize,
    /// Connections so far.
    count: u64,
    out: Out,
}

struct Slot {
    connection: Connection,
    key: Key,
    before: u32,
    behind: u32,
    ended: bool,
}

#[derive(Clone, Copy)]
struct List {
    first: u32,
    last: u32,
}

/// Both ends in an order of their own, so that both directions have one key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    low: u128,
    high: u128,
    ports: u32,
    protocol: u8,
}

impl Key {
    fn of(packet: &Packet<'_>) -> Self {
        let (source_port, destination_port) = packet.ports.unwrap_or_default();
        let source = (number(packet.source), source_port);
        let destination = (number(packet.destination), destination_port);
        let (low, high) = if source <= destination { (source, destination) } else { (destination, source) };
        Self {
            low: low.0,
            high: high.0,
            ports: u32::from(low.1) << 16 | u32::from(high.1),
            protocol: packet.protocol,
        }
    }
}

/// Whether two times are further apart than a connection may be silent, whichever is first: clocks may be set back.
fn is_far(time: i64, other: i64, idle: i64) -> bool {
    time.abs_diff(other) > idle.unsigned_abs()
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl Table {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            index: HashMap::default(),
            lists: [List { first: NONE, last: NONE }; 2],
            idle: settings.idle,
            most: settings.open_connections.clamp(1, NONE as usize),
            count: 0,
            out: Out::default(),
        }
    }

    /// Counts a packet to its connection.
    pub(super) fn packet(&mut self, packet: &Packet<'_>, time: i64, offset: u64, sink: &mut dyn Sink) {
        let key = Key::of(packet);
        let mut place = self.index.get(&key).copied();
        if let Some(at) = place
            && let Some(slot) = self.slots.get(at as usize)
            && (slot.connection.is_another(packet, slot.ended)
                || is_far(time, slot.connection.last(), self.idle))
        {
            self.hand_out(at, sink);
            place = None;
        }
        let at = match place {
            Some(at) => {
                self.unlink(at);
                at
            }
            None => self.open(key, packet, time, offset, sink),
        };
        let mut ended = false;
        if let Some(slot) = self.slots.get_mut(at as usize) {
            slot.connection.packet(packet, time, offset, &mut self.out, sink);
            ended = slot.connection.has_ended();
            slot.ended = ended;
        }
        self.link(at, ended);
        self.expire(time, sink);
    }

    /// Hands out all that are left.
    pub(super) fn end(&mut self, sink: &mut dyn Sink) {
        for list in [1, 0] {
            while let Some(at) = self.lists.get(list).map(|list| list.first).filter(|at| *at != NONE) {
                self.hand_out(at, sink);
            }
        }
    }

    fn expire(&mut self, time: i64, sink: &mut dyn Sink) {
        for (list, longest) in [(0, self.idle), (1, STRAGGLERS.min(self.idle))] {
            while let Some(at) = self.lists.get(list).map(|list| list.first).filter(|at| *at != NONE)
                && let Some(slot) = self.slots.get(at as usize)
                && time.saturating_sub(slot.connection.last()) > longest
            {
                self.hand_out(at, sink);
            }
        }
    }

    fn open(&mut self, key: Key, packet: &Packet<'_>, time: i64, offset: u64, sink: &mut dyn Sink) -> u32 {
        if self.index.len() >= self.most {
            let [open, ended] = self.lists;
            let at = if ended.first != NONE { ended.first } else { open.first };
            self.hand_out(at, sink);
        }
        self.count += 1;
        let connection = Connection::new(self.count, packet, time, offset);
        let slot = Slot { connection, key, before: NONE, behind: NONE, ended: false };
        let at = match self.free.pop() {
            Some(at) => {
                if let Some(place) = self.slots.get_mut(at as usize) {
                    *place = slot;
                }
                at
            }
            None => {
                self.slots.push(slot);
                (self.slots.len() - 1) as u32
            }
        };
        self.index.insert(key, at);
        at
    }

    fn hand_out(&mut self, at: u32, sink: &mut dyn Sink) {
        self.unlink(at);
        if let Some(slot) = self.slots.get_mut(at as usize) {
            slot.connection.hand_out(&mut self.out, sink);
            if let Entry::Occupied(entry) = self.index.entry(slot.key) {
                entry.remove();
                self.free.push(at);
            }
        }
    }

    fn unlink(&mut self, at: u32) {
        let Some(slot) = self.slots.get_mut(at as usize) else { return };
        let (before, behind, list) = (slot.before, slot.behind, usize::from(slot.ended));
        match self.slots.get_mut(before as usize) {
            Some(slot) => slot.behind = behind,
            None => {
                if let Some(list) = self.lists.get_mut(list) {
                    list.first = behind;
                }
            }
        }
        match self.slots.get_mut(behind as usize) {
            Some(slot) => slot.before = before,
            None => {
                if let Some(list) = self.lists.get_mut(list) {
                    list.last = before;
                }
            }
        }
    }

    /// Puts one at the end of its list.
    fn link(&mut self, at: u32, ended: bool) {
        let Some(list) = self.lists.get_mut(usize::from(ended)) else { return };
        let last = std::mem::replace(&mut list.last, at);
        if last == NONE {
            list.first = at;
        } else if let Some(slot) = self.slots.get_mut(last as usize) {
            slot.behind = at;
        }
        if let Some(slot) = self.slots.get_mut(at as usize) {
            slot.before = last;
            slot.behind = NONE;
        }
    }
}
