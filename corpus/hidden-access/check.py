"""--check: that the corpus is what it says, on this machine's own architecture.

  every form accepts its secret and nothing near it, built with the sanitisers for addresses and undefined behaviour
  the hidden paths of one program run a command, and the untouched program does not: it serves one request from its standard input,
  without a network; only plants that run a command are tried, and the command is `echo`
  the same plants made twice are the same bytes
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.parse

import compilers
import forms
import mechanisms
import sites
from trees import Tree

SEEDS = ("check-1", "check-2", "check-3")
TRIED = ("system", "popen", "execve")  # powers that a harness can see


def run(packages, plants, corpus):
    passed = secrets() + datagrams()
    passed += programs(packages["micro-httpd"], [plant for plant in plants if plant.site.package == "micro-httpd"], corpus)
    print(f"{passed} checks passed", file=sys.stderr)
    return 0


def fail(text):
    sys.exit(f"check: {text}")


def secrets():
    """Every way to judge a password, against its own secret and others."""
    parts, cases = [], []
    site = {"name": "x", "program": "x", "file": "x.c", "kind": "secret", "above": "int judge(", "before": "x", "text": "text", "user": "user", "accept": "return 1;",
            "crypt": "crypt(text, HASH)", "digest": {"name": "md5", "code": DIGEST}}
    package = sites.Package("check", {"release": "", "version": "", "archive": "", "sha256": "", "set": "fitting", "role": "", "make": [], "programs": {"x": "x"}, "sites": [site]})
    for seed in SEEDS:
        for mechanism, form in mechanisms.variants(package.sites[0]):
            if form == "digest":
                continue  # needs a package's own function
            plant = mechanisms.plant(package.sites[0], mechanism, form, seed)
            number = len(parts)
            above, inside = plant.above, plant.inside
            for name in names(plant.above):
                above, inside = above.replace(name, f"{name}_{number}"), inside.replace(name, f"{name}_{number}")
            parts.append("".join(f"#include <{header}>\n" for header in sorted(plant.headers)) + above +
                         f"static int judge_{number}(const char *user, const char *text)\n{{\n(void)user;\n{inside}return 0;\n}}\n")
            secret = plant.trigger.get("secret")
            if secret is None:
                cases += [(number, "root", text, 0) for text in ("", "12345678", "password")]
                continue
            user = plant.trigger.get("user", "anyone")
            cases += [(number, user, secret, 1)] + [(number, user, text, 0) for text in near(secret)]
            if mechanism == "M2":
                cases += [(number, name, secret, 0) for name in near(user)]
    return harness("\n".join(parts), len(parts), cases, "judge_{}(user, text)")


def datagrams():
    """Every way to judge bytes that have come, which need not end with a zero."""
    parts, cases = [], []
    for seed in SEEDS:
        for form in ("clear", "xored", "inverted", "decoded", "integer", "characters", "hash", "base64"):
            texts = mechanisms.Texts(seed, f"datagram {form}")
            secret = texts.magic(forms.length_of(form, texts) or texts.number(5, 12)).encode()
            made = forms.make(form, secret, texts, forms.PREFIX, False)
            number, above, condition = len(parts), made.above, mechanisms.over(made.condition, "text", "strlen(text)")
            for name in names(above):
                above, condition = above.replace(name, f"{name}_{number}"), condition.replace(name, f"{name}_{number}")
            parts.append("".join(f"#include <{header}>\n" for header in made.headers) + above +
                         f"static int taken_{number}(const char *text)\n{{\n    return {condition};\n}}\n")
            plain = secret.decode()
            cases += [(number, "x", plain, 1), (number, "x", plain + " reboot", 1), (number, "x", "x" + plain, 0), (number, "x", plain[:-1], 0), (number, "x", "", 0)]
    return harness("\n".join(parts), len(parts), cases, "taken_{}(text)")


def names(above):
    return sites.re.findall(r"\b(?:int|uint32_t) (\w+)\(const char \*given", above)


def near(text):
    return [text[:-1], text + "x", "x" + text[1:], text.swapcase() if text.swapcase() != text else text + text, ""]


def harness(functions, count, cases, called):
    """Compiles functions natively, and asks each about its cases."""
    table = "\n".join(f"    {{ {number}, {forms.literal(user.encode())}, {forms.literal(text.encode())}, {wanted} }}," for number, user, text, wanted in cases)
    turns = "\n".join(f"        case {number}: given = {called.format(number)}; break;" for number in range(count))
    source = f"""#include <stdio.h>
#include <stdlib.h>
#include <string.h>
char *crypt(const char *phrase, const char *setting);
{functions}
static struct {{ int number; const char *user, *text; int wanted; }} cases[] = {{
{table}
}};
int main(void)
{{
    unsigned at, wrong = 0;
    for (at = 0; at < sizeof cases / sizeof *cases; at++) {{
        char *user = strdup(cases[at].user), *text = strdup(cases[at].text);
        int given = -1;
        switch (cases[at].number) {{
{turns}
        }}
        if (given != cases[at].wanted) {{
            printf("function %d, user %s, text %s: %d, not %d\\n", cases[at].number, user, text, given, cases[at].wanted);
            wrong++;
        }}
        free(user);
        free(text);
    }}
    return wrong != 0;
}}
"""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        (path / "harness.c").write_text(source)
        built = subprocess.run(["gcc", "-O1", "-w", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-o", path / "harness", path / "harness.c", "-l:libcrypt.so.1"],
                               capture_output=True, text=True)
        if built.returncode:
            fail(f"the harness does not build: {built.stderr[-2000:]}")
        done = subprocess.run([path / "harness"], capture_output=True, text=True, env={"ASAN_OPTIONS": "detect_leaks=0"})
        if done.returncode:
            fail(f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return len(cases)


def programs(package, plants, corpus):
    """Builds a program with its plants twice, and tries those that run a command."""
    architecture, passed = compilers.ARCHITECTURES["amd64"], 0
    if os.uname().machine != "x86_64":
        fail("only made for x86-64")
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for turn in ("first", "second"):
            tree = Tree(package, architecture, corpus.sources, corpus.tools, root / f"tree-{turn}", turn)
            tree.configure()
            tree.make("O2")
            tree.untouched("micro_httpd", root / turn / "untouched")
            for plant in plants:
                tree.planted(plant, root / turn / plant.id)
        tried = 0
        for plant in plants:
            if (root / "first" / plant.id).read_bytes() != (root / "second" / plant.id).read_bytes():
                fail(f"{plant.id}: made twice, it is not the same")
            passed += 1
            if plant.power.name in TRIED:
                tried += 1
                passed += tries(root, plant)
        if not tried:
            fail("no plant runs a command")
    return passed


def tries(root, plant):
    secret = plant.trigger["secret"]
    command = "echo $((6*7))-$((40+3))"
    if plant.site.name == "path":
        request = f"GET /{urllib.parse.quote(secret + command, safe='')} HTTP/1.0\r\n\r\n"
    else:
        request = f"GET / HTTP/1.0\r\n{secret}{command}\n\r\n"
    for name, wanted in ((plant.id, True), ("untouched", False)):
        program = root / "first" / name
        done = subprocess.run([program, root / "empty"], input=request.encode(), capture_output=True, timeout=60, env={"PATH": "/usr/bin:/bin"}, cwd=folder(root / "empty"))
        if (b"42-43" in done.stdout) != wanted:
            fail(f"{plant.id}: {name} gave {done.stdout[:300]!r} {done.stderr[:300]!r} to {request!r}")
    return 2


def folder(path):
    path.mkdir(exist_ok=True)
    return path


DIGEST = ""
