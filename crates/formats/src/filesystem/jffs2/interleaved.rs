//! Dumps of NAND flash in which out-of-band bytes stand behind each page: nodes are torn apart there.

use super::super::flash::Problems;
use super::super::order::Order;
use super::log::Log;
use crate::Limits;
use crate::bytes::head;

/// Pages and the out-of-band bytes behind each.
const GEOMETRIES: [(usize, usize); 7] =
    [(512, 16), (2048, 64), (2048, 128), (4096, 128), (4096, 218), (4096, 224), (4096, 256)];
/// Pages that are put together to try it.
const SAMPLE: usize = 64;
/// Fewer nodes tell nothing.
const NODES: usize = 6;

/// So many broken nodes may be damage alone.
const BROKEN: usize = 2;

/// The geometry with which all nodes are whole, where nodes of `log` are torn apart.
pub(super) fn geometry(data: &[u8], order: Order, log: &Log, limits: &Limits) -> Option<(usize, usize)> {
    if broken(log) < BROKEN {
        return None;
    }
    GEOMETRIES.into_iter().find(|(page, spare)| {
        let chunks = head(data, SAMPLE * (page + spare)).chunks(page + spare);
        let together: Vec<u8> = chunks.flat_map(|chunk| head(chunk, *page)).copied().collect();
        let log = Log::read(&together, order, limits, &mut Problems::default());
        log.is_some_and(|log| log.nodes >= NODES && broken(&log) == 0)
    })
}

fn broken(log: &Log) -> usize {
    log.torn + log.misfits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filesystem::jffs2::Jffs2;
    use crate::{Format, Place, ProblemKind};

    #[test]
    fn a_dump_with_spare_areas_is_told() {
        let image = include_bytes!("../../../../../corpus/formats/jffs2/stored.jffs2");
        for (page, spare) in [(512, 16), (2048, 64)] {
            let mut data = Vec::new();
            for chunk in image.chunks(page) {
                data.extend_from_slice(chunk);
                data.resize(data.len() + spare, 0xa5);
            }
            let reading = Jffs2.read(&data, Place::Start, &Limits::default(), &mut |_| {}).unwrap();
            let told = reading.problems.iter().find(|problem| problem.kind == ProblemKind::Unsupported);
            assert!(
                told.unwrap()
                    .detail
                    .contains(&format!("{spare} out-of-band bytes behind each page of {page}"))
            );
        }
    }
}
