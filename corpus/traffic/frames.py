"""Frames for the captures of the corpus, written field by field."""

import ipaddress
import struct

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
DAY = 1772323200


def address(text):
    return ipaddress.ip_address(text).packed


def total(data):
    """The sum that IP, ICMP, UDP and TCP have."""
    if len(data) % 2:
        data += b"\0"
    value = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while value >> 16:
        value = (value & 0xffff) + (value >> 16)
    return ~value & 0xffff


def ipv4(source, destination, protocol, body, *, identification=0, fragment=0, length=None):
    size = 20 + len(body) if length is None else length
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, size, identification, fragment, 64, protocol, 0,
                       address(source), address(destination))
    return head[:10] + struct.pack("!H", total(head)) + head[12:] + body


def ipv6(source, destination, next_header, body, *, length=None):
    size = len(body) if length is None else length
    return struct.pack("!IHBB16s16s", 0x60000000, size, next_header, 64, address(source), address(destination)) + body


def ip(source, destination, protocol, body, **other):
    make = ipv6 if ":" in source else ipv4
    return make(source, destination, protocol, body, **other)


def tcp(source_port, destination_port, flags, sequence, body=b"", acknowledged=0):
    return struct.pack("!HHIIBBHHH", source_port, destination_port, sequence & 0xffffffff, acknowledged, 0x50, flags, 8192, 0, 0) + body


def udp(source_port, destination_port, body):
    return struct.pack("!HHHH", source_port, destination_port, 8 + len(body), 0) + body


def ether(kind, body):
    return bytes.fromhex("020000000002020000000001") + struct.pack("!H", kind) + body


def ethernet(packet):
    return ether(0x86dd if packet[0] >> 4 == 6 else 0x0800, packet)


def name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def question(number, text, kind):
    return struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + name(text) + struct.pack("!HH", kind, 1)


def answer(number, text, kind, code, *records):
    head = struct.pack("!HHHHHH", number, 0x8180 | code, 1, len(records), 0, 0) + name(text) + struct.pack("!HH", kind, 1)
    return head + b"".join(b"\xc0\x0c" + struct.pack("!HHIH", of, 1, 60, len(data)) + data for of, data in records)


def client_hello(server, padding=0):
    host = server.encode()
    names = struct.pack("!HBH", len(host) + 3, 0, len(host)) + host
    extensions = struct.pack("!HH", 21, padding) + bytes(padding) if padding else b""
    if server:
        extensions += struct.pack("!HH", 0, len(names)) + names
    body = b"\3\3" + bytes(32) + b"\0" + struct.pack("!HH", 2, 0x1301) + b"\1\0" + struct.pack("!H", len(extensions)) + extensions
    message = b"\1" + struct.pack("!I", len(body))[1:] + body
    return b"\x16\3\1" + struct.pack("!H", len(message)) + message


def conversation(client, server, client_port, server_port, said, *, start, step=0.01, sequence=1000, end="fin"):
    """(time, packet) of a connection: `said` is a list of (whether the client speaks, bytes)."""
    ends = [(client, client_port, sequence), (server, server_port, 2**32 - 5)]
    numbers = [ends[0][2], ends[1][2]]
    time, packets = start, []

    def send(by, flags, body=b""):
        nonlocal time
        (source, source_port, _), (destination, destination_port, _) = ends[by], ends[1 - by]
        segment = tcp(source_port, destination_port, flags, numbers[by], body, numbers[1 - by])
        packets.append((round(time, 6), ip(source, destination, 6, segment)))
        numbers[by] = (numbers[by] + len(body) + (1 if flags & (SYN | FIN) else 0)) & 0xffffffff
        time += step

    send(0, SYN)
    send(1, SYN | ACK)
    send(0, ACK)
    for by_client, body in said:
        send(0 if by_client else 1, PSH | ACK, body)
        send(1 if by_client else 0, ACK)
    if end == "fin":
        send(0, FIN | ACK)
        send(1, FIN | ACK)
        send(0, ACK)
    elif end in ("reset", "reset-by-server"):
        send(0 if end == "reset" else 1, RST | ACK)
    return packets
