#!/bin/sh
# Makes the inputs of the probe "fixed-credentials": small programs with and without fixed passwords and keys, for three machines, and
# scripts. Needs gcc for x86-64, aarch64 and mipsel (Debian: gcc-aarch64-linux-gnu, gcc-mipsel-linux-gnu, each with its libc6-dev).
# The libraries that the programs call are stand-ins made here: only the names of their functions count.
set -eu
cd "$(dirname "$0")/../fixed-credentials"
rm -rf input
mkdir -p input/bin input/lib input/etc/init.d input/usr/share/web
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# A library of ciphers, with a self-test that has a key of its own.
cat > "$scratch/cipher.c" <<'C'
#include <string.h>
static const unsigned char answer[16] = { 0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6, 0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c };
int AES_set_encrypt_key(const unsigned char *key, int bits, void *schedule) {
    memcpy(schedule, key, (size_t)bits / 8);
    return bits != 128;
}
const void *EVP_aes_256_cbc(void) { return answer; }
int EVP_DecryptInit_ex(void *context, const void *type, void *engine, const unsigned char *key, const unsigned char *start) {
    memcpy(context, key, 32);
    return type && !engine && !start;
}
int mysql_real_connect(void *to, const char *host, const char *user, const char *password, const char *base) {
    return to && host && user && password && base;
}
int cipher_works(void) {
    unsigned char schedule[256];
    return AES_set_encrypt_key(answer, 128, schedule);
}
C
# Keys at calls: one by its bits, one by the cipher chosen before.
cat > "$scratch/opens.c" <<'C'
#include <stdio.h>
int AES_set_encrypt_key(const unsigned char *, int, void *);
const void *EVP_aes_256_cbc(void);
int EVP_DecryptInit_ex(void *, const void *, void *, const unsigned char *, const unsigned char *);
static const unsigned char first[16] = { 0x8f, 0x12, 0xe3, 0x4b, 0x77, 0xa9, 0x5c, 0x01, 0xd6, 0x38, 0xbe, 0x90, 0x2a, 0x64, 0xf5, 0x1d };
int main(int count, char **words) {
    unsigned char schedule[512];
    if (count > 2)
        return EVP_DecryptInit_ex(schedule, EVP_aes_256_cbc(), 0, (const unsigned char *)"vesper-lantern-41-quarry-heron-7", 0);
    AES_set_encrypt_key(first, 128, schedule);
    return puts(words[0]);
}
C
# A password handed on by a function, one for a shell, and an account that is written.
cat > "$scratch/logs.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
int mysql_real_connect(void *, const char *, const char *, const char *, const char *);
static __attribute__((noinline)) int base(void *to, const char *user, const char *password) {
    puts("opening");
    return mysql_real_connect(to, "localhost", user, password, "events");
}
int main(int count, char **words) {
    FILE *to = fopen(words[0], "a");
    if (count > 3 && to)
        fputs("support:$1$O3JMY.Tw$AdLnLjQ/5jXF9.MTp3gHv/:0:0:Support:/:/bin/sh\n", to);
    if (count > 2)
        system("echo 'support:heron-41-quay' | chpasswd");
    return base(words, "events", "quarry-58-heron");
}
C
# A password of the day.
cat > "$scratch/daily.c" <<'C'
#include <stdio.h>
#include <string.h>
#include <time.h>
char *crypt(const char *, const char *);
int main(int count, char **words) {
    char word[64];
    time_t now = time(0);
    struct tm *day = localtime(&now);
    if (count < 2)
        return 2;
    snprintf(word, sizeof word, "ops%02d%02d", day->tm_mday ^ 5, day->tm_mon + 7);
    return strcmp(crypt(word, words[1]), words[1]);
}
C
# Ordinary: what is given to these functions comes from outside.
cat > "$scratch/plain.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
char *crypt(const char *, const char *);
int AES_set_encrypt_key(const unsigned char *, int, void *);
int mysql_real_connect(void *, const char *, const char *, const char *, const char *);
int main(int count, char **words) {
    static unsigned char key[32], schedule[512];
    if (count < 4)
        return puts("usage: plain user password salt; http://user:password@host/");
    if (fread(key, 1, 32, stdin) == 32)
        AES_set_encrypt_key(key, 256, schedule);
    puts(crypt(words[2], words[3]));
    return mysql_real_connect(words, "localhost", words[1], words[2], "events");
}
C
# An account under XOR.
python3 - "$scratch" <<'PY'
import sys
text = b"root:$1$O3JMY.Tw$AdLnLjQ/5jXF9.MTp3gHv/:0:0:root:/root:/bin/sh\n"
with open(sys.argv[1] + "/keeps.c", "w") as out:
    out.write("#include <stdio.h>\nstatic const unsigned char kept[] = {%s};\n" % ",".join(str(byte ^ 0x5a) for byte in text))
    out.write("int main(void) { for (unsigned at = 0; at < sizeof kept; at++) putchar(kept[at] ^ 0x5a); return 0; }\n")
PY
for machine in x86-64 aarch64 mipsel; do
    gcc=gcc
    [ $machine = x86-64 ] || gcc=$machine-linux-gnu-gcc
    flags='-s -Os -fno-stack-protector -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noseparate-code'
    mkdir "$scratch/$machine"
    $gcc $flags -shared -fPIC -Wl,-soname,libcipher.so.1 -o "$scratch/$machine/libcipher.so" "$scratch/cipher.c"
    for program in opens logs plain; do
        libraries=
        [ $program = plain ] && [ $machine != x86-64 ] && libraries=-Wl,--unresolved-symbols=ignore-all
        [ $program = plain ] && [ $machine = x86-64 ] && libraries=-lcrypt
        $gcc $flags -o input/bin/$program-$machine "$scratch/$program.c" -L"$scratch/$machine" -lcipher $libraries
    done
done
cp "$scratch/x86-64/libcipher.so" input/lib/libcipher.so.1
gcc $flags -o input/bin/daily-x86-64 "$scratch/daily.c" -lcrypt
gcc $flags -o input/bin/keeps-x86-64 "$scratch/keeps.c"
cat > input/etc/init.d/accounts <<'SH'
#!/bin/sh
PASS=lantern-9-quay
case "$1" in
start)
    echo "maint:$PASS" | chpasswd
    M=$(cat /sys/class/net/eth0/address | md5sum | cut -c1-8)
    echo "root:$M" | chpasswd
    wget --user=fleet --password=q7vesper http://fleet.invalid/list -O /tmp/list
    curl -u fleet:q7vesper https://fleet.invalid/up
    ;;
esac
SH
cat > input/etc/init.d/asks <<'SH'
#!/bin/sh
read P
echo "root:$P" | chpasswd
curl -u "$U:$P" https://fleet.invalid/up
SH
printf '%s\n' '# users of the web interface' 'operator:$apr1$Qk3x9ZpL$1bV5mTqYw8RzC2dFhJkNs/:all' 'sync=ftp://mirror:k8lantern@mirror.fleet-grid.org/x' > input/usr/share/web/users.conf
printf 'key = cm9vdDp2ZXNwZXI0MWxhbnRlcm4=\n' > input/etc/init.d/encoded.sh
