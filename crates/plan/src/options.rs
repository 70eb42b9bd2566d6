//! The file of options: what can take whose place, what that costs, who does the work, and what else has to hold.

use crate::calendar::Period;
use crate::error::Mistake;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;

/// All that a plan goes by beside the network and the regimes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Months of a period.
    pub period_months: Option<u8>,
    /// How many jobs that must not be done at once one period can take, one after the other.
    pub slots: u64,
    /// What a day of a crew costs.
    pub crew_day: u64,
    /// What it costs that a breach stands for a period, for each subscriber of its site.
    pub risk: f64,
    /// The day by which breaches are ended that stand already when the plan begins; the plan's last where none is stated.
    pub overdue_by: Option<Date>,
    /// Functions whose devices at one site may be worked on at once.
    pub together: Vec<String>,
    /// What can take whose place.
    pub candidates: Vec<Candidate>,
    /// Crew-days by region, in each period; a region that is not here has as many as it takes.
    pub crews: BTreeMap<String, Vec<f64>>,
    /// Devices by vendor, in each period; a vendor that is not here delivers as many as it takes.
    pub capacity: BTreeMap<String, Vec<f64>>,
    /// Money in each period.
    pub budget: Option<Vec<f64>>,
    /// Money in all.
    pub budget_total: Option<f64>,
    /// Shares that a vendor must not be over.
    pub caps: Vec<Cap>,
    /// Suppliers that have to be there.
    pub suppliers: Vec<Suppliers>,
    /// Whether the candidates were made from the network, for no file names any.
    pub assumed: bool,
}

/// What can take a device's place.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The product.
    pub product: String,
    /// Who makes it.
    pub vendor: String,
    /// The operating software it runs.
    pub platform: Option<String>,
    /// Roles of devices that it can replace; empty: any.
    pub roles: Vec<String>,
    /// Functions that it can carry; empty: any.
    pub functions: Vec<String>,
    /// Products that it can replace; empty: any.
    pub replaces: Vec<String>,
    /// What one costs.
    pub price: u64,
    /// Crew-days that a replacement takes, in tenths.
    pub tenths: u64,
    /// Days from the plan's beginning until the first can be installed.
    pub lead_days: u32,
    /// Last day of its maker's support.
    pub support_end: Option<Date>,
}

/// A share that a vendor must not be over.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cap {
    /// The vendor.
    pub vendor: String,
    /// The most that it may have.
    pub share: f64,
    /// Of which devices.
    pub scope: Scope,
    /// From which day on; from the end of the first period where none is stated.
    pub from: Option<Date>,
}

/// Suppliers that have to be there.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suppliers {
    /// How many at least.
    pub least: u64,
    /// Of which devices.
    pub scope: Scope,
    /// From which day on.
    pub from: Option<Date>,
}

/// Which devices are counted: all that have every property that is stated.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Scope {
    /// Their role.
    pub role: Option<String>,
    /// A function that they carry.
    pub function: Option<String>,
    /// The region of their site.
    pub region: Option<String>,
}

impl Scope {
    /// In words.
    pub fn words(&self) -> String {
        let part = |word: &str, value: &Option<String>| value.as_ref().map(|value| format!("{word} {value}"));
        let parts =
            [part("role", &self.role), part("function", &self.function), part("region", &self.region)];
        let told: Vec<String> = parts.into_iter().flatten().collect();
        if told.is_empty() { "all devices".to_owned() } else { told.join(", ") }
    }
}

/// What the network has, for names in the options to be held against.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Regions of its sites.
    pub regions: BTreeSet<String>,
    /// Roles of its devices.
    pub roles: BTreeSet<String>,
    /// Functions on them.
    pub functions: BTreeSet<String>,
    /// Their products.
    pub products: BTreeSet<String>,
    /// Who makes them.
    pub vendors: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    work: Work,
    #[serde(default)]
    candidate: Vec<CandidateToml>,
    #[serde(default)]
    crew: Vec<Crew>,
    #[serde(default)]
    capacity: Vec<Capacity>,
    #[serde(default)]
    budget: Budget,
    #[serde(default)]
    cap: Vec<CapToml>,
    #[serde(default)]
    suppliers: Vec<SuppliersToml>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Work {
    period_months: Option<Spanned<i64>>,
    slots: Option<Spanned<i64>>,
    crew_day: Option<Spanned<i64>>,
    risk: Option<Spanned<f64>>,
    overdue_by: Option<Spanned<String>>,
    together: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CandidateToml {
    product: Spanned<String>,
    vendor: Spanned<String>,
    platform: Option<String>,
    #[serde(default)]
    roles: Vec<Spanned<String>>,
    #[serde(default)]
    functions: Vec<Spanned<String>>,
    #[serde(default)]
    replaces: Vec<Spanned<String>>,
    price: Spanned<i64>,
    crew_days: Option<Spanned<f64>>,
    lead_days: Option<Spanned<i64>>,
    support_end: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Crew {
    region: Spanned<String>,
    days: Spanned<Amount>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Capacity {
    vendor: Spanned<String>,
    devices: Spanned<Amount>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Budget {
    total: Option<Spanned<f64>>,
    period: Option<Spanned<Amount>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CapToml {
    vendor: Spanned<String>,
    share: Spanned<f64>,
    of: Option<Spanned<Scope>>,
    from: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuppliersToml {
    least: Spanned<i64>,
    of: Option<Spanned<Scope>>,
    from: Option<Spanned<String>>,
}

/// The same in each whole period, or one number a period.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a number for each whole period, or a list with one for each period")]
enum Amount {
    Same(f64),
    Each(Vec<f64>),
}

/// Crew-days of a replacement that states none.
pub const CREW_DAYS_TENTHS: u64 = 10;
/// Jobs that must not be done at once, one after the other in one period, where no file says another number: a week each.
pub const SLOTS: u64 = 26;

impl Options {
    /// Reads the options; the periods are laid out by a function of their length.
    pub fn parse(
        file: &str,
        text: &str,
        known: &Known,
        from: Date,
        by: Date,
        periods: impl Fn(Option<u8>) -> Vec<Period>,
    ) -> Result<Self, Mistake> {
        let place = (file, text);
        let raw: File = toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            Mistake::at(
                place,
                span,
                error.message().to_owned(),
                "`banbury plan CASE --options-template` prints a file with every key",
            )
        })?;
        let reader = Reader { place, known, from, by };
        let period_months = match &raw.work.period_months {
            Some(months) => Some(
                u8::try_from(*months.get_ref()).ok().filter(|months| (1..=12).contains(months)).ok_or_else(
                    || {
                        reader.fault(
                            months.span(),
                            "a period has 1 to 12 months",
                            "write a number from 1 to 12",
                        )
                    },
                )?,
            ),
            None => None,
        };
        let periods = periods(period_months);
        let mut options = Self {
            period_months,
            slots: reader.count(raw.work.slots.as_ref(), SLOTS, 1)?,
            crew_day: reader.count(raw.work.crew_day.as_ref(), 0, 0)?,
            overdue_by: reader.day(raw.work.overdue_by.as_ref())?,
            ..Self::default()
        };
        if let Some(risk) = &raw.work.risk {
            options.risk = reader.positive(risk, true)?;
        }
        for function in &raw.work.together {
            options.together.push(reader.name("function", function, &known.functions)?);
        }
        for candidate in &raw.candidate {
            options.candidates.push(reader.candidate(candidate)?);
        }
        reader.twins(&raw.candidate)?;
        for crew in &raw.crew {
            let region = reader.name("region", &crew.region, &known.regions)?;
            let days = reader.amounts(&crew.days, &periods)?;
            if options.crews.insert(region.clone(), days).is_some() {
                return Err(reader.fault(
                    crew.region.span(),
                    format!("the crews of {region:?} stand twice"),
                    "state each region once",
                ));
            }
        }
        for capacity in &raw.capacity {
            let vendor = reader.vendor(&capacity.vendor, &options.candidates)?;
            let devices = reader.amounts(&capacity.devices, &periods)?;
            if options.capacity.insert(vendor.clone(), devices).is_some() {
                return Err(reader.fault(
                    capacity.vendor.span(),
                    format!("the capacity of {vendor:?} stands twice"),
                    "state each vendor once",
                ));
            }
        }
        if let Some(total) = &raw.budget.total {
            options.budget_total = Some(reader.money(total)?);
        }
        if let Some(period) = &raw.budget.period {
            let amounts = reader.amounts(period, &periods)?;
            if amounts.iter().all(|amount| *amount == 0.0) {
                return Err(reader.no_money(period.span()));
            }
            options.budget = Some(amounts);
        }
        for cap in &raw.cap {
            options.caps.push(Cap {
                vendor: reader.vendor(&cap.vendor, &options.candidates)?,
                share: reader.share(&cap.share)?,
                scope: reader.scope(cap.of.as_ref())?,
                from: reader.day(cap.from.as_ref())?,
            });
        }
        for suppliers in &raw.suppliers {
            options.suppliers.push(Suppliers {
                least: reader.count(Some(&suppliers.least), 1, 1)?,
                scope: reader.scope(suppliers.of.as_ref())?,
                from: reader.day(suppliers.from.as_ref())?,
            });
        }
        reader.contradictions(&raw, &options)?;
        Ok(options)
    }
}

struct Reader<'a> {
    place: (&'a str, &'a str),
    known: &'a Known,
    from: Date,
    by: Date,
}

impl Reader<'_> {
    fn fault(&self, span: Range<usize>, cause: impl Into<String>, remedy: impl Into<String>) -> Mistake {
        Mistake::at(self.place, span, cause, remedy)
    }

    fn no_money(&self, span: Range<usize>) -> Mistake {
        self.fault(
            span,
            "a budget of zero buys nothing",
            "leave the key out where money is no bound, or state how much there is",
        )
    }

    fn count(&self, given: Option<&Spanned<i64>>, default: u64, least: u64) -> Result<u64, Mistake> {
        let Some(given) = given else { return Ok(default) };
        u64::try_from(*given.get_ref()).ok().filter(|count| *count >= least && *count < 1 << 50).ok_or_else(
            || {
                self.fault(
                    given.span(),
                    format!("{} is no number that can stand here", given.get_ref()),
                    format!("write a whole number from {least} on, below 2^50 (about 10^15)"),
                )
            },
        )
    }

    fn positive(&self, given: &Spanned<f64>, zero: bool) -> Result<f64, Mistake> {
        let value = *given.get_ref();
        if value.is_finite() && value < 1e15 && (value > 0.0 || (zero && value == 0.0)) {
            return Ok(value);
        }
        // A large number would fill the line with zeros.
        let shown = if value.abs() < 1e15 { value.to_string() } else { format!("{value:e}") };
        let least = if zero { "a number that is not negative" } else { "a number above zero" };
        Err(self.fault(
            given.span(),
            format!("{shown} cannot stand here"),
            format!("write {least}, below 10^15"),
        ))
    }

    fn money(&self, given: &Spanned<f64>) -> Result<f64, Mistake> {
        if *given.get_ref() == 0.0 {
            return Err(self.no_money(given.span()));
        }
        self.positive(given, false)
    }

    fn share(&self, given: &Spanned<f64>) -> Result<f64, Mistake> {
        let value = *given.get_ref();
        if (0.0..=1.0).contains(&value) {
            return Ok(value);
        }
        Err(self.fault(
            given.span(),
            format!("{value} is no share"),
            "write a number from 0 to 1, such as 0.35 for 35 %",
        ))
    }

    fn day(&self, given: Option<&Spanned<String>>) -> Result<Option<Date>, Mistake> {
        let Some(given) = given else { return Ok(None) };
        let day: Date = given.get_ref().parse().map_err(|_| {
            self.fault(given.span(), format!("{:?} is no day", given.get_ref()), "write it as \"YYYY-MM-DD\"")
        })?;
        if day < self.from {
            return Err(self.fault(
                given.span(),
                format!("{day} is past: the plan begins on {}", self.from),
                "name a day of the plan; what has to hold from its beginning on needs none",
            ));
        }
        if day > self.by {
            return Err(self.fault(
                given.span(),
                format!("{day} is after the plan's last day, {}", self.by),
                "name a day of the plan, or plan further with --by",
            ));
        }
        Ok(Some(day))
    }

    fn name(&self, what: &str, given: &Spanned<String>, known: &BTreeSet<String>) -> Result<String, Mistake> {
        let name = given.get_ref().trim();
        // A name is found as it stands, else without regard to case.
        if let Some(found) =
            known.get(name).or_else(|| known.iter().find(|one| one.to_lowercase() == name.to_lowercase()))
        {
            return Ok(found.clone());
        }
        let hint = banbury_regime::near::hint(&format!("{what}s"), name, known.iter().map(String::as_str));
        Err(self.fault(given.span(), format!("the network has no {what} {name:?}"), hint))
    }

    fn vendor(&self, given: &Spanned<String>, candidates: &[Candidate]) -> Result<String, Mistake> {
        let mut known = self.known.vendors.clone();
        known.extend(candidates.iter().map(|candidate| candidate.vendor.clone()));
        self.name("vendor", given, &known)
    }

    fn scope(&self, given: Option<&Spanned<Scope>>) -> Result<Scope, Mistake> {
        let Some(given) = given else { return Ok(Scope::default()) };
        let one = |what: &str, name: &Option<String>, known: &BTreeSet<String>| {
            let name = name.as_ref().map(|name| Spanned::new(given.span(), name.clone()));
            name.map(|name| self.name(what, &name, known)).transpose()
        };
        let scope = given.get_ref();
        Ok(Scope {
            role: one("role", &scope.role, &self.known.roles)?,
            function: one("function", &scope.function, &self.known.functions)?,
            region: one("region", &scope.region, &self.known.regions)?,
        })
    }

    fn amounts(&self, given: &Spanned<Amount>, periods: &[Period]) -> Result<Vec<f64>, Mistake> {
        let check = |value: f64| self.positive(&Spanned::new(given.span(), value), true);
        match given.get_ref() {
            Amount::Same(value) => {
                let value = check(*value)?;
                // Of a part of a period a part.
                Ok(periods
                    .iter()
                    .map(|period| (value * f64::from(period.days()) / f64::from(period.whole)).floor())
                    .collect())
            }
            Amount::Each(values) if values.len() == periods.len() => {
                values.iter().map(|value| check(*value)).collect()
            }
            Amount::Each(values) => Err(self.fault(
                given.span(),
                format!("{} numbers, but the plan has {} periods", values.len(), periods.len()),
                "write one number for each period, or one number alone for each whole period",
            )),
        }
    }

    fn candidate(&self, given: &CandidateToml) -> Result<Candidate, Mistake> {
        let (product, vendor) = (given.product.get_ref().trim(), given.vendor.get_ref().trim());
        for (name, what) in [(&given.product, "product"), (&given.vendor, "vendor")] {
            if name.get_ref().trim().is_empty() {
                return Err(self.fault(name.span(), format!("the {what} has no name"), "name it"));
            }
        }
        if given.roles.is_empty() && given.functions.is_empty() && given.replaces.is_empty() {
            return Err(self.fault(
                given.product.span(),
                format!("nothing says what {product:?} can replace"),
                "name `roles`, `functions` or products in `replaces`",
            ));
        }
        let names = |what: &str, list: &[Spanned<String>], known: &BTreeSet<String>| {
            list.iter().map(|name| self.name(what, name, known)).collect::<Result<Vec<_>, _>>()
        };
        let price = u64::try_from(*given.price.get_ref())
            .ok()
            .filter(|price| *price <= 1_000_000_000_000)
            .ok_or_else(|| {
                self.fault(
                    given.price.span(),
                    format!("a price of {}", given.price.get_ref()),
                    "write what one costs, in whole units of the case's currency, not negative and up to 10^12",
                )
            })?;
        let tenths = match &given.crew_days {
            None => CREW_DAYS_TENTHS,
            Some(days) => {
                let value = self.positive(days, true)?;
                if (value * 10.0).fract().abs() > 1e-9 || value > 10_000.0 {
                    return Err(self.fault(
                        days.span(),
                        format!("{value} crew-days"),
                        "write crew-days with at most one decimal, 10,000 at most",
                    ));
                }
                (value * 10.0).round() as u64
            }
        };
        let lead = self.count(given.lead_days.as_ref(), 0, 0)?;
        let support_end = match &given.support_end {
            None => None,
            Some(day) => {
                let end = day.get_ref().parse::<Date>().map_err(|_| {
                    self.fault(
                        day.span(),
                        format!("{:?} is no day", day.get_ref()),
                        "write it as \"YYYY-MM-DD\"",
                    )
                })?;
                if end < self.from {
                    return Err(self.fault(
                        day.span(),
                        format!(
                            "the support of {product:?} ended on {end}, before the plan begins on {}",
                            self.from
                        ),
                        "correct the day, or leave the candidate out",
                    ));
                }
                Some(end)
            }
        };
        Ok(Candidate {
            product: product.to_owned(),
            vendor: vendor.to_owned(),
            platform: given.platform.clone(),
            roles: names("role", &given.roles, &self.known.roles)?,
            functions: names("function", &given.functions, &self.known.functions)?,
            replaces: names("product", &given.replaces, &self.known.products)?,
            price,
            tenths,
            lead_days: u32::try_from(lead).unwrap_or(u32::MAX),
            support_end,
        })
    }

    fn twins(&self, candidates: &[CandidateToml]) -> Result<(), Mistake> {
        let mut seen = BTreeSet::new();
        for one in candidates {
            let list = |list: &[Spanned<String>]| -> Vec<String> {
                list.iter().map(|name| name.get_ref().clone()).collect()
            };
            let key = (
                one.vendor.get_ref().clone(),
                one.product.get_ref().clone(),
                list(&one.roles),
                list(&one.functions),
                list(&one.replaces),
            );
            if !seen.insert(key) {
                return Err(self.fault(
                    one.product.span(),
                    format!("the candidate {:?} stands twice for the same devices", one.product.get_ref()),
                    "take one of them out",
                ));
            }
        }
        Ok(())
    }

    /// Options that no plan can keep together, whatever the network.
    fn contradictions(&self, raw: &File, options: &Options) -> Result<(), Mistake> {
        for (given, cap) in raw.cap.iter().zip(&options.caps) {
            let twin = options.caps.iter().find(|other| {
                other.vendor == cap.vendor
                    && other.scope == cap.scope
                    && other.from == cap.from
                    && other.share != cap.share
            });
            if let Some(other) = twin {
                return Err(self.fault(
                    given.share.span(),
                    format!(
                        "{} may have {} and {} of {} from the same day on",
                        cap.vendor,
                        cap.share,
                        other.share,
                        cap.scope.words()
                    ),
                    "keep the one that is meant",
                ));
            }
        }
        let mut vendors: BTreeSet<&str> = self.known.vendors.iter().map(String::as_str).collect();
        vendors.extend(options.candidates.iter().map(|candidate| candidate.vendor.as_str()));
        for (given, asked) in raw.suppliers.iter().zip(&options.suppliers) {
            if asked.least > vendors.len() as u64 {
                return Err(self.fault(
                    given.least.span(),
                    format!(
                        "{} suppliers, but the network and the candidates know {}",
                        asked.least,
                        vendors.len()
                    ),
                    "ask for fewer, or add candidates of other vendors",
                ));
            }
        }
        if let (Some(total), Some(periods)) = (options.budget_total, &options.budget)
            && let Some(largest) = periods.iter().copied().max_by(f64::total_cmp)
            && largest > total
            && let Some(given) = &raw.budget.period
        {
            return Err(self.fault(
                given.span(),
                format!("{largest} in one period, but {total} in all"),
                "raise the total, or lower the budget of a period",
            ));
        }
        Ok(())
    }
}
