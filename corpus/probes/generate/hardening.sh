#!/bin/sh
# Makes the inputs of the probe "hardening": small x86-64 files by gcc with and without each protection, and a MIPS
# executable whose headers are written by hand. Needs gcc for x86-64 and python3.
set -eu
cd "$(dirname "$0")/../hardening"
rm -rf input
mkdir -p input/bin input/lib
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat > "$scratch/program.c" <<'C'
#include <stdio.h>
#include <string.h>
int main(int count, char **words) {
    char text[64];
    strcpy(text, count > 1 ? words[1] : "corpus");
    memcpy(text + 8, words[0], (size_t)count);
    printf("%s\n", text);
    return (int)strlen(text);
}
C
cat > "$scratch/library.c" <<'C'
int corpus_answer(int question) { return question + 42; }
C
plain='-s -Os -Wl,--build-id=none'
gcc $plain -fPIE -pie -fstack-protector-all -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -Wl,-z,relro,-z,now,-z,noexecstack -o input/bin/hard "$scratch/program.c"
gcc $plain -fno-pie -no-pie -fno-stack-protector -U_FORTIFY_SOURCE -Wl,-z,norelro,-z,execstack,-z,lazy,-rpath,/tmp/lib:lib -o input/bin/soft "$scratch/program.c"
gcc $plain -fPIC -shared -nostdlib -Wl,-z,relro,-z,lazy,-z,noexecstack,-soname,libcorpus.so.1 -o input/lib/libcorpus.so "$scratch/library.c"
gcc -c -Os -o input/lib/module.o "$scratch/library.c"
python3 - <<'PY'
import struct
code = bytes.fromhex("03e00008 00000000")  # jr ra; nop
size = 52 + 32 + len(code)
ident = b"\x7fELF\x01\x02\x01" + bytes(9)
header = ident + struct.pack(">HHIIIIIHHHHHH", 2, 8, 1, 0x400054, 52, 0, 0, 52, 32, 1, 0, 0, 0)
load = struct.pack(">IIIIIIII", 1, 0, 0x400000, 0x400000, size, size, 5, 0x10000)
open("input/bin/mips-static", "wb").write(header + load + code)
PY
