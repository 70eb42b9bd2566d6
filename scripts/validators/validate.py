"""Validates Banbury's outputs; called by scripts/validate-outputs, inside its virtual environment.

Exits 1 when a file does not meet its schema, and names the place in the file; also when there was nothing of a kind to
validate, and when a document that was broken on purpose is let through: a check that cannot fail checks nothing.
"""

import argparse
import json
import pathlib
import sys

import jsonschema
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

SHOWN = 5  # errors printed for one file


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--schemas", type=pathlib.Path, required=True, help="folder of Banbury's own schemas")
    parser.add_argument("--sarif-schema", type=pathlib.Path, required=True)
    parser.add_argument("--outputs", type=pathlib.Path, required=True, help="folder with *.json, *.sarif, *.cdx.json")
    parser.add_argument("--dossier", type=pathlib.Path, required=True, help="a dossier.json")
    options = parser.parse_args()

    folder = options.outputs
    inspections = [path for path in folder.glob("*.json") if not path.name.endswith(".cdx.json")]
    kinds = [
        ("CycloneDX 1.6", cyclonedx, folder.glob("*.cdx.json")),
        ("SARIF 2.1.0", schema_check(options.sarif_schema), folder.glob("*.sarif")),
        ("inspect.schema.json", schema_check(options.schemas / "inspect.schema.json"), inspections),
        ("dossier.schema.json", schema_check(options.schemas / "dossier.schema.json"), [options.dossier]),
    ]
    failed = passed = 0
    for schema, check, paths in kinds:
        paths = sorted(paths)
        rows = [(path.name, check(path.read_text(encoding="utf-8"))) for path in paths]
        rows += refusals(check, paths[0]) if paths else [("(none)", ["nothing to validate"])]
        for name, errors in rows:
            print(f"{'FAIL' if errors else 'ok  '}  {schema:<20} {name}")
            for error in errors[:SHOWN]:
                print(f"      {error}")
            if len(errors) > SHOWN:
                print(f"      and {len(errors) - SHOWN} more")
            failed += bool(errors)
            passed += not errors
    print(f"validators: {passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


# A member that every document of a kind has, by a member that tells the kind.
BREAKS = [("bomFormat", "components"), ("banbury", "exhibits"), ("version", "runs")]


def refusals(check, path):
    """Rows for documents that were broken on purpose; an error in a row means that the check let one through."""
    text = path.read_text(encoding="utf-8")
    mark, member = next(each for each in BREAKS if each[0] in json.loads(text))
    rows = []
    for how, broken in (("without " + mark, lambda document: document.pop(mark)),
                        ("with a number for " + member, lambda document: document.update({member: 7})),
                        ("with a member unheard of", lambda document: document.update({"surprise": True}))):
        document = json.loads(text)
        broken(document)
        errors = check(json.dumps(document))
        rows.append((f"refuses {path.name} {how}", [] if errors else ["the broken document was let through"]))
    return rows


def cyclonedx(text):
    """Errors of the strict validator of the CycloneDX project's own Python library, and an empty list of components."""
    found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text, all_errors=True)
    errors = [place(error.data) for error in found or []]
    if not errors and not json.loads(text).get("components"):
        errors.append("no components: the images hold some")
    return errors


def schema_check(path):
    """A check against the JSON Schema at `path`, formats included."""
    schema = json.loads(path.read_text(encoding="utf-8"))
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema, format_checker=kind.FORMAT_CHECKER)

    def check(text):
        found = sorted(validator.iter_errors(json.loads(text)), key=lambda error: list(map(str, error.absolute_path)))
        return [place(error) for error in found]

    return check


def place(error):
    """One line of a schema error: where in the file, and what."""
    return f"/{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"


if __name__ == "__main__":
    main()
