"""Debian packages of other architectures and releases, through apt with a state of its own.

The mirror and the keyring are those that the machine's own apt uses; its lists, architectures and packages stay as they
are. Lists are fetched once into the store and kept: remove `apt-RELEASE-ARCHITECTURE/lists` to take newer packages.
"""

import os
import pathlib
import re
import subprocess
import sys
import time

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Apt:
    """apt for one release and one architecture, with its state and its packages in `store`."""

    def __init__(self, store, release, architecture):
        self.release, self.architecture = release, architecture
        self.root = pathlib.Path(store) / f"apt-{release}-{architecture}"
        self.packages = self.root / "packages"
        for folder in ("lists/partial", "cache/archives/partial", "packages"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        (self.root / "status").touch()
        (self.root / "sources.list").write_text("".join(f"{line}\n" for line in sources(release)))
        sandbox = 'APT::Sandbox::User "root";\n' if os.geteuid() == 0 else ""
        (self.root / "apt.conf").write_text(
            f'Dir::State "{self.root}"; Dir::State::Lists "{self.root}/lists"; Dir::State::status "{self.root}/status";\n'
            f'Dir::Cache "{self.root}/cache"; Dir::Etc::sourcelist "{self.root}/sources.list"; Dir::Etc::sourceparts "-";\n'
            f'APT::Architecture "{architecture}"; APT::Architectures {{ "{architecture}"; }};\n{sandbox}'
            'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";\n')
        self.environment = {**os.environ, "APT_CONFIG": str(self.root / "apt.conf"), "LC_ALL": "C"}
        if not any((self.root / "lists").glob("*_Packages*")):
            self.update()

    def run(self, *command, cwd=None):
        done = subprocess.run(command, env=self.environment, cwd=cwd, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(command[:12])} ({self.release}, {self.architecture}): {done.stderr.strip()[-1500:]}")
        return done.stdout

    def update(self):
        # A mirror that is being synchronised serves lists that do not fit together for a while.
        for pause in (20, 60, 180):
            if subprocess.run(["apt-get", "-q", "update"], env=self.environment, capture_output=True).returncode == 0:
                return
            time.sleep(pause)
        self.run("apt-get", "-q", "update")

    def resolve(self, names):
        """The packages that installing `names` brings, as {name: (version, architecture)}."""
        out = self.run("apt-get", "-q", "-s", "--no-install-recommends", "install", *names)
        found = re.findall(r"^Inst (\S+) \((\S+) .*?\[(\w+)\]\)", out, re.M)
        return {name.partition(":")[0]: (version, architecture) for name, version, architecture in found}

    def offered(self, names):
        """Those of `names` that the release has for the architecture, as {name: newest version}."""
        out = self.run("apt-cache", "--no-all-versions", "show", *names) if names else ""
        found = re.findall(r"^Package: (\S+)$.*?^Version: (\S+)$", out, re.M | re.S)
        return {name: version for name, version in found if name in names}

    def fetch(self, versions):
        """Fetches {name: version}; gives {name: path}."""
        names = sorted(f"{name}={version}" for name, version in versions.items() if not self.stored(name, version))
        for start in range(0, len(names), 40):
            self.run("apt-get", "-q", "download", *names[start:start + 40], cwd=self.packages)
        found = {name: self.stored(name, version) for name, version in versions.items()}
        lost = sorted(name for name, path in found.items() if path is None)
        if lost:
            sys.exit(f"apt-get download brought no {', '.join(lost)} ({self.release}, {self.architecture})")
        return found

    def stored(self, name, version):
        return next(iter(sorted(self.packages.glob(f"{name}_{version.replace(':', '%3a')}_*.deb"))), None)


def sources(release):
    """Lines of sources.list for a release, at the mirrors of the machine's own release."""
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(SUITE) $(CODENAME) $(COMPONENT)",
                             "Created-By: Packages", "Origin: Debian"], check=True, capture_output=True, text=True).stdout
    lines = set()
    for line in listed.splitlines():
        uri, suite, codename, component = line.split()
        own = codename.partition("-")[0]
        if component != "main":
            continue
        # The security archive keeps old releases under another name and drops architectures; point releases suffice.
        if release == own and "security" not in suite + codename:
            lines.add(f"deb [signed-by={KEYRING}] {uri} {codename} main")
        elif release == own:
            lines.add(f"deb [signed-by={KEYRING}] {uri} {codename if 'security' in codename else f'{own}-security'} main")
        elif "security" not in uri and "updates" not in codename + suite:
            lines.add(f"deb [signed-by={KEYRING}] {uri} {release} main")
    if not lines:
        sys.exit("apt knows no Debian mirror on this machine; run apt-get update first")
    return sorted(lines)


def control(path):
    """A package's control fields."""
    text = subprocess.run(["dpkg-deb", "-f", path], check=True, capture_output=True, text=True).stdout
    return dict(re.findall(r"^([A-Za-z][A-Za-z0-9-]*): *(.*)$", text, re.M))


def source_of(fields):
    """(source package, its version) of a binary package's control fields."""
    match = re.fullmatch(r"(\S+)(?: \((\S+)\))?", fields.get("Source", fields["Package"]))
    return match[1], match[2] or re.sub(r"\+b\d+$", "", fields["Version"])


def upstream(version):
    """The upstream version in a Debian version: without epoch, revision and Debian's marks."""
    version = version.partition(":")[2] or version
    version = version.rpartition("-")[0] or version
    version = re.sub(r"^.*\+really", "", version)
    version = re.sub(r"[.+~-](?:dfsg|ds|repack|debian|deb\d+u)[.0-9a-z]*.*$", "", version)
    # A pre-release keeps its name; a snapshot after a release has the release's number.
    version = re.sub(r"~(rc|beta|alpha|pre)", r"-\1", version)
    return re.sub(r"[+~](?:git|\d{8}|svn|hg|cvs).*$", "", version)
