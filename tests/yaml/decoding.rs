use std::collections::BTreeMap;

use fleetc::yaml::{DeError, from_node};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{at, document};

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Port {
    number: u16,
    #[serde(default)]
    name: String,
    #[serde(default)]
    target_port: Option<u16>,
    #[serde(default)]
    tls: bool,
    #[serde(default)]
    mode: Mode,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
enum Mode {
    #[default]
    Strict,
    Off,
    Weight(u8),
    Mix {
        share: f64,
    },
    Pair(u8, u8),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Either {
    Number(u16),
    List(Vec<u16>),
}

#[derive(Debug, PartialEq, Deserialize)]
struct Wrapped(Vec<Option<String>>);

fn decode<T: DeserializeOwned>(text: &str) -> Result<T, DeError> {
    from_node(&document(text))
}

#[track_caller]
fn refuses<T: DeserializeOwned + std::fmt::Debug>(text: &str, message: &str, covered: &str) {
    let error = decode::<T>(text).unwrap_err();
    assert_eq!((error.message.as_str(), at(text, error.place)), (message, covered));
}

#[test]
fn a_struct() {
    let text = "number: 80\nname: \"8080\"\ntargetPort: 90\ntls: yes\nmode: Off\nlabels: {a: \"1\", b: on}\n";
    let labels = BTreeMap::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), "on".to_owned())]);
    let port =
        Port { number: 80, name: "8080".into(), target_port: Some(90), tls: true, mode: Mode::Off, labels };
    assert_eq!(decode(text), Ok(port));
}

#[test]
fn null_counts_as_absent() {
    let port: Port = decode("number: 1\nname:\ntargetPort: null\ntls: ~\nlabels:\n").unwrap();
    assert_eq!((port.name.as_str(), port.target_port, port.tls), ("", None, false));
    refuses::<Port>("number:\nname: x\n", "missing field `number`", "number");
    assert_eq!(decode("- ~\n- a\n"), Ok(Wrapped(vec![None, Some("a".into())])));
    assert_eq!(decode::<serde_json::Value>("a: null\n"), Ok(json!({"a": null})));
}

#[test]
fn enums() {
    assert_eq!(decode("Weight: 3\n"), Ok(Mode::Weight(3)));
    assert_eq!(decode("Mix: {share: 1}\n"), Ok(Mode::Mix { share: 1.0 }));
    assert_eq!(decode("Pair: [1, 2]\n"), Ok(Mode::Pair(1, 2)));
    assert_eq!(decode("[1]\n"), Ok(Either::List(vec![1])));
    assert_eq!(decode("1\n"), Ok(Either::Number(1)));
}

#[test]
fn numbers() {
    assert_eq!(decode("[18446744073709551615]\n"), Ok([u64::MAX]));
    assert_eq!(decode("[-9223372036854775808]\n"), Ok([i64::MIN]));
    assert_eq!(decode("[1, 1.5, -2]\n"), Ok([1.0, 1.5, -2.0]));
    let any = json!([1, -1, 1.5, true, null, "x", "0777", u64::MAX]);
    assert_eq!(decode("[1, -1, 1.5, True, ~, x, 0777, 18446744073709551615]\n"), Ok(any));
}

#[test]
fn errors_have_a_place_and_no_rust_in_them() {
    refuses::<Port>("number: x\n", "expected a whole number, found the text `x`", "x");
    refuses::<Port>("number: 70000\n", "the number `70000` is out of range", "70000");
    refuses::<Port>("number: 0x1F\n", "expected a whole number, found the text `0x1F`", "0x1F");
    refuses::<Port>("number: 1\nname: 5\n", "expected a string, found the number `5`", "5");
    refuses::<Port>("number: 1\ntls: \"yes\"\n", "expected a boolean, found the text `yes`", "\"yes\"");
    refuses::<Port>("number: 1\nlabels: [a]\n", "expected a mapping, found a list", "a");
    refuses::<Port>(
        "number: 1\nmode: off\n",
        "unknown value `off`, expected `Strict` or `Off` or `Weight` or `Mix` or `Pair`",
        "off",
    );
    refuses::<Port>("number: 1\nmode: [x]\n", "expected a name, found a list", "x");
    refuses::<Port>("- 1\n", "expected a mapping, found a list", "1");
    refuses::<Vec<String>>("a: 1\n", "expected a list, found a mapping", "a");
    refuses::<Either>("x\n", "the value has none of the allowed shapes", "x");
    let unknown = decode::<Port>("number: 1\nprot: 5\n").unwrap_err();
    assert!(unknown.message.starts_with("unknown field `prot`, expected one of `number`"), "{unknown}");
    assert_eq!(unknown.place.start, 10);
}
