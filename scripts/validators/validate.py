"""Validates Banbury's outputs; called by scripts/validate-outputs, inside its virtual environment.

Exits 1 when a file does not meet its schema, and names the place in the file; also when there was nothing to validate.
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
    parser.add_argument("--dossier", type=pathlib.Path, help="a dossier.json")
    options = parser.parse_args()

    jobs = []
    for path in sorted(options.outputs.glob("*.cdx.json")):
        jobs.append((path, "CycloneDX 1.6", cyclonedx))
    sarif = schema_check(options.sarif_schema)
    for path in sorted(options.outputs.glob("*.sarif")):
        jobs.append((path, "SARIF 2.1.0", sarif))
    inspection = schema_check(options.schemas / "inspect.schema.json")
    for path in sorted(options.outputs.glob("*.json")):
        if not path.name.endswith(".cdx.json"):
            jobs.append((path, "inspect.schema.json", inspection))
    if options.dossier:
        jobs.append((options.dossier, "dossier.schema.json", schema_check(options.schemas / "dossier.schema.json")))

    failed = 0
    for path, schema, check in jobs:
        errors = check(path.read_text(encoding="utf-8"))
        print(f"{'FAIL' if errors else 'ok  '}  {schema:<20} {path.name}")
        for error in errors[:SHOWN]:
            print(f"      {error}")
        if len(errors) > SHOWN:
            print(f"      and {len(errors) - SHOWN} more")
        failed += bool(errors)
    print(f"validators: {len(jobs) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not jobs else 0)


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
