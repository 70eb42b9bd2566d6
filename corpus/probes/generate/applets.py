"""Makes the inputs of the probe "applets": a BusyBox with its table, links to it, and a program with another table."""

import os
import pathlib

from elf import elf

ROOT = pathlib.Path(__file__).resolve().parent.parent / "applets" / "input"
APPLETS = ["[", "[[", "ash", "cat", "chmod", "ls", "mount", "sh", "telnetd", "wget"]


def texts(*parts: str) -> bytes:
    return b"".join(part.encode() + b"\0" for part in parts)


FILES = {
    "bin/busybox": elf(kind=2, sections={".rodata": texts("BusyBox v1.35.0 (2022-01-01)", "no", *APPLETS, "Usage: %s")}),
    "bin/tool": elf(kind=2, sections={".rodata": texts("uses BusyBox v1", "apr", "aug", "dec", "feb", "jan", "jul")}),
}
LINKS = {"bin/ls": "busybox", "bin/sh": "busybox", "usr/bin/wget": "../../bin/busybox", "bin/ip": "/bin/toybox"}

for name, content in FILES.items():
    path = ROOT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
for name, target in LINKS.items():
    path = ROOT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        path.unlink()
    os.symlink(target, path)
