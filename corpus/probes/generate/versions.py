"""Makes the inputs of the probe "versions": files with an ELF header and the texts that products carry."""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parent.parent / "versions" / "input"


def elf(*texts: str) -> bytes:
    """A 32-bit ARM header without tables, then the texts, each ended by a zero byte."""
    header = b"\x7fELF\x01\x01\x01" + bytes(9) + b"\x02\0\x28\0\x01\0\0\0"
    return header.ljust(64, b"\0") + b"".join(text.encode() + b"\0" for text in texts)


FILES = {
    "bin/busybox": elf("BusyBox v1.35.0 (2022-01-01 00:00:00 UTC)", "syslogd started: BusyBox v1.35.0"),
    "bin/pppd": elf("pppd version %s", "2.4.9"),
    # Two lone versions that differ: nothing is said.
    "bin/chronyd": elf("chronyd", "4.3", "4.2"),
    # A program that mentions others, under another name.
    "bin/tool": elf("GCC: (GNU) 12.2.0", "needs BusyBox v1.20 or later", "pppd version %s", "2.4.9"),
    "www/js/lib.min.js": b"/*! jQuery v3.5.1 | (c) JS Foundation and other contributors | jquery.org/license */\nx();",
    "www/js/own.js": b"// needs jQuery v1.7.1 or later\n",
    "usr/share/doc/changes": b"BusyBox v1.35.0 (2022-01-01 00:00:00 UTC)\n",
    "boot/kernel": bytes(32)
    + b"Linux version 5.10.176 (builder@buildhost) (mipsel-linux-gcc (GCC) 11.2.0, GNU ld 2.37)"
    + b" #0 SMP Thu Apr 27 20:28:15 2023\n\0U-Boot 2015.01 (Jan 01 2016 - 00:00:00)\0",
}

for name, content in FILES.items():
    path = ROOT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
