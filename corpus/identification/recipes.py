"""What each image of the corpus is: its device, its packages, how it is laid out and packed.

name, title      the image's file name, and what the device calls itself
set              "fitting" (may be looked at) or "checking" (measured only)
release, architecture   of Debian
packages         taken whole; what they need comes as libraries
kernel           (a package or one that brings it, how): "uimage" in front, "boot" in the tree, "modules" only
modules          parts of the paths of kernel modules that are taken
u-boot           (package, file): in front of everything
layout           "triplet" as Debian's, "merged" without the triplet, "flat" all programs in /bin, "opt" programs under /opt/system
sections         whether the section table is kept
flatten          libraries under their SONAME, no links
pack             squashfs-xz, squashfs-gzip, cpio.gz, jffs2
"""

# Folders that no vendor ships, and Debian's own tools.
DROPPED = ("usr/share/doc/", "usr/share/man/", "usr/share/locale/", "usr/share/info/", "usr/share/lintian/", "usr/share/doc-base/",
           "usr/share/bash-completion/", "usr/share/zsh/", "usr/share/vim/", "usr/share/icons/", "usr/share/applications/",
           "usr/share/gtk-doc/", "usr/share/apport/", "usr/share/bug/", "usr/share/perl", "usr/lib/debug/", "usr/include/",
           "usr/share/initramfs-tools/", "usr/share/menu/", "usr/share/pixmaps/", "usr/share/metainfo/", "var/lib/dpkg/",
           "usr/share/debconf/", "usr/share/dbus-1/", "usr/share/polkit-1/", "usr/share/nmap/", "usr/lib/pkgconfig/")

# Tools that come from BusyBox where the image has no program of its own.
APPLETS = """ash cat chmod chown cp cut date dd df dmesg echo egrep env false grep gunzip gzip hostname ifconfig init kill klogd ln
ls mkdir mknod mount mv ping ps pwd rm rmdir route sed sh sleep sync sysctl syslogd tar touch true udhcpc umount uname vi zcat""".split()

NETWORK_MODULES = ["/net/netfilter/nf_", "/net/ipv4/netfilter/", "/net/bridge/", "/drivers/net/ppp/"]

RECIPES = {recipe["name"]: recipe for recipe in [
    {
        "name": "home-gateway", "title": "Home gateway HG-4", "set": "fitting", "release": "bookworm", "architecture": "armel",
        "packages": """busybox dropbear-bin dnsmasq-base hostapd iptables ebtables ppp pppoe iproute2 iw wireless-tools miniupnpd-iptables
            igmpproxy radvd wide-dhcpv6-client inadyn lighttpd curl vsftpd usb-modeswitch libqmi-utils openssl chrony
            ipset conntrack mtd-utils kmod ntfs-3g dosfstools e2fsprogs""".split(),
        "kernel": ("linux-image-marvell", "uimage"), "mkimage": "arm", "modules": NETWORK_MODULES,
        "layout": "merged", "sections": True, "pack": "squashfs-xz",
    },
    {
        "name": "dsl-router", "title": "DSL router DR-210", "set": "fitting", "release": "bookworm", "architecture": "mipsel",
        "packages": """busybox dropbear-bin dnsmasq-base iptables ppp pptpd pptp-linux xl2tpd iproute2 bridge-utils ethtool mini-httpd snmpd
            openvpn wget tftpd-hpa tftp-hpa inetutils-telnetd inetutils-syslogd net-tools iputils-ping traceroute ulogd2 cron tcpdump
            arptables atm-tools udev procps""".split(),
        "kernel": ("linux-image-4kc-malta", "modules"), "modules": NETWORK_MODULES,
        "layout": "flat", "sections": False, "flatten": True, "pack": "jffs2",
    },
    {
        "name": "optical-terminal", "title": "Optical network terminal ONT-8", "set": "fitting", "release": "bookworm", "architecture": "arm64",
        "packages": """busybox openssh-server nginx-light lua5.1 lua-socket libjs-jquery libjs-bootstrap snmpd mosquitto iproute2 nftables
            isc-dhcp-server dibbler-client ntpsec rsyslog lldpd linuxptp strongswan-charon strongswan-swanctl wpasupplicant hostapd avahi-daemon
            i2c-tools sqlite3 stunnel4 gobgpd bash less igmpproxy libubootenv-tool""".split(),
        "kernel": ("linux-image-arm64", "boot"), "modules": NETWORK_MODULES,
        "layout": "triplet", "sections": True, "pack": "squashfs-gzip",
    },
    {
        "name": "enterprise-cpe", "title": "Enterprise access CPE-50", "set": "checking", "release": "bookworm", "architecture": "armhf",
        "packages": """busybox openssh-server openssh-client strongswan-charon libcharon-extra-plugins openvpn wireguard-tools frr keepalived
            squid unbound isc-dhcp-relay freeradius chrony rsyslog logrotate socat iperf3 nano bash nftables iptables conntrack ipset ppp
            xl2tpd modemmanager libqmi-utils snmpd lldpd haproxy curl openssl kmod procps mount""".split(),
        "kernel": ("linux-image-armmp", "uimage"), "mkimage": "arm", "modules": NETWORK_MODULES,
        "u-boot": ("u-boot-omap", "usr/lib/u-boot/omap4_panda/u-boot.img"),
        "layout": "merged", "sections": False, "pack": "squashfs-gzip",
    },
    {
        "name": "base-station", "title": "Base station BTS-3900", "set": "checking", "release": "bookworm", "architecture": "ppc64el",
        "packages": """bash coreutils busybox openssh-server linuxptp gpsd chrony lksctp-tools snmpd dbus python3.11-minimal perl-base
            openvswitch-switch strongswan-charon net-tools ethtool sysstat gdbserver strace tcpdump smartmontools mtd-utils i2c-tools rsync
            sqlite3 mosquitto redis-server libzmq5 libprotobuf32 libyang2 vim-tiny findutils grep tar gzip sed iputils-ping
            dnsmasq-base libmosquitto1 logrotate cron""".split(),
        "kernel": ("linux-image-powerpc64le", "boot"), "modules": NETWORK_MODULES,
        "layout": "triplet", "sections": True, "pack": "cpio.gz",
    },
    {
        "name": "aggregation-switch", "title": "Aggregation switch AS-7400", "set": "checking", "release": "bookworm", "architecture": "mips64el",
        "packages": """busybox dropbear-bin frr lldpd snmpd vim-tiny bash tcsh tftp-hpa atftpd dhcpcd5 iproute2 nftables ebtables
            libteam-utils bird2 smcroute logrotate lua5.3 expect cron ntpsec inetutils-syslogd nginx-light monit ser2net
            libpam-radius-auth openssl ethtool bridge-utils arping tcpdump nano igmpproxy mtr-tiny""".split(),
        "kernel": ("linux-image-5kc-malta", "modules"), "modules": NETWORK_MODULES,
        "layout": "opt", "sections": False, "flatten": True, "pack": "squashfs-xz",
    },
    {
        "name": "access-router", "title": "Wireless router WR-900", "set": "checking", "release": "bullseye", "architecture": "armhf",
        "packages": """busybox dropbear-bin dnsmasq-base hostapd wpasupplicant iptables ppp pptpd xl2tpd openvpn bird samba proftpd-basic
            lighttpd miniupnpd transmission-daemon ntfs-3g wget tinyproxy dosfstools ntp ipset iproute2 ebtables radvd
            igmpproxy inadyn usb-modeswitch curl openssl wireless-tools iw bridge-utils cups-daemon""".split(),
        "kernel": ("linux-image-armmp", "boot"), "modules": NETWORK_MODULES,
        "layout": "merged", "sections": False, "flatten": True, "pack": "squashfs-xz",
    },
    {
        "name": "edge-router", "title": "Edge router ER-10", "set": "checking", "release": "trixie", "architecture": "arm64",
        "packages": """bash busybox frr kea-dhcp4-server unbound nginx openssh-server strongswan-charon wireguard-tools nftables chrony gobgpd
            prometheus-node-exporter iperf3 curl sudo rsyslog keepalived conntrack ipset haproxy linuxptp openvpn redis-server
            snmpd dnsmasq-base iptables iproute2 tcpdump ethtool socat lldpd stunnel4 freeradius lua5.4 less sudo-rs""".split(),
        "kernel": ("linux-image-arm64", "boot"), "modules": NETWORK_MODULES,
        "layout": "merged", "sections": True, "pack": "cpio.gz",
    },
]}
