"""Makes the inputs of the probe "banner": files that hold their own name with a version, and mentions of others."""

import pathlib

from elf import elf

ROOT = pathlib.Path(__file__).resolve().parent.parent / "banner" / "input"


def texts(*parts: str) -> dict:
    return {".rodata": b"\0" + b"".join(part.encode() + b"\0" for part in parts)}


FILES = {
    "usr/sbin/islandd": elf(kind=2, sections=texts("islandd version 2.4.1", "usage: islandd", "islandd 2.4.1 (c) us")),
    "usr/lib/libharbour.so.3": elf(soname="libharbour.so.3", exports=("harbour",), sections=texts("harbour-0.9.2")),
    "usr/bin/tool": elf(kind=2, sections=texts("islandd version 2.4.1", "needs tool 1.0", "tool %s")),
    "usr/bin/twice": elf(kind=2, sections=texts("twice 1.0", "twice 1.1")),
}

for name, content in FILES.items():
    path = ROOT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
