//! Passwords in commands of a shell: which option or word of which program is one.
//!
//! Source: the programs' manuals (chpasswd(8), passwd(1), htpasswd(1), sshpass(1), wget(1), curl(1), mysql(1), openssl-enc(1), useradd(8),
//! smbclient(1), mount.cifs(8), ldapsearch(1), snmpcmd(1), mosquitto_pub(1), unzip(1), ftpget of BusyBox).

use super::super::shell::{Command, is_fixed};

/// A password in a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The program, or the variable that is set.
    pub by: String,
    /// Whose, where that is fixed.
    pub user: Option<Vec<u8>>,
    /// The password, or its hash.
    pub password: Vec<u8>,
}

/// Variables that programs take their passwords from.
const VARIABLES: [&[u8]; 5] =
    [b"SSHPASS", b"PGPASSWORD", b"MYSQL_PWD", b"RSYNC_PASSWORD", b"RESTIC_PASSWORD"];

/// (program, options whose value is a password, options whose value is `user:password` by this separator).
type Row = (&'static str, &'static [&'static str], &'static [(&'static str, u8)]);
const TABLE: &[Row] = &[
    ("sshpass", &["-p"], &[]),
    ("wget", &["--password", "--http-password", "--ftp-password", "--proxy-password", "--http-passwd"], &[]),
    (
        "curl",
        &["--pass", "--proxy-pass"],
        &[("-u", b':'), ("--user", b':'), ("-U", b':'), ("--proxy-user", b':')],
    ),
    ("mysql", &["-p", "--password"], &[]),
    ("mysqldump", &["-p", "--password"], &[]),
    ("mysqladmin", &["-p", "--password"], &[]),
    ("useradd", &["-p", "--password"], &[]),
    ("usermod", &["-p", "--password"], &[]),
    ("ftpget", &["-p", "--password"], &[]),
    ("ftpput", &["-p", "--password"], &[]),
    ("ncftpput", &["-p"], &[]),
    ("ncftpget", &["-p"], &[]),
    ("lftp", &["--password"], &[("-u", b','), ("--user", b',')]),
    ("smbclient", &[], &[("-U", b'%'), ("--user", b'%')]),
    ("ldapsearch", &["-w"], &[]),
    ("ldapmodify", &["-w"], &[]),
    ("snmpset", &["-A", "-X"], &[]),
    ("snmpget", &["-A", "-X"], &[]),
    ("mosquitto_pub", &["-P", "--pw"], &[]),
    ("mosquitto_sub", &["-P", "--pw"], &[]),
    ("unzip", &["-P"], &[]),
    ("zip", &["-P"], &[]),
];

/// The passwords in some commands, each with the number of its command.
pub fn passwords(commands: &[Command]) -> Vec<(usize, Given)> {
    let mut found = Vec::new();
    for (number, command) in commands.iter().enumerate() {
        for (name, value) in &command.set {
            if VARIABLES.contains(&name.as_slice()) && is_fixed(value) {
                found.push((
                    number,
                    Given {
                        by: String::from_utf8_lossy(name).into_owned(),
                        user: None,
                        password: value.clone(),
                    },
                ));
            }
        }
        let name = command.name();
        if name.is_empty() {
            continue;
        }
        let before = number.checked_sub(1).and_then(|before| commands.get(before)).filter(|_| command.piped);
        let mut add = |user: Option<&[u8]>, password: &[u8]| {
            if is_fixed(password) && user.is_none_or(is_fixed) {
                let by = String::from_utf8_lossy(name).into_owned();
                found.push((
                    number,
                    Given { by, user: user.map(<[u8]>::to_vec), password: password.to_vec() },
                ));
            }
        };
        match name {
            b"chpasswd" => {
                for line in fed(command, before).split(|&byte| byte == b'\n') {
                    if let Some((user, password)) = split(line.trim_ascii(), b':') {
                        add(Some(user), password);
                    }
                }
            }
            b"passwd" => {
                let user =
                    command.arguments().iter().rev().find(|word| !word.starts_with(b"-")).map(Vec::as_slice);
                let input = fed(command, before);
                if let Some(line) = input.split(|&byte| byte == b'\n').next().filter(|line| !line.is_empty())
                {
                    add(user, line);
                }
            }
            b"htpasswd" => {
                let batch = command
                    .arguments()
                    .iter()
                    .any(|word| word.starts_with(b"-") && !word.starts_with(b"--") && word.contains(&b'b'));
                let words: Vec<&Vec<u8>> =
                    command.arguments().iter().filter(|word| !word.starts_with(b"-")).collect();
                if batch && let [.., user, password] = words.as_slice() {
                    add(Some(user), password);
                }
            }
            b"mount" | b"mount.cifs" => {
                let options = command.option(&["-o"]).unwrap_or_default();
                let value = |name: &[u8]| {
                    options.split(|&byte| byte == b',').find_map(|option| option.strip_prefix(name))
                };
                if let Some(password) = value(b"password=").or_else(|| value(b"pass=")) {
                    add(value(b"username=").or_else(|| value(b"user=")), password);
                }
            }
            b"nvram" => {
                if let [verb, rest @ ..] = command.arguments()
                    && verb == b"set"
                {
                    let joined = rest.join(&b' ');
                    if let Some((name, value)) =
                        split(&joined, b'=').filter(|(name, _)| super::calls::names_password(name))
                    {
                        add(Some(name), value);
                    }
                }
            }
            b"uci" => {
                for word in command.arguments() {
                    if let Some((name, value)) =
                        split(word, b'=').filter(|(name, _)| super::calls::names_password(name))
                    {
                        add(Some(name), value);
                    }
                }
            }
            _ => {}
        }
        for (program, passwords, pairs) in TABLE.iter().filter(|(program, ..)| program.as_bytes() == name) {
            for option in *passwords {
                if let Some(password) = command
                    .option(&[option])
                    .filter(|word| !word.starts_with(b"-") && !word.starts_with(b"/"))
                {
                    // A blank behind `mysql -p` is what comes next, and the password is asked for.
                    let apart = program.starts_with("mysql") && *option == "-p" && command.has(&["-p"]);
                    if !apart {
                        add(
                            command
                                .option(&["--user", "-u"])
                                .filter(|_| !pairs.iter().any(|(name, _)| *name == "-u")),
                            password,
                        );
                    }
                }
            }
            for (option, separator) in *pairs {
                if let Some((user, password)) =
                    command.option(&[option]).and_then(|value| split(value, *separator))
                {
                    add(Some(user), password);
                }
            }
        }
        if name == b"openssl" {
            // Its options are whole words: `-k` is none of `-keyout`.
            for pair in command.arguments().windows(2) {
                let [option, value] = pair else { continue };
                let password = match option.as_slice() {
                    b"-pass" | b"-passin" | b"-passout" => value.strip_prefix(b"pass:"),
                    b"-k" | b"-K" => Some(value.as_slice()),
                    _ => None,
                };
                if let Some(password) = password {
                    add(None, password);
                }
            }
        }
    }
    found
}

/// Whether a command sets a password by what is only known when it runs, and where the script takes that from.
pub fn derived(commands: &[Command]) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    let tells = |text: &[u8]| {
        let text = String::from_utf8_lossy(text).to_ascii_lowercase();
        let address = text.contains("/sys/class/net/") && text.contains("/address")
            || text.contains("hwaddr")
            || text.contains("ethaddr")
            || text.contains("macaddr");
        let serial = text.contains("serial_number")
            || text.contains("serialno")
            || text.contains("serialnumber")
            || text.contains("get_sn");
        if address {
            Some("the hardware address")
        } else if serial {
            Some("a serial number")
        } else {
            None
        }
    };
    let source = commands.iter().find_map(|command| {
        let all = command.words.iter().chain(command.set.iter().map(|(_, value)| value));
        all.map(Vec::as_slice).find_map(tells)
    });
    let Some(source) = source else { return found };
    for (number, command) in commands.iter().enumerate() {
        if !matches!(command.name(), b"chpasswd" | b"passwd") {
            continue;
        }
        let before = number.checked_sub(1).and_then(|before| commands.get(before)).filter(|_| command.piped);
        let input = fed(command, before);
        if input.contains(&b'$') {
            found.push((number, source));
        }
    }
    found
}

/// What a command reads: its here-document, or what `echo` or `printf` before it writes.
fn fed(command: &Command, before: Option<&Command>) -> Vec<u8> {
    if !command.input.is_empty() {
        return command.input.clone();
    }
    let Some(before) = before.filter(|before| matches!(before.name(), b"echo" | b"printf")) else {
        return Vec::new();
    };
    let words: Vec<&[u8]> = before
        .arguments()
        .iter()
        .map(Vec::as_slice)
        .filter(|word| !matches!(*word, b"-e" | b"-n" | b"-en" | b"-ne"))
        .collect();
    let joined = words.join(&b' ');
    let mut text = Vec::with_capacity(joined.len());
    let mut bytes = joined.iter();
    while let Some(byte) = bytes.next() {
        match (byte, bytes.as_slice().first()) {
            (b'\\', Some(b'n')) => {
                bytes.next();
                text.push(b'\n');
            }
            _ => text.push(*byte),
        }
    }
    text
}

fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let (before, after) = text.split_at_checked(text.iter().position(|&byte| byte == at)?)?;
    let after = after.get(1..)?;
    (!before.is_empty() && !after.is_empty()).then_some((before, after))
}

#[cfg(test)]
mod tests {
    use super::super::super::shell::commands;
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        passwords(&commands(text.as_bytes()))
            .into_iter()
            .map(|(_, given)| {
                let user =
                    given.user.map(|user| String::from_utf8_lossy(&user).into_owned()).unwrap_or_default();
                format!("{} {user} {}", given.by, String::from_utf8_lossy(&given.password))
            })
            .collect()
    }

    #[test]
    fn passwords_stand_where_programs_take_them() {
        assert_eq!(shown("P=k9lantern\necho \"root:$P\" | chpasswd"), ["chpasswd root k9lantern"]);
        assert_eq!(shown("echo -e 'a1b\\na1b' | passwd admin"), ["passwd admin a1b"]);
        assert_eq!(
            shown("curl -u up:k3y http://a/b; wget --user=x --password=y z"),
            ["curl up k3y", "wget x y"]
        );
        assert_eq!(
            shown("mysql -uroot -pvesper db; mysql -p db; sshpass -p k9 ssh x"),
            ["mysql root vesper", "sshpass  k9"]
        );
        assert_eq!(
            shown("chpasswd <<E\na:b\nc:d\nE\nhtpasswd -bc /f u p"),
            ["chpasswd a b", "chpasswd c d", "htpasswd u p"]
        );
        assert_eq!(
            shown("openssl enc -aes-256-cbc -pass pass:q7 -in x; export PGPASSWORD=w8"),
            ["openssl  q7", "PGPASSWORD  w8"]
        );
        assert!(shown("openssl req -keyout /tmp/k -out x").is_empty());
        assert!(
            shown("echo \"root:$1\" | chpasswd; curl -u \"$U:$P\" x; passwd -d x; wget --password=\"$W\" y")
                .is_empty()
        );
    }

    #[test]
    fn passwords_of_the_device() {
        let one = commands(b"M=$(cat /sys/class/net/eth0/address | md5sum)\necho \"root:$M\" | chpasswd\n");
        assert_eq!(derived(&one).len(), 1);
        assert!(derived(&commands(b"read P\necho \"root:$P\" | chpasswd\n")).is_empty());
    }
}
