"""Makes the inputs of the probe "libc": C libraries by name, symbol versions and functions, and a program that is none."""

import pathlib

from elf import elf

ROOT = pathlib.Path(__file__).resolve().parent.parent / "libc" / "input"

FILES = {
    "glibc/libc.so.6": elf(
        soname="libc.so.6",
        exports=("printf",),
        versions=("GLIBC_2.0", "GLIBC_2.2.5", "GLIBC_2.9", "GLIBC_2.4", "GLIBC_PRIVATE"),
    ),
    "glibc/ld-2.31.so": elf(soname="ld-linux-armhf.so.3", exports=("_r_debug",)),
    "glibc/libc-client.so": elf(soname="libc-client.so.2007", exports=("mail_open",)),
    "musl/ld-musl-armhf.so.1": elf(exports=("printf",)),
    "uclibc/libuClibc-0.9.33.2.so": elf(soname="libc.so.0", exports=("printf", "__uClibc_main")),
    "uclibc/ld-uClibc-0.9.33.2.so": elf(soname="ld-uClibc.so.0", exports=("_dl_open",)),
    "uclibc-ng/libuClibc-1.0.41.so": elf(soname="libc.so.1", exports=("printf", "__uClibc_main")),
    "bionic/libc.so": elf(
        soname="libc.so",
        exports=("printf", "__system_property_get"),
        versions=("LIBC", "LIBC_N", "LIBC_Q", "LIBC_PRIVATE"),
    ),
    "bin/tool": elf(needed=("libc.so.0",), imports=("__uClibc_main",)),
}

for name, content in FILES.items():
    path = ROOT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
