"""sites.toml, read: the packages, and the places where something is planted. A field that nobody knows is an error."""

import hashlib
import pathlib
import re
import sys
import tomllib

import mechanisms

HERE = pathlib.Path(__file__).resolve().parent
SETS = ("fitting", "checking")
SITE = {"name", "program", "file", "kind", "above", "before", "after", "text", "length", "terminated", "user", "joined", "accept", "guard", "socket", "leave",
        "looks", "digest", "crypt"}
PACKAGE = {"release", "version", "archive", "sha256", "set", "role", "prepare", "make", "programs", "sites", "edits"}


class Package:
    """A source package: where it comes from, how it is built, which programs it gives."""

    def __init__(self, name, fields):
        unknown = sorted(set(fields) - PACKAGE)
        if unknown or fields.get("set") not in SETS:
            sys.exit(f"sites.toml: {name}: " + (f"no field {', '.join(unknown)}" if unknown else f"set is one of {', '.join(SETS)}"))
        self.name, self.fields = name, fields
        self.release, self.version, self.archive, self.sha256 = (fields[key] for key in ("release", "version", "archive", "sha256"))
        self.set, self.role = fields["set"], fields["role"]
        self.prepare, self.make, self.edits = fields.get("prepare", []), fields["make"], fields.get("edits", [])
        self.programs = fields["programs"]  # program: its path in the tree
        self.sites = [Site(self, site) for site in fields["sites"]]


class Site:
    """A place in a source file, and what stands ready there."""

    def __init__(self, package, fields):
        unknown = sorted(set(fields) - SITE)
        if unknown or ("before" in fields) == ("after" in fields):
            sys.exit(f"sites.toml: {package.name}: {fields.get('name')}: " + (f"no field {', '.join(unknown)}" if unknown else "before or after, one of them"))
        self.package, self.set, self.fields = package.name, package.set, fields
        self.name, self.program, self.file, self.kind, self.above = (fields[key] for key in ("name", "program", "file", "kind", "above"))
        if self.kind not in mechanisms.VARIANTS or self.program not in package.programs:
            sys.exit(f"sites.toml: {package.name}: {self.name}: no kind {self.kind} or no program {self.program}")
        self.anchor, self.place = (fields["before"], "before") if "before" in fields else (fields["after"], "after")
        self.text = fields.get("text", "")
        self.length = fields.get("length", f"strlen({self.text})")
        self.terminated = fields.get("terminated", self.kind in ("secret", "request"))
        self.user, self.joined, self.accept = fields.get("user"), fields.get("joined"), fields.get("accept")
        self.guard, self.socket, self.leave = fields.get("guard"), fields.get("socket", ""), fields.get("leave", "")
        self.looks, self.digest, self.crypt = fields.get("looks", "word"), fields.get("digest"), fields.get("crypt")
        self.function = re.findall(r"(\w+) ?\(", self.above)[0]

    def guarded(self, condition):
        return f"{self.guard} && {condition}" if self.guard else condition


def read(path=HERE / "sites.toml"):
    """All packages, by name."""
    with open(path, "rb") as file:
        return {name: Package(name, fields) for name, fields in tomllib.load(file).items()}


def plants(packages, seed, share=1):
    """The plants at the sites of packages; every `share`th of them, evenly by mechanism and form, and as chance has it by site."""
    listed = [(mechanism, form, hashlib.sha256(f"{seed} {site.package} {site.name} {mechanism} {form}".encode()).digest(), site)
              for package in packages for site in package.sites for mechanism, form in mechanisms.variants(site)]
    listed.sort(key=lambda entry: entry[:3])
    return [mechanisms.plant(site, mechanism, form, seed) for mechanism, form, _, site in listed[::share]]
