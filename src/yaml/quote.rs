//! How a text is written as a scalar that every reader of YAML 1.1 and 1.2 takes for the same string: plain
//! where that is safe, `"…"` where a plain one would be another type or needs escapes, `'…'` where only
//! syntax is in the way.

use std::fmt::Write;

use super::resolve::{is_timestamp, resolve_plain};
use super::tree::Resolved;

/// Writes a text on one line.
pub(super) fn write_inline(out: &mut String, text: &str) {
    let is_ascii_printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if (!is_ascii_printable && text.chars().any(is_escaped)) || !reads_as_string(text) {
        write_double_quoted(out, text);
    } else if is_in_the_way_of_syntax(text) {
        out.push('\'');
        out.push_str(&text.replace('\'', "''"));
        out.push('\'');
    } else {
        out.push_str(text);
    }
}

/// True for a text of several lines that a literal block carries exactly, for every reader and without hiding
/// anything: no tab where indentation ends, no line of blanks alone, no blank at the very end.
pub(super) fn fits_block(text: &str) -> bool {
    let is_legible = |line: &str| {
        let indentation = line.bytes().take_while(|byte| *byte == b' ').count();
        line.is_empty() || line.as_bytes().get(indentation).is_some_and(|byte| *byte != b'\t')
    };
    text.contains('\n')
        && !text.ends_with([' ', '\t'])
        && text.bytes().any(|byte| byte != b'\n')
        && text.lines().all(is_legible)
        && !text.chars().any(|character| is_escaped(character) && !matches!(character, '\n' | '\t'))
}

/// Writes a text that [`fits_block`] as a literal block under a key or dash at `indent`, without the last
/// line's end.
pub(super) fn write_block(out: &mut String, text: &str, indent: usize) {
    let body = text.trim_end_matches('\n');
    let ends = text.len() - body.len();
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    match ends {
        0 => out.push('-'),
        1 => {}
        _ => out.push('+'),
    }
    for line in body.split('\n') {
        if line.is_empty() {
            out.push('\n');
        } else {
            new_line(out, indent + 2);
            out.push_str(line);
        }
    }
    out.extend(std::iter::repeat_n('\n', ends.saturating_sub(1)));
}

/// Ends a line and indents the next one; `indent` is even.
pub(super) fn new_line(out: &mut String, indent: usize) {
    out.push('\n');
    for _ in 0..indent / 2 {
        out.push_str("  ");
    }
}

fn write_double_quoted(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        // Writing into a string does not fail.
        let _ = match character {
            '"' => out.write_str("\\\""),
            '\\' => out.write_str("\\\\"),
            '\n' => out.write_str("\\n"),
            '\t' => out.write_str("\\t"),
            '\r' => out.write_str("\\r"),
            '\0' => out.write_str("\\0"),
            _ if !is_escaped(character) => out.write_char(character),
            '\0'..='\u{ff}' => write!(out, "\\x{:02X}", u32::from(character)),
            _ => write!(out, "\\u{:04X}", u32::from(character)),
        };
    }
    out.push('"');
}

/// Characters that YAML forbids, that only YAML 1.1 takes for line ends, that readers drop, or that turn the
/// direction of the text around them; all are in the basic plane.
fn is_escaped(character: char) -> bool {
    matches!(
        character,
        '\0'..='\x1f'
            | '\x7f'..='\u{9f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}'
    )
}

/// True if every reader takes the text, written plain, for a string.
fn reads_as_string(text: &str) -> bool {
    matches!(resolve_plain(text), Resolved::String(_)) && !is_timestamp(text)
}

/// True for a text that is not one plain scalar in a block, though it would be a string.
fn is_in_the_way_of_syntax(text: &str) -> bool {
    let mut bytes = text.bytes();
    let starts_badly = match bytes.next() {
        Some(b'-') => matches!(bytes.next(), None | Some(b' ')) || text.starts_with("---"),
        Some(b'.') => text.starts_with("..."),
        Some(first) => b" ?:,[]{}#&*!|>'\"%@`".contains(&first),
        None => true,
    };
    let neighbours = text.bytes().zip(text.bytes().skip(1));
    starts_badly
        || text.ends_with([' ', ':'])
        || neighbours.into_iter().any(|pair| matches!(pair, (b':', b' ') | (b' ', b'#')))
}
