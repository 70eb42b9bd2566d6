//! What somebody states of software: bills of materials and statements on vulnerabilities.
//!
//! A statement is evidence of what was stated, by whom, and of nothing else: that a bill lists a component does not put
//! it into the image. Each form is one file and one line in [`FORMS`]. A document that is not whole (JSON that breaks
//! off) is a statement of nothing with its problem; in a whole document a record that makes no sense is a problem with
//! its place, and the others are read.

mod csaf;
mod cyclonedx;
mod json;
mod openvex;
mod package_url;
mod spdx;
mod spdx_tags;
#[cfg(test)]
mod tests;

use json::Json;

/// Every form, in the order in which a document is tried.
pub const FORMS: &[&Form] = &[&cyclonedx::FORM, &spdx::FORM, &spdx_tags::FORM, &openvex::FORM, &csaf::FORM];

/// The largest document that is read, in bytes.
pub const LARGEST: usize = 64 << 20;

/// What is looked at of a larger one to tell that it is one.
const HEAD: usize = 64 << 10;

/// Products that one document is about, at most; further ones are in its statements all the same.
const ABOUT: usize = 100;

/// Characters of one text that are kept.
const TEXT: usize = 2048;

/// Problems of one document that are told one by one; the rest are counted in the last.
const PROBLEMS: usize = 100;

/// A form of statement: the row of `banbury formats`, and its reader.
#[derive(Debug)]
pub struct Form {
    /// Short name, unique, lower case.
    pub name: &'static str,
    /// Full name.
    pub title: &'static str,
    /// What the reader takes from it.
    pub yields: &'static str,
    /// What the reader does not read; never empty.
    pub limits: &'static [&'static str],
    /// The specification it was written from.
    pub source: &'static str,
    /// A text that every document of the form holds.
    mark: &'static str,
    read: Read,
}

#[derive(Debug)]
enum Read {
    /// Reads a JSON document; `false` when it is of another form.
    Json(fn(&Json, &mut Statement) -> bool),
    /// Reads a text; `false` when it is of another form.
    Text(fn(&str, &mut Statement) -> bool),
}

/// What a document states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statement {
    /// The form's name.
    pub form: &'static str,
    /// The version of the form that the document names.
    pub version: Option<String>,
    /// The document's own identifier.
    pub id: Option<String>,
    /// Who states it, by the document's own word.
    pub author: Option<String>,
    /// When, by the document's own word.
    pub made: Option<String>,
    /// Whether the list of components is declared complete, or incomplete.
    pub complete: Option<bool>,
    /// What the document is about: the image, the product.
    pub about: Vec<Component>,
    /// The components that it lists.
    pub components: Vec<Component>,
    /// What it says of vulnerabilities.
    pub vulnerabilities: Vec<Status>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
}

/// A component as it is stated.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Component {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Option<String>,
    /// Its package URL.
    pub purl: Option<String>,
    /// Its CPE name.
    pub cpe: Option<String>,
    /// Who supplies it.
    pub supplier: Option<String>,
    /// Its licence, as it is written.
    pub licence: Option<String>,
    /// SHA-256 digests, in lower case.
    pub sha256: Vec<String>,
}

/// What is stated of one vulnerability in one component.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Status {
    /// The vulnerability's identifier.
    pub vulnerability: String,
    /// Whether the component is affected.
    pub state: State,
    /// Why it is not affected, in the form's own word.
    pub justification: Option<String>,
    /// Further words: the impact, what to do.
    pub detail: Option<String>,
    /// The component.
    pub component: Component,
    /// The product that the component is part of, where it is stated.
    pub product: Option<Component>,
}

/// Whether a component is affected, by somebody's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It is affected.
    Affected,
    /// It is not affected.
    NotAffected,
    /// It was, and is no longer.
    Fixed,
    /// It is being looked into.
    UnderInvestigation,
    /// The vulnerability is listed without a word on whether it applies.
    NotStated,
}

impl State {
    /// The word used in claims and in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::NotAffected => "not-affected",
            Self::Fixed => "fixed",
            Self::UnderInvestigation => "under-investigation",
            Self::NotStated => "not-stated",
        }
    }
}

/// Something that is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where: a JSON pointer, or a line.
    pub place: String,
    /// The offset in bytes, where it is known.
    pub offset: Option<u64>,
    /// What.
    pub what: String,
}

/// Reads a statement; `None` when the bytes are of none of the forms.
pub fn read(bytes: &[u8]) -> Option<Statement> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = *bytes.iter().find(|byte| !byte.is_ascii_whitespace())?;
    let object = first == b'{';
    if bytes.len() > LARGEST || !(object || first == b'#' || first == b'S') {
        return None;
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // A text that stops being text: what stands before may still tell what it was to be.
        Err(error) => std::str::from_utf8(bytes.get(..error.valid_up_to())?).ok()?,
    };
    let forms: Vec<&Form> = FORMS.iter().copied().filter(|form| text.contains(form.mark)).collect();
    if !object {
        return forms.into_iter().find_map(|form| {
            let Read::Text(read) = form.read else { return None };
            let mut statement = Statement { form: form.name, ..Statement::default() };
            read(text, &mut statement).then(|| statement.finished())
        });
    }
    let forms: Vec<&Form> = forms.into_iter().filter(|form| matches!(form.read, Read::Json(_))).collect();
    let likely = *forms.first()?;
    let (tree, problems) = match json::parse(bytes) {
        Ok(parsed) => parsed,
        Err(problem) => {
            return Some(Statement { form: likely.name, problems: vec![problem], ..Statement::default() });
        }
    };
    forms.into_iter().find_map(|form| {
        let Read::Json(read) = form.read else { return None };
        let mut statement = Statement { form: form.name, problems: problems.clone(), ..Statement::default() };
        read(&tree, &mut statement).then(|| statement.finished())
    })
}

/// The form that a document which starts like this looks like: a guess by its mark, for lists.
pub fn looks_like(bytes: &[u8]) -> Option<&'static Form> {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(head.get(..error.valid_up_to())?).ok()?,
    };
    let json = text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']).starts_with('{');
    FORMS.iter().copied().find(|form| matches!(form.read, Read::Json(_)) == json && text.contains(form.mark))
}

/// Whether the bytes look like a statement and are more than is read of one.
pub fn is_too_large(bytes: &[u8]) -> bool {
    bytes.len() > LARGEST && looks_like(bytes).is_some()
}

/// The form called `name`.
pub fn form(name: &str) -> Option<&'static Form> {
    FORMS.iter().copied().find(|form| form.name == name)
}

impl Statement {
    /// Whether nothing could be read of the document.
    pub fn is_broken(&self) -> bool {
        self.version.is_none()
            && self.components.is_empty()
            && self.vulnerabilities.is_empty()
            && !self.problems.is_empty()
    }

    fn problem(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.problems.push(Problem { place: place.into(), offset: None, what: what.into() });
    }

    /// Adds what the document is about, each once.
    fn is_about(&mut self, component: &Component) {
        if component.is_named() && self.about.len() < ABOUT && !self.about.contains(component) {
            self.about.push(component.clone());
        }
    }

    /// Adds a component; one without a name is a problem.
    fn component(&mut self, place: impl Fn() -> String, component: Component) {
        if component.is_named() {
            self.components.push(component);
        } else {
            self.problem(place(), "a component without a name");
        }
    }

    /// In an order of its own, each statement once; problems up to a bound.
    fn finished(mut self) -> Self {
        self.components.sort();
        self.components.dedup();
        self.vulnerabilities.sort();
        self.vulnerabilities.dedup();
        let more = self.problems.len().saturating_sub(PROBLEMS);
        self.problems.truncate(PROBLEMS);
        if more > 0 {
            self.problem("", format!("{more} further problems"));
        }
        self
    }
}

impl Component {
    fn is_named(&self) -> bool {
        !self.name.is_empty()
    }

    /// A component that is known by its package URL alone.
    fn of_purl(purl: &str) -> Self {
        let mut component = Self { purl: Some(cut(purl)), ..Self::default() };
        component.complete();
        component
    }

    /// Takes a name and version that are not stated from the package URL or the CPE name.
    fn complete(&mut self) {
        if let Some((name, version)) = self.purl.as_deref().and_then(package_url::name_and_version) {
            if self.name.is_empty() {
                self.name = cut(&name);
            }
            self.version = self.version.take().or(version.as_deref().map(cut));
        }
        if self.name.is_empty()
            && let Some(product) = self.cpe.as_deref().and_then(cpe_product)
        {
            self.name = product;
        }
    }
}

/// The product of a CPE name in either binding.
fn cpe_product(cpe: &str) -> Option<String> {
    let rest = cpe.strip_prefix("cpe:2.3:").or_else(|| cpe.strip_prefix("cpe:/"))?;
    let product = rest.split(':').nth(2)?.replace('\\', "");
    (!product.is_empty() && product != "*").then(|| cut(&product))
}

/// A text, cut where it is too long to keep, with an ellipsis then.
fn cut(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(TEXT) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A SHA-256 digest in lower case, when the text is one.
fn sha256(text: &str) -> Option<String> {
    let text = text.trim();
    (text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| text.to_ascii_lowercase())
}
