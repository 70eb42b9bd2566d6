//! The file-level probes. To add one: a file here, and a line in [`PROBES`].

mod accounts;
mod applets;
mod artefacts;
mod banner;
mod certificates;
mod component;
mod copying;
mod credentials;
mod der;
mod device_tree;
mod elf_identity;
mod gates;
#[cfg(test)]
mod golden;

mod hardening;
mod kernel;
mod keys;
mod languages;
mod libc;
mod listeners;
mod out_of_place;
mod package_traces;
mod packages;
mod packed;
mod pem;
pub mod profile;
mod programs;
mod remote;
mod roles;
mod rpm;
mod services;
mod shell;
mod statements;
mod text;
mod toolchain;
mod versions;
mod web;

pub(crate) use component::Product;

use crate::probe::Probe;
use banbury_evidence::{CodeInfo, Grade};

/// Every probe, in the order of the report.
pub const PROBES: &[&dyn Probe] = &[
    &packages::Packages,
    &package_traces::PackageTraces,
    &rpm::Rpm,
    &versions::Versions,
    &kernel::Kernel,
    &libc::CLibrary,
    &elf_identity::ElfIdentity,
    &programs::Programs,
    &toolchain::Toolchain,
    &languages::Languages,
    &applets::Applets,
    &device_tree::Boards,
    &banner::Banner,
    &statements::Statements,
    &accounts::Accounts,
    &keys::Keys,
    &certificates::Certificates,
    &services::Services,
    &hardening::Hardening,
    &copying::Copying,
    &gates::Gates,
    &credentials::FixedCredentials,
    &remote::RemoteManagement,
    &web::WebPaths,
    &artefacts::KnownArtefacts,
    &roles::Roles,
    &listeners::Listeners,
    &out_of_place::OutOfPlace,
    &packed::Packed,
];

/// The code of a component, whichever way it was found.
pub(crate) const COMPONENT: CodeInfo = CodeInfo {
    code: "component",
    title: "A software component",
    grade: Grade::Info,
    meaning: "The image holds this software in this version, by the word of the named method: a package database, or \
              a text that the software itself carries.",
    remedy: "Compare with the supplier's bill of materials, and with the known vulnerabilities of the version.",
    cwe: &[],
};
