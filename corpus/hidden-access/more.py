"""Further files of Debian packages: shared libraries (libraries.txt) and programs that serve something (servers.txt) to count on, and both of packages
that no probe was written or counted on (unseen-libraries.txt, unseen-programs.txt) to measure on; fetched, and unpacked without the rest.

    corpus/hidden-access/more.py libraries|servers|unseen-libraries|unseen-programs [ARCHITECTURE ...]

NAME.json lists them: path, architecture, package and version, source package. A package that the mirror does not have is named, and left out;
too few files are an error.
"""

import json
import os
import pathlib
import shutil
import sys

import benign  # puts corpus/identification on the way to modules
import debian
import elf

HERE = pathlib.Path(__file__).resolve().parent
LEAST = {"libraries": 500, "servers": 300, "unseen-libraries": 300, "unseen-programs": 300}


def fetch(store, name, architectures):
    """Fetches what is not there yet for the architectures (none: for all), and writes NAME.json of all that is there."""
    entries, lost = [], []
    for (release, architecture), packages in sorted(wanted(name).items()):
        folder = store / name / f"{release}-{architecture}"
        note = folder / f"{name}.json"
        kept = json.loads(note.read_text()) if note.exists() else {}
        missing = [package for package in packages if package not in kept]
        if missing and architecture in (architectures or [architecture]):
            take_lists(store, name, release, architecture)
            paths, without = benign.download(debian.Apt(store / name, release, architecture), missing)
            lost += [f"{package} ({architecture}): {reason}" for package, reason in sorted(without.items())]
            for package, path in paths.items():
                kept[package] = benign.unpack(path, folder / package, library if "libraries" in name else program)[0]
                path.unlink()
            benign.write(note, kept)
        for package in packages:
            if package in kept:
                entries += [{"package": package, "architecture": architecture, "release": release, "source": kept[package]["source"],
                             "version": kept[package]["version"], "path": f"{name}/{release}-{architecture}/{package}/{file['path']}",
                             "bytes": file["bytes"], "sha256": file["sha256"]} for file in kept[package]["files"]]
    benign.write(store / f"{name}.json", {"files": entries, "lost": lost})
    print(f"{store}/{name}.json: {len(entries)} files, {sum(entry['bytes'] for entry in entries) >> 20} MiB", file=sys.stderr)
    for line in lost:
        print(f"not there: {line}", file=sys.stderr)
    if len(entries) < LEAST[name]:
        sys.exit(f"{len(entries)} files are fewer than {LEAST[name]}; add packages to {name}.txt, or fetch more architectures")
    return 0


def wanted(name):
    """{(release, architecture): [package]}."""
    found = {}
    for line in (HERE / f"{name}.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            release, architectures, *packages = line.split()
            for architecture in architectures.split(","):
                known = found.setdefault((release, architecture), [])
                known += [package for package in packages if package not in known]
    return found


def take_lists(store, name, release, architecture):
    """Takes over the lists that the executables were fetched by, so that they need not be fetched twice."""
    there, here = (store / folder / f"apt-{release}-{architecture}/lists" for folder in ("benign", name))
    if there.is_dir() and not here.exists():
        shutil.copytree(there, here)


def program(inside, content):
    return not benign.NO_PROGRAM.search(inside) and benign.program(content)


def library(inside, content):
    if ".so" not in inside or content[:4] != b"\x7fELF":
        return False
    try:
        # The loader and the C library have an interpreter and are libraries, too.
        return elf.Elf(content).kind == 3
    except (ValueError, IndexError):
        return False


if __name__ == "__main__":
    cache = pathlib.Path(os.environ.get("BANBURY_CACHE", HERE.parent.parent / "out/cache"))
    sys.exit(fetch(cache / "hidden-access", sys.argv[1], sys.argv[2:]))
