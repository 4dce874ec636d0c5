//! The rules of the schema that `JUnit` reports are commonly held to, Jenkins' junit-10.xsd, as far as a report can break them:
//! which elements stand where, which attributes they have to have and may have. And what no schema tells: counts that agree.

use roxmltree::{Document, Node};

/// An element: its name, what it must have, what it may have, and what may stand in it.
struct Element {
    name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    children: &'static [&'static str],
    has_text: bool,
}

const fn text(name: &'static str, optional: &'static [&'static str]) -> Element {
    Element { name, required: &[], optional, children: &[], has_text: true }
}

const ELEMENTS: [Element; 8] = [
    Element {
        name: "testsuites",
        required: &[],
        optional: &["name", "time", "tests", "failures", "errors"],
        children: &["testsuite"],
        has_text: false,
    },
    Element {
        name: "testsuite",
        required: &["name", "tests", "failures", "errors"],
        optional: &["group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"],
        children: &["testsuite", "properties", "testcase", "system-out", "system-err"],
        has_text: false,
    },
    Element {
        name: "testcase",
        required: &["name"],
        // `file` is GitLab's, which the schema does not have.
        optional: &["time", "classname", "group", "file"],
        children: &["skipped", "error", "failure", "system-out", "system-err"],
        has_text: false,
    },
    text("failure", &["type", "message"]),
    text("error", &["type", "message"]),
    text("skipped", &["type", "message"]),
    text("system-out", &[]),
    text("system-err", &[]),
];

/// Where a report breaks the rules, a line each.
pub(crate) fn violations(report: &str) -> Vec<String> {
    let document = match Document::parse(report) {
        Ok(document) => document,
        Err(error) => return vec![error.to_string()],
    };
    let mut wrong = Vec::new();
    let root = document.root_element();
    if !matches!(root.tag_name().name(), "testsuites" | "testsuite") {
        wrong.push(format!("the root is {}", root.tag_name().name()));
    }
    for node in root.descendants().filter(Node::is_element) {
        element(node, &mut wrong);
    }
    for suite in root.descendants().filter(|node| node.has_tag_name("testsuite")) {
        let cases = || suite.children().filter(|node| node.has_tag_name("testcase"));
        let with = |name: &str| cases().filter(|case| case.children().any(|node| node.has_tag_name(name))).count();
        for (attribute, count) in [
            ("tests", cases().count()),
            ("failures", with("failure")),
            ("errors", with("error")),
            ("skipped", with("skipped")),
        ] {
            if suite.attribute(attribute).is_some_and(|told| told != count.to_string()) {
                wrong.push(format!("{attribute} is {:?}, and there are {count}", suite.attribute(attribute)));
            }
        }
    }
    wrong
}

fn element(node: Node<'_, '_>, wrong: &mut Vec<String>) {
    let name = node.tag_name().name();
    let Some(rules) = ELEMENTS.iter().find(|one| one.name == name) else {
        wrong.push(format!("{name} is no element of a report"));
        return;
    };
    for attribute in rules.required {
        if node.attribute(*attribute).is_none() {
            wrong.push(format!("{name} has no {attribute}"));
        }
    }
    for attribute in node.attributes() {
        let known = rules.required.iter().chain(rules.optional).any(|one| *one == attribute.name());
        if !known {
            wrong.push(format!("{name} has {}, which it may not have", attribute.name()));
        }
        let is_figure = matches!(attribute.name(), "tests" | "failures" | "errors" | "skipped" | "time");
        if is_figure && attribute.value().parse::<f64>().is_err() {
            wrong.push(format!("{name} has {} {:?}, which is no number", attribute.name(), attribute.value()));
        }
    }
    for child in node.children() {
        if child.is_element() && !rules.children.contains(&child.tag_name().name()) {
            wrong.push(format!("{name} has {} in it", child.tag_name().name()));
        }
        if child.is_text() && !rules.has_text && child.text().is_some_and(|text| !text.trim().is_empty()) {
            wrong.push(format!("{name} has text in it"));
        }
    }
    let outcomes =
        node.children().filter(|child| ["skipped", "error", "failure"].iter().any(|one| child.has_tag_name(*one)));
    if outcomes.count() > 1 {
        wrong.push(format!("{name} {:?} has several outcomes", node.attribute("name")));
    }
}

#[test]
fn the_rules_tell_what_breaks_them() {
    let fine = "<testsuite name=\"a\" tests=\"1\" failures=\"0\" errors=\"0\"><testcase name=\"b\"/></testsuite>";
    assert_eq!(violations(fine), Vec::<String>::new());
    for (from, to, told) in [
        ("errors=\"0\"", "", "testsuite has no errors"),
        ("tests=\"1\"", "tests=\"2\"", "tests is Some(\"2\"), and there are 1"),
        ("<testcase name=\"b\"/>", "<testcase/>", "testcase has no name"),
        ("<testcase name=\"b\"/>", "<testcase name=\"b\" line=\"3\"/>", "testcase has line, which it may not have"),
        ("<testcase name=\"b\"/>", "<testcase name=\"b\"><failure/><skipped/></testcase>", "has several outcomes"),
        ("<testcase name=\"b\"/>", "text<testcase name=\"b\"/>", "testsuite has text in it"),
        (
            "<testcase name=\"b\"/>",
            "<testcase name=\"b\"><testcase name=\"c\"/></testcase>",
            "testcase has testcase in it",
        ),
    ] {
        let wrong = violations(&fine.replace(from, to)).join("\n");
        assert!(wrong.contains(told), "{told}: {wrong}");
    }
}
