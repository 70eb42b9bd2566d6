#!/bin/sh
# Makes the inputs of the probe "remote-management": programs that contact fixed hosts, for three machines, scripts and settings. Needs gcc
# for x86-64, aarch64 and mipsel (Debian: gcc-aarch64-linux-gnu, gcc-mipsel-linux-gnu, each with its libc6-dev).
set -eu
cd "$(dirname "$0")/../remote-management"
rm -rf input
mkdir -p input/bin input/etc/init.d input/etc/config input/etc/snmp input/etc/openvpn
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# Contacts a name, handed on by a function, and an address; fetches and runs by a shell. Other names stand in it and are contacted by nothing.
cat > "$scratch/calls.c" <<'C'
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
static __attribute__((noinline)) int reach(const char *name, const char *port) {
    struct addrinfo *found;
    puts("see https://docs.quay-grid.org/calls");
    return getaddrinfo(name, port, 0, &found);
}
int main(int count, char **words) {
    struct sockaddr_in to = { 0 };
    to.sin_addr.s_addr = inet_addr("203.0.114.7");
    if (count > 3)
        return system("wget -q http://fw.fleet-grid.org/latest -O /tmp/latest && chmod 755 /tmp/latest && /tmp/latest");
    if (count > 2)
        return connect(0, (void *)&to, sizeof to);
    return reach(words[1] ? words[1] : "localhost", "80") + reach("cloud.fleet-grid.org", "8883");
}
C
# Ordinary: whom it contacts is said from outside.
cat > "$scratch/plain.c" <<'C'
#include <netdb.h>
#include <stdio.h>
int main(int count, char **words) {
    struct addrinfo *found;
    if (count < 2)
        return puts("usage: plain host, as in example.com; see https://docs.quay-grid.org");
    return getaddrinfo(words[1], "http", 0, &found);
}
C
for machine in x86-64 aarch64 mipsel; do
    gcc=gcc
    [ $machine = x86-64 ] || gcc=$machine-linux-gnu-gcc
    for program in calls plain; do
        $gcc -s -Os -fno-stack-protector -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noseparate-code -o input/bin/$program-$machine "$scratch/$program.c"
    done
done
cat > input/etc/init.d/update <<'SH'
#!/bin/sh
HOST=fw.fleet-grid.org
FILE=/tmp/fw.bin
curl -k -o $FILE https://$HOST/fw.bin
[ -s $FILE ] && mtd write $FILE firmware
SH
cat > input/etc/init.d/signed <<'SH'
#!/bin/sh
wget http://fw.fleet-grid.org/rules -O /tmp/rules
usign -V -m /tmp/rules -p /etc/rules.pub || exit 1
sh /tmp/rules
SH
cat > input/etc/init.d/support <<'SH'
#!/bin/sh
telnetd -p 2323 -l /bin/sh
autossh -M 0 -N -R 2222:localhost:22 tunnel@relay.fleet-grid.org
SH
cat > input/etc/config/cwmp <<'UCI'
config acs
	option url 'https://acs.fleet-grid.org:7547/cwmp'
	option username 'cpe'
	option password 'heron-41'
UCI
cat > input/etc/snmp/snmpd.conf <<'CONF'
rocommunity public
com2sec writer default quay58
group writers v2c writer
access writers "" any noauth exact all all none
CONF
printf 'client\nremote vpn.fleet-grid.org 1194\n' > input/etc/openvpn/client.conf
printf 'src/gz base http://packages.fleet-grid.org/base\n' > input/etc/opkg.conf
