//! The words of the page, as Banbury uses them.

use maud::{Markup, html};

const WORDS: &[(&str, &str)] = &[
    (
        "account of bytes",
        "Every byte of an image is one of four: known (read as a format), padding (one value repeated), opaque (dense as encrypted or compressed data, in no known format), or unknown. Deepest counts what was unpacked in place of the region that it was unpacked from.",
    ),
    ("as of", "The date by which contracts, designations and certificates are judged."),
    ("case", "One body of work, such as a network: its exhibits, and what was found."),
    (
        "claim",
        "One statement about a subject, made by a run of a probe at a location. Without a weight it is an observation that anyone can check there.",
    ),
    (
        "claim's number",
        "The first digits of a claim's fingerprint: the same for the same code, subject and facts, whoever looks and whenever.",
    ),
    ("component", "A piece of software that an image holds, by name and version."),
    ("decision", "What a person decided about a claim, and why. The claim stays."),
    ("exhibit", "An input of the case, pinned by its SHA-256: an image or a table."),
    (
        "grade",
        "How much a finding matters, by a rule. High: gives access, or the secret that guards it, to anyone who has read the image. Medium: a protection that others rely on is weak or shared. Low: a protection is absent; nothing is opened by that alone. Info: weakens nothing by itself.",
    ),
    ("measure", "One rule of a regime, with its clause."),
    ("probe", "A part of Banbury that looks for one sort of thing."),
    ("regime", "One authority's rules."),
    (
        "run",
        "One execution of a probe: the record that it looked, found or not. Absence counts only where a run looked.",
    ),
    (
        "sensitive",
        "Of a site: named so in the table of sites. Of a device: it carries a core, intercept or management function.",
    ),
    ("single point", "A device or link whose loss cuts others off from the rest of the network."),
    ("subject", "What a claim or verdict is about: a device, a file, a site, the network."),
    ("verdict: met", "The evidence shows that the measure holds."),
    ("verdict: breached", "The evidence shows that it does not."),
    ("verdict: inconclusive", "Evidence that would decide is missing; the reason says which."),
    ("verdict: not applicable", "There is nothing here that the measure speaks of."),
    (
        "weight",
        "For a claim that could be false: ten times the decimal logarithm of the likelihood ratio (decibans, dB), with its interval, as measured on a named corpus.",
    ),
];

pub(super) fn section() -> Markup {
    html! {
        dl.words { @for (word, meaning) in WORDS { div { dt { (word) } dd { (meaning) } } } }
        p.meta {
            "A character that would be invisible, or would reorder the text beside it, is shown by its code point, such as "
            code { "⟨U+202E⟩" } "."
        }
    }
}
