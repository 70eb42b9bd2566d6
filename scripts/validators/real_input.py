"""Compares Banbury's component claims of an installer image with its dpkg status file; called by scripts/real-input.

    real_input.py INSPECT.JSON STATUS
"""

import collections
import json
import pathlib
import sys


def main():
    inspection = json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))
    expected = packages(pathlib.Path(sys.argv[2]).read_text(encoding="utf-8"))
    found = set()
    for exhibit in inspection["exhibits"]:
        summary(exhibit)
        found |= {(claim["facts"]["name"], claim["facts"]["version"]) for claim in exhibit["claims"]
                  if claim["code"] == "component" and claim["facts"].get("method") == "dpkg"}
    for name, version in sorted(expected - found):
        print(f"MISSING  {name} {version}: in the image's dpkg status, not claimed")
    for name, version in sorted(found - expected):
        print(f"WRONG    {name} {version}: claimed, not in the image's dpkg status")
    if not expected:
        sys.exit("real-input: the image's dpkg status names no package; nothing was compared")
    same = found == expected
    print(f"components from dpkg: {len(found)} claimed, {len(expected)} in the image's own status: "
          f"{'the same set' if same else 'DIFFERENT'}")
    sys.exit(0 if same else 1)


def packages(text):
    """(name, version) of each package whose files are unpacked, read stanza by stanza."""
    here = {"installed", "unpacked", "half-configured", "triggers-awaited", "triggers-pending"}
    found = set()
    for stanza in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[0] not in " \t")
        if "Package" in fields and fields.get("Status", "").split()[-1:] and fields["Status"].split()[-1] in here:
            found.add((fields["Package"], fields["Version"]))
    return found


def summary(exhibit):
    print(f"{exhibit['name']}: {exhibit['size']:,} bytes, {len(exhibit['objects']):,} objects")
    account = exhibit.get("bytes")
    if account and exhibit["size"]:
        shares = ", ".join(f"{kind} {100 * account[kind] / exhibit['size']:.2f} %"
                           for kind in ("known", "padding", "opaque", "unknown"))
        print(f"  bytes of the image: {shares}")
    codes = collections.Counter(claim["code"] for claim in exhibit["claims"])
    methods = collections.Counter(claim["facts"].get("method", "?") for claim in exhibit["claims"]
                                  if claim["code"] == "component")
    print(f"  components: {codes.pop('component', 0)} "
          f"({', '.join(f'{method} {count}' for method, count in sorted(methods.items())) or 'none'})")
    for code, count in sorted(codes.items()):
        print(f"  {count:>6}  {code}")
    for run in exhibit["runs"]:
        if run["status"] != "complete":
            print(f"  run {run['probe']}: {run['status']}")


if __name__ == "__main__":
    main()
