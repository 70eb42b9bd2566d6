#!/usr/bin/env python3
"""Makes the inputs of the probe "known-artefacts": files that hold artefacts of data/known-artefacts.toml, and files that only look so."""

import pathlib
import shutil

import elf

HERE = pathlib.Path(__file__).resolve().parent.parent / "known-artefacts"


def main():
    shutil.rmtree(HERE / "input", ignore_errors=True)
    files = {
        "sbin/webs": elf.elf(sections={".rodata": ("progbits", b"GET\0xmlset_roodkcableoj28840ybtide\0/index.asp\0")}),
        "sbin/sshd": elf.elf(sections={".rodata": ("progbits", b"AK1\0FGTAbc11*xy+Qqz27\0Fortimanager_Access\0")}),
        "lib/libcfg.so": elf.elf(sections={".rodata": ("progbits", b"\x90" * 9 + bytes.fromhex("45d1bb339b07a6618b2114dbc0d7783e") + b"Mary had a littl\0")}),
        "etc/init.d/telnetd": b"#!/bin/sh\nimage_sign=`cat /etc/config/image_sign`\ntelnetd -l /usr/sbin/login -u Alphanetworks:$image_sign -i br0 &\n",
        # A rhyme in a program, and a list of artefacts in documentation.
        "bin/rhymes": elf.elf(sections={".rodata": ("progbits", b"Mary had a little lamb\0")}),
        "usr/share/doc/scanner/README": b"finds xmlset_roodkcableoj28840ybtide\n",
        "etc/notes": b"Fortimanager_Access is an account of another device\n",
    }
    for name, content in files.items():
        path = HERE / "input" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


main()
