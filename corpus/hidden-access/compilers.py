"""Architectures, and the compiler of each behind a script that adds the corpus's options and writes down what it was called with.

The script's last options win over a package's own: the level of optimisation comes from the variable LEVEL. Where LOG names a file,
each call is written to it, so that one source file can be compiled, and its program linked, again without make.

libcrypt is not among Debian's cross packages: programs are linked with a stand-in that has its name and the one function, as a
program of a device asks for libcrypt.so.1 too.
"""

import os
import pathlib
import shutil
import subprocess
import sys


class Architecture:
    """An architecture: Debian's package of the compiler, the triple, options."""

    def __init__(self, name, triple, bits, big, options, package=None, library=None):
        self.name, self.triple, self.bits, self.big, self.options = name, triple, bits, big, options
        self.packages = (package or f"gcc-{triple}", library or f"libc6-dev-{name}-cross")

    def tool(self, name):
        return f"{self.triple}-{name}"


PIE, FIXED = "-fPIE -pie", "-fno-pie -no-pie"
# In the order in which they are built. Programs of old devices stand at fixed addresses, those of new ones do not.
ARCHITECTURES = {architecture.name: architecture for architecture in (
    Architecture("arm64", "aarch64-linux-gnu", 64, False, PIE),
    Architecture("mipsel", "mipsel-linux-gnu", 32, False, FIXED),
    Architecture("armhf", "arm-linux-gnueabihf", 32, False, PIE),
    Architecture("amd64", "x86_64-linux-gnu", 64, False, PIE, "gcc", "libc6-dev"),
    Architecture("powerpc", "powerpc-linux-gnu", 32, True, FIXED),
    Architecture("armel", "arm-linux-gnueabi", 32, False, FIXED + " -marm"),
    Architecture("i386", "i686-linux-gnu", 32, False, FIXED),
    Architecture("riscv64", "riscv64-linux-gnu", 64, False, PIE),
    Architecture("mips", "mips-linux-gnu", 32, True, PIE),
    Architecture("ppc64el", "powerpc64le-linux-gnu", 64, False, PIE),
)}
LEVELS = ("O2", "Os")
COMPILER = """#!/bin/sh
# Options that choose between programs and libraries, or how to link, stand before the package's own; the others after.
if [ -n "$LOG" ]; then
    printf '%s\\0' "$PWD" "$@" >>"$LOG"
    printf '\\001\\0' >>"$LOG"
fi
kind=PIE_OPTIONS
for word in "$@"; do
    case $word in -shared | -fPIC | -fpic | -r | -nostdlib) kind= ;; esac
done
exec TRIPLE-gcc $kind -isystem FOLDER/include -LFOLDER/lib "$@" -$LEVEL MACHINE -ffile-prefix-map="$TREE"=. -Wl,--build-id=none
"""


class Compilers:
    """The scripts, in the cache folder."""

    def __init__(self, store):
        self.folder = pathlib.Path(store) / "compilers"

    def missing(self, architectures):
        """Debian packages that are to be installed."""
        lost = []
        for architecture in architectures:
            if not shutil.which(architecture.tool("gcc")):
                lost += architecture.packages
        return lost

    def make(self, architecture):
        """Makes an architecture's folder, and gives the path of the compiler's script."""
        folder = self.folder / architecture.name
        (folder / "include").mkdir(parents=True, exist_ok=True)
        (folder / "lib").mkdir(exist_ok=True)
        (folder / "include/crypt.h").write_text("#ifndef CRYPT_H\n#define CRYPT_H\nextern char *crypt(const char *phrase, const char *setting);\n#endif\n")
        source = folder / "lib/crypt.c"
        source.write_text("char *crypt(const char *phrase, const char *setting) { (void)phrase; (void)setting; return 0; }\n")
        library = folder / "lib/libcrypt.so"
        if not library.exists():
            subprocess.run([architecture.tool("gcc"), "-shared", "-fPIC", "-Wl,-soname,libcrypt.so.1", "-Wl,--build-id=none", "-o", library, source], check=True)
        position, _, machine = architecture.options.partition(" -m")
        script = folder / "cc"
        text = COMPILER
        for word, value in (("PIE_OPTIONS", f"'{position}'"), ("TRIPLE", architecture.triple), ("FOLDER", str(folder)), ("MACHINE", f"-m{machine}" if machine else "")):
            text = text.replace(word, value)
        script.write_text(text)
        script.chmod(0o755)
        return script

    def environment(self, architecture, level, tree, log=None):
        """The environment in which a package is configured, made, and a file of it compiled again."""
        script = self.make(architecture)
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        return {**kept, "LC_ALL": "C", "TZ": "UTC", "SOURCE_DATE_EPOCH": "1767225600", "KCONFIG_NOTIMESTAMP": "1", "CC": str(script), "LEVEL": level, "TREE": str(tree),
                "LOG": str(log) if log else "", "HOST": architecture.triple, "AR": architecture.tool("ar"), "RANLIB": architecture.tool("ranlib"),
                "STRIP": architecture.tool("strip"), "PREFIX": f"{architecture.triple}-"}


def calls(log):
    """The compiler's calls of a log, as (folder, arguments)."""
    found, words = [], []
    for word in log.read_bytes().decode().split("\0"):
        if word == "\x01":
            found.append((words[0], words[1:]))
            words = []
        else:
            words.append(word)
    if words not in ([], [""]):
        sys.exit(f"{log}: ends in the middle of a call")
    return found
