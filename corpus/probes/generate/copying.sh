#!/bin/sh
# Makes the inputs of the probe "copying": one program by gcc for x86-64 with and without FORTIFY, a statically linked one
# whose headers are written by hand, a library that copies nothing, and one that imports checked functions of annex K.
# Needs gcc for x86-64 and python3.
set -eu
cd "$(dirname "$0")/.."
mkdir -p copying
cd copying
rm -rf input
mkdir -p input/bin input/lib
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat > "$scratch/program.c" <<'C'
#include <stdio.h>
#include <string.h>
int main(int count, char **words) {
    char text[64], line[64];
    strcpy(text, words[0]);
    strcat(text, words[count - 1]);
    strncpy(line, text, (size_t)count);
    memcpy(line + 8, text, (size_t)count * 3);
    sprintf(text, "%s-%d", line, count);
    snprintf(line, (size_t)count, "%s", text);
    return (int)strlen(line);
}
C
cat > "$scratch/nothing.c" <<'C'
int corpus_answer(int question) { return question + 42; }
C
cat > "$scratch/annex.c" <<'C'
int memcpy_s(void *, unsigned long, const void *, unsigned long);
int strcpy_s(char *, unsigned long, const char *);
void *memmove(void *, const void *, unsigned long);
int corpus_copy(char *to, const char *from, unsigned long count) {
    memmove(to, from, count);
    return memcpy_s(to, 8, from, count) + strcpy_s(to, 8, from);
}
C
plain='-s -O2 -w -fno-stack-protector -Wl,--build-id=none'
gcc $plain -U_FORTIFY_SOURCE -o input/bin/plain "$scratch/program.c"
gcc $plain -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -o input/bin/fortified "$scratch/program.c"
gcc $plain -fPIC -shared -nostdlib -o input/lib/nothing.so "$scratch/nothing.c"
gcc $plain -fPIC -shared -nostdlib -fno-builtin -o input/lib/annex.so "$scratch/annex.c"
gcc -c -O2 -o input/lib/object.o "$scratch/annex.c"
python3 - <<'PY'
import struct
code = bytes.fromhex("03e00008 00000000")  # jr ra; nop
size = 52 + 32 + len(code)
ident = b"\x7fELF\x01\x02\x01" + bytes(9)
header = ident + struct.pack(">HHIIIIIHHHHHH", 2, 8, 1, 0x400054, 52, 0, 0, 52, 32, 1, 0, 0, 0)
load = struct.pack(">IIIIIIII", 1, 0, 0x400000, 0x400000, size, size, 5, 0x10000)
open("input/bin/static", "wb").write(header + load + code)
PY
chmod 755 input/bin/static
