use banbury_evidence::model as inner;
use serde::Serialize;

/// The network model.
#[derive(Serialize)]
pub(super) struct Network<'a> {
    tables: Vec<Table<'a>>,
    sites: Vec<Site<'a>>,
    devices: Vec<Device<'a>>,
    functions: Vec<Function<'a>>,
    links: Vec<Link<'a>>,
    vendors: Vec<Vendor<'a>>,
    designations: Vec<Designation<'a>>,
    contracts: Vec<Contract<'a>>,
    interceptions: Vec<Interception<'a>>,
    reviews: Vec<Review<'a>>,
    single_points: Vec<SinglePoint<'a>>,
}

impl<'a> Network<'a> {
    pub fn of(model: &'a inner::Model) -> Self {
        Self {
            tables: model.tables.iter().map(Table::of).collect(),
            sites: model.sites.iter().map(Site::of).collect(),
            devices: model.devices.iter().map(Device::of).collect(),
            functions: model.functions.iter().map(Function::of).collect(),
            links: model.links.iter().map(Link::of).collect(),
            vendors: model.vendors.iter().map(Vendor::of).collect(),
            designations: model.designations.iter().map(Designation::of).collect(),
            contracts: model.contracts.iter().map(Contract::of).collect(),
            interceptions: model.interceptions.iter().map(Interception::of).collect(),
            reviews: model.reviews.iter().map(Review::of).collect(),
            single_points: model.single_points.iter().map(SinglePoint::of).collect(),
        }
    }
}

/// The file and line that a record was read from.
#[derive(Serialize)]
struct Source<'a> {
    file: &'a str,
    line: u64,
}

impl<'a> Source<'a> {
    fn of(source: &'a inner::Source) -> Self {
        Self { file: &source.file, line: source.line }
    }
}

#[derive(Serialize)]
struct Table<'a> {
    table: &'a str,
    file: &'a str,
    rows: u64,
    rejected: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    attribution: Option<&'a str>,
}

impl<'a> Table<'a> {
    fn of(record: &'a inner::Table) -> Self {
        Self {
            table: &record.table,
            file: &record.file,
            rows: record.rows,
            rejected: record.rejected,
            attribution: record.attribution.as_deref(),
        }
    }
}

#[derive(Serialize)]
struct Site<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sensitive: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscribers: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latitude: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    longitude: Option<f64>,
    source: Source<'a>,
}

impl<'a> Site<'a> {
    fn of(record: &'a inner::Site) -> Self {
        Self {
            name: &record.name,
            region: record.region.as_deref(),
            sensitive: record.sensitive,
            subscribers: record.subscribers,
            latitude: record.latitude,
            longitude: record.longitude,
            source: Source::of(&record.source),
        }
    }
}

#[derive(Serialize)]
struct Device<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manufacturer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    software: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    segment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    source: Source<'a>,
}

impl<'a> Device<'a> {
    fn of(record: &'a inner::Device) -> Self {
        Self {
            name: &record.name,
            site: record.site.as_deref(),
            role: record.role.as_deref(),
            manufacturer: record.manufacturer.as_deref(),
            device_type: record.device_type.as_deref(),
            platform: record.platform.as_deref(),
            software: record.software.as_deref(),
            image: record.image.as_deref(),
            segment: record.segment.as_deref(),
            status: record.status.as_deref(),
            source: Source::of(&record.source),
        }
    }
}

#[derive(Serialize)]
struct Function<'a> {
    device: &'a str,
    function: &'a str,
    source: Source<'a>,
}

impl<'a> Function<'a> {
    fn of(record: &'a inner::Function) -> Self {
        Self { device: &record.device, function: &record.function, source: Source::of(&record.source) }
    }
}

#[derive(Serialize)]
struct Link<'a> {
    name: &'a str,
    a_device: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    a_interface: Option<&'a str>,
    b_device: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    b_interface: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    medium: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    capacity_mbps: Option<u64>,
    source: Source<'a>,
}

impl<'a> Link<'a> {
    fn of(record: &'a inner::Link) -> Self {
        Self {
            name: &record.name,
            a_device: &record.a_device,
            a_interface: record.a_interface.as_deref(),
            b_device: &record.b_device,
            b_interface: record.b_interface.as_deref(),
            medium: record.medium.as_deref(),
            capacity_mbps: record.capacity_mbps,
            source: Source::of(&record.source),
        }
    }
}

#[derive(Serialize)]
struct Vendor<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    jurisdiction: Option<&'a str>,
    source: Source<'a>,
}

impl<'a> Vendor<'a> {
    fn of(record: &'a inner::Vendor) -> Self {
        Self {
            name: &record.name,
            jurisdiction: record.jurisdiction.as_deref(),
            source: Source::of(&record.source),
        }
    }
}

#[derive(Serialize)]
struct Designation<'a> {
    vendor: &'a str,
    list: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    citation: Option<&'a str>,
    source: Source<'a>,
}

impl<'a> Designation<'a> {
    fn of(record: &'a inner::Designation) -> Self {
        Self {
            vendor: &record.vendor,
            list: &record.list,
            since: record.since.as_deref(),
            citation: record.citation.as_deref(),
            source: Source::of(&record.source),
        }
    }
}

#[derive(Serialize)]
struct Contract<'a> {
    name: &'a str,
    party: &'a str,
    scope_kind: &'a str,
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<&'a str>,
    source: Source<'a>,
}

impl<'a> Contract<'a> {
    fn of(record: &'a inner::Contract) -> Self {
        Self {
            name: &record.name,
            party: &record.party,
            scope_kind: &record.scope_kind,
            scope: &record.scope,
            access: record.access.as_deref(),
            since: record.since.as_deref(),
            until: record.until.as_deref(),
            source: Source::of(&record.source),
        }
    }
}

#[derive(Serialize)]
struct Interception<'a> {
    device: &'a str,
    part: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operator: Option<&'a str>,
    source: Source<'a>,
}

impl<'a> Interception<'a> {
    fn of(record: &'a inner::Interception) -> Self {
        Self {
            device: &record.device,
            part: &record.part,
            operator: record.operator.as_deref(),
            source: Source::of(&record.source),
        }
    }
}

#[derive(Serialize)]
struct Review<'a> {
    vendor: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<&'a str>,
    date: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewer: Option<&'a str>,
    finding: &'a str,
    grade: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
    source: Source<'a>,
}

impl<'a> Review<'a> {
    fn of(record: &'a inner::Review) -> Self {
        Self {
            vendor: &record.vendor,
            product: record.product.as_deref(),
            date: &record.date,
            reviewer: record.reviewer.as_deref(),
            finding: &record.finding,
            grade: &record.grade,
            state: record.state.as_deref(),
            source: Source::of(&record.source),
        }
    }
}

#[derive(Serialize)]
struct SinglePoint<'a> {
    kind: &'a str,
    name: &'a str,
    devices_cut: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    subscribers_cut: Option<u64>,
}

impl<'a> SinglePoint<'a> {
    fn of(record: &'a inner::SinglePoint) -> Self {
        Self {
            kind: &record.kind,
            name: &record.name,
            devices_cut: record.devices_cut,
            subscribers_cut: record.subscribers_cut,
        }
    }
}
