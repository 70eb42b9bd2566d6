"""Triggers, names and numbers of a plant, drawn from the seed: none is a tell-tale, and the same plant has the same ones on every
architecture.

The styles are those that public cases had: a text that looks like a format of the program's own messages, words put together, an
address of electronic mail, a serial number, a file name, nothing that means anything.
"""

import random

WORDS = """amber anchor april arrow atlas autumn badge barley basin beacon birch bishop bottle bridge bronze cabin candle canyon carbon cedar
chapel cipher circle clover cobalt copper coral cotton crater crystal delta denver desert dragon eagle echo ember engine falcon fathom fern
field fjord flint forest fossil garnet ginger glacier granite grove hammer harbor hazel heron hollow indigo island ivory jasper juniper kernel
ladder lagoon lantern laurel legend lemon lentil linen lotus magnet maple marble meadow mercury mirror mosaic nectar nickel north oasis
ocean olive onyx orbit orchid otter oxide paper pebble pepper phoenix pilot piston planet plume poplar prairie quarry quartz raven ribbon
river robin rocket saddle salmon sierra signal silver spruce stone summit sunset tango timber topaz tunnel turbine valley velvet violet
walnut willow winter zenith zephyr""".split()
NOUNS = "route lease label queue frame slot peer cache timer index token range block entry state event".split()
VERBS = "refresh update check store commit settle rotate inspect arrange collect resolve".split()
DOMAINS = "northgrid.net fieldlab.org mailpost.net oxbridge-it.com sysworks.org".split()
UPPER, LOWER, DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ", "abcdefghijkmnopqrstuvwxyz", "0123456789"


class Texts:
    """What a plant needs of chance; `name` is the plant's."""

    def __init__(self, seed, name):
        self.chance = random.Random(f"{seed} {name}")
        self.taken = set()

    def pick(self, of):
        return self.chance.choice(of)

    def number(self, low, high):
        return self.chance.randint(low, high)

    def password(self, length=None):
        """A text of nine bytes or more, or of `length` bytes."""
        while True:
            text = self.pick([self.format, self.words, self.mail, self.serial, self.syllables, self.sentence])()
            if length is None and 9 <= len(text) <= 28:
                return text
            if length is not None and len(text) >= length and text[length - 1] not in " %":
                return text[:length]

    def format(self):
        return self.pick([f"%s: {self.pick(NOUNS)} (%d)", f"<<{self.pick(NOUNS)} %u(%s)>>", f"[{self.pick(NOUNS)}] %s=%02x", f"{self.pick(NOUNS)} %d/%d %s"])

    def words(self):
        return self.pick(["", "_", "-"]).join(self.chance.sample(WORDS, 2)) + self.pick(["", self.digits(2), self.digits(4), "!"])

    def mail(self):
        return f"{self.pick(WORDS)}@{self.pick(DOMAINS)}"

    def serial(self):
        return "-".join(self.mixed(4) for _ in range(self.number(2, 4)))

    def syllables(self):
        return "".join(self.pick("bdfgklmnprstvwz") + self.pick("aeiou") for _ in range(self.number(4, 7))) + self.digits(self.number(0, 4))

    def sentence(self):
        return f"no {self.pick(NOUNS)} for {self.pick(NOUNS)}"

    def user(self):
        """A name of an account."""
        return self.pick([self.pick(WORDS), self.pick(WORDS) + self.digits(2), self.pick(["svc", "ops", "sys", "fld"]) + "_" + self.pick(WORDS)[:4],
                          self.pick("bdfgklmnprstvwz") + self.pick(WORDS)])

    def path(self, length=None):
        """A path of the web; of `length` bytes, if that is given."""
        whole = self.pick([f"/{self.pick(WORDS)}/{self.pick(VERBS)}.cgi", f"/{self.pick(VERBS)}_{self.pick(NOUNS)}.htm", f"/cgi-bin/{self.pick(WORDS)}{self.digits(2)}",
                           f"/.{self.pick(WORDS)}{self.digits(3)}"])
        return whole if length is None else ("/" + self.syllables() + self.syllables())[:length]

    def header(self, length=None):
        """A line of a request's head, or its beginning of `length` bytes."""
        name = f"X-{self.pick(WORDS).capitalize()}-{self.pick(NOUNS).capitalize()}: "
        return (name + self.pick([self.serial, self.words])())[:length]

    def magic(self, length):
        """Bytes that open a packet."""
        return self.pick([self.mixed(length), (self.pick(WORDS) + self.pick(WORDS) + "__")[:length], (self.syllables() + self.syllables())[:length]])

    def name(self):
        """A name for a function."""
        while True:
            name = f"{self.pick(VERBS)}_{self.pick(WORDS)}"
            if name not in self.taken:
                self.taken.add(name)
                return name

    def port(self):
        return self.number(1025, 65000)

    def digits(self, count):
        return "".join(self.pick(DIGITS) for _ in range(count))

    def mixed(self, count):
        return "".join(self.pick(UPPER + DIGITS) for _ in range(count))
