#!/bin/sh
# Makes the inputs of the probes "keys" and "certificates". Needs openssl 3 and ssh-keygen; the dropbear host key is
# written by hand. Keys are random: after a run, bless the golden files (see the probes' test `golden`).
# Nothing outside this corpus trusts any of these keys, and all names in them are invented.
set -eu
cd "$(dirname "$0")/.."
keys=keys/input
certs=certificates/input
rm -rf "$keys" "$certs"
mkdir -p "$keys/etc/dropbear" "$keys/etc/ssl/private" "$keys/root/.ssh" "$keys/usr/bin" "$keys/usr/share/doc" "$keys/etc/tls"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

openssl genrsa -traditional -out "$keys/etc/ssl/private/device.key" 1024
openssl ecparam -name prime256v1 -genkey -noout -out "$keys/etc/ssl/private/web.key"
openssl genpkey -algorithm ed25519 -outform DER -out "$keys/etc/ssl/private/update.der"
openssl pkcs8 -topk8 -in "$keys/etc/ssl/private/web.key" -passout pass:corpus -out "$keys/etc/ssl/private/locked.key"
openssl rsa -traditional -aes128 -passout pass:corpus -in "$keys/etc/ssl/private/device.key" -out "$keys/etc/ssl/private/old-locked.key"
openssl req -x509 -new -key "$keys/etc/ssl/private/web.key" -subj "/O=Example Invented Vendor/CN=device" -days 20000 -out "$keys/etc/tls/web.crt"
cp "$keys/etc/ssl/private/web.key" "$keys/etc/tls/web.pem"
ssh-keygen -q -t ed25519 -N '' -C 'corpus' -f "$scratch/ed25519"
ssh-keygen -q -t rsa -b 1024 -N '' -C 'support line' -f "$scratch/rsa"
cp "$scratch/ed25519" "$keys/etc/ssl/private/openssh"
{
    echo '# keys of the maintenance desk'
    cat "$scratch/ed25519.pub"
    printf 'command="/bin/sh -i",no-pty '
    cat "$scratch/rsa.pub"
    echo 'not a key'
} > "$keys/root/.ssh/authorized_keys"
# A program that carries a key, and one that only looks for keys.
{ printf '\177ELF\001\001\001\000data\000\000'; cat "$keys/etc/ssl/private/web.key"; printf '\000more'; } > "$keys/usr/bin/agent"
printf '\177ELF\001\001\001\000-----BEGIN RSA PRIVATE KEY-----\000-----END RSA PRIVATE KEY-----\000' > "$keys/usr/bin/reader"
printf 'Put your key here:\n-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n' > "$keys/usr/share/doc/README"
# A library with a key that its project publishes for its self-test (GnuTLS, lib/crypto-selftests-pk.c).
mkdir -p "$keys/usr/lib"
{ printf '\177ELF\001\001\001\000data\000\000'; cat <<'PEM'
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIPAKWV7+pZe9c5EubMNfAEKWRQtP/MvlO9HehwHmJssNoAoGCCqGSM49
AwEHoUQDQgAE2CNONRio3ciuXtoomJKs3MdbzLbd44VPhtzJN30VLFm5gvnfiCj2
zzz7pl9Cv0ECHl6yedNI8QEKdcwCDgEmkQ==
-----END EC PRIVATE KEY-----
PEM
} > "$keys/usr/lib/libgnutls.so.30"
# dropbear: ssh-ed25519, then 64 bytes (seed and public key); made of zeros and ones here.
{ printf '\000\000\000\013ssh-ed25519\000\000\000\100'; head -c 32 /dev/zero; head -c 32 /dev/zero | tr '\000' '\001'; } \
    > "$keys/etc/dropbear/dropbear_ed25519_host_key"

mkdir -p "$certs/etc/tls" "$certs/etc/ssl/certs" "$certs/opt"
subject='/O=Example Invented Vendor/CN='
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$scratch/ca.key" -subj "${subject}Root" -days 20000 -out "$certs/etc/tls/authority.pem"
openssl req -new -newkey rsa:1024 -nodes -keyout "$scratch/old.key" -subj "${subject}old" -out "$scratch/old.csr"
touch "$scratch/index"
printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\nrand_serial=yes\npolicy=p\n[p]\nO=supplied\nCN=supplied\n' "$scratch" > "$scratch/ca.cnf"
openssl ca -batch -config "$scratch/ca.cnf" -md sha1 -startdate 20100101000000Z -enddate 20150101000000Z -notext \
    -cert "$certs/etc/tls/authority.pem" -keyfile "$scratch/ca.key" -outdir "$scratch" -in "$scratch/old.csr" -out "$certs/etc/tls/old.pem"
# Version 1, signed by itself with SHA-1, long expired: no authority.
openssl ca -batch -config "$scratch/ca.cnf" -md sha1 -startdate 20040101000000Z -enddate 20140101000000Z -notext -selfsign \
    -keyfile "$scratch/old.key" -outdir "$scratch" -in "$scratch/old.csr" -out "$certs/etc/tls/version-1.pem"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$scratch/e" -subj "${subject}leaf" -days 20000 \
    -addext basicConstraints=CA:FALSE -outform DER -out "$certs/etc/tls/leaf.der"
# A store of authorities, in single files and as one file; a bundle elsewhere.
for number in 01 02 03 04 05 06 07 08 09 10 11 12; do
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$scratch/e" -subj "${subject}Authority $number" \
        -days 20000 -out "$scratch/$number.pem"
done
cp "$scratch/01.pem" "$scratch/02.pem" "$certs/etc/ssl/certs/"
cp "$certs/etc/tls/leaf.der" "$certs/etc/ssl/certs/leaf.crt"
# A store large enough to be one claim, with a certificate in it that is no authority and has expired.
mkdir -p "$certs/usr/share/ca-certificates"
cp "$scratch"/0?.pem "$scratch"/1?.pem "$certs/usr/share/ca-certificates/"
cp "$certs/etc/tls/version-1.pem" "$certs/usr/share/ca-certificates/default.pem"
cat "$scratch"/0?.pem "$scratch"/1?.pem > "$certs/opt/bundle.pem"
printf -- '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' > "$certs/opt/broken.pem"
