//! Records and pairs as streams of Apache Arrow, for engines that spread work over machines (`docs/spark.md`).
//!
//! The steps of `banbury watch` apart: inputs become a stream of records, records of some sources become a stream of their pairs. All
//! that a pair is weighed by has one source (its connections, the names that they asked for, what the source was answered), so that
//! an engine which brings all records of a source together gets what one machine would. Not so are records of one direction alone (flow
//! exports), whose halves have two sources: they are refused.
//! Source: Apache Arrow, "Serialization and interprocess communication", streaming format.

use crate::pairs::{Counts, Pair, Pairing};
use arrow_array::builder::{BooleanBuilder, Int32Builder, Int64Builder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::{Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema};
use banbury_formats::Problem;
use banbury_formats::traffic::{Community, Flow, Login, Name, Query, Record, Sink, Volume};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::IpAddr;
use std::sync::Arc;

/// Rows of one batch.
const BATCH: usize = 1 << 16;

/// What can go wrong with a stream.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The stream is no Arrow stream, or cannot be written.
    #[error("the Arrow stream: {0}")]
    Arrow(#[from] ArrowError),
    /// A column is missing or of another type.
    #[error("the stream of records has no column {0} of its type; `banbury partition records` makes one")]
    Column(&'static str),
    /// A row makes no sense.
    #[error("row {row} of the stream: {what}")]
    Row {
        /// Its number, from 0.
        row: u64,
        /// What is wrong with it.
        what: String,
    },
    /// A row cannot be made into text.
    #[error("a pair as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

macro_rules! columns {
    ($($name:ident: $builder:ident, $type:expr, $nullable:literal;)*) => {
        #[derive(Default)]
        struct Columns {
            rows: usize,
            $($name: $builder,)*
        }

        impl Columns {
            fn schema() -> Arc<Schema> {
                Arc::new(Schema::new(vec![$(Field::new(stringify!($name), $type, $nullable)),*]))
            }

            fn batch(&mut self, schema: &Arc<Schema>) -> Result<RecordBatch, ArrowError> {
                self.rows = 0;
                let arrays: Vec<ArrayRef> = vec![$(Arc::new(self.$name.finish())),*];
                RecordBatch::try_new(Arc::clone(schema), arrays)
            }
        }
    };
}

// What a row is: 0 a connection, 1 a name, 2 a query, 3 a login, 4 a community (`name`) of a version (`code`) of SNMP that so many messages
// (`answer_bytes`) had, which was accepted or not (`succeeded`). `source` is who opened, asked or wanted in.
columns! {
    kind: Int32Builder, DataType::Int32, false;
    source: StringBuilder, DataType::Utf8, false;
    destination: StringBuilder, DataType::Utf8, false;
    source_port: Int32Builder, DataType::Int32, true;
    port: Int32Builder, DataType::Int32, true;
    protocol: Int32Builder, DataType::Int32, true;
    start: Int64Builder, DataType::Int64, false;
    duration: Int64Builder, DataType::Int64, true;
    sent: Int64Builder, DataType::Int64, true;
    sent_ip: Int64Builder, DataType::Int64, true;
    received: Int64Builder, DataType::Int64, true;
    received_ip: Int64Builder, DataType::Int64, true;
    one_way: BooleanBuilder, DataType::Boolean, true;
    service: StringBuilder, DataType::Utf8, true;
    state: StringBuilder, DataType::Utf8, true;
    name: StringBuilder, DataType::Utf8, true;
    id: StringBuilder, DataType::Utf8, true;
    query_type: Int32Builder, DataType::Int32, true;
    code: Int32Builder, DataType::Int32, true;
    addresses: StringBuilder, DataType::Utf8, true;
    answer_bytes: Int64Builder, DataType::Int64, true;
    succeeded: BooleanBuilder, DataType::Boolean, true;
    client_software: StringBuilder, DataType::Utf8, true;
    server_software: StringBuilder, DataType::Utf8, true;
    input: Int32Builder, DataType::Int32, false;
    offset: Int64Builder, DataType::Int64, false;
}

/// Writes records as a stream.
pub struct Records<W: Write> {
    writer: StreamWriter<W>,
    schema: Arc<Schema>,
    columns: Columns,
    input: i32,
    failed: Option<ArrowError>,
    /// What was counted.
    pub counts: Counts,
}

impl<W: Write> Records<W> {
    /// A stream without a record.
    pub fn new(output: W) -> Result<Self, StreamError> {
        let schema = Columns::schema();
        let writer = StreamWriter::try_new(output, &schema)?;
        Ok(Self {
            writer,
            schema,
            columns: Columns::default(),
            input: 0,
            failed: None,
            counts: Counts::default(),
        })
    }

    /// What follows is of this input.
    pub fn input(&mut self, number: u32) {
        self.input = i32::try_from(number).unwrap_or(i32::MAX);
    }

    /// Ends the stream.
    pub fn finish(mut self) -> Result<Counts, StreamError> {
        self.flush();
        if let Some(error) = self.failed.take() {
            return Err(error.into());
        }
        self.writer.finish()?;
        Ok(self.counts)
    }

    fn flush(&mut self) {
        if self.columns.rows == 0 || self.failed.is_some() {
            return;
        }
        let written = self.columns.batch(&self.schema).and_then(|batch| self.writer.write(&batch));
        self.failed = written.err();
    }

    fn row(&mut self, row: &Row<'_>, offset: u64) {
        if self.failed.is_some() {
            return;
        }
        let columns = &mut self.columns;
        let whole = |number: Option<u64>| number.map(|number| i64::try_from(number).unwrap_or(i64::MAX));
        columns.rows += 1;
        columns.kind.append_value(row.kind);
        columns.source.append_value(row.source.to_string());
        columns.destination.append_value(row.destination.to_string());
        columns.source_port.append_option(row.source_port.map(i32::from));
        columns.port.append_option(row.port.map(i32::from));
        columns.protocol.append_option(row.protocol.map(i32::from));
        columns.start.append_value(row.start);
        columns.duration.append_option(row.duration);
        columns.sent.append_option(whole(row.sent.payload));
        columns.sent_ip.append_option(whole(row.sent.ip));
        columns.received.append_option(whole(row.received.payload));
        columns.received_ip.append_option(whole(row.received.ip));
        columns.one_way.append_option(row.one_way);
        columns.service.append_option(row.service);
        columns.state.append_option(row.state);
        columns.name.append_option(row.name);
        columns.id.append_option(row.id);
        columns.query_type.append_option(row.query_type.map(i32::from));
        columns.code.append_option(row.code.map(i32::from));
        columns.addresses.append_option(row.addresses.as_deref());
        columns.answer_bytes.append_option(row.answer_bytes);
        columns.succeeded.append_option(row.succeeded);
        columns.client_software.append_option(row.client_software);
        columns.server_software.append_option(row.server_software);
        columns.input.append_value(self.input);
        columns.offset.append_value(i64::try_from(offset).unwrap_or(i64::MAX));
        if columns.rows >= BATCH {
            self.flush();
        }
    }
}

/// What the columns hold of one record.
struct Row<'a> {
    kind: i32,
    source: IpAddr,
    destination: IpAddr,
    source_port: Option<u16>,
    port: Option<u16>,
    protocol: Option<u8>,
    start: i64,
    duration: Option<i64>,
    sent: Volume,
    received: Volume,
    one_way: Option<bool>,
    service: Option<&'a str>,
    state: Option<&'a str>,
    name: Option<&'a str>,
    id: Option<&'a str>,
    query_type: Option<u16>,
    code: Option<u16>,
    addresses: Option<String>,
    answer_bytes: Option<i64>,
    succeeded: Option<bool>,
    client_software: Option<&'a str>,
    server_software: Option<&'a str>,
}

impl Row<'_> {
    fn new(kind: i32, source: IpAddr, destination: IpAddr, start: i64) -> Self {
        Self {
            kind,
            source,
            destination,
            start,
            source_port: None,
            port: None,
            protocol: None,
            duration: None,
            sent: Volume::default(),
            received: Volume::default(),
            one_way: None,
            service: None,
            state: None,
            name: None,
            id: None,
            query_type: None,
            code: None,
            addresses: None,
            answer_bytes: None,
            succeeded: None,
            client_software: None,
            server_software: None,
        }
    }
}

impl<W: Write> Sink for Records<W> {
    fn record(&mut self, record: &Record<'_>, offset: u64) {
        match record {
            Record::Flow(flow) => {
                self.counts.flows += 1;
                let row = Row {
                    source_port: flow.source_port,
                    port: flow.destination_port,
                    protocol: Some(flow.protocol),
                    duration: flow.duration,
                    sent: flow.sent,
                    received: flow.received,
                    one_way: Some(flow.one_way),
                    service: flow.service,
                    state: flow.state,
                    name: flow.name,
                    id: flow.id,
                    ..Row::new(0, flow.source, flow.destination, flow.start)
                };
                self.row(&row, offset);
            }
            Record::Name(name) => {
                self.counts.names += 1;
                let row = Row {
                    port: Some(name.server_port),
                    service: Some(name.protocol),
                    name: Some(name.name),
                    id: name.id,
                    ..Row::new(1, name.client, name.server, name.time)
                };
                self.row(&row, offset);
            }
            Record::Query(query) => {
                self.counts.queries += 1;
                let addresses: Vec<String> = query.addresses.iter().map(ToString::to_string).collect();
                let row = Row {
                    name: Some(query.name),
                    query_type: query.kind,
                    code: query.code,
                    addresses: Some(addresses.join(",")),
                    answer_bytes: Some(i64::try_from(query.answer_bytes).unwrap_or(i64::MAX)),
                    ..Row::new(2, query.client, query.server, query.time)
                };
                self.row(&row, offset);
            }
            Record::Community(heard) => {
                self.counts.communities += 1;
                let row = Row {
                    port: Some(heard.server_port),
                    name: Some(heard.community),
                    id: heard.id,
                    code: Some(heard.version.into()),
                    answer_bytes: Some(i64::try_from(heard.messages).unwrap_or(i64::MAX)),
                    succeeded: Some(heard.accepted),
                    ..Row::new(4, heard.client, heard.server, heard.time)
                };
                self.row(&row, offset);
            }
            Record::Login(login) => {
                self.counts.logins += 1;
                let row = Row {
                    port: Some(login.server_port),
                    service: Some(login.protocol),
                    id: login.id,
                    succeeded: login.succeeded,
                    client_software: login.client_software,
                    server_software: login.server_software,
                    ..Row::new(3, login.client, login.server, login.time)
                };
                self.row(&row, offset);
            }
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.counts.problem(problem);
    }
}

/// Reads a stream of records into a pairing. Where it has a column `sources`, that tells how many sources each destination has, which
/// some of the records alone do not; it comes back by destination.
pub fn read(input: impl Read, pairing: &Pairing<'_>) -> Result<BTreeMap<IpAddr, u64>, StreamError> {
    let mut sources = BTreeMap::new();
    let mut row = 0;
    for batch in StreamReader::try_new(input, None)? {
        let batch = batch?;
        let table = Table(&batch);
        let text = |name| table.text(name);
        let number = |name| table.number(name);
        let small = |name| table.small(name);
        let (source, destination, service, state) =
            (text("source")?, text("destination")?, text("service")?, text("state")?);
        let (name, id, addresses) = (text("name")?, text("id")?, text("addresses")?);
        let (client_software, server_software) = (text("client_software")?, text("server_software")?);
        let (start, duration, offset, answer_bytes) =
            (number("start")?, number("duration")?, number("offset")?, number("answer_bytes")?);
        let (sent, sent_ip, received, received_ip) =
            (number("sent")?, number("sent_ip")?, number("received")?, number("received_ip")?);
        let (kind, source_port, port, protocol) =
            (small("kind")?, small("source_port")?, small("port")?, small("protocol")?);
        let (query_type, code, numbers) = (small("query_type")?, small("code")?, small("input")?);
        let (one_way, succeeded) = (table.flag("one_way")?, table.flag("succeeded")?);
        let known = batch.column_by_name("sources").map(|_| number("sources")).transpose()?;
        for at in 0..batch.num_rows() {
            let wrong = |what: &str| StreamError::Row { row, what: what.to_owned() };
            let address = |text: Option<&str>| {
                text.and_then(|text| text.parse::<IpAddr>().ok()).ok_or_else(|| wrong("no address"))
            };
            let (from, to) = (address(source(at))?, address(destination(at))?);
            let time = start(at).ok_or_else(|| wrong("no time"))?;
            let count = |value: Option<i64>| value.and_then(|value| u64::try_from(value).ok());
            let port_of = |value: Option<i32>| value.and_then(|value| u16::try_from(value).ok());
            let place = count(offset(at)).ok_or_else(|| wrong("no offset"))?;
            let which =
                numbers(at).and_then(|number| u32::try_from(number).ok()).ok_or_else(|| wrong("no input"))?;
            let mut sink = pairing.collector(which, 0);
            if let Some(many) = known.as_ref().and_then(|known| count(known(at))) {
                sources.insert(to, many);
            }
            match kind(at) {
                Some(0) if one_way(at) == Some(true) => {
                    return Err(wrong(
                        "a record of one direction alone, which is not paired apart from its other half",
                    ));
                }
                Some(0) => {
                    let flow = Flow {
                        start: time,
                        duration: duration(at),
                        source: from,
                        destination: to,
                        source_port: port_of(source_port(at)),
                        destination_port: port_of(port(at)),
                        protocol: protocol(at)
                            .and_then(|number| u8::try_from(number).ok())
                            .ok_or_else(|| wrong("no protocol"))?,
                        sent: Volume { payload: count(sent(at)), ip: count(sent_ip(at)), packets: None },
                        received: Volume {
                            payload: count(received(at)),
                            ip: count(received_ip(at)),
                            packets: None,
                        },
                        one_way: false,
                        service: service(at),
                        state: state(at),
                        name: name(at),
                        id: id(at),
                        vlan: None,
                        carried_in: &[],
                    };
                    sink.record(&Record::Flow(flow), place);
                }
                Some(1) => {
                    let protocol = if service(at) == Some("http") { "http" } else { "ssl" };
                    let asked = name(at).ok_or_else(|| wrong("no name"))?;
                    let server_port = port_of(port(at)).ok_or_else(|| wrong("no port"))?;
                    let record = Name {
                        time,
                        id: id(at),
                        client: from,
                        server: to,
                        server_port,
                        protocol,
                        name: asked,
                        agent: None,
                        path: None,
                    };
                    sink.record(&Record::Name(record), place);
                }
                Some(2) => {
                    let answered: Vec<IpAddr> = addresses(at)
                        .unwrap_or_default()
                        .split(',')
                        .filter_map(|text| text.parse().ok())
                        .collect();
                    let query = Query {
                        time,
                        client: from,
                        server: to,
                        name: name(at).ok_or_else(|| wrong("no name"))?,
                        kind: port_of(query_type(at)),
                        code: port_of(code(at)),
                        addresses: &answered,
                        answer_bytes: count(answer_bytes(at))
                            .and_then(|bytes| usize::try_from(bytes).ok())
                            .unwrap_or_default(),
                    };
                    sink.record(&Record::Query(query), place);
                }
                Some(3) => {
                    let protocol = if service(at) == Some("rdp") { "rdp" } else { "ssh" };
                    let login = Login {
                        time,
                        id: id(at),
                        client: from,
                        server: to,
                        server_port: port_of(port(at)).ok_or_else(|| wrong("no port"))?,
                        protocol,
                        succeeded: succeeded(at),
                        client_software: client_software(at),
                        server_software: server_software(at),
                    };
                    sink.record(&Record::Login(login), place);
                }
                Some(4) => {
                    let community = Community {
                        time,
                        id: id(at),
                        client: from,
                        server: to,
                        server_port: port_of(port(at)).ok_or_else(|| wrong("no port"))?,
                        version: code(at)
                            .and_then(|number| u8::try_from(number).ok())
                            .ok_or_else(|| wrong("no version"))?,
                        community: name(at).ok_or_else(|| wrong("no community"))?,
                        messages: count(answer_bytes(at)).unwrap_or_default(),
                        accepted: succeeded(at) == Some(true),
                    };
                    sink.record(&Record::Community(community), place);
                }
                _ => return Err(wrong("a kind that there is not")),
            }
            sink.finish();
            row += 1;
        }
    }
    Ok(sources)
}

/// A batch by the names of its columns.
struct Table<'b>(&'b RecordBatch);

impl<'b> Table<'b> {
    fn column(&self, name: &'static str, of: &DataType) -> Result<&'b ArrayRef, StreamError> {
        self.0.column_by_name(name).filter(|column| column.data_type() == of).ok_or(StreamError::Column(name))
    }

    fn text(&self, name: &'static str) -> Result<impl Fn(usize) -> Option<&'b str> + use<'b>, StreamError> {
        let column = self.column(name, &DataType::Utf8)?.as_string::<i32>();
        Ok(move |at| column.is_valid(at).then(|| column.value(at)))
    }

    fn number(&self, name: &'static str) -> Result<impl Fn(usize) -> Option<i64> + use<'b>, StreamError> {
        let column = self.column(name, &DataType::Int64)?.as_primitive::<Int64Type>();
        Ok(move |at| column.is_valid(at).then(|| column.value(at)))
    }

    fn small(&self, name: &'static str) -> Result<impl Fn(usize) -> Option<i32> + use<'b>, StreamError> {
        let column = self.column(name, &DataType::Int32)?.as_primitive::<Int32Type>();
        Ok(move |at| column.is_valid(at).then(|| column.value(at)))
    }

    fn flag(&self, name: &'static str) -> Result<impl Fn(usize) -> Option<bool> + use<'b>, StreamError> {
        let column = self.column(name, &DataType::Boolean)?.as_boolean();
        Ok(move |at| column.is_valid(at).then(|| column.value(at)))
    }
}

/// Writes pairs as a stream: what they are ordered by, their scores, and the whole pair as a line of JSON.
pub fn write(pairs: &[Pair], output: impl Write) -> Result<(), StreamError> {
    let schema = Arc::new(Schema::new(vec![
        Field::new("source", DataType::Utf8, false),
        Field::new("contacts", DataType::Int64, false),
        Field::new("record", DataType::Utf8, false),
    ]));
    let mut writer = StreamWriter::try_new(output, &schema)?;
    for some in pairs.chunks(BATCH) {
        let (mut source, mut contacts, mut record) =
            (StringBuilder::new(), Int64Builder::new(), StringBuilder::new());
        for pair in some {
            source.append_value(pair.source.to_string());
            contacts.append_value(i64::try_from(pair.contacts).unwrap_or(i64::MAX));
            record.append_value(serde_json::to_string(pair)?);
        }
        let arrays: Vec<ArrayRef> =
            vec![Arc::new(source.finish()), Arc::new(contacts.finish()), Arc::new(record.finish())];
        writer.write(&RecordBatch::try_new(Arc::clone(&schema), arrays)?)?;
    }
    Ok(writer.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairs::{Keep, Weighing};
    use crate::reading::{Growing, Manner};

    const LOG: &str = "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n\
        #fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\n\
        #types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\n";

    fn log() -> String {
        let mut text = LOG.to_owned();
        for at in 0..40 {
            let host = at % 3;
            text += &format!(
                "{}.25\tC{at}\t10.0.0.{host}\t{}\t192.0.2.{}\t443\ttcp\tssl\t0.5\t{}\t900\tSF\n",
                1000 + at * 60,
                40_000 + at,
                at % 2,
                100 + at
            );
        }
        text
    }

    fn weighed(pairing: &Pairing<'_>) -> Vec<Pair> {
        pairing
            .weigh(&Weighing { least: 4, rita_alone: false, goes_on: false }, &|_| Keep::Plain)
            .unwrap()
            .pairs
    }

    #[test]
    fn pairs_of_a_stream_are_those_of_the_log() {
        let text = log();
        let manner = Manner::new(None, Default::default()).unwrap();
        let direct = Pairing::new(1 << 20, None);
        let mut sink = direct.collector(0, 0);
        let mut growing = Growing::default();
        growing.more(text.as_bytes(), &manner, &mut sink);
        growing.end(&manner, &mut sink);
        sink.finish();
        let expected = weighed(&direct);
        assert_eq!(expected.len(), 6);
        let mut bytes = Vec::new();
        let mut records = Records::new(&mut bytes).unwrap();
        let mut growing = Growing::default();
        growing.more(text.as_bytes(), &manner, &mut records);
        growing.end(&manner, &mut records);
        assert_eq!(records.finish().unwrap().flows, 40);
        let apart = Pairing::new(1 << 20, None);
        assert!(read(bytes.as_slice(), &apart).unwrap().is_empty());
        assert_eq!(weighed(&apart), expected);
        let mut out = Vec::new();
        write(&expected, &mut out).unwrap();
        let batch = StreamReader::try_new(out.as_slice(), None).unwrap().next().unwrap().unwrap();
        assert_eq!(batch.num_rows(), 6);
    }

    #[test]
    fn what_is_no_stream_is_an_error_and_no_panic() {
        let pairing = Pairing::new(1 << 20, None);
        assert!(read(&b""[..], &pairing).is_err());
        assert!(read(&b"not a stream at all, and long enough to look like one"[..], &pairing).is_err());
        let mut bytes = Vec::new();
        Records::new(&mut bytes).unwrap().finish().unwrap();
        for at in 0..bytes.len() {
            // Cut where a message ends it is whole; anywhere else it is an error.
            let _ = read(&bytes[..at], &pairing);
        }
        let mut pairs = Vec::new();
        write(&[], &mut pairs).unwrap();
        assert!(read(pairs.as_slice(), &pairing).is_ok_and(|sources| sources.is_empty()));
    }
}
