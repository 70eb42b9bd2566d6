//! Which ports the first fragment of a packet had, for those that follow.

use core::net::IpAddr;
use foldhash::fast::RandomState;
use std::collections::{HashMap, VecDeque};

/// Packets in fragments of which the ports are kept; of more, the oldest are forgotten.
const KEPT: usize = 1 << 14;

/// What all fragments of a packet share.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct FragmentKey {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) protocol: u8,
    pub(super) id: u32,
}

/// The ports of packets whose fragments may still come.
#[derive(Default)]
pub(super) struct Fragments {
    ports: HashMap<FragmentKey, (u16, u16), RandomState>,
    order: VecDeque<FragmentKey>,
}

impl Fragments {
    pub(super) fn note(&mut self, key: FragmentKey, ports: (u16, u16)) {
        if self.ports.insert(key.clone(), ports).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.ports.remove(&oldest);
        }
    }

    pub(super) fn ports(&self, key: &FragmentKey) -> Option<(u16, u16)> {
        self.ports.get(key).copied()
    }
}
