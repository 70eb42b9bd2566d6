"""Makes the inputs of the probe "languages": programs with build information, and installed packages."""

import json
import pathlib
import struct
import zlib

from elf import elf

ROOT = pathlib.Path(__file__).resolve().parent.parent / "languages" / "input"

MODULES = (
    b"path\texample.org/cmd\n"
    b"mod\texample.org/cmd\tv1.0.0\t\n"
    b"dep\texample.org/origin\tv1.1.0\th1:x=\n"
    b"=>\texample.org/Fork\tv2.1.0\th1:y=\n"
    b"dep\tgolang.org/x/net\tv0.7.0\th1:z=\n"
    b"dep\texample.org/local\t(devel)\t\n"
    b"build\tCGO_ENABLED=0\n"
)
# The frame around the list, as cmd/go/internal/modload/build.go writes it.
FRAMED = bytes.fromhex("3077af0c9274080241e1c107e6d618e6") + MODULES + bytes.fromhex("f932433186182072008242104116d8f2")


def varint(number: int) -> bytes:
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def inline() -> bytes:
    version = b"go1.20.3"
    info = b"\xff Go buildinf:\x08\x02" + bytes(16)
    return elf(kind=2, sections={".go.buildinfo": info + varint(len(version)) + version + varint(len(FRAMED)) + FRAMED})


def pointers() -> bytes:
    """Two texts by address; a first pass finds out where they are laid."""
    version = b"go1.20.3"

    def build(base: int) -> bytes:
        headers, texts = base + 32, base + 48
        info = b"\xff Go buildinf:\x04\x00" + struct.pack("<II", headers, headers + 8) + bytes(8)
        info += struct.pack("<IIII", texts, len(version), texts + len(version), len(FRAMED))
        return elf(kind=2, sections={".go.buildinfo": info + version + FRAMED})

    return build(build(0).index(b"\xff Go buildinf:"))


CRATES = {
    "packages": [
        {"name": "app", "version": "0.1.0", "source": "local", "root": True, "dependencies": [1]},
        {"name": "libc", "version": "0.2.150", "source": "crates.io"},
        {"name": "cc", "version": "1.0.83", "source": "crates.io", "kind": "build"},
    ]
}

FILES = {
    "bin/go-inline": inline(),
    "bin/go-pointers": pointers(),
    "bin/rust": elf(kind=2, sections={".dep-v0": zlib.compress(json.dumps(CRATES).encode(), 9)}),
    "usr/lib/python3/dist-packages/idna-3.3.dist-info/METADATA": b"Metadata-Version: 2.1\nName: idna\nVersion: 3.3\n\nText\n",
    "usr/lib/python3/dist-packages/six-1.16.0.egg-info": b"Metadata-Version: 1.2\nName: six\nVersion: 1.16.0\n",
    "usr/share/perl5/JSON/PP.pm": b"package JSON::PP;\nuse strict;\nour $VERSION = '4.07';\n1;\n",
    "usr/lib/luarocks/rocks-5.1/lpeg/1.0.2-1/lpeg-1.0.2-1.rockspec": b'package = "lpeg"\nversion = "1.0.2-1"\n',
    "usr/lib/node_modules/left-pad/package.json": b'{"name": "left-pad", "version": "1.3.0"}\n',
    "usr/share/rubygems/specifications/rack-2.2.4.gemspec": b'Gem::Specification.new do |s|\n  s.name = "rack".freeze\n'
    b'  s.version = "2.2.4"\nend\n',
    "www/vendor/composer/installed.json": b'{"packages": [{"name": "monolog/monolog", "version": "v2.9.1"}]}\n',
    # Descriptions of a program itself, which nobody installed.
    "www/package.json": b'{"name": "panel", "version": "0.0.1"}\n',
    "home/src/rack.gemspec": b'  s.name = "rack"\n  s.version = "2.2.4"\n',
}

for name, content in FILES.items():
    path = ROOT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
