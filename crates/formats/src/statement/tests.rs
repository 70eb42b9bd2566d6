use super::*;
use proptest::prelude::*;

fn texts(statement: &Statement) -> Vec<String> {
    let text = |status: &Status| {
        let Component { name, version, .. } = &status.component;
        format!("{} {} {} {:?}", status.vulnerability, status.state.as_str(), name, version.as_deref())
    };
    statement.vulnerabilities.iter().map(text).collect()
}

#[test]
fn every_form_is_documented() {
    let mut names = std::collections::BTreeSet::new();
    for form in FORMS {
        assert!(names.insert(form.name), "{} stands twice", form.name);
        assert!(!form.limits.is_empty() && form.limits.iter().all(|limit| limit.len() > 10), "{}", form.name);
        assert!(form.title.len() > 4 && form.yields.len() > 10 && form.source.len() > 10, "{}", form.name);
        assert!(super::form(form.name).is_some());
    }
    assert!(super::form("docx").is_none());
}

#[test]
fn what_is_no_statement_is_none() {
    for bytes in [
        &b""[..],
        b" ",
        b"{}",
        b"{\"a\": \"CycloneDX\"}",
        b"SPDX",
        b"# SPDXVersion: SPDX-2.3",
        b"Some text\nSPDXVersion: SPDX-2.3\n",
        b"\x7fELF",
        b"{\"note\": \"openvex.dev/ns\"}",
    ] {
        assert_eq!(read(bytes), None, "{}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn a_document_that_breaks_off_states_nothing() {
    let whole = br#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": "a"}]}"#;
    assert_eq!(read(whole).unwrap().components.len(), 1);
    let cut = read(&whole[..whole.len() - 4]).unwrap();
    assert!(cut.is_broken() && cut.components.is_empty(), "{cut:?}");
    assert!(cut.problems[0].offset.is_some());
    let no_text = read(&[&whole[..60], b"\xff", &whole[60..]].concat()).unwrap();
    assert!(no_text.is_broken(), "{no_text:?}");
}

#[test]
fn a_record_that_makes_no_sense_does_not_hide_the_others() {
    let statement = read(
        br#"{"bomFormat": "CycloneDX", "specVersion": "9.9", "components": [7, {"name": "a"}, {"version": "1"}],
        "vulnerabilities": [{"id": "CVE-2099-1", "affects": [{"ref": 7}, {"ref": "pkg:deb/x/b@2"}], "analysis": {"state": "odd"}}, {}]}"#,
    )
    .unwrap();
    assert_eq!(statement.components.len(), 1);
    assert_eq!(texts(&statement), ["CVE-2099-1 not-stated b Some(\"2\")"]);
    let places: Vec<&str> = statement.problems.iter().map(|problem| problem.place.as_str()).collect();
    assert_eq!(
        places,
        [
            "/specVersion",
            "/components/0",
            "/components/2",
            "/vulnerabilities/0/analysis/state",
            "/vulnerabilities/0/affects/0",
            "/vulnerabilities/1"
        ]
    );
}

#[test]
fn cyclonedx_affects_by_reference_and_version() {
    let statement = read(
        br#"{"bomFormat": "CycloneDX", "specVersion": "1.5",
        "metadata": {"component": {"name": "router", "bom-ref": "r", "components": [{"name": "z", "version": "1", "bom-ref": "c"}]}},
        "vulnerabilities": [{"id": "CVE-2099-1", "analysis": {"state": "exploitable"},
            "affects": [{"ref": "c", "versions": [{"version": "1"}, {"version": "2", "status": "unaffected"}, {"range": "vers:semver/<1", "status": "unknown"}]}]},
            {"id": "CVE-2099-2"}]}"#,
    )
    .unwrap();
    assert_eq!(
        texts(&statement),
        [
            "CVE-2099-1 affected z Some(\"1\")",
            "CVE-2099-1 not-affected z Some(\"2\")",
            "CVE-2099-1 under-investigation z Some(\"vers:semver/<1\")",
            "CVE-2099-2 not-stated router None",
        ]
    );
    assert_eq!(statement.vulnerabilities[0].product.as_ref().unwrap().name, "router");
}

#[test]
fn csaf_groups_and_relationships() {
    let statement = read(
        br#"{"document": {"csaf_version": "2.0", "publisher": {"name": "P"}}, "product_tree": {
        "branches": [{"category": "vendor", "name": "V", "branches": [{"category": "product_name", "name": "zlib", "branches": [
            {"category": "product_version", "name": "1.2", "product": {"product_id": "Z", "name": "V zlib 1.2"}}]}]}],
        "full_product_names": [{"product_id": "R", "name": "Router"}],
        "relationships": [{"category": "default_component_of", "product_reference": "Z", "relates_to_product_reference": "R",
            "full_product_name": {"product_id": "RZ", "name": "zlib in Router"}}, {"product_reference": "none"}],
        "product_groups": [{"group_id": "G", "product_ids": ["RZ"]}]},
        "vulnerabilities": [{"cve": "CVE-2099-1", "product_status": {"known_not_affected": ["RZ", "nowhere"]},
            "flags": [{"label": "component_not_present", "group_ids": ["G"]}]}]}"#,
    )
    .unwrap();
    assert_eq!(texts(&statement), ["CVE-2099-1 not-affected zlib Some(\"1.2\")"]);
    let status = &statement.vulnerabilities[0];
    assert_eq!(status.justification.as_deref(), Some("component_not_present"));
    assert_eq!(status.product.as_ref().unwrap().name, "Router");
    assert_eq!(statement.problems.len(), 2, "{:?}", statement.problems);
}

#[test]
fn tags_over_several_lines() {
    let text = "# c\r\nSPDXVersion: SPDX-2.2\r\nCreator: Tool: t\nCreator: Organization: Ex (a@b.c)\nno tag\n\
        PackageName: zlib\nSPDXID: SPDXRef-z\nPackageVersion: 1.2\nPackageComment: <text>a\nPackageName: no\n</text>\n\
        ExternalRef: PACKAGE-MANAGER purl pkg:generic/zlib@1.2\nFileName: ./x\nSPDXID: SPDXRef-f\n\
        PackageName: image\nSPDXID: SPDXRef-i\nRelationship: SPDXRef-DOCUMENT DESCRIBES SPDXRef-i\nPackageName: <text>open";
    let statement = read(text.as_bytes()).unwrap();
    let names: Vec<&str> = statement.components.iter().map(|component| component.name.as_str()).collect();
    assert_eq!(names, ["open", "zlib"]);
    assert_eq!(statement.about[0].name, "image");
    assert_eq!(statement.author.as_deref(), Some("Ex"));
    assert_eq!(statement.problems.len(), 2, "{:?}", statement.problems);
}

#[test]
fn a_long_text_is_cut_and_shows_it() {
    let text = "x".repeat(1 << 20);
    let document = format!(
        r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{{"name": "a", "version": "{text}"}}]}}"#
    );
    let version = read(document.as_bytes()).unwrap().components.remove(0).version.unwrap();
    assert_eq!(version.chars().count(), TEXT + 1);
    assert!(version.ends_with('…'));
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("7".to_owned()),
        "[a-z:/@.%]{0,12}".prop_map(|text| format!("{text:?}")),
        prop_oneof![
            Just("pkg:generic/a@1"),
            Just("cpe:2.3:a:b:c"),
            Just("affected"),
            Just("SPDXRef-DOCUMENT")
        ]
        .prop_map(|text| format!("{text:?}")),
    ];
    let names = prop::sample::select(vec![
        "components",
        "vulnerabilities",
        "name",
        "version",
        "purl",
        "bom-ref",
        "affects",
        "ref",
        "analysis",
        "state",
        "packages",
        "relationships",
        "externalRefs",
        "statements",
        "products",
        "subcomponents",
        "vulnerability",
        "status",
        "product_tree",
        "branches",
        "product",
        "product_id",
        "product_status",
        "known_affected",
        "cve",
        "metadata",
        "component",
        "hashes",
        "document",
        "id",
        "@id",
        "identifiers",
        "flags",
        "label",
        "product_ids",
    ]);
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((names.clone(), inner), 0..6).prop_map(|members| {
                let members: Vec<String> =
                    members.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

#[test]
fn what_is_affected_has_a_name_whatever_its_reference_leads_to() {
    let document = r#"{"bomFormat":"CycloneDX","specVersion":"1.5",
        "components":[{"bom-ref":"nameless","version":"1"},{"bom-ref":" ","name":"blank"}],
        "vulnerabilities":[{"id":"CVE-2099-1","affects":[{"ref":"nameless"},{"ref":" "},{"ref":"elsewhere"}]}]}"#;
    let statement = read(document.as_bytes()).unwrap();
    let names: Vec<&str> =
        statement.vulnerabilities.iter().map(|status| status.component.name.as_str()).collect();
    assert_eq!(names, ["elsewhere", "nameless"]);
    assert!(statement.problems.iter().any(|problem| format!("{problem:?}").contains("no reference")));
}

proptest! {
    #[test]
    fn any_members_in_any_form(values in prop::collection::vec((prop::sample::select(vec![
        "components", "vulnerabilities", "metadata", "packages", "relationships", "statements", "product_tree", "creationInfo",
    ]), value()), 0..5), form in 0..4usize) {
        let marks = [
            r#""bomFormat":"CycloneDX","specVersion":"1.6""#,
            r#""spdxVersion":"SPDX-2.3""#,
            r#""@context":"https://openvex.dev/ns/v0.2.0""#,
            r#""document":{"csaf_version":"2.0"}"#,
        ];
        let members: Vec<String> = values.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
        let document = format!("{{{}{}{}}}", marks[form], if members.is_empty() { "" } else { "," }, members.join(","));
        let statement = read(document.as_bytes()).expect("its mark stands at its root");
        prop_assert!(statement.components.iter().all(Component::is_named));
        prop_assert!(statement.vulnerabilities.iter().all(|status| !status.vulnerability.is_empty() && status.component.is_named()));
        prop_assert!(statement.problems.len() <= PROBLEMS + 1);
        prop_assert_eq!(Some(statement), read(document.as_bytes()));
    }

    #[test]
    fn any_tags(lines in prop::collection::vec("(PackageName|SPDXID|PackageVersion|ExternalRef|Relationship|Creator|<text>|)(:)?[ -~]{0,30}(</text>)?", 0..30)) {
        let text = format!("SPDXVersion: SPDX-2.3\n{}", lines.join("\n"));
        let statement = read(text.as_bytes()).expect("it starts with its version");
        prop_assert!(statement.components.iter().all(Component::is_named));
    }

    #[test]
    fn what_is_written_is_read(names in prop::collection::btree_map("[a-z][a-z0-9+-]{0,10}", "[0-9]{1,2}(\\.[0-9]{1,2}){0,3}", 0..20)) {
        let components: Vec<String> = names.iter().map(|(name, version)| format!(r#"{{"name":"{name}","version":"{version}"}}"#)).collect();
        let cyclonedx = format!(r#"{{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{}]}}"#, components.join(","));
        let packages: Vec<String> = names.iter().map(|(name, version)| format!(r#"{{"name":"{name}","versionInfo":"{version}"}}"#)).collect();
        let spdx = format!(r#"{{"spdxVersion":"SPDX-2.3","packages":[{}]}}"#, packages.join(","));
        let tags: Vec<String> = names.iter().map(|(name, version)| format!("PackageName: {name}\nPackageVersion: {version}\n")).collect();
        let tags = format!("SPDXVersion: SPDX-2.3\n{}", tags.concat());
        for document in [cyclonedx, spdx, tags] {
            let statement = read(document.as_bytes()).unwrap();
            let read: Vec<(String, String)> = statement.components.into_iter().map(|component| (component.name, component.version.unwrap())).collect();
            prop_assert_eq!(read, names.clone().into_iter().collect::<Vec<_>>());
        }
    }
}
