"""Executables that have nothing to do with network equipment, in batches of a hundred, as images of nothing that the table knows.

The packages of unrelated.txt, and the executables of this machine's own packages, of which products.toml knows no source. Each
batch is a tar archive; a file's first folder in it is its binary package.
"""

import pathlib
import subprocess
import sys
import tarfile

import debian
import measure
import products

HERE = pathlib.Path(__file__).resolve().parent
SIZE = 100  # executables of a batch
LARGEST = 24 << 20  # bytes of an executable


class Batch:
    """A hundred executables: the archive, and the source package of each file."""

    def __init__(self, name, path, sources):
        self.name, self.path, self.sources = name, path, sources


class Batches:
    """All batches, made in the cache folder."""

    def __init__(self, store, table):
        self.store, self.table, self.fetched = pathlib.Path(store), table, {}

    def make(self):
        """The batches; their archives are made anew."""
        made = []
        for name, files in [*self.foreign(), ("this-machine", self.local())]:
            for start in range(0, len(files), SIZE):
                part = files[start:start + SIZE]
                if len(part) < SIZE // 2 and start:
                    continue  # too few to stand for a root file system
                made.append(self.archive(f"{name}-{start // SIZE:02}", part))
        return made

    def foreign(self):
        wanted = {}
        for line in (HERE / "unrelated.txt").read_text().splitlines():
            if line and not line.startswith("#"):
                architecture, *names = line.split()
                wanted.setdefault(architecture, []).extend(names)
        for architecture, names in sorted(wanted.items()):
            apt = debian.Apt(self.store, "bookworm", architecture)
            offered = apt.offered(names)
            lost = sorted(set(names) - set(offered))
            if lost:
                sys.exit(f"unrelated.txt: bookworm has no {', '.join(lost)} for {architecture}")
            paths = apt.fetch(offered)
            files = []
            for name, path in sorted(paths.items()):
                fields = debian.control(path)
                source, _ = debian.source_of(fields)
                self.fetched[f"bookworm {architecture} {name} {fields['Version']}"] = source
                if self.table.of_source(source):
                    sys.exit(f"unrelated.txt: {name} is of {source}, which products.toml knows")
                folder = self.store / "unpacked/bookworm" / path.name[:-4]
                if not folder.exists():
                    partial = folder.with_name(folder.name + ".partial")
                    partial.mkdir(parents=True, exist_ok=True)
                    subprocess.run(["dpkg-deb", "-x", path, partial], check=True)
                    partial.rename(folder)
                files += [(f"{name}/{file.relative_to(folder)}", file, source) for file in sorted(folder.rglob("*")) if executable(file)]
            yield architecture, files

    def local(self):
        """This machine's executables of packages that the table does not know."""
        listed = subprocess.run(["dpkg-query", "-W", "-f", "${binary:Package} ${source:Package} ${Version} ${Architecture}\n"],
                                check=True, capture_output=True, text=True).stdout
        files = []
        for line in sorted(listed.splitlines()):
            name, source, version, architecture = line.split()
            if self.table.of_source(source):
                continue
            paths = subprocess.run(["dpkg-query", "-L", name], check=True, capture_output=True, text=True).stdout.splitlines()
            found = [(f"{name.partition(':')[0]}{path}", pathlib.Path(path), source) for path in sorted(paths) if executable(pathlib.Path(path))]
            files += found
            if found:
                self.fetched[f"installed {architecture} {name} {version}"] = source
        return files

    def archive(self, name, files):
        path = self.store / f"unrelated-{name}.tar"
        with tarfile.open(path, "w") as archive:
            for inside, file, _ in files:
                archive.add(file, inside, filter=plain)
        return Batch(name, path, {inside: source for inside, _, source in files})

    def packages(self):
        return sorted(self.fetched)

    def inspect(self, banbury, batch):
        """(component claims, processor seconds) of a batch."""
        return measure.inspect(banbury, batch.path, self.table, set(batch.sources))

    def right(self, batch, claim):
        """Whether the claimed product is the file's own package, or known to be linked into it."""
        source = batch.sources.get(claim.file)
        if source is None:
            return False
        package = claim.file.partition("/")[0]
        return claim.product in {products.plain(source), products.plain(package), *self.table.linked_in(source)}


def executable(path):
    if path.is_symlink() or not path.is_file() or path.suffix in (".o", ".ko", ".a") or path.stat().st_size > LARGEST:
        return False
    with open(path, "rb") as file:
        head = file.read(18)
    # Programs and shared libraries, not object files.
    return head[:4] == b"\x7fELF" and len(head) == 18 and head[16:18] in (b"\2\0", b"\3\0", b"\0\2", b"\0\3")


def plain(info):
    info.uid = info.gid = info.mtime = 0
    info.uname = info.gname = ""
    return info
