//! The network model's records as rows: each kind's columns stand here once, for writing and for reading.
//!
//! The table `model_<kind>` holds every import's records under the run that made them; the view of that name, or the one
//! that stands beside it, shows the latest's, in columns of the same names.

use super::duties::Duties;
use super::{Ledger, LedgerError};
use crate::model::{
    AddressPrefix, Attestation, Contract, CutOff, Demand, Designation, Device, DeviceType, Exchange,
    Function, Interception, Interface, Link, Model, Review, Segment, SinglePoint, Site, Source, Table,
    ValueSource, Vendor,
};
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Row, Transaction, params_from_iter};
use std::cmp::Ordering;

/// A value that stands in one column.
trait Cell: Sized {
    fn put(&self) -> ToSqlOutput<'_>;
    fn get(row: &Row<'_>, index: usize) -> rusqlite::Result<Self>;
}

macro_rules! cell {
    ($($type:ty: $self:ident => $put:expr, $row:ident[$index:ident] => $get:expr;)*) => {$(
        impl Cell for $type {
            fn put(&$self) -> ToSqlOutput<'_> {
                $put
            }
            fn get($row: &Row<'_>, $index: usize) -> rusqlite::Result<Self> {
                $get
            }
        }
    )*};
}

cell! {
    String: self => ToSqlOutput::Borrowed(ValueRef::Text(self.as_bytes())), row[index] => row.get(index);
    bool: self => ToSqlOutput::Owned(Value::Integer((*self).into())), row[index] => row.get(index);
    f64: self => ToSqlOutput::Owned(Value::Real(*self)), row[index] => row.get(index);
    // SQLite's integers are signed; no count of the model comes near the difference.
    u64: self => ToSqlOutput::Owned(Value::Integer(i64::try_from(*self).unwrap_or(i64::MAX))),
        row[index] => Ok(row.get::<_, i64>(index)?.unsigned_abs());
}

impl<T: Cell> Cell for Option<T> {
    fn put(&self) -> ToSqlOutput<'_> {
        self.as_ref().map_or(ToSqlOutput::Owned(Value::Null), Cell::put)
    }
    fn get(row: &Row<'_>, index: usize) -> rusqlite::Result<Self> {
        match row.get_ref(index)? {
            ValueRef::Null => Ok(None),
            _ => T::get(row, index).map(Some),
        }
    }
}

/// A kind of record that the ledger keeps.
pub(super) trait Stored: Sized {
    /// With `model_` before it the table.
    const TABLE: &'static str;
    /// The view that shows the latest import's.
    const READ: &'static str;
    /// The columns, in the order of the values.
    const COLUMNS: &'static [&'static str];
    fn values(&self) -> impl Iterator<Item = ToSqlOutput<'_>>;
    fn read(row: &Row<'_>) -> rusqlite::Result<Self>;
}

macro_rules! stored {
    ($($type:ident in $table:literal $(read from $view:literal)? [$($field:ident),*] $(and $source:ident)?;)*) => {$(
        impl Stored for $type {
            const TABLE: &'static str = $table;
            const READ: &'static str = stored!(@read $table $($view)?);
            const COLUMNS: &'static [&'static str] =
                &[$(stringify!($field),)* $(stored!(@file $source), stored!(@line $source))?];
            fn values(&self) -> impl Iterator<Item = ToSqlOutput<'_>> {
                [$(Cell::put(&self.$field),)* $(Cell::put(&self.$source.file), Cell::put(&self.$source.line))?].into_iter()
            }
            fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
                let mut at = 0..;
                let mut next = || at.next().unwrap_or_default();
                Ok(Self {
                    $($field: Cell::get(row, next())?,)*
                    $($source: Source { file: Cell::get(row, next())?, line: Cell::get(row, next())? },)?
                })
            }
        }
    )*};
    (@read $table:literal) => { $table };
    (@read $table:literal $view:literal) => { $view };
    (@file $source:ident) => { "source_file" };
    (@line $source:ident) => { "source_line" };
}

stored! {
    Site in "sites" [name, region, country, sensitive, subscribers, power, latitude, longitude] and source;
    Device in "devices" read from "device_records" [name, site, role, manufacturer, device_type, platform, software, image, segment, address, power, status,
        installed, support_end, cost] and source;
    DeviceType in "device_types" [model, manufacturer, part_number, support_end, production, cost] and source;
    Interface in "interfaces" [device, name, kind, address, segment, enabled] and source;
    Function in "functions" [device, function] and source;
    Link in "links" [name, a_device, a_interface, b_device, b_interface, medium, capacity_mbps, operator, ducts] and source;
    Demand in "demands" [site, function, subscribers, mbps] and source;
    Segment in "segments" [name, plane, contained] and source;
    AddressPrefix in "prefixes" [prefix, party, role, segment] and source;
    Exchange in "exchanges" [from_kind, from_name, to_kind, to_name, protocol, port, purpose] and source;
    Vendor in "vendors" [name, jurisdiction, control, production, stated, citation] and source;
    Designation in "designations" [vendor, list, since, citation] and source;
    Contract in "contracts" [name, party, scope_kind, scope, access, through, administrator, logged, exit_plan, hours, since, until]
        and source;
    Interception in "interceptions" [device, part, operator] and source;
    Review in "reviews" [vendor, product, date, reviewer, finding, grade, state] and source;
    Attestation in "attestations" [regime, measure, subject, state, party, date, until, document, sha256] and source;
    ValueSource in "value_sources" [kind, record, field] and source;
    CutOff in "cut_off" [kind, name, device, equal];
}

/// Appends a model's records under the run that made them.
pub(super) fn insert(transaction: &Transaction<'_>, run: i64, model: &Model) -> rusqlite::Result<()> {
    let mut statement = transaction.prepare(
        "INSERT INTO model_tables (run, name, file, \"rows\", rejected, attribution, synthetic, missing)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for table in &model.tables {
        let Table { table, file, rows, rejected, attribution, synthetic, missing } = table;
        let values = [
            table.put(),
            file.put(),
            rows.put(),
            rejected.put(),
            attribution.put(),
            synthetic.put(),
            missing.put(),
        ];
        statement.execute(params_from_iter([run.put()].into_iter().chain(values)))?;
    }
    records(transaction, run, &model.sites)?;
    devices(transaction, run, model)?;
    records(transaction, run, &model.device_types)?;
    records(transaction, run, &model.interfaces)?;
    records(transaction, run, &model.functions)?;
    records(transaction, run, &model.links)?;
    records(transaction, run, &model.demands)?;
    records(transaction, run, &model.segments)?;
    records(transaction, run, &model.prefixes)?;
    records(transaction, run, &model.exchanges)?;
    records(transaction, run, &model.vendors)?;
    records(transaction, run, &model.designations)?;
    records(transaction, run, &model.contracts)?;
    records(transaction, run, &model.interceptions)?;
    records(transaction, run, &model.reviews)?;
    records(transaction, run, &model.attestations)?;
    records(transaction, run, &model.value_sources)?;
    records(transaction, run, &model.cut_off)?;
    let mut statement = transaction.prepare("INSERT INTO model_single_points VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for point in &model.single_points {
        let SinglePoint { kind, name, devices_cut, subscribers_cut } = point;
        let values = [run.put(), kind.put(), name.put(), devices_cut.put(), subscribers_cut.put()];
        statement.execute(params_from_iter(values))?;
    }
    let mut statement = transaction.prepare("INSERT INTO model_connected VALUES (?1, ?2)")?;
    for device in &model.connected {
        statement.execute(params_from_iter([run.put(), device.put()]))?;
    }
    Ok(())
}

impl Cell for i64 {
    fn put(&self) -> ToSqlOutput<'_> {
        ToSqlOutput::Owned(Value::Integer(*self))
    }
    fn get(row: &Row<'_>, index: usize) -> rusqlite::Result<Self> {
        row.get(index)
    }
}

fn records<T: Stored>(transaction: &Transaction<'_>, run: i64, records: &[T]) -> rusqlite::Result<()> {
    let columns = T::COLUMNS.join(", ");
    let marks = vec!["?"; T::COLUMNS.len() + 1].join(", ");
    let sql = format!("INSERT INTO model_{} (run, {columns}) VALUES ({marks})", T::TABLE);
    let mut statement = transaction.prepare(&sql)?;
    for record in records {
        statement.execute(params_from_iter([run.put()].into_iter().chain(record.values())))?;
    }
    Ok(())
}

/// The devices, each with its duties.
fn devices(transaction: &Transaction<'_>, run: i64, model: &Model) -> rusqlite::Result<()> {
    let columns = Device::COLUMNS.join(", ");
    let marks = vec!["?"; Device::COLUMNS.len() + 2].join(", ");
    let sql = format!("INSERT INTO model_devices (run, duties, {columns}) VALUES ({marks})");
    let mut statement = transaction.prepare(&sql)?;
    let duties = Duties::of(model);
    for device in &model.devices {
        let own = duties.on(device);
        statement.execute(params_from_iter([run.put(), own.put()].into_iter().chain(device.values())))?;
    }
    Ok(())
}

impl Ledger {
    /// The network model of the latest import; empty when there was none.
    pub fn model(&self) -> Result<Model, LedgerError> {
        Ok(Model {
            tables: self.rows(
                "SELECT name, file, \"rows\", rejected, attribution, synthetic, missing FROM imported_tables ORDER BY name, file",
                [],
                |row| {
                    Ok(Table {
                        table: Cell::get(row, 0)?,
                        file: Cell::get(row, 1)?,
                        rows: Cell::get(row, 2)?,
                        rejected: Cell::get(row, 3)?,
                        attribution: Cell::get(row, 4)?,
                        synthetic: Cell::get(row, 5)?,
                        missing: Cell::get(row, 6)?,
                    })
                },
            )?,
            sites: self.records("name, source_file, source_line")?,
            devices: self.sorted(|a: &Device, b| (&a.name, &a.source).cmp(&(&b.name, &b.source)))?,
            device_types: self.records("model, manufacturer, source_file, source_line")?,
            interfaces: self.records("device, name, address, source_line")?,
            functions: self.records("device, function, source_line")?,
            links: self.sorted(|a: &Link, b| (&a.name, &a.source).cmp(&(&b.name, &b.source)))?,
            demands: self.records("site, function, source_line")?,
            segments: self.records("name, source_line")?,
            prefixes: self.records("prefix, source_line")?,
            exchanges: self.records("source_file, source_line")?,
            vendors: self.records("name, source_line")?,
            designations: self.records("vendor, list, source_line")?,
            contracts: self.records("name, source_line")?,
            interceptions: self.records("device, part, source_line")?,
            reviews: self.records("vendor, date, finding, source_line")?,
            attestations: self.records("regime, measure, subject, date, source_file, source_line")?,
            value_sources: self.records("kind, record, field, source_file, source_line")?,
            single_points: self.rows("SELECT * FROM single_points ORDER BY kind, name", [], |row| {
                Ok(SinglePoint {
                    kind: Cell::get(row, 0)?,
                    name: Cell::get(row, 1)?,
                    devices_cut: Cell::get(row, 2)?,
                    subscribers_cut: Cell::get(row, 3)?,
                })
            })?,
            cut_off: self.records("kind, name, device")?,
            connected: self.rows("SELECT device FROM connected ORDER BY device", [], |row| row.get(0))?,
        })
    }

    pub(super) fn records<T: Stored>(&self, order: &str) -> Result<Vec<T>, LedgerError> {
        let sql = format!("SELECT {} FROM {} ORDER BY {order}", T::COLUMNS.join(", "), T::READ);
        self.rows(&sql, [], T::read)
    }

    /// The kinds that there may be millions of: the rows are put in order here, which is cheaper than to have them sorted
    /// as rows.
    fn sorted<T: Stored>(&self, order: impl FnMut(&T, &T) -> Ordering) -> Result<Vec<T>, LedgerError> {
        let sql = format!("SELECT {} FROM {}", T::COLUMNS.join(", "), T::READ);
        let mut all = self.rows(&sql, [], T::read)?;
        all.sort_by(order);
        Ok(all)
    }
}
