"""Validates Banbury's outputs; called by scripts/validate-outputs, inside its virtual environment.

Exits 1 when a file does not meet its schema, and names the place in the file; also when there was nothing of a kind to
validate, and when a document that was broken on purpose is let through: a check that cannot fail checks nothing.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import warnings

import jsonschema
import stix2
import stix2validator
import vexipy
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_tools.spdx.parser.error import SPDXParsingError
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

SHOWN = 5  # errors printed for one file


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--schemas", type=pathlib.Path, required=True, help="folder of Banbury's own schemas")
    parser.add_argument("--sarif-schema", type=pathlib.Path, required=True)
    parser.add_argument("--csaf", type=pathlib.Path, required=True, help="folder with the CSAF validator's node_modules")
    parser.add_argument("--outputs", type=pathlib.Path, required=True, help="folder with *.json, *.sarif, *.cdx.json, ...")
    parser.add_argument("--dossier", type=pathlib.Path, required=True, help="a dossier.json")
    options = parser.parse_args()

    folder = options.outputs
    others = (".cdx.json", ".spdx.json", ".openvex.json", ".csaf.json", ".stix.json")
    inspections = [path for path in folder.glob("*.json") if not path.name.endswith(others)]
    bills = [path for path in folder.glob("*.cdx.json") if not path.name.endswith(".vex.cdx.json")]
    kinds = [
        ("CycloneDX 1.6", cyclonedx, bills, BREAKS),
        ("CycloneDX 1.6 VEX", cyclonedx, folder.glob("*.vex.cdx.json"), CYCLONEDX_VEX_BREAKS),
        ("SPDX 2.3", spdx, folder.glob("*.spdx.json"), SPDX_BREAKS),
        ("OpenVEX 0.2.0", openvex, folder.glob("*.openvex.json"), OPENVEX_BREAKS),
        ("CSAF 2.0", csaf_check(options.csaf), folder.glob("*.csaf.json"), CSAF_BREAKS),
        ("STIX 2.1", stix, folder.glob("*.stix.json"), STIX_BREAKS),
        ("SARIF 2.1.0", schema_check(options.sarif_schema), folder.glob("*.sarif"), BREAKS),
        ("inspect.schema.json", schema_check(options.schemas / "inspect.schema.json"), inspections, BREAKS),
        ("dossier.schema.json", schema_check(options.schemas / "dossier.schema.json"), [options.dossier], BREAKS),
    ]
    failed = passed = 0
    for schema, check, paths, breaks in kinds:
        paths = sorted(paths)
        rows = [(path.name, check(path.read_text(encoding="utf-8"))) for path in paths]
        rows += refusals(check, paths[0], breaks) if paths else [("(none)", ["nothing to validate"])]
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


def mark(document):
    """A member that every document of a kind has, by a member that tells the kind."""
    marks = [("bomFormat", "components"), ("banbury", "exhibits"), ("version", "runs")]
    return next(each for each in marks if each[0] in document)


def first(items, **members):
    """The first of a document's records that has these members; a document without one cannot show the break."""
    return next(item for item in items if all(item.get(name) == value for name, value in members.items()))


BREAKS = [
    ("without its mark", lambda document: document.pop(mark(document)[0])),
    ("with a number for its list", lambda document: document.update({mark(document)[1]: 7})),
    ("with a member unheard of", lambda document: document.update({"surprise": True})),
]
CYCLONEDX_VEX_BREAKS = BREAKS + [
    ("with a state unheard of", lambda document: document["vulnerabilities"][0]["analysis"].update({"state": "maybe"})),
    ("without what is affected by name", lambda document: document["vulnerabilities"][0]["affects"][0].pop("ref")),
]
SPDX_BREAKS = [
    ("without its version", lambda document: document.pop("spdxVersion")),
    ("without a time", lambda document: document["creationInfo"].pop("created")),
    ("with another licence of its data", lambda document: document.update({"dataLicense": "MIT"})),
    ("with a reference to nothing", lambda document: document["relationships"][0].update(
        {"relatedSpdxElement": "SPDXRef-nothing"})),
    ("with a file without SHA-1", lambda document: document["files"][0].update({"checksums": [
        each for each in document["files"][0]["checksums"] if each["algorithm"] != "SHA1"]})),
    ("with a CPE name that is none", lambda document: next(
        reference for package in document["packages"] for reference in package.get("externalRefs", [])
        if reference["referenceType"] == "cpe23Type").update({"referenceLocator": "cpe:2.3:a:b"})),
    ("with an identifier twice", lambda document: document["packages"].append(document["packages"][0])),
]
OPENVEX_BREAKS = [
    ("without an author", lambda document: document.pop("author")),
    ("without statements by name", lambda document: document["statements"][0].pop("vulnerability")),
    ("with a status unheard of", lambda document: document["statements"][0].update({"status": "maybe"})),
    ("affected without what to do", lambda document: first(
        document["statements"], status="affected").pop("action_statement")),
    ("not affected without why", lambda document: [first(
        document["statements"], status="not_affected").pop(name, None) for name in ("justification", "impact_statement")]),
    ("with a justification unheard of", lambda document: first(
        document["statements"], status="not_affected").update({"justification": "because"})),
]
CSAF_BREAKS = [
    ("without a publisher", lambda document: document["document"].pop("publisher")),
    ("without a product tree", lambda document: document.pop("product_tree")),
    ("with a product that is not there", lambda document: next(
        iter(document["vulnerabilities"][0]["product_status"].values())).append("nothing")),
    ("with a product in two lists", lambda document: next(
        each for each in document["vulnerabilities"] if "known_affected" in each["product_status"]
    )["product_status"].update({"known_not_affected": next(
        each for each in document["vulnerabilities"] if "known_affected" in each["product_status"]
    )["product_status"]["known_affected"]})),
    ("affected without what to do", lambda document: next(
        each for each in document["vulnerabilities"] if "known_affected" in each["product_status"]).pop("remediations")),
    ("not affected without why", lambda document: [next(
        each for each in document["vulnerabilities"] if list(each["product_status"]) == ["known_not_affected"]
    ).pop(name, None) for name in ("flags", "threats")]),
]


STIX_BREAKS = [
    ("without its identifier", lambda document: document.pop("id")),
    ("with an identifier of another sort", lambda document: first(document["objects"], type="note").update({"id": "indicator--" + 36 * "0"})),
    ("with a note about nothing", lambda document: first(document["objects"], type="note").pop("object_refs")),
    ("with a moment that is none", lambda document: first(document["objects"], type="observed-data").update({"first_observed": "yesterday"})),
    ("observed never", lambda document: first(document["objects"], type="observed-data").update({"number_observed": 0})),
    ("with traffic from and to nobody", lambda document: [
        first(document["objects"], type="network-traffic").pop(name, None) for name in ("src_ref", "dst_ref")]),
    ("with traffic that ends before it begins", lambda document: next(
        each for each in document["objects"] if each["type"] == "network-traffic" and "start" in each).update({"end": "1970-01-01T00:00:00Z"})),
    ("with an address under another's identifier", lambda document: first(document["objects"], type="ipv4-addr").update({"value": "192.0.2.99"})),
    ("with a reference to what is not there", lambda document: document["objects"].remove(first(document["objects"], type="network-traffic"))),
]


def refusals(check, path, breaks):
    """Rows for documents that were broken on purpose; an error in a row means that the check let one through."""
    text = path.read_text(encoding="utf-8")
    rows = []
    for how, broken in breaks:
        document = json.loads(text)
        try:
            broken(document)
        except (StopIteration, KeyError, IndexError) as error:
            rows.append((f"refuses {path.name} {how}", [f"it cannot be broken like this: {error!r}"]))
            continue
        errors = check(json.dumps(document))
        rows.append((f"refuses {path.name} {how}", [] if errors else ["the broken document was let through"]))
    return rows


def stix(text):
    """Errors of the OASIS validator, and what it lets through: identifiers of observables that are not what the standard makes of them
    (the OASIS library makes them anew), times in the wrong order, and references to objects that the bundle does not have."""
    options = stix2validator.ValidationOptions(version="2.1", strict=True, enforce_refs=True, disabled=[
        # Identities and notes of Banbury's own are UUIDv5, so that the same input gives the same bytes; the standard's SHOULD is version 4.
        "uuid-check",
        # A pair has as many source ports as connections, and what a catalogue of techniques publishes has no hash of its own.
        "network-traffic-ports", "extref-hashes",
    ])
    try:
        found = stix2validator.validate_string(text, options)
    except stix2validator.ValidationError as error:
        return [str(error)]
    errors = [str(each) for each in getattr(found, "errors", None) or []]
    errors += [str(error) for each in getattr(found, "object_results", None) or [] for error in each.errors or []]
    if errors:
        return errors
    document = json.loads(text)
    known = {each["id"] for each in document["objects"]}
    if len(known) != len(document["objects"]):
        errors.append("an identifier stands twice")
    for each in document["objects"]:
        refs = [value for name, value in each.items() if name.endswith("_ref")] + [
            ref for name, value in each.items() if name.endswith("_refs") for ref in value]
        errors += [f"{each['id']}: {ref} is not there" for ref in refs if ref not in known]
        for early, late in (("created", "modified"), ("first_observed", "last_observed"), ("start", "end")):
            if early in each and late in each and each[late] < each[early]:
                errors.append(f"{each['id']}: {late} is before {early}")
        if each["type"] in ("ipv4-addr", "ipv6-addr", "domain-name", "network-traffic"):
            made = stix2.parse({name: value for name, value in each.items() if name != "id"}, version="2.1")
            if made.id != each["id"]:
                errors.append(f"{each['id']} is {made.id} by the standard")
    try:
        stix2.parse(text, version="2.1", allow_custom=False)
    except (stix2.exceptions.STIXError, ValueError) as error:
        errors.append(f"stix2: {error}")
    return errors


def cyclonedx(text):
    """Errors of the strict validator of the CycloneDX project's own Python library, and an empty list of components."""
    found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text, all_errors=True)
    errors = [place(error.data) for error in found or []]
    if not errors and not json.loads(text).get("components"):
        errors.append("no components: the images hold some")
    return errors


def spdx(text):
    """Errors of the SPDX project's own Python library: of its reader, and of its rules for a whole document."""
    with tempfile.NamedTemporaryFile("w", suffix=".spdx.json", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        try:
            document = parse_file(file.name)
        except SPDXParsingError as error:
            return [str(message) for message in error.get_messages()]
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            return [f"the reader broke off: {error!r}"]
    errors = [f"{message.context.spdx_id}: {message.validation_message}"
              for message in validate_full_spdx_document(document)]
    if not errors and not document.files:
        errors.append("no files: the images hold some")
    return errors


def openvex(text):
    """Errors of the library vexipy, which has the OpenVEX specification as types; and statements that it would not miss."""
    try:
        with warnings.catch_warnings():
            # A text where no fixed word fits is allowed, and all that is left.
            warnings.simplefilter("ignore")
            document = vexipy.Document(**json.loads(text))
    except ValueError as error:
        return [f"/{'/'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
    errors = [] if document.statements else ["no statements"]
    errors += [f"/statements/{index}: no product" for index, each in enumerate(document.statements) if not each.products]
    return errors


def csaf_check(folder):
    """A check by the CSAF validator library of the secvisogram project, made for the BSI: schema and mandatory tests."""
    script = pathlib.Path(__file__).with_name("csaf.mjs")

    def check(text):
        done = subprocess.run(["node", script, folder], input=json.dumps([text]), capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"validate-outputs: the CSAF validator failed: {done.stderr.strip()[-800:]}")
        return json.loads(done.stdout)[0]

    return check


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
