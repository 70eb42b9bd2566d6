"""Small ELF files with the parts that probes look at; used by the other generators here."""

import struct

SHF_ALLOC = 2
SHT = {"progbits": 1, "strtab": 3, "dynamic": 6, "note": 7, "dynsym": 11, "verdef": 0x6FFFFFFD}


class Strings:
    """A string table."""

    def __init__(self) -> None:
        self.data = b"\0"

    def add(self, text: str) -> int:
        at = len(self.data)
        self.data += text.encode() + b"\0"
        return at


def elf(
    *,
    kind: int = 3,
    soname: str = "",
    needed: tuple = (),
    exports: tuple = (),
    imports: tuple = (),
    versions: tuple = (),
    sections: dict | None = None,
) -> bytes:
    """A 32-bit little-endian ARM file; `sections` maps names to bytes, or to (type, bytes)."""
    names, strings = Strings(), Strings()
    body = bytearray(52 + 2 * 32)
    table = [(0, 0, 0, 0, 0, 0, 0, 0, 0, 0)]

    def place(name: str, what: str, data: bytes, link: int = 0, info: int = 0, size: int = 0) -> int:
        body.extend(bytes(-len(body) % 8))
        at = len(body)
        body.extend(data)
        table.append((names.add(name), SHT[what], SHF_ALLOC, at, at, len(data), link, info, 4, size))
        return at

    dynamic_at = dynamic_size = 0
    if kind == 3 and (soname or needed or exports or imports or versions):
        symbols = bytes(16)
        for name in exports:
            symbols += struct.pack("<IIIBBH", strings.add(name), 0x100, 4, 0x12, 0, 1)
        for name in imports:
            symbols += struct.pack("<IIIBBH", strings.add(name), 0, 0, 0x12, 0, 0)
        tags = [(1, strings.add(name)) for name in needed]
        if soname:
            tags.append((14, strings.add(soname)))
        definitions = b""
        for index, name in enumerate((soname or "base",) + versions if versions else ()):
            last = index == len(versions)
            definitions += struct.pack("<HHHHIII", 1, int(index == 0), index + 1, 1, 0, 20, 0 if last else 28)
            definitions += struct.pack("<II", strings.add(name), 0)
        strings_at = place(".dynstr", "strtab", strings.data)
        symbols_at = place(".dynsym", "dynsym", symbols, link=1, info=1, size=16)
        tags += [(5, strings_at), (10, len(strings.data)), (6, symbols_at), (11, 16)]
        if definitions:
            at = place(".gnu.version_d", "verdef", definitions, link=1, info=len(versions) + 1)
            tags += [(0x6FFFFFFC, at), (0x6FFFFFFD, len(versions) + 1)]
        dynamic = b"".join(struct.pack("<II", *tag) for tag in tags + [(0, 0)])
        dynamic_at, dynamic_size = place(".dynamic", "dynamic", dynamic, link=1, size=8), len(dynamic)
    for name, content in (sections or {}).items():
        what, data = content if isinstance(content, tuple) else ("progbits", content)
        place(name, what, data)
    body.extend(bytes(-len(body) % 8))
    own = names.add(".shstrtab")
    at = len(body)
    body.extend(names.data)
    table.append((own, SHT["strtab"], 0, 0, at, len(names.data), 0, 0, 1, 0))
    body.extend(bytes(-len(body) % 8))
    sections_at = len(body)
    for row in table:
        body.extend(struct.pack("<10I", *row))
    programs = [] if kind == 1 else [(1, 0, 0, 0, len(body), len(body), 5, 4)]
    if dynamic_at:
        programs.append((2, dynamic_at, dynamic_at, dynamic_at, dynamic_size, dynamic_size, 4, 4))
    for index, row in enumerate(programs):
        struct.pack_into("<8I", body, 52 + 32 * index, *row)
    header = struct.pack(
        "<16sHHIIIIIHHHHHH",
        b"\x7fELF\x01\x01\x01",
        kind,
        40,
        1,
        0,
        52 if programs else 0,
        sections_at,
        0x5000400,
        52,
        32,
        len(programs),
        40,
        len(table),
        len(table) - 1,
    )
    body[:52] = header
    return bytes(body)


def note(name: str, kind: int, content: bytes) -> tuple:
    """The content of a section of notes."""
    owner = name.encode() + b"\0"
    data = struct.pack("<III", len(owner), len(content), kind)
    data += owner + bytes(-len(owner) % 4) + content + bytes(-len(content) % 4)
    return ("note", data)
