"""The benign side beside the untouched builds: executables of Debian packages, fetched, and unpacked without the rest.

benign.json lists them: path, architecture, package and version, source package, whether it is a daemon. It is written after each
architecture, so that it can be read meanwhile. A package of benign.txt that the mirror does not have is named, and left out, and so is a
daemon that its package does not hold; fewer than a thousand executables are an error. `--architecture` fetches a part.
"""

import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "identification"))
import debian  # noqa: E402
import elf  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
LEAST = 1000  # executables
LARGEST = 24 << 20  # bytes of an executable
NO_PROGRAM = re.compile(r"^usr/share/|\.(o|a|ko|so)(\.|$)")


def fetch(store, architectures):
    """Fetches what is not there yet for the architectures (none: for all), and writes benign.json of all that is there."""
    entries, lost = [], []
    for (release, architecture), packages in sorted(read().items()):
        kept, without = taken(store, release, architecture, packages, architecture in (architectures or [architecture]))
        lost += [f"{name} ({architecture}): {reason}" for name, reason in sorted(without.items())]
        for name, daemons in packages.items():
            if name not in kept:
                continue
            files = {file["path"]: file for file in kept[name]["files"]}
            seen = set().union(*(names(file) for file in files.values()))
            lost += [f"{name}:{daemon} ({architecture}): no such program in {name} {kept[name]['version']}" for daemon in daemons if daemon not in seen]
            entries += [{"package": name, "architecture": architecture, "release": release, "source": kept[name]["source"], "version": kept[name]["version"],
                         "daemon": not names(file).isdisjoint(daemons), "path": f"benign/{release}-{architecture}/{name}/{path}",
                         "bytes": file["bytes"], "sha256": file["sha256"]} for path, file in sorted(files.items())]
        write(store / "benign.json", {"programs": entries, "lost": lost})
    daemons = sum(entry["daemon"] for entry in entries)
    print(f"{store}/benign.json: {len(entries)} executables, {daemons} of them daemons, {sum(entry['bytes'] for entry in entries) >> 20} MiB", file=sys.stderr)
    for line in lost:
        print(f"not there: {line}", file=sys.stderr)
    if len(entries) < LEAST:
        sys.exit(f"{len(entries)} executables are fewer than {LEAST}; add packages to benign.txt, or fetch more architectures")
    return 0


def taken(store, release, architecture, packages, fetches):
    """The packages whose executables are there, with those that were missing where `fetches` says so, and {name: why it is not there}."""
    folder = store / "benign" / f"{release}-{architecture}"
    note = folder / "executables.json"
    kept = json.loads(note.read_text()) if note.exists() else {}
    missing = [name for name in packages if name not in kept]
    if not missing or not fetches:
        return kept, {}
    take_lists(store, release, architecture)
    paths, without = download(debian.Apt(store / "benign", release, architecture), missing)
    for name, path in paths.items():
        kept[name] = executables(path, folder / name)
        path.unlink()
        write(note, kept)
    return kept, without


def write(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
    new.replace(path)


def names(file):
    """The names of an executable without folders: its own, and those of hard links to it."""
    return {path.rpartition("/")[2] for path in (file["path"], *file.get("links", []))}


def take_lists(store, release, architecture):
    """Takes over the lists that corpus/identification has fetched, so that they need not be fetched twice."""
    there, here = (folder / f"apt-{release}-{architecture}/lists" for folder in (store.parent / "identification", store / "benign"))
    if there.is_dir() and not here.exists():
        shutil.copytree(there, here)


def download(apt, names):
    """({name: path}, {name: why it is not there}) of packages: many at once, and one by one where that fails."""
    offered = apt.offered(names)
    lost = {name: "not in the release" for name in names if name not in offered}
    try:
        return apt.fetch(offered), lost
    except SystemExit:
        pass
    paths = {}
    for name, version in sorted(offered.items()):
        try:
            paths |= apt.fetch({name: version})
        except SystemExit as error:
            lost[name] = str(error)[-160:]
    return paths, lost


def read():
    """{(release, architecture): {package: names of daemons}}."""
    wanted = {}
    for line in (HERE / "benign.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            release, architectures, *packages = line.split()
            for architecture in architectures.split(","):
                for entry in packages:
                    name, _, daemons = entry.partition(":")
                    wanted.setdefault((release, architecture), {})[name] = [daemon for daemon in daemons.split(",") if daemon]
    return wanted


def unpack(package, folder, wants):
    """Takes the files out of a package that are wanted; beside what is written down of them, its hard links as (to, path)."""
    shutil.rmtree(folder, ignore_errors=True)
    files, links = [], []
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as unpacking:
        with tarfile.open(fileobj=unpacking.stdout, mode="r|") as archive:
            for member in archive:
                inside = member.name.removeprefix("./")
                if member.islnk():
                    links.append((member.linkname.removeprefix("./"), inside))
                if not member.isreg() or member.size > LARGEST:
                    continue
                content = archive.extractfile(member).read()
                if not wants(inside, content):
                    continue
                target = folder / inside
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
                files.append({"path": inside, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
        while unpacking.stdout.read(1 << 16):
            pass
    if unpacking.returncode:
        sys.exit(f"{package}: dpkg-deb ended with {unpacking.returncode}; remove it, and fetch it again")
    fields = debian.control(package)
    source, _ = debian.source_of(fields)
    return {"source": source, "version": fields["Version"], "files": sorted(files, key=lambda file: file["path"])}, links


def executables(package, folder):
    """Takes a package's executables out of it."""
    record, links = unpack(package, folder, lambda inside, content: not NO_PROGRAM.search(inside) and program(content))
    for file in record["files"]:
        linked = sorted(inside for to, inside in links if to == file["path"])
        if linked:
            file["links"] = linked
    return record


def program(content):
    if content[:4] != b"\x7fELF":
        return False
    try:
        file = elf.Elf(content)
    except (ValueError, IndexError):
        return False
    return file.kind == 2 or file.kind == 3 and file.interpreter() is not None
