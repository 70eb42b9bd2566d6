"""How a plant holds what it compares with: the forms, as C.

A form gives functions to stand above (`above`), and a condition over a text and its length (`condition`). Every function has the
signature `int NAME(const char *given, size_t length)`. C90, as some of the packages are built so.

  clear       the text itself, by strcmp, strncmp or memcmp
  xored       bytes XORed with a key, which goes along with the place or not, compared in a loop
  inverted    bytes inverted, compared in a loop
  decoded     bytes XORed with a key, decoded onto the stack, compared by strcmp or memcmp
  integer     four or eight bytes as numbers
  characters  one character after the other
  hash        CRC-32, FNV-1a or djb2 of the input
  digest      a digest by the package's own function
  base64      the input encoded, compared with an encoded text
"""

import hashlib
import zlib
from base64 import b64encode

EXACT, PREFIX = "exact", "prefix"  # the whole input is the secret, or it begins with it


class Form:
    """A comparison of an input with one secret."""

    def __init__(self, name, above, condition, secret, detail, headers=("string.h",)):
        self.name, self.above, self.condition, self.secret, self.detail, self.headers = name, above, condition, secret, detail, headers


def make(name, secret, texts, mode, terminated, digest=None):
    """The form `name` for the bytes `secret`; `terminated` says whether the input ends with a zero byte."""
    return {"clear": clear, "xored": xored, "inverted": inverted, "decoded": decoded, "integer": integer, "characters": characters,
            "hash": hashed, "digest": digested, "base64": base64}[name](secret, texts, mode, terminated, digest)


def length_of(name, texts):
    """How long a secret of a form is; None for any."""
    return {"integer": texts.pick([4, 8, 8]), "base64": texts.pick([9, 12, 15]), "characters": texts.number(6, 10)}.get(name)


def literal(content):
    """A C string literal."""
    return '"' + "".join(chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}" for byte in content) + '"'


def clear(secret, texts, mode, terminated, _):
    size = len(secret)
    if not terminated:
        compared = f"memcmp(TEXT, {literal(secret)}, {size}) == 0"
        return Form("clear", "", f"({guard(mode, size)} && {compared})", secret, "memcmp")
    if mode == EXACT:
        if texts.number(0, 3):
            return Form("clear", "", f"(strcmp(TEXT, {literal(secret)}) == 0)", secret, "strcmp")
        return Form("clear", "", f"(LENGTH == {size} && memcmp(TEXT, {literal(secret)}, {size}) == 0)", secret, "memcmp")
    return Form("clear", "", f"(strncmp(TEXT, {literal(secret)}, {size}) == 0)", secret, "strncmp")


def xored(secret, texts, mode, _, __):
    key, step = texts.number(1, 255), texts.pick([0, 0, 1, 3, 7])
    kept = bytes(byte ^ (key + step * at) & 255 for at, byte in enumerate(secret))
    with_key = f"0x{key:02x}" if not step else f"(unsigned char)(0x{key:02x} + {step} * at)"
    return loop("xored", kept, f"(unsigned char)((unsigned char)given[at] ^ {with_key})", secret, texts, mode, f"key 0x{key:02x}, step {step}")


def inverted(secret, texts, mode, _, __):
    return loop("inverted", bytes(byte ^ 255 for byte in secret), "(unsigned char)~given[at]", secret, texts, mode, "inverted")


def loop(form, kept, changed, secret, texts, mode, detail):
    name = texts.name()
    above = f"""{function(texts, name)}
{{
    static const unsigned char kept[] = {{ {numbers(kept)} }};
    size_t at;
    if (length {'!=' if mode == EXACT else '<'} sizeof kept)
        return 0;
    for (at = 0; at < sizeof kept; at++)
        if ({changed} != kept[at])
            return 0;
    return 1;
}}
"""
    return Form(form, above, f"{name}(TEXT, LENGTH)", secret, detail)


def decoded(secret, texts, mode, terminated, _):
    name, key = texts.name(), texts.number(1, 255)
    kept, size = bytes(byte ^ key for byte in secret), len(secret)
    by = "strcmp" if mode == EXACT and terminated else "memcmp"
    compared = "strcmp(given, plain) == 0" if by == "strcmp" else f"length {'==' if mode == EXACT else '>='} {size} && memcmp(given, plain, {size}) == 0"
    above = f"""{function(texts, name)}
{{
    static const unsigned char kept[] = {{ {numbers(kept)} }};
    char plain[{size + 1}];
    unsigned at;
    (void)length;
    for (at = 0; at < sizeof kept; at++)
        plain[at] = (char)(kept[at] ^ 0x{key:02x});
    plain[sizeof kept] = 0;
    return {compared};
}}
"""
    return Form("decoded", above, f"{name}(TEXT, LENGTH)", secret, f"key 0x{key:02x}, {by}")


def integer(secret, texts, mode, _, __):
    name = texts.name()
    first, second = int.from_bytes(secret[:4], "big"), int.from_bytes(secret[4:8], "big")
    pair = len(secret) == 8
    above = f"""{function(texts, name)}
{{
    uint32_t first{', second' if pair else ''};
    if (length {'!=' if mode == EXACT else '<'} {len(secret)})
        return 0;
    memcpy(&first, given, 4);
"""
    if pair:
        above += f"    memcpy(&second, given + 4, 4);\n    return ntohl(first) == 0x{first:08x}u && ntohl(second) == 0x{second:08x}u;\n}}\n"
    else:
        above += f"    return ntohl(first) == 0x{first:08x}u;\n}}\n"
    return Form("integer", above, f"{name}(TEXT, LENGTH)", secret, f"{len(secret)} bytes", ("string.h", "stdint.h", "arpa/inet.h"))


def characters(secret, texts, mode, terminated, _):
    order = list(range(len(secret)))
    if not terminated:
        texts.chance.shuffle(order)  # the length is tested first
    tests = [f"(TEXT)[{at}] == {character(secret[at])}" for at in order]
    if mode == EXACT and terminated:
        tests.append(f"(TEXT)[{len(secret)}] == 0")
    elif not terminated:
        tests.insert(0, guard(mode, len(secret)))
    return Form("characters", "", "(" + " && ".join(tests) + ")", secret, "in order" if terminated else "shuffled")


def hashed(secret, texts, mode, _, __):
    kind, size, name = texts.pick(list(HASHES)), len(secret), texts.name()
    body, value = HASHES[kind]
    above = f"{function(texts, name).replace('int ', 'uint32_t ', 1)}\n{{\n{body}}}\n"
    given = "LENGTH" if mode == EXACT else str(size)
    tests = [f"{name}(TEXT, {given}) == 0x{value(secret):08x}u"]
    if mode == PREFIX or texts.number(0, 1):
        tests.insert(0, guard(mode, size))
    return Form("hash", above, "(" + " && ".join(tests) + ")", secret, kind, ("string.h", "stdint.h"))


def digested(secret, texts, mode, _, digest):
    name, value = texts.name(), hashlib.new(digest["name"], secret).digest()
    above = f"""{function(texts, name)}
{{
    static const unsigned char kept[{len(value)}] = {{ {numbers(value)} }};
    unsigned char out[{len(value)}];
    {digest['code']}
    return memcmp(out, kept, {len(value)}) == 0;
}}
"""
    given = "LENGTH" if mode == EXACT else str(len(secret))
    return Form("digest", above, f"({guard(PREFIX, len(secret))} && {name}(TEXT, {given}))", secret, digest["name"])


def base64(secret, texts, mode, _, __):
    name, size = texts.name(), len(secret)
    encoded = b64encode(secret)
    above = f"""{function(texts, name)}
{{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char out[{len(encoded) + 1}];
    unsigned long group;
    unsigned at, to = 0;
    if (length {'!=' if mode == EXACT else '<'} {size})
        return 0;
    for (at = 0; at + 2 < {size}; at += 3) {{
        group = (unsigned long)(unsigned char)given[at] << 16 | (unsigned long)(unsigned char)given[at + 1] << 8 | (unsigned char)given[at + 2];
        out[to++] = set[group >> 18 & 63];
        out[to++] = set[group >> 12 & 63];
        out[to++] = set[group >> 6 & 63];
        out[to++] = set[group & 63];
    }}
    out[to] = 0;
    return strcmp(out, {literal(encoded)}) == 0;
}}
"""
    return Form("base64", above, f"{name}(TEXT, LENGTH)", secret, encoded.decode())


def function(texts, name):
    return f"{texts.pick(['static', 'static', 'static __attribute__((noinline))'])} int {name}(const char *given, size_t length)"


def guard(mode, size):
    return f"LENGTH {'==' if mode == EXACT else '>='} {size}"


def numbers(content):
    return ", ".join(f"0x{byte:02x}" for byte in content)


def character(byte):
    return f"'{chr(byte)}'" if chr(byte).isalnum() else f"0x{byte:02x}"


def fnv(content):
    value = 0x811C9DC5
    for byte in content:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def djb2(content):
    value = 5381
    for byte in content:
        value = value * 33 + byte & 0xFFFFFFFF
    return value


HASHES = {
    "CRC-32": ("""    uint32_t value = 0xffffffffu;
    size_t at;
    int bit;
    for (at = 0; at < length; at++) {
        value ^= (unsigned char)given[at];
        for (bit = 0; bit < 8; bit++)
            value = value & 1 ? value >> 1 ^ 0xedb88320u : value >> 1;
    }
    return ~value;
""", zlib.crc32),
    "FNV-1a": ("""    uint32_t value = 0x811c9dc5u;
    size_t at;
    for (at = 0; at < length; at++)
        value = (value ^ (unsigned char)given[at]) * 0x01000193u;
    return value;
""", fnv),
    "djb2": ("""    uint32_t value = 5381;
    size_t at;
    for (at = 0; at < length; at++)
        value = value * 33 + (unsigned char)given[at];
    return value;
""", djb2),
}
