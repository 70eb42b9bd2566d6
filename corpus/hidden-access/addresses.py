"""Where a plant stands in a linked program: the line table of its own lines, and the functions around them.

Planted lines have a file name of their own (`#line`), so that the line table tells them from the package's, wherever the compiler
moved or inlined them. Read by readelf, which knows every architecture.
"""

import re
import subprocess

FILE = "planted-lines.c"
ARM = 40  # EM_ARM


class Absent(Exception):
    """A plant of which no instruction is in the program."""


class Place:
    """Where a plant is: [start, end) of its instructions, and the functions that hold them as (name, start, end)."""

    def __init__(self, ranges, functions):
        self.ranges, self.functions = ranges, functions


def place(program):
    """The place of the plant in an unstripped program."""
    sections = text_sections(program)
    ranges = merged([found for found in lines(program) if any(start <= found[0] and found[1] <= end for start, end in sections)])
    if not ranges:
        raise Absent("none of the planted lines is in the program; the compiler or the linker left them out")
    held = [(name, start, end) for name, start, end in functions(program) if any(start < last and first < end for first, last in ranges)]
    return Place(ranges, held)


def lines(program):
    """(start, end) of every row of the line table that belongs to planted lines; what they call inline out of a header does too."""
    last = None  # (whether the row before is planted, its address)
    for line in read("--debug-dump=decodedline", program).splitlines():
        match = re.match(r"^(\S+)\s+(\d+|-)\s+(0x[0-9a-f]+|0)\s*(.*)$", line)
        if not match:
            last = None if line.startswith(("CU:", "Contents", "File name")) else last
            continue
        address = int(match[3], 16)
        if last and last[0] and address > last[1]:
            yield last[1], address
        planted = match[1] == FILE or match[1].endswith(".h") and bool(last and last[0])
        last = None if match[2] == "-" else (planted, address)


def functions(program):
    out, seen, arm = read("--symbols", program), set(), machine(program) == ARM
    for line in out.splitlines():
        match = re.match(r"^\s*\d+:\s+([0-9a-f]+)\s+(\d+|0x[0-9a-f]+)\s+FUNC\s+\S+\s+\S+(?:\s+\[[^\]]*\])?\s+(\d+)\s+(\S+)", line)
        if match:
            start, size = int(match[1], 16), int(match[2], 0)
            if arm:
                start &= ~1  # the bit that says Thumb
            if size and (start, size) not in seen:
                seen.add((start, size))
                yield match[4], start, start + size


def machine(program):
    with open(program, "rb") as file:
        head = file.read(20)
    return int.from_bytes(head[18:20], "little" if head[5] == 1 else "big")


def text_sections(program):
    """(start, end) of the sections that hold instructions."""
    found = []
    for line in read("--sections", program).splitlines():
        match = re.match(r"^\s*\[\s*\d+\]\s+(\S+)\s+PROGBITS\s+([0-9a-f]+)\s+[0-9a-f]+\s+([0-9a-f]+)\s+\S+\s+(\S*)", line)
        if match and "X" in match[4]:
            found.append((int(match[2], 16), int(match[2], 16) + int(match[3], 16)))
    return found


def merged(ranges):
    out = []
    for start, end in sorted(set(ranges)):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out


def read(what, program):
    return subprocess.run(["readelf", "-W", what, program], check=True, capture_output=True, text=True, errors="replace").stdout
