"""Makes the inputs of the probe "kernel": a kernel's bytes, its modules, its configuration, and what is none."""

import pathlib

from elf import elf

ROOT = pathlib.Path(__file__).resolve().parent.parent / "kernel" / "input"
RELEASE = "5.10.101-vendor+"
BANNER = (
    f"Linux version {RELEASE} (builder@buildhost) (mipsel-linux-gcc (GCC) 11.2.0, GNU ld 2.37)"
    " #7 SMP Thu Apr 27 20:28:15 2023\n"
).encode()
CONFIG = """#
# Automatically generated file; DO NOT EDIT.
# Linux/mips 5.10.101 Kernel Configuration
#
CONFIG_NET=y
CONFIG_NETFILTER=y
CONFIG_TUN=m
# CONFIG_IP_SCTP is not set
CONFIG_HZ=250
CONFIG_CMDLINE="console=ttyS0"

#
# Library routines
#
CONFIG_CRC32=y

#
# Kernel hacking
#
"""


def module(name: str) -> bytes:
    info = f"license=GPL\0depends=\0name={name}\0vermagic={RELEASE} SMP mod_unload MIPS32_R2 32BIT \0"
    return elf(kind=1, sections={".modinfo": info.encode()})


FILES = {
    "boot/vmlinux.bin": bytes(64) + BANNER + b"\0",
    "boot/config": CONFIG.encode(),
    f"lib/modules/{RELEASE}/kernel/net/nf-nat.ko": module("nf_nat"),
    f"lib/modules/{RELEASE}/modules.builtin": b"kernel/fs/ext4/ext4.ko\nkernel/net/ipv6/ipv6.ko\n",
    f"lib/modules/{RELEASE}/modules.dep": b"kernel/net/nf-nat.ko:\n",
    "opt/wifi/wl.ko.xz": b"\xfd7zXZ\0 stands for a compressed module",
    # None of these is a kernel: a log, a journal in binary form, a program that prints what it needs.
    "var/log/dmesg": BANNER,
    "var/log/journal": bytes(16) + b"MESSAGE=" + BANNER + b"\0",
    "bin/tool": elf(soname="", needed=("libc.so.0",), sections={".rodata": b"\0" + BANNER + b"\0"}),
    "usr/src/busybox.config": b"#\n# Busybox version: 1.35.0\n#\nCONFIG_ASH=y\n",
}

for name, content in FILES.items():
    path = ROOT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
