//! What both of NVD's formats have in common: conditions by CPE names, made into statements.

use super::text::{Text, owned};
use crate::advisory::{Advisory, Criterion, Says, Statement};
use crate::cpe::{Attribute, Cpe};
use std::collections::BTreeMap;

/// A condition: of each group one member has to be there.
#[derive(Default)]
pub(super) struct Condition {
    pub(super) groups: Vec<Vec<Match>>,
    pub(super) negated: bool,
    /// Names of members that are no CPE names.
    pub(super) unreadable: Vec<String>,
}

/// A member of a group.
pub(super) struct Match {
    vulnerable: bool,
    cpe: Cpe,
    bounds: Criterion,
}

/// The bounds of a match, in the order ge, gt, le, lt.
pub(super) type Bounds<'b, 'a> = [&'b Option<Text<'a>>; 4];

impl Match {
    /// A match as NVD writes it; the error says what is wrong with its name.
    pub(super) fn new(
        vulnerable: bool,
        name: &str,
        [ge, gt, le, lt]: Bounds<'_, '_>,
    ) -> Result<Self, String> {
        let cpe: Cpe = name.parse().map_err(|error: crate::cpe::CpeError| error.to_string())?;
        let bounds =
            Criterion { ge: owned(ge), gt: owned(gt), le: owned(le), lt: owned(lt), ..Criterion::default() };
        Ok(Self { vulnerable, cpe, bounds })
    }

    fn criterion(&self, whole_name: bool) -> Criterion {
        let stated = |attribute: &Attribute| (*attribute != Attribute::Any).then(|| attribute.to_string());
        let [_, _, _, version, update, others @ ..] = self.cpe.attributes();
        let restricted = others.iter().any(|attribute| **attribute != Attribute::Any);
        Criterion {
            version: stated(version),
            update: stated(update),
            cpe: (whole_name || restricted).then(|| self.cpe.to_string()),
            ..self.bounds.clone()
        }
    }
}

/// Adds what the conditions say to the advisory: a statement for each vulnerable product.
pub(super) fn state(advisory: &mut Advisory, conditions: &[Condition]) {
    for condition in conditions {
        let several = condition.groups.len() > 1;
        let first = advisory.groups.len();
        if several {
            let group = |group: &Vec<Match>| group.iter().map(|one| one.criterion(true)).collect();
            advisory.groups.extend(condition.groups.iter().map(group));
        }
        for (place, group) in condition.groups.iter().enumerate() {
            let mut products: BTreeMap<String, Vec<Criterion>> = BTreeMap::new();
            for one in group.iter().filter(|one| one.vulnerable) {
                // A product that is a pattern cannot be looked up; NVD has none.
                if let Some(key) = one.cpe.key() {
                    products.entry(format!("cpe:{key}")).or_default().push(one.criterion(false));
                }
            }
            // A version that a name would have spoken of must not pass for one that nothing speaks of.
            for (key, any) in &mut products {
                let unreadable = condition.unreadable.iter().filter(|name| may_be_of(name, key));
                any.extend(
                    unreadable.map(|name| Criterion { version: Some(name.clone()), ..Criterion::default() }),
                );
            }
            let others = (0..condition.groups.len()).filter(|other| several && *other != place);
            let needs: Vec<usize> = others.map(|other| first + other).collect();
            for (key, any) in products {
                let says = Says::Cpe { any, needs: needs.clone(), negated: condition.negated };
                advisory.statements.push(Statement { key, says });
            }
        }
    }
}

/// Whether a name that cannot be read may be of this product.
fn may_be_of(name: &str, key: &str) -> bool {
    let product = key.rsplit(':').next().unwrap_or(key);
    !name.contains(':') || name.to_lowercase().contains(product)
}
