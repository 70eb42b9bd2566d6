#!/usr/bin/env python3
"""Makes the inputs of the probe "packed": executables with the structures that UPX leaves, whole and changed, and others without.

The packed bytes are pseudo-random, and no unpacker is in them: nothing here runs. Layout and checksum by UPX's source (src/stub/src/include/
linux.h, src/packhead.cpp), as facts.
"""

import pathlib
import random
import struct

HERE = pathlib.Path(__file__).resolve().parent.parent / "packed/input/bin"
SIZE, UNPACKED = 6000, 20000


def elf(machine, is_64, big, body, sections=0):
    order = ">" if big else "<"
    base = 0x400000
    header, entry = (64, 56) if is_64 else (52, 32)
    size = header + 2 * entry + len(body)
    ident = b"\x7fELF" + bytes([2 if is_64 else 1, 2 if big else 1, 1]) + bytes(9)
    if is_64:
        head = struct.pack(order + "HHIQQQIHHHHHH", 2, machine, 1, base + 0x200, 64, 0, 0, 64, 56, 2, 64, sections, 0)
        load = lambda kind, flags, address, file, memory: struct.pack(order + "IIQQQQQQ", kind, flags, 0, address, address, file, memory, 4096)
    else:
        head = struct.pack(order + "HHIIIIIHHHHHH", 2, machine, 1, base + 0x200, 52, 0, 0, 52, 32, 2, 40, sections, 0)
        load = lambda kind, flags, address, file, memory: struct.pack(order + "IIIIIIII", kind, 0, address, address, file, memory, flags, 4096)
    return ident + head + load(1, 5, base, size, size) + load(1, 6, base + 0x100000, 0, 0x8000) + body


def upx(number, big, version=13, method=14, magic=b"UPX!", sizes=True, tail=True, seed=1):
    order = ">" if big else "<"
    stated = UNPACKED if sizes else 0
    packed = random.Random(seed).randbytes(SIZE)
    first = struct.pack(order + "I4sHBB", 0x5eed, magic, 2000, version, number) + struct.pack(order + "III", 0, stated, stated)
    first += struct.pack(order + "IIBBBB", UNPACKED, SIZE, method, 0x49, 0, 0)
    if big:
        numbers = struct.pack(">IIIII", UNPACKED, SIZE, 0x11111111, 0x22222222, UNPACKED)
    else:
        numbers = struct.pack("<IIIII", 0x11111111, 0x22222222, UNPACKED, SIZE, UNPACKED)
    last = magic + bytes([version, number, method, 9]) + numbers + bytes([0x49, 0, 0])
    last += bytes([sum(last[4:]) % 251])
    return first + packed + (last + struct.pack(order + "I", 0xf4) if tail else b"")


def main():
    HERE.mkdir(parents=True, exist_ok=True)
    code = random.Random(7).choices(range(64), k=8000)
    files = {
        "packed-x86-64": elf(62, True, False, upx(22, False)),
        "packed-mips": elf(8, False, True, upx(137, True, method=8)),
        "no-magic": elf(62, True, False, upx(22, False, magic=b"\0\0\0\0")),
        "no-sizes": elf(40, False, False, upx(23, False, sizes=False)),
        "cut": elf(62, True, False, upx(22, False, tail=False)),
        "dense": elf(8, False, False, random.Random(3).randbytes(9000)),
        "plain": elf(62, True, False, bytes(code)),
        "names-upx": elf(62, True, False, bytes(code) + b"$Info: This file is packed with the UPX! executable packer $\0"),
    }
    for name, content in files.items():
        path = HERE / name
        path.write_bytes(content)
        path.chmod(0o755)


main()
