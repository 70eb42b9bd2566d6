//! The network model as it goes over the wire: a record's fields in their order, absent ones left out, then its source.

use banbury_evidence::model as inner;
use serde::Serialize;
use std::collections::BTreeMap;

/// Records of a list above which it is left out: whoever has more reads them in the ledger, where they can be asked for.
pub(super) const RECORDS: usize = 200_000;

/// The file and line that a record was read from.
#[derive(Serialize)]
struct Source<'a> {
    file: &'a str,
    line: u64,
}

/// How a field of the model goes over the wire: texts by reference, everything else as it is.
trait Wire<'a> {
    type Form: Serialize;
    fn form(&'a self) -> Self::Form;
}

macro_rules! plain {
    ($($type:ty),*) => {$(
        impl<'a> Wire<'a> for $type {
            type Form = $type;
            fn form(&'a self) -> $type {
                *self
            }
        }
    )*};
}

plain!(u64, bool, f64, Option<u64>, Option<bool>, Option<f64>);

impl<'a> Wire<'a> for String {
    type Form = &'a str;
    fn form(&'a self) -> &'a str {
        self
    }
}

impl<'a> Wire<'a> for Option<String> {
    type Form = Option<&'a str>;
    fn form(&'a self) -> Option<&'a str> {
        self.as_deref()
    }
}

impl<'a> Wire<'a> for inner::Source {
    type Form = Source<'a>;
    fn form(&'a self) -> Source<'a> {
        Source { file: &self.file, line: self.line }
    }
}

/// The wire's types: `name: type` is always there, `name? type` where it is stated.
macro_rules! wire {
    ($($type:ident { $($field:ident $kind:tt $of:ty),* })*) => {$(
        #[derive(Serialize)]
        struct $type<'a> {
            $(
                #[serde(skip_serializing_if = "absent")]
                $field: Field<<wire!(@type $kind $of) as Wire<'a>>::Form>,
            )*
        }

        impl<'a> $type<'a> {
            fn of(record: &'a inner::$type) -> Self {
                Self { $($field: wire!(@put $kind record.$field.form())),* }
            }
        }
    )*};
    (@type : $of:ty) => { $of };
    (@type ? $of:ty) => { Option<$of> };
    (@put : $value:expr) => { Field { value: $value, absent: false } };
    (@put ? $value:expr) => {{
        let value = $value;
        Field { absent: value.is_none(), value }
    }};
}

/// A field with whether it is left out.
struct Field<T> {
    value: T,
    absent: bool,
}

impl<T: Serialize> Serialize for Field<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

fn absent<T>(field: &Field<T>) -> bool {
    field.absent
}

wire! {
    Table { table: String, file: String, rows: u64, rejected: u64, attribution? String, synthetic? String, missing? String }
    Site { name: String, region? String, country? String, sensitive? bool, subscribers? u64, power? String, latitude? f64,
        longitude? f64, source: inner::Source }
    Device { name: String, site? String, role? String, manufacturer? String, device_type? String, platform? String,
        software? String, image? String, segment? String, address? String, power? String, status? String, installed? String,
        support_end? String, cost? u64, source: inner::Source }
    DeviceType { model: String, manufacturer? String, part_number? String, support_end? String, production? String,
        cost? u64, source: inner::Source }
    Interface { device: String, name: String, kind? String, address? String, segment? String, enabled? bool,
        source: inner::Source }
    Function { device: String, function: String, source: inner::Source }
    Link { name: String, a_device: String, a_interface? String, b_device: String, b_interface? String, medium? String,
        capacity_mbps? u64, operator? String, ducts? String, source: inner::Source }
    Demand { site: String, function: String, subscribers? u64, mbps? u64, source: inner::Source }
    Segment { name: String, plane? String, contained? bool, source: inner::Source }
    AddressPrefix { prefix: String, party? String, role? String, segment? String, source: inner::Source }
    Exchange { from_kind: String, from_name: String, to_kind: String, to_name: String, protocol? String, port? u64, purpose? String,
        source: inner::Source }
    Vendor { name: String, jurisdiction? String, control? String, production? String, stated? String, citation? String,
        source: inner::Source }
    Designation { vendor: String, list: String, since? String, citation? String, source: inner::Source }
    Contract { name: String, party: String, scope_kind: String, scope: String, access? String, through? String,
        administrator? bool, logged? bool, exit_plan? String, hours? String, since? String, until? String, source: inner::Source }
    Interception { device: String, part: String, operator? String, source: inner::Source }
    Review { vendor: String, product? String, date: String, reviewer? String, finding: String, grade: String, state? String,
        source: inner::Source }
    Attestation { regime: String, measure: String, subject? String, state: String, party: String, date: String,
        until? String, document? String, sha256? String, source: inner::Source }
    ValueSource { kind: String, record: String, field: String, source: inner::Source }
    SinglePoint { kind: String, name: String, devices_cut: u64, subscribers_cut? u64 }
}

macro_rules! network {
    ($($list:ident: $type:ident),*) => {
        /// The network model.
        #[derive(Serialize)]
        pub(super) struct Network<'a> {
            $($list: Vec<$type<'a>>,)*
            /// How many records a list has that is left out for its length.
            #[serde(skip_serializing_if = "BTreeMap::is_empty")]
            left_out: BTreeMap<&'static str, usize>,
        }

        impl<'a> Network<'a> {
            pub fn of(model: &'a inner::Model) -> Self {
                let mut left_out = BTreeMap::new();
                $(
                    if model.$list.len() > RECORDS {
                        left_out.insert(stringify!($list), model.$list.len());
                    }
                )*
                let has = |list: &str| !left_out.contains_key(list);
                Self { $($list: model.$list.iter().filter(|_| has(stringify!($list))).map($type::of).collect(),)* left_out }
            }
        }
    };
}

network! {
    tables: Table, sites: Site, devices: Device, device_types: DeviceType, interfaces: Interface, functions: Function,
    links: Link, demands: Demand, segments: Segment, prefixes: AddressPrefix, exchanges: Exchange, vendors: Vendor, designations: Designation, contracts: Contract,
    interceptions: Interception, reviews: Review, attestations: Attestation, value_sources: ValueSource,
    single_points: SinglePoint
}
