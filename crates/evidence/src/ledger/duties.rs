//! What each device is used for, gathered once when the model is recorded.
//!
//! The duties of a device are a JSON list: `function NAME` for each of its functions, `role name` for its role, and `part NAME` for
//! each of its parts in interception, in the order of the import; names in capitals, roles in small letters, without space around
//! them (SQLite's `upper`, `lower` and `trim`, which know ASCII and the space alone, so that queries compare with the same).

use crate::model::{Device, Model};
use std::collections::HashMap;

/// By device, what stands in the tables of functions and parts.
pub(super) struct Duties<'m> {
    functions: HashMap<&'m str, String>,
    parts: HashMap<&'m str, String>,
}

impl<'m> Duties<'m> {
    pub fn of(model: &'m Model) -> Self {
        let functions = model.functions.iter().map(|function| (&*function.device, &*function.function));
        let parts = model.interceptions.iter().map(|taken| (&*taken.device, &*taken.part));
        Self { functions: gathered("function", functions), parts: gathered("part", parts) }
    }

    /// Those of a device, as JSON.
    pub fn on(&self, device: &Device) -> String {
        let mut list = self.functions.get(device.name.as_str()).cloned().unwrap_or_default();
        if let Some(role) = device.role.as_deref().map(trimmed).filter(|role| !role.is_empty()) {
            append(&mut list, &format!("role {}", role.to_ascii_lowercase()));
        }
        if let Some(parts) = self.parts.get(device.name.as_str()) {
            if !list.is_empty() {
                list.push(',');
            }
            list.push_str(parts);
        }
        format!("[{list}]")
    }
}

fn gathered<'m>(kind: &str, records: impl Iterator<Item = (&'m str, &'m str)>) -> HashMap<&'m str, String> {
    let mut lists: HashMap<&str, String> = HashMap::new();
    for (device, name) in records {
        append(lists.entry(device).or_default(), &format!("{kind} {}", trimmed(name).to_ascii_uppercase()));
    }
    lists
}

fn append(list: &mut String, duty: &str) {
    if !list.is_empty() {
        list.push(',');
    }
    list.push_str(&serde_json::Value::from(duty).to_string());
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(' ')
}
