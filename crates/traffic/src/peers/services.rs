//! The services by which equipment is managed, by port or by what the record says of the connection.
//!
//! Misses: services on ports of one's own that no reader recognises. Source: the IANA registry of service names and port numbers; RFC 4251,
//! 854, 6242, 7589, 3417, 959, 1350; Broadband Forum TR-069.

/// A service by which equipment is managed.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// Its name, as claims have it.
    pub name: &'static str,
    /// IP protocol number.
    pub protocol: u8,
    /// Its ports.
    pub ports: &'static [u16],
    /// What readers call it.
    pub called: &'static [&'static str],
    /// Whether what is said over it can be read on the way, names and passwords with it.
    pub is_clear: bool,
    /// Whether a port alone says so little (HTTP, HTTPS) that only connections from outside count as sessions.
    pub is_common: bool,
}

const TCP: u8 = 6;
const UDP: u8 = 17;

const fn service(
    name: &'static str,
    protocol: u8,
    ports: &'static [u16],
    called: &'static [&'static str],
) -> Service {
    Service { name, protocol, ports, called, is_clear: false, is_common: false }
}

const fn clear(
    name: &'static str,
    protocol: u8,
    ports: &'static [u16],
    called: &'static [&'static str],
) -> Service {
    Service { is_clear: true, ..service(name, protocol, ports, called) }
}

/// Every such service.
pub static SERVICES: &[Service] = &[
    service("ssh", TCP, &[22, 2222], &["ssh"]),
    clear("telnet", TCP, &[23, 2323], &["telnet"]),
    service("netconf", TCP, &[830, 6513], &["netconf"]),
    service("gnmi", TCP, &[9339], &["gnmi"]),
    Service { is_common: true, ..service("https", TCP, &[443, 8443], &["ssl", "tls", "https"]) },
    Service { is_common: true, ..clear("http", TCP, &[80, 8080], &["http"]) },
    service("rdp", TCP, &[3389], &["rdp"]),
    clear("vnc", TCP, &[5900, 5901], &["vnc", "rfb"]),
    clear("tr-069", TCP, &[7547], &["tr-069", "cwmp"]),
    service("ipmi", UDP, &[623], &["ipmi"]),
    service("snmp", UDP, &[161], &["snmp"]),
    clear("ftp", TCP, &[21], &["ftp"]),
    clear("tftp", UDP, &[69], &["tftp"]),
    clear("rlogin", TCP, &[513], &["rlogin"]),
    clear("rsh", TCP, &[514], &["rsh"]),
    service("winrm", TCP, &[5986], &["winrm"]),
    clear("winrm-http", TCP, &[5985], &[]),
];

/// The service of a connection: what the record calls it, else what its port is for.
pub fn of(protocol: u8, port: Option<u16>, called: Option<&str>) -> Option<&'static Service> {
    let by_name = called.and_then(|called| {
        called.split(',').find_map(|called| {
            SERVICES
                .iter()
                .find(|service| service.called.iter().any(|name| name.eq_ignore_ascii_case(called.trim())))
        })
    });
    by_name.or_else(|| {
        let port = port?;
        SERVICES.iter().find(|service| service.protocol == protocol && service.ports.contains(&port))
    })
}
