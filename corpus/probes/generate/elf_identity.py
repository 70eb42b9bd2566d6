"""Makes the inputs of the probes "elf-identity" and "toolchain": libraries by name, symbols and notes."""

import json
import pathlib
import tomllib

from elf import elf, note

CORPUS = pathlib.Path(__file__).resolve().parent.parent
TABLES = CORPUS.parent.parent / "data" / "symbols"


def exports(product: str, name: str, up_to: str) -> tuple:
    """The symbols of a table up to a version."""
    table = tomllib.loads((TABLES / f"{product}.toml").read_text())
    library = next(library for library in table["library"] if library["name"] == name)
    symbols = []
    for row in library["since"]:
        symbols += row["symbols"]
        if row["version"] == up_to:
            return tuple(symbols)
    raise SystemExit(f"{product}: no version {up_to}")


METADATA = {"type": "deb", "os": "debian", "name": "noted", "version": "1.2-3", "architecture": "armhf"}
OPENSSL = ("EVP_PKEY_sign_init", "CRYPTO_gcm128_init", "X509_check_host", "OPENSSL_init_crypto", "EVP_sha3_256")

FILES = {
    "elf-identity/input/lib/libz.so.1.2.13": elf(
        soname="libz.so.1", exports=("deflate", "inflate"), versions=("ZLIB_1.2.0", "ZLIB_1.2.9", "ZLIB_1.2.5.1")
    ),
    "elf-identity/input/lib/libcurl.so.4.8.0": elf(soname="libcurl.so.4", exports=("curl_easy_init",)),
    "elf-identity/input/lib/libcrypto.so.1.1": elf(
        soname="libcrypto.so.1.1", exports=OPENSSL, versions=("OPENSSL_1_1_0", "OPENSSL_1_1_1d")
    ),
    "elf-identity/input/lib/libpcap.so.1": elf(soname="libpcap.so.1", exports=exports("libpcap", "libpcap.so*", "1.7.3")),
    "elf-identity/input/opt/fork/libcrypto.so.47": elf(
        soname="libcrypto.so.47", exports=OPENSSL + ("EVP_AEAD_CTX_init",)
    ),
    "elf-identity/input/bin/noted": elf(
        kind=2, sections={".note.package": note("FDO", 0xCAFE1A7E, json.dumps(METADATA).encode() + b"\0")}
    ),
    "elf-identity/input/bin/tool": elf(needed=("libz.so.1", "libcrypto.so.1.1"), imports=("inflate", "EVP_sha3_256")),
    "toolchain/input/bin/tool": elf(
        kind=2, sections={".comment": b"GCC: (GNU) 12.2.0\0GCC: (GNU) 4.8.3\0GCC: (GNU) 12.2.0\0"}
    ),
    "toolchain/input/bin/bare": elf(kind=2),
}

for name, content in FILES.items():
    path = CORPUS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
