"""A package's tree: configured once for an architecture, made once for a level, and after that one file and one link for each plant."""

import pathlib
import re
import shutil
import subprocess

import addresses
import compilers


class Broken(Exception):
    """A package or a plant that does not build, and why."""


class Tree:
    """The tree of a package for an architecture, in `folder`."""

    def __init__(self, package, architecture, sources, tools, folder, mark):
        self.package, self.architecture, self.sources, self.tools, self.mark = package, architecture, sources, tools, mark
        self.folder = pathlib.Path(folder)
        self.tree, self.clean, self.log = self.folder / "tree", self.folder / "configured", self.folder / "calls"
        self.environment, self.calls = None, []

    def configure(self):
        """Unpacks and configures, unless a tree that was kept is so already."""
        if self.state() in (self.mark, *(self.mark + level for level in compilers.LEVELS)):
            return
        self.sources.unpack(self.package, self.tree)
        self.environment = self.tools.environment(self.architecture, "O2", self.tree)
        self.environment["CONFIG_SITE"] = self.shared()
        for step in self.package.prepare:
            self.shell(step)
        self.share()
        shutil.rmtree(self.clean, ignore_errors=True)
        subprocess.run(["cp", "-a", self.tree, self.clean], check=True)
        self.state(self.mark)

    def make(self, level):
        """Makes the programs for a level of optimisation, unless that was the last one that was made in a tree that was kept."""
        self.environment = self.tools.environment(self.architecture, level, self.tree, self.log)
        if self.state() != self.mark + level:
            self.state(self.mark)
            shutil.rmtree(self.tree, ignore_errors=True)
            subprocess.run(["cp", "-a", self.clean, self.tree], check=True)
            self.log.unlink(missing_ok=True)
            for step in self.package.make:
                self.shell(step)
            self.state(self.mark + level)
        self.calls = compilers.calls(self.log)
        self.environment["LOG"] = ""

    def state(self, new=None):
        path = self.folder / "state"
        if new is not None:
            path.write_text(new)
        return path.read_text() if path.exists() else None

    def drop(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def shell(self, step):
        done = subprocess.run(["/bin/sh", "-ec", step], cwd=self.tree, env=self.environment, capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL)
        if done.returncode:
            raise Broken(f"{self.package.name}, {self.architecture.name}: {step}: {(done.stdout + done.stderr)[-3000:]}")

    # What configure found for one architecture holds for the next one with words as long: the C library is the same. What depends on
    # the machine is left out.
    def shared(self):
        kept = self.folder.parent / f"{self.package.name}-{self.architecture.bits}-{'big' if self.architecture.big else 'little'}.site"
        return str(kept) if kept.exists() else "/dev/null"

    def share(self):
        found = self.tree / "config.cache"
        if not found.exists():
            return
        kept = self.folder.parent / f"{self.package.name}-{self.architecture.bits}-{'big' if self.architecture.big else 'little'}.site"
        lines = [line for line in found.read_text().splitlines() if "_cv_" in line and not any(word in line.partition("=")[0] for word in (
            "_prog_", "_path_", "_env_", "lt_cv", "_host", "_build", "_target", "_cv_c_", "objext", "exeext"))]
        kept.write_text("".join(f"{line}\n" for line in lines if line.startswith(("ac_cv_", "gl_cv_"))))

    def link(self, program, to, changed=None):
        """Links a program, with the objects of the dictionary `changed` in place of others; not stripped."""
        inside = self.tree / self.package.programs[program]
        for folder, words in reversed(self.calls):
            out = output(words)
            if out and same(folder, out, inside) and not {"-c", "-E", "-S"} & set(words):
                break
        else:
            raise Broken(f"{self.package.name}: no call of the compiler links {self.package.programs[program]}")
        left, command = dict(changed or {}), []
        at = words.index("-o")
        for index, word in enumerate(words):
            whole = (pathlib.Path(folder) / word).resolve() if word.endswith("o") else None
            if index == at + 1:
                command.append(str(to))
            elif word in ("-s", "-Wl,-s") or word.startswith("-Wl,-Map"):
                continue
            elif whole in left:
                command.append(str(left.pop(whole)))
            else:
                command.append(word)
        # An object of an archive: what stands first is taken.
        self.run([self.environment["CC"], *map(str, left.values()), *command], folder)

    def compile(self, site, text):
        """Compiles a source file with other text; gives (the object's path in the tree, the new object)."""
        source = self.tree / site.file
        for folder, words in reversed(self.calls):
            spelled = next((word for word in words if same(folder, word, source)), None)
            if "-c" in words and spelled:
                break
        else:
            raise Broken(f"{self.package.name}: no call of the compiler compiles {site.file}")
        changed = source.with_name(f"changed-{source.name}")
        changed.write_text(text(spelled), encoding="latin-1")
        out = output(words) or source.with_suffix(".o").name
        new = self.folder / "changed.o"
        command = []
        for index, word in enumerate(words):
            if word == "-o" or index and words[index - 1] == "-o":
                continue
            command.append(str(changed) if word == spelled else word)
        self.run([self.environment["CC"], *command, "-o", str(new), "-g", "-w", "-Wno-error"], folder)
        changed.unlink()
        return (pathlib.Path(folder) / out).resolve(), new

    def run(self, command, folder):
        done = subprocess.run(command, cwd=folder, env=self.environment, capture_output=True, text=True, errors="replace")
        if done.returncode:
            raise Broken(f"{self.package.name}, {self.architecture.name}: {' '.join(command)}: {done.stderr[-3000:]}")

    def untouched(self, program, to):
        twin = self.folder / "twin"
        self.link(program, twin)
        self.strip(twin, to)

    def planted(self, plant, to):
        """Builds a plant's program, stripped, at `to`; gives (line of the source file, place in the program). A plant of which no instruction
        is left raises `addresses.Absent`."""
        source = (self.tree / plant.site.file).read_text(encoding="latin-1")
        at = Insertion(source, plant)
        object_path, new = self.compile(plant.site, at.text)
        twin = self.folder / "twin"
        self.link(plant.site.program, twin, {object_path: new})
        place = addresses.place(twin)
        self.strip(twin, to)
        return at.line, place

    def strip(self, twin, to):
        to.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([self.architecture.tool("strip"), "-o", to, twin], check=True)
        twin.unlink()


class Insertion:
    """A source file with a plant: its lines have a file name of their own, all others keep their names and numbers."""

    def __init__(self, source, plant):
        site = plant.site
        where = f"sites.toml: {site.package}: {site.name}"
        if source.count(site.above) != 1:
            raise Broken(f"{where}: above stands {source.count(site.above)} times in {site.file}")
        above = source.index(site.above)
        inside = source.find(site.anchor, above)
        if inside < 0:
            raise Broken(f"{where}: {site.place} is nowhere below above in {site.file}")
        inside = source.rindex("\n", 0, inside) + 1 if site.place == "before" else source.index("\n", inside + len(site.anchor)) + 1
        self.source, self.plant, self.above, self.inside = source, plant, above, inside
        self.headers = system_headers(source, above)
        self.line = source.count("\n", 0, inside) + 1

    def text(self, name):
        """The text, for a compiler that is called with the file's name spelled so."""
        source, plant = self.source, self.plant
        headers = "".join(f"#include <{header}>\n" for header in sorted(plant.headers))
        return (f'#line 1 "{name}"\n{source[:self.headers]}\n#line 2001 "{addresses.FILE}"\n{headers}{self.back(name, self.headers)}'
                f'{source[self.headers:self.above]}\n#line 1 "{addresses.FILE}"\n{plant.above}{self.back(name, self.above)}'
                f'{source[self.above:self.inside]}#line 1001 "{addresses.FILE}"\n{plant.inside}{self.back(name, self.inside)}{source[self.inside:]}')

    def back(self, name, at):
        line = self.source.count("\n", 0, at) + 1
        return f'#line {line} "{name}"\n'


def system_headers(source, above):
    """Where headers of the system are added: after those that a file begins with, before the package's own, which may change what the system's
    defined; in a file that begins with the package's own, which say how the system's are to be read, directly above the plant."""
    depth, system, at = 0, False, 0
    for line in source[:above].splitlines(keepends=True):
        word = re.match(r"\s*#\s*(if|endif|include\s*[<\"])", line)
        if word and word[1] == "if":
            depth += 1
        elif word and word[1] == "endif":
            depth -= 1
        elif word and not depth and word[1].endswith("<"):
            system = True
        elif word and not depth:
            return at if system else above
        at += len(line)
    return above


def same(folder, word, path):
    """Whether a word of a call in a folder is a path."""
    return word.rpartition("/")[2] == path.name and (pathlib.Path(folder) / word).resolve() == path.resolve()


def output(words):
    return words[words.index("-o") + 1] if "-o" in words[:-1] else None
