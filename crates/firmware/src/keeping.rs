//! The seam between taking an image apart and writing down what is in it.

use banbury_evidence::Object;
use banbury_formats::Entry;

/// Is handed every object of an image as it is made. What it does with it must depend on the image alone, never on the
/// order in which threads come by.
pub trait Keeper: Sync {
    /// Gives each entry of a container its spot, before the first of them is made.
    fn plan(&self, holder: Spot, container: &Container<'_>, entries: &[Entry<'_>]) -> Vec<Spot>;

    /// Takes an object and its bytes; on any thread, in any order, once for each spot at most. `taken_apart` says that
    /// what it holds comes, too, and that nothing of it is lost when its own bytes are not kept.
    fn keep(&self, spot: Spot, object: &Object, bytes: &[u8], taken_apart: bool);

    /// Takes bytes that stand between or beside the containers of an object.
    fn keep_part(&self, holder: Spot, part: &Part<'_>) -> Spot;

    /// Takes back a spot whose object went past a limit.
    fn leave_out(&self, spot: Spot);
}

/// Where a keeper puts an object; means something to that keeper alone, but for [`Spot::EXHIBIT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot(pub usize);

impl Spot {
    /// The exhibit itself.
    pub const EXHIBIT: Self = Self(0);
}

/// A container that stands in an object.
pub struct Container<'a> {
    /// The name of its format.
    pub format: &'a str,
    /// Where it starts in the object that holds it.
    pub start: u64,
}

/// A stretch of an object that is no container: no format claims it, or one that holds no entries.
pub struct Part<'a> {
    /// The format; or `unknown`, or `dense`.
    pub what: &'a str,
    /// Where it starts in the object.
    pub start: u64,
    /// Its bytes.
    pub bytes: &'a [u8],
}
