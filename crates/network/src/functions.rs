//! The standard names of network functions, with what they do and where they are defined.
//!
//! A function is written in capitals with hyphens, as in `GNB-DU`. [`standard`] maps case, spaces, underscores and the
//! other names in use. A name that is not here is kept as it is and told as a warning: measures look for these names.
//! Control-plane and user-plane halves (`SGW-C`, `GNB-CU-UP`) are mapped to the function they are halves of.

/// A function that standards or common practice name.
#[derive(Debug)]
pub struct StandardFunction {
    /// The name in capitals.
    pub name: &'static str,
    /// Other names for it.
    pub others: &'static [&'static str],
    /// What it does.
    pub meaning: &'static str,
    /// Where it is defined.
    pub source: &'static str,
}

/// A name as it stands in the model, and whether it is a standard one.
pub fn standard(name: &str) -> (String, bool) {
    let mut plain = String::new();
    for letter in name.trim().chars().flat_map(char::to_uppercase) {
        let letter = if letter == '_' || letter.is_whitespace() { '-' } else { letter };
        if letter != '-' || !plain.ends_with('-') {
            plain.push(letter);
        }
    }
    match find(&plain) {
        Some(function) => (function.name.to_owned(), true),
        None => (plain, false),
    }
}

fn find(name: &str) -> Option<&'static StandardFunction> {
    FUNCTIONS.iter().find(|function| function.name == name || function.others.contains(&name))
}

const fn function(
    name: &'static str,
    others: &'static [&'static str],
    meaning: &'static str,
    source: &'static str,
) -> StandardFunction {
    StandardFunction { name, others, meaning, source }
}

const CORE5: &str = "3GPP TS 23.501";
const CORE4: &str = "3GPP TS 23.401";
const CORE3: &str = "3GPP TS 23.002";
const IMS: &str = "3GPP TS 23.228";
const LI: &str = "3GPP TS 33.127";
const NFV: &str = "ETSI GS NFV 002";
const PRACTICE: &str = "common practice";

/// Every standard function: 5G core, 4G core, older cores, IMS, radio, transport, access, management, interconnect,
/// lawful intercept.
pub const FUNCTIONS: &[StandardFunction] = &[
    function("AMF", &[], "access and mobility management", CORE5),
    function("SMF", &["MB-SMF"], "session management", CORE5),
    function("UPF", &["UPF-U", "MB-UPF", "I-UPF"], "user plane: carries subscribers' traffic", CORE5),
    function("PCF", &[], "policy control", CORE5),
    function("NEF", &[], "exposure of the core to applications", CORE5),
    function("I-NEF", &[], "intermediate exposure function", CORE5),
    function("NRF", &[], "registry of network functions", CORE5),
    function("UDM", &[], "unified data management: subscriptions", CORE5),
    function("UDR", &[], "unified data repository", CORE5),
    function("UDSF", &[], "unstructured data storage", CORE5),
    function("AUSF", &[], "authentication server", CORE5),
    function("NSSF", &[], "selection of network slices", CORE5),
    function("NSSAAF", &[], "authentication and authorisation for slices", CORE5),
    function("NSACF", &[], "admission control for slices", CORE5),
    function("AF", &[], "application function", CORE5),
    function("SMSF", &[], "short messages over the 5G core", CORE5),
    function("5G-EIR", &[], "equipment identity register", CORE5),
    function("LMF", &[], "location management", CORE5),
    function("GMLC", &[], "gateway for location services", "3GPP TS 23.273"),
    function("SEPP", &["C-SEPP", "P-SEPP"], "protects signalling between operators", CORE5),
    function("SCP", &[], "routes signalling between core functions", CORE5),
    function("NWDAF", &[], "network data analytics", CORE5),
    function("DCCF", &[], "collection of analytics data", CORE5),
    function("ADRF", &[], "repository of analytics data", CORE5),
    function("UCMF", &[], "radio capability management", CORE5),
    function("CHF", &[], "charging", "3GPP TS 32.240"),
    function("N3IWF", &[], "access to the core over untrusted networks", CORE5),
    function("TNGF", &[], "access to the core over trusted networks", CORE5),
    function("TWIF", &[], "trusted WLAN interworking", CORE5),
    function("W-AGF", &[], "access to the core over fixed lines", CORE5),
    function("TSCTSF", &[], "time-sensitive communication", CORE5),
    function("EASDF", &[], "discovery of edge application servers", CORE5),
    function("5G-DDNMF", &[], "direct discovery of devices", CORE5),
    function("MME", &[], "mobility management of the 4G core", CORE4),
    function("SGW", &["S-GW", "SGW-C", "SGW-U"], "serving gateway of the 4G core", CORE4),
    function("PGW", &["P-GW", "PDN-GW", "PGW-C", "PGW-U"], "packet gateway of the 4G core", CORE4),
    function("PCRF", &[], "policy and charging rules", "3GPP TS 23.203"),
    function("EPDG", &[], "gateway for untrusted access to the 4G core", "3GPP TS 23.402"),
    function("HSS", &[], "home subscriber server", CORE4),
    function("SCEF", &[], "exposure of the 4G core", "3GPP TS 23.682"),
    function("EIR", &[], "equipment identity register", CORE3),
    function("OCS", &[], "online charging", "3GPP TS 32.240"),
    function("DRA", &["DEA"], "routes Diameter signalling", "GSMA IR.88"),
    function("STP", &[], "routes SS7 signalling", "ITU-T Q.705"),
    function("MSC", &["MSC-S", "MSS", "GMSC"], "mobile switching centre", CORE3),
    function("MGW", &["CS-MGW"], "media gateway", CORE3),
    function("VLR", &[], "visitor location register", CORE3),
    function("HLR", &[], "home location register", CORE3),
    function("AUC", &[], "authentication centre", CORE3),
    function("SGSN", &[], "serving node of the packet core", CORE3),
    function("GGSN", &[], "gateway node of the packet core", CORE3),
    function("SMSC", &["SMS-SC"], "short message centre", CORE3),
    function("P-CSCF", &[], "proxy call session control", IMS),
    function("I-CSCF", &[], "interrogating call session control", IMS),
    function("S-CSCF", &[], "serving call session control", IMS),
    function("E-CSCF", &[], "emergency call session control", IMS),
    function("BGCF", &[], "breakout to other networks", IMS),
    function("MGCF", &[], "control of media gateways", IMS),
    function("IMS-MGW", &["IM-MGW"], "media gateway of the IMS", IMS),
    function("MRF", &["MRFC", "MRFP", "MRB"], "media resources", IMS),
    function("TAS", &["MMTEL-AS"], "telephony application server", IMS),
    function("IBCF", &[], "border control between IMS networks", IMS),
    function("TRGW", &[], "transition gateway at the IMS border", IMS),
    function("SBC", &["A-SBC", "I-SBC"], "session border controller", PRACTICE),
    function("GNB", &["GNODEB", "G-NODEB"], "5G base station", "3GPP TS 38.401"),
    function(
        "GNB-CU",
        &["CU", "O-CU", "GNB-CU-CP", "GNB-CU-UP"],
        "5G base station, central unit",
        "3GPP TS 38.401",
    ),
    function("GNB-DU", &["DU", "O-DU"], "5G base station, distributed unit", "3GPP TS 38.401"),
    function("RU", &["O-RU", "RRU", "RRH", "AAU"], "radio unit", "O-RAN architecture description"),
    function("ENB", &["ENODEB", "E-NODEB", "NG-ENB"], "4G base station", "3GPP TS 36.300"),
    function("NODEB", &["NODE-B", "NB"], "3G base station", CORE3),
    function("RNC", &[], "3G radio network controller", CORE3),
    function("BTS", &[], "2G base station", CORE3),
    function("BSC", &[], "2G base station controller", CORE3),
    function(
        "RIC",
        &["NEAR-RT-RIC", "NON-RT-RIC"],
        "radio intelligent controller",
        "O-RAN architecture description",
    ),
    function(
        "SMO",
        &[],
        "management and orchestration of the radio network",
        "O-RAN architecture description",
    ),
    function("SON", &[], "self-organisation of the radio network", "3GPP TS 32.500"),
    function("SEG", &["SEGW", "SECGW"], "security gateway between radio and core", "3GPP TS 33.210"),
    function("P", &["P-ROUTER", "LSR"], "provider core router", "RFC 4364"),
    function("PE", &["PE-ROUTER", "LER"], "provider edge router", "RFC 4364"),
    function("RR", &["ROUTE-REFLECTOR"], "route reflector", "RFC 4456"),
    function("TRANSPORT", &[], "carries traffic between sites, no layer named", PRACTICE),
    function("DWDM", &["ROADM", "WDM", "OTN"], "optical transport", "ITU-T G.694.1"),
    function("MW", &["MICROWAVE"], "microwave link", PRACTICE),
    function("SYNC", &["PTP-GM", "GRANDMASTER"], "time and frequency", "ITU-T G.8275"),
    function("OLT", &[], "optical line terminal", "ITU-T G.984.1"),
    function("ONT", &["ONU"], "optical network terminal", "ITU-T G.984.1"),
    function("DSLAM", &["MSAN"], "access multiplexer for copper lines", "ITU-T G.991.2"),
    function("BNG", &["BRAS"], "broadband network gateway", "BBF TR-101"),
    function("CPE", &["RGW", "RESIDENTIAL-GATEWAY"], "equipment at the customer", "BBF TR-069"),
    function("CGNAT", &["CGN"], "address translation for many subscribers", "RFC 6888"),
    function("FIREWALL", &["FW"], "separates networks", PRACTICE),
    function("IDS", &["IPS"], "detects intrusion", PRACTICE),
    function("DDOS", &["SCRUBBER"], "withstands floods of traffic", PRACTICE),
    function("HSM", &[], "keeps keys", PRACTICE),
    function("DNS", &[], "names to addresses", "RFC 1034"),
    function("OSS", &[], "operations support", PRACTICE),
    function("BSS", &[], "business support: customers and billing", PRACTICE),
    function("NMS", &[], "network management", "ITU-T M.3010"),
    function("EMS", &["EM"], "management of one vendor's equipment", "ITU-T M.3010"),
    function("ACS", &[], "configuration of customers' equipment", "BBF TR-069"),
    function("AAA", &["RADIUS", "TACACS"], "authentication, authorisation, accounting", "RFC 2903"),
    function("LDAP", &[], "directory of accounts", "RFC 4511"),
    function("SIEM", &[], "judges logs and events", PRACTICE),
    function("LOGGING", &["SYSLOG"], "collects logs", "RFC 5424"),
    function("TELEMETRY", &[], "collects measurements", "RFC 9232"),
    function("INVENTORY", &[], "record of what there is", "ITU-T M.3010"),
    function("PROVISIONING", &[], "sets up services", "ITU-T M.3010"),
    function("PROBE", &["MONITORING"], "monitoring of traffic", PRACTICE),
    function("PKI", &["CA"], "certificates", "RFC 5280"),
    function("MANO", &[], "management and orchestration", NFV),
    function("NFVO", &[], "orchestrator", NFV),
    function("VNFM", &[], "manager of virtual functions", NFV),
    function("VIM", &[], "manager of virtual infrastructure", NFV),
    function("NFVI", &["HYPERVISOR"], "virtualisation infrastructure", NFV),
    function(
        "SDN-CONTROLLER",
        &["SDNC", "SDN-C"],
        "controls forwarding from a central place",
        "ITU-T Y.3300",
    ),
    function("ORCHESTRATOR", &[], "orchestrator of any kind", PRACTICE),
    function("CAAS", &["KUBERNETES"], "container platform", PRACTICE),
    function("PAW", &["SAW"], "privileged access workstation", "NCSC secure system administration"),
    function("JUMP-HOST", &["BASTION", "JUMPHOST", "JUMP-SERVER"], "the way in for administrators", PRACTICE),
    function(
        "IGW",
        &["INTERNET-GATEWAY", "ASBR", "PEERING"],
        "gateway to the internet and to peers",
        PRACTICE,
    ),
    function("IPX", &["GRX"], "exchange between mobile operators", "GSMA IR.34"),
    function("ADMF", &["LI-ADMF"], "administers lawful intercept", LI),
    function("LIPF", &["LI-LIPF"], "provisions lawful intercept", LI),
    function("LI-MDF", &["MDF", "LI-MF"], "mediates and delivers intercepted data", LI),
    function("MDF2", &["LI-MDF2"], "mediates and delivers intercept-related information", LI),
    function("MDF3", &["LI-MDF3"], "mediates and delivers the content of communication", LI),
    function("LICF", &[], "controls lawful intercept", LI),
    function("POI", &["LI-POI"], "point of interception", LI),
    function("LI-TF", &["TF"], "triggers a point of interception", LI),
    function("LI", &["LIG"], "lawful intercept, no part named", PRACTICE),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_name_means_one_function_and_is_written_as_it_is_looked_up() {
        let mut seen = BTreeSet::new();
        for function in FUNCTIONS {
            assert!(!function.meaning.is_empty() && !function.source.is_empty(), "{}", function.name);
            for name in std::iter::once(&function.name).chain(function.others) {
                assert!(seen.insert(*name), "{name} stands twice");
                assert_eq!(standard(name), (function.name.to_owned(), true));
            }
        }
    }

    #[test]
    fn spellings_in_use_are_mapped_and_unknown_names_kept() {
        assert_eq!(standard("gNodeB").0, "GNB");
        assert_eq!(standard(" gnb_du ").0, "GNB-DU");
        assert_eq!(standard("Jump Host").0, "JUMP-HOST");
        assert_eq!(standard("quantum thing"), ("QUANTUM-THING".to_owned(), false));
    }
}
