use crate::CodeInfo;

/// What a probe or a look-up is: its documentation, the row of `banbury probes`.
#[derive(Debug)]
pub struct Description {
    /// Short name, unique, lower case.
    pub name: &'static str,
    /// Version; changes whenever what it finds changes.
    pub version: &'static str,
    /// What it finds.
    pub finds: &'static str,
    /// How it finds it.
    pub how: &'static str,
    /// When it is wrong: its false positives.
    pub wrong: &'static str,
    /// What it misses; never empty.
    pub misses: &'static [&'static str],
    /// The codes of its claims.
    pub codes: &'static [CodeInfo],
    /// The specifications or papers behind it.
    pub source: &'static str,
}
