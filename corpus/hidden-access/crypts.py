"""The MD5-based password hash `$1$` that C libraries' crypt() knows (Poul-Henning Kamp, FreeBSD, 1994), as plants hold it."""

import hashlib

SET = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ORDER = ((0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5))


def md5_crypt(password, salt):
    """`$1$salt$...` of the bytes `password`."""
    plain, salted = password, salt.encode()
    inner = hashlib.md5(plain + salted + plain).digest()
    start = plain + b"$1$" + salted + (inner * (len(plain) // 16 + 1))[:len(plain)]
    left = len(plain)
    while left:
        start += b"\0" if left & 1 else plain[:1]
        left >>= 1
    value = hashlib.md5(start).digest()
    for turn in range(1000):
        text = plain if turn & 1 else value
        if turn % 3:
            text += salted
        if turn % 7:
            text += plain
        value = hashlib.md5(text + (value if turn & 1 else plain)).digest()
    out = "".join(letters(value[a] << 16 | value[b] << 8 | value[c], 4) for a, b, c in ORDER) + letters(value[11], 2)
    return f"$1${salt}${out}"


def letters(number, count):
    return "".join(SET[number >> 6 * at & 63] for at in range(count))
