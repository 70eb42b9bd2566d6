"""ELF files as far as the corpus needs them: what a file needs, and the file without what a vendor strips.

No foreign binutils are needed, and none of Debian strips the section table as vendors' `sstrip` does.
"""

import struct

LOAD, DYNAMIC, INTERP, NOTE = 1, 2, 3, 4
NEEDED, STRTAB, SONAME = 1, 5, 14
RELOCATABLE = 1
ALLOC = 2
NOBITS = 8


class Elf:
    """An ELF file's header and program headers; raises ValueError for anything else."""

    def __init__(self, content):
        if content[:4] != b"\x7fELF" or len(content) < 52 or content[4] not in (1, 2) or content[5] not in (1, 2):
            raise ValueError("no ELF")
        self.content = content
        self.wide = content[4] == 2
        self.order = "<" if content[5] == 1 else ">"
        self.kind, self.machine = self.read("HH", 16)
        word = "Q" if self.wide else "I"
        self.header = self.order + "HHI" + word * 3 + "IHHHHHH"
        fields = list(struct.unpack_from(self.header, content, 16))
        self.fields = fields
        self.section_offset, self.section_size, self.section_count, self.section_names = fields[5], fields[10], fields[11], fields[12]
        self.segments = []
        for index in range(fields[9]):
            at = fields[4] + index * fields[8]
            if self.wide:
                kind, _, offset, address, _, size, _, _ = self.read("IIQQQQQQ", at)
            else:
                kind, offset, address, _, size, _, _, _ = self.read("IIIIIIII", at)
            self.segments.append((kind, offset, address, size))

    def read(self, form, at):
        return struct.unpack_from(self.order + form, self.content, at)

    def text(self, at):
        return self.content[at:self.content.index(b"\0", at)].decode()

    def interpreter(self):
        return next((self.text(offset) for kind, offset, _, _ in self.segments if kind == INTERP), None)

    def dynamic(self):
        """(names of needed libraries, SONAME or None)."""
        entries = []
        for kind, offset, _, size in self.segments:
            if kind == DYNAMIC:
                form, step = ("QQ", 16) if self.wide else ("II", 8)
                for at in range(offset, offset + size, step):
                    tag, value = self.read(form, at)
                    if tag == 0:
                        break
                    entries.append((tag, value))
        table = next((value for tag, value in entries if tag == STRTAB), None)
        base = next((table - address + offset for kind, offset, address, size in self.segments
                     if table is not None and kind == LOAD and address <= table < address + size), None)
        if base is None:
            return [], None
        needed = [self.text(base + value) for tag, value in entries if tag == NEEDED]
        return needed, next((self.text(base + value) for tag, value in entries if tag == SONAME), None)

    def loaded(self):
        """Where the last loaded byte ends."""
        return max((offset + size for kind, offset, _, size in self.segments if kind == LOAD), default=0)

    def sections(self):
        """Section headers as lists of their ten fields, with their names."""
        form = "IIQQQQIIQQ" if self.wide else "IIIIIIIIII"
        headers = [list(self.read(form, self.section_offset + index * self.section_size))
                   for index in range(self.section_count)]
        if not headers:
            return []
        names = headers[self.section_names][4]
        return [(self.text(names + header[0]), header) for header in headers]


def without_sections(elf):
    """The file up to its last loaded byte, without a section table: what `sstrip` leaves."""
    fields = list(elf.fields)
    fields[5] = fields[11] = fields[12] = 0
    content = bytearray(elf.content[:elf.loaded()])
    struct.pack_into(elf.header, content, 16, *fields)
    return blank_notes(elf, content)


def without_comments(elf):
    """The file with the loaded sections alone in its section table: no .comment, no notes, no link to debug data."""
    kept = [(index, name, header) for index, (name, header) in enumerate(elf.sections())
            if index == 0 or (header[2] & ALLOC and not name.startswith(".note"))]
    if len(kept) < 2:
        return without_sections(elf)
    numbers = {old: new for new, (old, _, _) in enumerate(kept)}
    names, table = bytearray(b"\0"), []
    for _, name, header in kept:
        header = list(header)
        header[0] = len(names) if name else 0
        names += name.encode() + b"\0" if name else b""
        header[6] = numbers.get(header[6], 0)
        # sh_info is a section's number in relocations alone.
        header[7] = numbers.get(header[7], 0) if header[1] in (4, 9) else header[7]
        table.append(header)
    own = len(names)
    names += b".shstrtab\0"
    content = bytearray(elf.content[:elf.loaded()])
    renumber(elf, content, [header for _, _, header in kept if header[1] == 11], numbers)
    table.append([own, 3, 0, 0, len(content), len(names), 0, 0, 1, 0])
    content += names
    content += bytes(-len(content) % 8)
    fields = list(elf.fields)
    fields[5], fields[11], fields[12] = len(content), len(table), len(table) - 1
    form = elf.order + ("IIQQQQIIQQ" if elf.wide else "IIIIIIIIII")
    for header in table:
        content += struct.pack(form, *header)
    struct.pack_into(elf.header, content, 16, *fields)
    return blank_notes(elf, content)


def renumber(elf, content, tables, numbers):
    """Each dynamic symbol's section by its new number."""
    step, place = (24, 6) if elf.wide else (16, 14)
    for header in tables:
        for at in range(header[4], header[4] + header[5], step):
            (section,) = struct.unpack_from(elf.order + "H", content, at + place)
            if 0 < section < 0xFF00:
                struct.pack_into(elf.order + "H", content, at + place, numbers.get(section, 0xFFF1))


def blank_notes(elf, content):
    """Zeroes the note segments: build identifiers and the ABI's mark are the builder's own."""
    for kind, offset, _, size in elf.segments:
        if kind == NOTE and offset + size <= len(content):
            content[offset:offset + size] = bytes(size)
    return bytes(content)


def stripped(content, sections):
    """An executable or library as a vendor ships it; relocatable files (kernel modules) as they are."""
    elf = Elf(content)
    if elf.kind == RELOCATABLE or not elf.loaded() or elf.loaded() > len(content):
        return content
    return without_comments(elf) if sections else without_sections(elf)
