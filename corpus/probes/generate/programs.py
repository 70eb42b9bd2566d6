"""Makes the inputs of the probe "programs": programs that say their names, and others."""

import pathlib

from elf import elf

CORPUS = pathlib.Path(__file__).resolve().parent.parent


def program(text: bytes) -> bytes:
    return elf(kind=2, sections={".rodata": b"\0" + text + b"\0"})


FILES = {
    "sbin/iwconfig": program(b"Usage: iwconfig [interface]"),
    "sbin/ping": program(b"usage: ping host\0ping: unknown host"),  # a name of many
    "sbin/dhcp6c": program(b"usage: dhcp6c [-c configfile] interfaces"),
    "sbin/ptp4l": program(b"see ptp4l of another product"),
    "bin/gobgp": program(b"path\tgithub.com/osrg/gobgp/cmd/gobgp\nmod\tgithub.com/osrg/gobgp\t(devel)\n"),
    "bin/renamed": program(b"Usage: iwconfig [interface]"),
    "bin/conntrack": program(b"BusyBox v1.36.1 (2023)\0conntrack"),
}

for name, content in FILES.items():
    path = CORPUS / "programs/input" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
