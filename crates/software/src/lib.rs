//! What software it is, how its versions are ordered, and what is known against it.
//!
//! - [`version`]: orders of versions, one file a scheme; what a scheme cannot order is `None`.
//! - [`cpe`]: CPE names, read, written and matched.
//! - [`feed`]: what others publish (NVD, the CVE List, OSV, KEV, EPSS, Debian's tracker, endoflife.date), one file a feed.
//! - [`store`]: the feed database, one SQLite file; an import is all or nothing.
//! - [`join`]: claims of one component by several probes, as one component with all its evidence.
//! - [`known`]: the look-up: affected, not affected and why, or what would tell.
//! - [`lookup`]: what look-ups have in common; [`vulnerabilities`]: what is known against an exhibit's components, as claims;
//!   [`support`]: until when their releases are supported.
//! - [`exploitation`]: known exploitation by vendor, with what it does not say.
//!
//! ```
//! use banbury_software::known::{Component, Facts, Known, Reason, State};
//! use banbury_software::store::{Options, Store};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let feed = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/feeds/nvd-2.0/input.json");
//! let mut store = Store::open(&folder.path().join("feeds.sqlite"))?;
//! for imported in store.import(&feed, &Options::default())? {
//!     assert_eq!(imported.file.feed, "nvd-2.0");
//!     assert_eq!(imported.file.problems.total(), 1, "one record of the sample is malformed, and said to be");
//! }
//!
//! let component = Component {
//!     name: "openssl".to_owned(),
//!     version: Some("1.0.2k".to_owned()),
//!     cpes: vec!["cpe:2.3:a:openssl:openssl:*:*:*:*:*:*:*:*".parse()?],
//!     ..Component::default()
//! };
//! let answer = Known::new(&store)?.look_up(&component, &Facts::default())?;
//! assert_eq!(answer.findings[0].vulnerability, "CVE-2099-0001");
//! assert_eq!(answer.findings[0].state, State::Affected { reason: Reason::InRange });
//! assert_eq!(answer.feeds[0].dated.as_deref(), Some("2098-04-02T00:00:00.000"));
//! # Ok(())
//! # }
//! ```

pub mod advisory;
pub mod asked;
pub mod cpe;
mod error;
pub mod exploitation;
pub mod feed;
pub mod join;
pub mod known;
pub mod lookup;
mod purl;
pub mod store;
pub mod support;
pub mod version;
pub mod vulnerabilities;

pub use error::Error;
