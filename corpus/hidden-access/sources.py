"""Upstream sources, as Debian's source packages hold them, pinned by SHA-256.

Only the upstream archive is taken, without Debian's patches: apt fetches it through a state of its own, and checks it against the
signed index; what sites.toml pins is checked again here. A release's mirror may hold another version by now: then sites.toml
needs the new version, archive and SHA-256, and its anchors a look.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "identification"))
import debian  # noqa: E402


class Sources:
    """Archives in the cache folder."""

    def __init__(self, store):
        self.folder = pathlib.Path(store) / "sources"
        self.folder.mkdir(parents=True, exist_ok=True)

    def fetch(self, package):
        """The path of a package's archive."""
        path = self.folder / package.archive
        if not path.exists():
            self.download(package)
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != package.sha256:
            sys.exit(f"{path}: SHA-256 is {found}, sites.toml has {package.sha256}; remove the file, and fetch it again")
        return path

    def download(self, package):
        root = self.folder / f"apt-{package.release}"
        for folder in ("lists/partial", "cache/archives/partial"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / "status").touch()
        lines = [line.replace("deb ", "deb-src ", 1) for line in debian.sources(package.release)]
        (root / "sources.list").write_text("".join(f"{line}\n" for line in lines))
        sandbox = 'APT::Sandbox::User "root";\n' if os.geteuid() == 0 else ""
        (root / "apt.conf").write_text(
            f'Dir::State "{root}"; Dir::State::Lists "{root}/lists"; Dir::State::status "{root}/status";\n'
            f'Dir::Cache "{root}/cache"; Dir::Etc::sourcelist "{root}/sources.list"; Dir::Etc::sourceparts "-";\n'
            f'Acquire::Languages "none";\n{sandbox}')
        if not any((root / "lists").glob("*_Sources*")):
            self.run(root, "apt-get", "-q", "update")
        self.run(root, "apt-get", "-q", "source", "--only-source", "--tar-only", "--download-only", f"{package.name}={package.version}")

    def run(self, root, *command):
        done = subprocess.run(command, env={**os.environ, "APT_CONFIG": str(root / "apt.conf"), "LC_ALL": "C"}, cwd=self.folder, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(command)}: {done.stderr.strip()[-1500:]}")

    def unpack(self, package, tree):
        """The package's tree, with the edits that sites.toml has for it."""
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        subprocess.run(["tar", "-xf", self.fetch(package), "--strip-components=1", "--no-same-owner", "-C", tree], check=True)
        for name, old, new in package.edits:
            path = tree / name
            text = path.read_text(encoding="latin-1")
            if old not in text:
                sys.exit(f"sites.toml: {package.name}: edits: {name} has no {old!r}")
            path.write_text(text.replace(old, new), encoding="latin-1")
