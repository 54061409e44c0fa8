//! What a plain scalar means, by the readers that matter: kubectl (sigs.k8s.io/yaml, a go-yaml of YAML 1.1),
//! PyYAML, and the YAML 1.2 core schema. Where they disagree on the type or the value, nothing is guessed.

use super::tree::Resolved;

/// The meaning of a plain scalar.
pub(super) fn resolve_plain(text: &str) -> Resolved<'_> {
    const LONGEST_WORD: usize = "false".len();
    if text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.')) {
        return resolve_number(text);
    }
    if text.len() > LONGEST_WORD {
        return Resolved::String(text);
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Resolved::Null,
        "true" | "True" | "TRUE" => Resolved::Bool(true),
        "false" | "False" | "FALSE" => Resolved::Bool(false),
        // Both have a type of their own in YAML 1.1; PyYAML refuses them as values.
        "=" | "<<" => Resolved::Ambiguous(text),
        _ if old_bool(text).is_some() => Resolved::Ambiguous(text),
        _ => Resolved::String(text),
    }
}

/// The boolean that a word is to YAML 1.1 and not to YAML 1.2.
pub(super) fn old_bool(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// True for a plain scalar that PyYAML and other YAML 1.1 readers take for a date or a time and kubectl for a
/// string, such as `2024-01-01`. Errs towards true.
pub(super) fn is_timestamp(text: &str) -> bool {
    let Some((year, rest)) = text.split_at_checked(4) else { return false };
    let month_and_day = rest.strip_prefix('-').and_then(|rest| rest.split_once('-'));
    is_digits(year)
        && month_and_day
            .is_some_and(|(month, day)| is_digits(month) && day.starts_with(|c: char| c.is_ascii_digit()))
}

/// A scalar that starts with a digit, a sign or a point.
fn resolve_number(text: &str) -> Resolved<'_> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_decimal = is_digits(unsigned) && (unsigned == "0" || !unsigned.starts_with('0'));
    if is_decimal && let Ok(number) = text.parse() {
        return Resolved::Int(number);
    }
    if is_decimal || is_float(unsigned) {
        return match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Resolved::Float(number),
            _ => Resolved::Ambiguous(text),
        };
    }
    if is_old_number(unsigned) { Resolved::Ambiguous(text) } else { Resolved::String(text) }
}

/// `1.5`, `.5`, `5.`, `1e3`, without a sign.
fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        None => (unsigned, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_number = (whole.is_empty() || is_digits(whole)) && (fraction.is_empty() || is_digits(fraction));
    is_number && !(whole.is_empty() && fraction.is_empty()) && is_digits(exponent) && !is_digits(unsigned)
}

/// What only some readers take for a number: leading zeros, other radixes, digit separators, base sixty,
/// infinity.
fn is_old_number(unsigned: &str) -> bool {
    let special = [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"];
    let bare = unsigned.replace('_', "");
    special.contains(&unsigned)
        || is_digits(&bare)
        || (bare != unsigned && is_float(&bare))
        || has_radix(&bare)
        || is_base_sixty(&bare)
}

/// `0x1F`, `0o17`, `0b1`; go-yaml takes a second sign after the mark.
fn has_radix(bare: &str) -> bool {
    [(["0x", "0X"], 16), (["0o", "0O"], 8), (["0b", "0B"], 2)].into_iter().any(|(marks, radix)| {
        let digits = marks.iter().find_map(|mark| bare.strip_prefix(mark)).unwrap_or_default();
        let digits = digits.strip_prefix(['+', '-']).unwrap_or(digits);
        !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix))
    })
}

/// `12:30:45`, `190:20:30.15`.
fn is_base_sixty(bare: &str) -> bool {
    let whole = bare.split_once('.').map_or(bare, |(whole, fraction)| {
        if fraction.is_empty() || is_digits(fraction) { whole } else { "" }
    });
    let Some((first, rest)) = whole.split_once(':') else { return false };
    let below_sixty =
        |part: &str| is_digits(part) && part.parse::<u8>().is_ok_and(|n| n < 60) && part.len() <= 2;
    is_digits(first) && rest.split(':').all(below_sixty)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ambiguous(texts: &[&str]) {
        for text in texts {
            assert_eq!(resolve_plain(text), Resolved::Ambiguous(text));
        }
    }

    #[test]
    fn what_every_reader_takes_for_the_same() {
        for text in ["", "~", "null", "NULL"] {
            assert_eq!(resolve_plain(text), Resolved::Null, "{text}");
        }
        for (text, number) in [("0", 0), ("-0", 0), ("+5", 5), ("-9223372036854775808", i64::MIN)] {
            assert_eq!(resolve_plain(text), Resolved::Int(number), "{text}");
        }
        for (text, number) in
            [("1.5", 1.5), (".5", 0.5), ("5.", 5.0), ("1e3", 1e3), ("-1.0e+3", -1e3), ("01.5", 1.5)]
        {
            assert_eq!(resolve_plain(text), Resolved::Float(number), "{text}");
        }
        assert_eq!(resolve_plain("True"), Resolved::Bool(true));
        assert_eq!(resolve_plain("18446744073709551616"), Resolved::Float(18446744073709551616.0));
    }

    #[test]
    fn words_and_numbers_of_yaml_1_1() {
        ambiguous(&["y", "Y", "n", "N", "yes", "YES", "No", "on", "Off", "OFF", "=", "<<"]);
        ambiguous(&["0777", "00", "08", "-07", "0o17", "0O17", "0b1", "0B1", "0x1F", "-0X1f", "0b-1"]);
        ambiguous(&["1_000", "1_", "+_1", "1_000.5", "0x1_F", "._5"]);
        ambiguous(&["12:30", "12:30:45", "-190:20:30.15", "1_2:30", "12:34:56:12:34:56"]);
        ambiguous(&[".inf", "-.INF", "+.Inf", ".nan", ".NaN", "1e999"]);
    }

    #[test]
    fn strings_that_look_like_more() {
        let texts = [
            "yEs",
            "nULL",
            "tRUE",
            "-",
            "+",
            ".",
            "..",
            "...",
            "--",
            "1.2.3",
            "10.0.0.1",
            "5s",
            "100Mi",
            "8080:80",
            "1:60",
            "::1",
            "2001:db8::1",
            "0x",
            "0xg",
            "0o8",
            "0b2",
            "e5",
            "1e",
            "1e+",
            "_1",
            "inf",
            "NaN",
            "1-2",
            "+-1",
            "1e5e5",
            "2024-01-01",
            "2024-01-01T00:00:00Z",
            "1:",
            ":1",
            "1,000",
            "é",
        ];
        for text in texts {
            assert_eq!(resolve_plain(text), Resolved::String(text));
        }
    }

    #[test]
    fn dates_are_told_from_names() {
        for text in ["2024-01-01", "2024-1-1", "2024-01-01T00:00:00Z", "2024-01-01 10:00:00"] {
            assert!(is_timestamp(text), "{text}");
        }
        for text in ["2024", "2024-01", "2024-x-1", "v2024-01-01", "20é4-01-01", "2024-01-"] {
            assert!(!is_timestamp(text), "{text}");
        }
    }
}
