"""Makes the inputs of the probe "rpm": one list of packages in each of the three forms of database."""

import pathlib
import sqlite3
import struct

ROOT = pathlib.Path(__file__).resolve().parent.parent / "rpm" / "input"

# Name, epoch, version, release, architecture, source package, distributor.
PACKAGES = [
    ("alpha", None, "1.2", "3.el9", "x86_64", "alpha-1.2-3.el9.src.rpm", "Island"),
    ("gpg-pubkey", None, "fd431d51", "4ae0493b", "", "", ""),
    ("beta", 1, "2.0", "1", "noarch", "omega-2.0-1.src.rpm", ""),
    ("gamma", None, "0.9", "7", "x86_64", "gamma-0.9-7.src.rpm", ""),
]


def header(package: tuple, filler: int) -> bytes:
    name, epoch, version, release, architecture, source, vendor = package
    texts = [(1000, name), (1001, version), (1002, release), (1011, vendor), (1022, architecture), (1044, source)]
    index, values = b"", b""
    for tag, text in texts:
        if text:
            index += struct.pack(">4I", tag, 6, len(values), 1)
            values += text.encode() + b"\0"
    if epoch is not None:
        values += bytes(-len(values) % 4)
        index += struct.pack(">4I", 1003, 4, len(values), 1)
        values += struct.pack(">I", epoch)
    # A description makes the header larger than a page.
    index += struct.pack(">4I", 1005, 6, len(values), 1)
    values += b"x" * filler + b"\0"
    return struct.pack(">II", len(index) // 16, len(values)) + index + values


HEADERS = [header(package, 700) for package in PACKAGES]


def sqlite(path: pathlib.Path) -> None:
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    database.execute("PRAGMA page_size = 512")
    database.execute("CREATE TABLE IF NOT EXISTS 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
    database.execute("CREATE TABLE IF NOT EXISTS 'Name' (key TEXT NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL)")
    database.executemany("INSERT INTO Packages (blob) VALUES (?)", [(blob,) for blob in HEADERS])
    database.commit()
    database.close()


def ndb() -> bytes:
    slots, blobs, block = b"", b"", 4096 // 16
    for number, blob in enumerate(HEADERS, 1):
        content = b"BlbS" + struct.pack("<3I", number, 1, len(blob)) + blob
        content += bytes(-(len(content) + 12) % 16) + struct.pack("<2I", 0, len(blob)) + b"BlbE"
        slots += b"Slot" + struct.pack("<3I", number, block, len(content) // 16)
        blobs += content
        block += len(content) // 16
    # A free slot, and one whose package was erased.
    slots += b"Slot" + struct.pack("<3I", 0, 0, 0)
    start = b"RpmP" + struct.pack("<4I", 0, 1, 1, len(HEADERS) + 1)
    return (start.ljust(32, b"\0") + slots).ljust(4096, b"\0") + blobs


def berkeley() -> bytes:
    size = 512
    meta = bytearray(size)
    struct.pack_into("<III", meta, 12, 0x61561, 9, size)
    table, pages, number = bytearray(size), b"", 2
    items = [b"\x01" + struct.pack("<I", 0), b"\x01" + struct.pack("<I", len(HEADERS))]
    for index, blob in enumerate(HEADERS, 1):
        items += [b"\x01" + struct.pack("<I", index), struct.pack("<B3xII", 3, number, len(blob))]
        parts = [blob[at : at + size - 26] for at in range(0, len(blob), size - 26)]
        for at, part in enumerate(parts):
            number += 1
            following = number if at + 1 < len(parts) else 0
            page = bytearray(size)
            struct.pack_into("<8xIIIHHBB", page, 0, number - 1, 0, following, 1, len(part), 0, 7)
            page[26 : 26 + len(part)] = part
            pages += page
    struct.pack_into("<8xIIIHHBB", table, 0, 1, 0, 0, len(items), 0, 0, 13)
    end = size
    for index, item in enumerate(items):
        end -= len(item)
        table[end : end + len(item)] = item
        struct.pack_into("<H", table, 26 + 2 * index, end)
    return bytes(meta) + bytes(table) + pages


def place(name: str) -> pathlib.Path:
    path = ROOT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


sqlite(place("sqlite/usr/lib/sysimage/rpm/rpmdb.sqlite"))
place("ndb/usr/lib/sysimage/rpm/Packages.db").write_bytes(ndb())
place("bdb/var/lib/rpm/Packages").write_bytes(berkeley())
place("home/Packages").write_bytes(b"Package: none\n")
