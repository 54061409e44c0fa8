use std::collections::BTreeMap;
use std::io::Write;
use std::process::Command;

use fleetc::yaml::{Resolved, from_node, to_string};
use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

use super::document;
use super::nasty::NASTY;

fn read_back(text: &str) -> Value {
    from_node(&document(text)).unwrap()
}

#[track_caller]
fn survives(value: &Value) {
    let text = to_string(value).unwrap();
    assert_eq!(&read_back(&text), value, "written as\n{text}");
    assert!(text.ends_with('\n'));
}

/// The text as every kind of scalar: root, value, key, item, and deeper, with a neighbour that would show a
/// leak.
fn everywhere(text: &str) -> Value {
    json!({
        "value": text,
        "after": "x",
        text: text,
        "list": [text, [text, "x"], {text: [text]}, "x"],
        "map": {"deep": {"text": text, text: 1}},
    })
}

#[test]
fn nasty_texts_survive() {
    for text in NASTY {
        survives(&json!(text));
        survives(&everywhere(text));
    }
    survives(&everywhere(&"long ".repeat(20_000)));
    survives(&everywhere(&"é\n".repeat(2_000)));
    survives(&everywhere(&"k".repeat(1_001)));
}

/// kubectl as a judge that needs no server: it reads the manifest and prints what it understood.
#[test]
fn kubectl_reads_what_was_meant() {
    let data: serde_json::Map<_, _> = NASTY.iter().map(|text| (format!("{text} "), json!(text))).collect();
    let config_map =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "nasty"}, "data": data});
    let mut file = tempfile::NamedTempFile::with_suffix(".yaml").unwrap();
    file.write_all(to_string(&config_map).unwrap().as_bytes()).unwrap();
    let arguments = ["annotate", "--local", "--output=json", "a=b", "--filename"];
    let Ok(output) = Command::new("kubectl").args(arguments).arg(file.path()).output() else {
        return println!("kubectl is not installed: nothing was compared with it");
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let understood: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(understood["data"], config_map["data"]);
}

#[test]
fn layout() {
    #[derive(Serialize)]
    struct Object {
        kind: &'static str,
        spec: Spec,
        none: Option<u8>,
        unit: (),
    }
    #[derive(Serialize)]
    struct Spec {
        rules: Vec<BTreeMap<&'static str, Vec<&'static str>>>,
        empty: [u8; 0],
        nothing: BTreeMap<u8, u8>,
        nested: Vec<Vec<u16>>,
        ports: BTreeMap<u16, bool>,
        modes: Vec<Mode>,
    }
    #[derive(Serialize)]
    enum Mode {
        Strict,
        Weight(f64),
        Pair(u8, u8),
        Mix { share: f32 },
    }
    let rule = BTreeMap::from([("from", vec!["a", "on"]), ("to", vec![])]);
    let spec = Spec {
        rules: vec![rule, BTreeMap::new()],
        empty: [],
        nothing: BTreeMap::new(),
        nested: vec![vec![1, 2], vec![]],
        ports: BTreeMap::from([(8080, true)]),
        modes: vec![Mode::Strict, Mode::Weight(1e300), Mode::Pair(1, 2), Mode::Mix { share: 0.5 }],
    };
    let object = Object { kind: "Policy", spec, none: None, unit: () };
    let expected = "\
kind: Policy
spec:
  rules:
  - from:
    - a
    - \"on\"
    to: []
  - {}
  empty: []
  nothing: {}
  nested:
  - - 1
    - 2
  - []
  ports:
    \"8080\": true
  modes:
  - Strict
  - Weight: 1.0e+300
  - Pair:
    - 1
    - 2
  - Mix:
      share: 0.5
none: null
unit: null
";
    assert_eq!(to_string(&object).unwrap(), expected);
}

#[test]
fn quotes() {
    let expect =
        |text: &str, written: &str| assert_eq!(to_string(&[text]).unwrap(), format!("- {written}\n"));
    for plain in [
        "a",
        "it's",
        "a:b",
        "a#b",
        "-a",
        "10.0.0.1",
        "spiffe://x/ns/y",
        "a, b",
        "é",
        "*.example".trim_start_matches('*'),
    ] {
        expect(plain, plain);
    }
    for double in ["", "y", "no", "null", "1", "1.5", "1e5", "0777", "12:30", "2024-01-01", "=", "<<"] {
        expect(double, &format!("\"{double}\""));
    }
    for single in ["*", "a: b", "a #b", " a", "a ", "- a", "-", "{}", "[a]", "a:", "@a", "%a", "\"", "---"] {
        expect(single, &format!("'{single}'"));
    }
    expect("'", "''''");
    expect("\u{1}\t\u{85}\u{2028}\\\"\r\0", r#""\x01\t\x85\u2028\\\"\r\0""#);
}

#[test]
fn blocks() {
    let expect = |text: &str, written: &str| {
        assert_eq!(to_string(&json!({"k": text})).unwrap(), format!("k: {written}\n"), "{text:?}");
    };
    expect("a\nb", "|-\n  a\n  b");
    expect("a\nb\n", "|\n  a\n  b");
    expect("a\n\n\n", "|+\n  a\n\n");
    expect("a\n\n  b\n", "|\n  a\n\n    b");
    expect(" a\nb\n", "|2\n   a\n  b");
    expect("\na", "|2-\n\n  a");
    for quoted in ["\n", "a\n\tb", "a\n \nb", "a\r\nb", "a\nb ", "a\n\u{1}"] {
        assert!(to_string(&[quoted]).unwrap().starts_with("- \""), "{quoted:?}");
    }
    assert_eq!(to_string(&json!([["a\nb"]])).unwrap(), "- - |-\n    a\n    b\n");
    assert_eq!(to_string("a\nb").unwrap(), "\"a\\nb\"\n");
}

#[test]
fn what_cannot_be_written() {
    let message = |result: Result<String, fleetc::yaml::WriteError>| result.unwrap_err().to_string();
    assert_eq!(message(to_string(&f64::INFINITY)), "the number `inf` cannot stand in a manifest");
    assert_eq!(message(to_string(&f32::NAN)), "the number `NaN` cannot stand in a manifest");
    assert_eq!(
        message(to_string(&BTreeMap::from([((1, 2), 3)]))),
        "a key must be a text, a number or a boolean"
    );
}

/// Texts put together from what means something to YAML.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::sample::select(NASTY).prop_map(str::to_owned),
        proptest::sample::select(vec![
            " ", "\n", ":", "#", "-", "'", "\"", "\t", "0", ".", "_", "e", "x", "+", "a"
        ])
        .prop_map(str::to_owned),
        any::<char>().prop_map(String::from),
    ];
    prop_oneof![any::<String>(), proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())]
}

fn value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::from),
        text().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    scalar.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(text(), inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_value_survives(value in value()) {
        survives(&value);
    }

    #[test]
    fn every_text_reads_as_a_string(text in text()) {
        let node = document(&to_string(&[&text]).unwrap());
        let item = &node.as_sequence().unwrap()[0];
        prop_assert_eq!(item.as_scalar().unwrap().resolve(), Resolved::String(&text));
    }
}
