"""Running Banbury over the corpus and comparing what it claims with the truth."""

import collections
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SECONDS = 1200  # for one image
DATABASES = {"dpkg", "opkg", "apk", "rpm"}

Claim = collections.namedtuple("Claim", "name product version method file")


def built():
    """The release build of this checkout."""
    subprocess.run(["scripts/install-test-packages", "build"], check=True, cwd=ROOT)
    subprocess.run(["cargo", "build", "-q", "--release", "--locked", "-p", "banbury"], check=True, cwd=ROOT)
    return str(pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve() / "release/banbury")


def inspect(banbury, image, table, paths):
    """(component claims, processor seconds) of an image; `paths` are the files whose names claims are given."""
    command = [banbury, "inspect", str(image), "-o", "json=-", "--max-seconds", str(SECONDS)]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out = child.stdout.read()
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 3):
        sys.exit(f"{image}: banbury inspect ended with status {child.returncode}: {said.decode(errors='replace')[-500:]}")
    claims = []
    for exhibit in json.loads(out)["exhibits"]:
        for claim in exhibit["claims"]:
            facts = claim["facts"]
            if claim["code"] != "component" or facts.get("method") in DATABASES:
                continue
            entries = [step.get("entry") for place in claim["locations"][:1] for step in place["steps"]]
            file = next((entry for entry in entries if entry in paths), None)
            claims.append(Claim(facts["name"], table.called(facts["name"]), facts.get("version"), facts.get("method", "-"), file))
    return claims, usage.ru_utime + usage.ru_stime


class Score:
    """What was found of one truth: by all claims together, or by those of one source."""

    def __init__(self, truth, table, claims):
        self.truth = truth
        self.products = {product["name"]: product for product in truth["products"]}
        self.entries = {product.name: product for product in table.products}
        self.versions = collections.defaultdict(set)  # product: versions claimed in its own files
        self.elsewhere = collections.defaultdict(set)  # product: (version, file) claimed in another's file
        self.wrong = collections.defaultdict(set)  # product that is not there: (version, file)
        for claim in claims:
            self.add(claim)

    def add(self, claim):
        name = claim.product
        owner = next((product for product in self.truth["products"] if claim.file in product["files"]), None)
        if owner and name in map(str.lower, self.entries[owner["name"]].own_names):
            name = owner["name"]
        allowed = name in self.truth["also"].get(claim.file, [])
        product = self.products.get(name)
        if product is None:
            if not allowed:
                self.wrong[name].add((claim.version, claim.file))
        elif claim.file is None or claim.file in product["files"] or self.truth["files"].get(claim.file) in product["sources"]:
            self.versions[name].add(claim.version)
        elif not allowed:
            # The product is there; that it is in this file as well may be a mention. A version that it has not is wrong.
            self.elsewhere[name].add((claim.version, claim.file))
            if claim.version and not self.accepts(name, claim.version):
                self.wrong[name].add((claim.version, claim.file))

    def accepts(self, name, version):
        return any(self.entries[name].accepts(version, true) for true in self.products[name]["versions"])

    @property
    def found(self):
        return sorted(self.versions)

    @property
    def missed(self):
        return sorted(set(self.products) - set(self.versions))

    @property
    def exact(self):
        """Products all of whose claimed versions are right, and one was claimed."""
        return [name for name in self.found if self.stated(name) and all(self.accepts(name, one) for one in self.stated(name))]

    @property
    def inexact(self):
        return [name for name in self.found if name not in self.exact]

    def stated(self, name):
        return sorted(version for version in self.versions[name] if version)
