"""The table of products: which Debian source package is which upstream product, under which names it goes.

    [[products]]
    name = "xz"                 as in signatures/
    sources = ["xz-utils"]      Debian source packages; "*" at the end for any rest
    names = ["xz-utils"]        other names that mean the same product: in package URLs, in CPEs
    files = ["*bin/xz"]         paths that prove it; without: any executable, library or kernel module of the source
    version = '^(\\d+)'         the part of the upstream version that is the product's version; without: all of it
    accepts = ['...']           other versions that are as right, as patterns with {version}
    own_names = ["gcc"]         names that mean the product in its own files, and another elsewhere
    binary = true               the version is the binary package's, not the source's

    [[linked]]
    sources = ["rsync"]         programs of which
    products = ["popt"]         these products may be claimed too
    why = "..."
"""

import fnmatch
import re
import tomllib

import debian


class Table:
    """All products and what is linked in."""

    def __init__(self, data):
        self.products = [Product(**entry) for entry in data["products"]]
        self.linked = data.get("linked", [])
        self.named = {}
        for product in self.products:
            for name in {product.name, *product.names}:
                other = self.named.setdefault(plain(name), product)
                if other is not product:
                    raise ValueError(f"products.toml: {name} stands for {other.name} and for {product.name}")

    @classmethod
    def read(cls, path):
        with open(path, "rb") as file:
            return cls(tomllib.load(file))

    def of_source(self, source):
        return [product for product in self.products if any(fnmatch.fnmatchcase(source, glob) for glob in product.sources)]

    def called(self, name):
        """The product that a tool calls `name`; the name itself where the table has none."""
        product = self.named.get(plain(name))
        return product.name if product else plain(name)

    def linked_in(self, source):
        return sorted({name for entry in self.linked if any(fnmatch.fnmatchcase(source, glob) for glob in entry["sources"])
                       for name in entry["products"]})


class Product:
    """An upstream product."""

    def __init__(self, name, sources, names=(), own_names=(), files=(), version=None, accepts=(), binary=False):
        self.name, self.sources, self.names, self.own_names, self.files = name, sources, names, own_names, files
        self.pattern, self.accepted, self.binary = version, accepts, binary

    def proven_by(self, path, proper):
        if self.files:
            return any(fnmatch.fnmatchcase(path, glob) or fnmatch.fnmatchcase(path.rpartition("/")[2], glob) for glob in self.files)
        return proper

    def version(self, package_version):
        version = debian.upstream(package_version)
        match = re.search(self.pattern, version) if self.pattern else None
        return match[1] if match else version

    def accepts(self, claimed, version):
        """Whether a claimed version is the product's: the same text but for case, or a form that the table accepts."""
        claimed, version = claimed.lower(), version.lower()
        return claimed == version or any(re.fullmatch(form.replace("{version}", re.escape(version)), claimed) for form in self.accepted)


def plain(name):
    """A name without case and punctuation: lib_foo and LibFoo are one."""
    return re.sub(r"[ _-]", "-", name.lower())
