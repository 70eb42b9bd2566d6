//! Device types beside the devices that name them.
//!
//! A device has its type's manufacturer, end of support and cost where its own record states none; the ledger's view
//! `devices` does that. Here it is told where a type cannot serve: it is not in the table, two manufacturers have a
//! model of its name, or the device states another manufacturer. One warning a type, with the first device.

use crate::diagnostic::{Diagnostic, Kind, Place, quote};
use crate::draft::Draft;
use banbury_evidence::model::{Device, Model};
use std::collections::BTreeMap;

/// Checks the devices' types; what is wrong goes to the draft's diagnostics.
pub(crate) fn check(draft: &mut Draft) {
    if draft.model.device_types.is_empty() {
        return;
    }
    let mut found = faults(&draft.model);
    draft.diagnostics.append(&mut found);
}

fn faults(model: &Model) -> Vec<Diagnostic> {
    let mut makers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for device_type in &model.device_types {
        let maker = device_type.manufacturer.as_deref().unwrap_or_default();
        makers.entry(&device_type.model).or_default().push(maker);
    }
    // By type and what is wrong with it: how many devices, and the first.
    let mut faults: BTreeMap<(&str, &str), (u64, &Device)> = BTreeMap::new();
    for device in &model.devices {
        let Some(model) = device.device_type.as_deref() else { continue };
        let fault = match (makers.get(model).map(Vec::as_slice), device.manufacturer.as_deref()) {
            (None, _) => "is in no table of device types",
            (Some([_]), None) => continue,
            (Some(_), None) => "is a model of several manufacturers, and the device states none",
            (Some(makers), Some(stated)) if makers.contains(&stated) => continue,
            (Some(_), Some(_)) => "is another manufacturer's model than the device states",
        };
        faults.entry((model, fault)).or_insert((0, device)).0 += 1;
    }
    faults
        .into_iter()
        .map(|((model, fault), (count, first))| {
            let place = Place { file: first.source.file.clone(), line: first.source.line, column: 0 };
            let more = if count > 1 { format!(" ({count} devices in all)") } else { String::new() };
            let message = format!("device {}: its type {} {fault}{more}", quote(&first.name), quote(model));
            let kind = if fault.starts_with("is another") { Kind::Conflict } else { Kind::UnknownReference };
            place.warning(kind, message).hint("correct the type, or add it to the table of device types")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::{Input, import};

    #[test]
    fn a_type_that_cannot_serve_is_told_once() {
        let types = "manufacturer,model\nAster,A1\nAster,X\nBirch,X\n";
        let devices = "name,role,device_type,manufacturer\na,r,A1,\nb,r,A1,Birch\nc,r,X,\nd,r,X,\ne,r,Z,\nf,r,X,Birch\n";
        let inputs = [("types.csv", types), ("devices.csv", devices)]
            .map(|(name, text)| Input { name: name.to_owned(), bytes: text.as_bytes() });
        let (model, diagnostics) = import(&inputs);
        assert_eq!((model.device_types.len(), model.devices.len()), (3, 6));
        let told: Vec<(u64, &str)> =
            diagnostics.iter().map(|found| (found.line, found.message.as_str())).collect();
        assert_eq!(
            told,
            [
                (3, "device \"b\": its type \"A1\" is another manufacturer's model than the device states"),
                (
                    4,
                    "device \"c\": its type \"X\" is a model of several manufacturers, and the device states none (2 devices in all)"
                ),
                (6, "device \"e\": its type \"Z\" is in no table of device types"),
            ]
        );
    }
}
