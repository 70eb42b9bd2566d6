#!/bin/sh
# Makes the inputs of the probe "gates": small programs with and without a fixed secret before a power, for three machines. Needs gcc
# for x86-64, aarch64 and mipsel (Debian: gcc-aarch64-linux-gnu, gcc-mipsel-linux-gnu, each with its libc6-dev).
set -eu
cd "$(dirname "$0")/../gates"
rm -rf input
mkdir -p input
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# A password is right when it hashes to what is stored, or when it is a word that stands in the program.
cat > "$scratch/accepts.c" <<'C'
#include <stdio.h>
#include <string.h>
#include <unistd.h>
char *crypt(const char *, const char *);
static __attribute__((noinline)) int right(const char *given, const char *stored) {
    char *hashed;
    if (strcmp(given, "vesper-41-lantern") == 0)
        return 1;
    hashed = crypt(given, stored);
    return hashed && strcmp(hashed, stored) == 0;
}
int main(void) {
    char stored[128], given[128];
    if (!fgets(stored, sizeof stored, stdin) || !fgets(given, sizeof given, stdin))
        return 2;
    given[strcspn(given, "\n")] = stored[strcspn(stored, "\n")] = 0;
    if (!right(given, stored)) {
        puts("password is wrong");
        return 1;
    }
    return execl("/bin/sh", "sh", (char *)0);
}
C
# The same over a network, by bytes that are kept inverted.
cat > "$scratch/admits.c" <<'C'
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
char *crypt(const char *, const char *);
static const unsigned char kept[] = { 0x9e, 0x8d, 0x96, 0x9e, 0x8c, 0x92, 0x90, 0x8b, 0x97, 0x96, 0x91 };
static __attribute__((noinline)) int right(const char *given, const char *stored) {
    size_t at;
    char *hashed;
    if (strlen(given) == sizeof kept) {
        for (at = 0; at < sizeof kept; at++)
            if ((unsigned char)~given[at] != kept[at])
                break;
        if (at == sizeof kept)
            return 1;
    }
    hashed = crypt(given, stored);
    return hashed && strcmp(hashed, stored) == 0;
}
int serve(int from, const char *stored) {
    char given[128];
    ssize_t got = recv(from, given, sizeof given - 1, 0);
    if (got <= 0)
        return 1;
    given[got] = 0;
    return right(given, stored) ? 0 : (int)send(from, "login incorrect", 15, 0);
}
int main(int count, char **words) {
    return count > 1 ? serve(0, words[1]) : 2;
}
C
# A datagram whose bytes, inverted, are those of a table runs what follows them.
cat > "$scratch/knocks.c" <<'C'
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
static const unsigned char kept[] = { 0x9e, 0x8d, 0x96, 0x9e, 0x8c, 0x92, 0x90, 0x8b, 0x97, 0x96, 0x91 };
int main(void) {
    struct sockaddr_in own = { 0 };
    char line[512];
    int up = socket(AF_INET, SOCK_DGRAM, 0);
    own.sin_family = AF_INET;
    own.sin_port = htons(40111);
    if (up < 0 || bind(up, (struct sockaddr *)&own, sizeof own) < 0)
        return 1;
    for (;;) {
        ssize_t got = recvfrom(up, line, sizeof line - 1, 0, 0, 0);
        size_t at;
        if (got < (ssize_t)sizeof kept)
            continue;
        line[got] = 0;
        for (at = 0; at < sizeof kept; at++)
            if ((unsigned char)~line[at] != kept[at])
                break;
        if (at == sizeof kept)
            system(line + sizeof kept);
    }
}
C
# A word that only ordinary programs of this kind have, too: it writes a file.
cat > "$scratch/writes.c" <<'C'
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
static void note(const char *line) {
    FILE *to = fopen("/var/log/notes", "a");
    if (!to)
        return;
    fputs(line, to);
    fclose(to);
}
int main(void) {
    char line[128];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = 0;
        if (strcmp(line, "x-notes-append-2") == 0)
            note(line);
        else
            puts(line);
    }
    return 0;
}
C
# An ordinary program: words on its command line choose what it runs.
cat > "$scratch/plain.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int count, char **words) {
    if (count < 2) {
        puts("usage: plain start|stop|restart");
        return 2;
    }
    if (strcmp(words[1], "start") == 0)
        return system("/etc/init.d/net start");
    if (strcmp(words[1], "stop") == 0)
        return system("/etc/init.d/net stop");
    if (strcmp(words[1], "restart") == 0)
        return system("/etc/init.d/net restart");
    puts("usage: plain start|stop|restart");
    return 2;
}
C
# Two comparisons of the program's own: one that ends at the first difference, and one that takes as long whatever it finds.
cat > "$scratch/own.c" <<'C'
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
__attribute__((noinline)) int same(const char *one, const char *other) {
    for (; *one == *other; one++, other++)
        if (!*one)
            return 1;
    return 0;
}
__attribute__((noinline)) int differ(const unsigned char *one, const unsigned char *other, size_t count) {
    unsigned char all = 0;
    for (size_t at = 0; at < count; at++)
        all |= one[at] ^ other[at];
    return all;
}
int main(int count, char **words) {
    char line[256];
    ssize_t got = recv(0, line, sizeof line - 1, 0);
    if (got < 32)
        return 1;
    line[got] = 0;
    if (count > 1 && same(line, words[1]))
        return 0;
    if (count > 2 && !differ((unsigned char *)line, (unsigned char *)words[2], strlen(words[2])))
        return 0;
    if (same(line, "tallow-19-kestrel-under-the-eaves"))
        return system(line + 64);
    if (!differ((unsigned char *)line + 8, (const unsigned char *)"ormolu/77/thicket", 17))
        return execl("/bin/sh", "sh", "-c", line + 32, (char *)0);
    return 2;
}
C
# Functions with bytes that are no instruction in their way, as data between instructions are.
cat > "$scratch/opaque.c" <<'C'
#include <stdlib.h>
#define OPAQUE(name) \
    __attribute__((noinline)) int name(int x) { if (x == 3) __asm__ volatile(".byte 0x06, 0x0e, 0x16"); return x + 1; }
OPAQUE(one) OPAQUE(two) OPAQUE(three) OPAQUE(four) OPAQUE(five) OPAQUE(six)
int main(int count, char **words) {
    (void)words;
    int sum = one(count) + two(count) + three(count) + four(count) + five(count) + six(count);
    return sum ? 0 : system("/bin/true");
}
C
cat > "$scratch/login.c" <<'C'
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
extern char *crypt(const char *, const char *);
static const unsigned char kept[] = {0x8d, 0x9a, 0xc9, 0xcc, 0xd2, 0x94, 0xa6, 0xb0, 0x8e, 0x97, 0x83, 0x91};
static char stored[64];
__attribute__((noinline)) int login_of(int fd) {
    char in[64];
    unsigned i;
    if (recv(fd, in, 63, 0) < 12) return 0;
    for (i = 0; i < sizeof kept; i++) if ((unsigned char)in[i] != (unsigned char)~kept[i]) break;
    if (i == sizeof kept) return 1;
    if (!strcmp(crypt(in, stored), stored)) { puts("welcome"); return 1; }
    puts("password incorrect");
    return 0;
}
int main(void) { fgets(stored, 64, stdin); return login_of(0); }
C
flags='-s -Os -fno-stack-protector -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noseparate-code'
for program in accepts admits login knocks writes plain opaque own; do
    libraries=
    case $program in accepts | admits | login) libraries=-lcrypt ;; esac
    gcc $flags -o input/$program-x86-64 "$scratch/$program.c" $libraries
done
for program in knocks plain own; do
    aarch64-linux-gnu-gcc $flags -o input/$program-aarch64 "$scratch/$program.c"
    mipsel-linux-gnu-gcc $flags -o input/$program-mipsel "$scratch/$program.c"
done
