//! Private keys and bearer tokens in clear, wherever in a file they stand: in fields, comments, strings, base64 of either.
//!
//! What is found is never shown: the finding stands on a line that holds nothing of it, and other findings on lines
//! that do are left out until it is gone.

use std::borrow::Cow;
use std::ops::Range;

use super::base64;
use crate::report::{Finding, Findings, codes};
use crate::source::{FileId, Place};

/// How many layers of base64 are opened: a key in a kubeconfig in a Secret in a dump.
const LAYERS: u8 = 4;
/// The shortest run of base64 that is opened: the header line of a key takes more.
const SHORTEST_RUN: usize = 40;
/// The shortest line of a run that goes over several lines.
const SHORTEST_LINE: usize = 16;

/// How many places of a file are told.
const TOLD: usize = 100;
/// The longest value that is measured; where it ends does not matter.
const LONGEST_VALUE: usize = 256;

/// Reports the secrets of a file, and drops findings that would show them.
pub(super) fn report(id: FileId, bytes: &[u8], findings: &mut Findings) {
    let text = as_text(bytes);
    let secrets = by_lines(&text, search(&text, LAYERS));
    if secrets.is_empty() {
        return;
    }
    let hidden = |offset: usize| {
        let after = secrets.partition_point(|secret| secret.span.start <= offset);
        after
            .checked_sub(1)
            .and_then(|at| secrets.get(at))
            .is_some_and(|secret| secret.span.contains(&offset))
    };
    findings.retain(|finding| finding.place.is_none_or(|place| !hidden(place.start as usize)));
    let (mut line, mut counted) = (1, 0);
    for secret in secrets.iter().take(TOLD) {
        line += text.get(counted..secret.span.start).unwrap_or_default().matches('\n').count();
        counted = secret.span.start;
        let whose = key(&text, &secret.span).map_or(String::new(), |key| format!("`{key}`, "));
        let finding = Finding::new(codes::FC111, format!("{} in {whose}line {line}", secret.what));
        let finding = finding.help(if secret.what == ENCRYPTED_KEY { HELP_ENCRYPTED } else { HELP });
        findings.push(match shown_line(&text, secret, &hidden) {
            Some(line) => finding.at(Place::new(id, line.start, line.end)),
            None => finding,
        });
    }
    if let Some(more) = secrets.len().checked_sub(TOLD).filter(|more| *more > 0) {
        findings
            .push(Finding::new(codes::FC111, format!("{more} more keys or tokens in one file")).help(HELP));
    }
}

const KEY: &str = "a private key in clear";
const ENCRYPTED_KEY: &str = "an encrypted private key";
const TOKEN: &str = "a bearer token in clear";

const HELP: &str = "keep it in a secret store and name it by an ExternalSecret, or let cert-manager make it in the cluster; \
                    what has been committed is known, so replace it";
const HELP_ENCRYPTED: &str = "whoever reads the repository can try passphrases offline; keep the key in a secret store, or \
                              encrypt it for the cluster with Sealed Secrets";

#[derive(Debug)]
struct Secret {
    what: &'static str,
    span: Range<usize>,
}

/// Secrets in order, each with the span of its whole lines; those that share a line are one.
fn by_lines(text: &str, mut secrets: Vec<Secret>) -> Vec<Secret> {
    secrets.sort_by_key(|secret| secret.span.start);
    let mut merged: Vec<Secret> = Vec::new();
    for secret in secrets {
        match merged.last_mut() {
            Some(last) if secret.span.end <= last.span.end => {}
            Some(last) if secret.span.start < last.span.end => {
                last.span.end = line_at(text, secret.span.end).end
            }
            _ => {
                let span = line_at(text, secret.span.start).start..line_at(text, secret.span.end).end;
                merged.push(Secret { what: secret.what, span });
            }
        }
    }
    merged
}

/// All secrets of a text; those inside base64 have the span of the base64.
fn search(text: &str, layers: u8) -> Vec<Secret> {
    let mut secrets = Vec::new();
    private_keys(text, &mut secrets);
    tokens(text, &mut secrets);
    kubeconfig(text, &mut secrets);
    if layers > 0 {
        encoded(text, layers, &mut secrets);
    }
    secrets
}

/// `-----BEGIN … PRIVATE KEY-----` to the next dashes.
fn private_keys(text: &str, secrets: &mut Vec<Secret>) {
    const BEGIN: &str = "-----BEGIN ";
    for (start, _) in text.match_indices(BEGIN) {
        let Some((label, body)) = text.get(start + BEGIN.len()..).and_then(|rest| rest.split_once("-----"))
        else {
            return;
        };
        let is_label =
            label.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ');
        if is_label && label.contains("PRIVATE KEY") {
            let what = if label.starts_with("ENCRYPTED") { ENCRYPTED_KEY } else { KEY };
            let end = text.len() - body.len() + body.find("-----").unwrap_or_default();
            secrets.push(Secret { what, span: start..end });
        }
    }
}

/// JSON web tokens, as ServiceAccounts have them: three parts, two of which begin as `{"` does in base64.
fn tokens(text: &str, secrets: &mut Vec<Secret>) {
    let mut searched = 0;
    for (start, _) in text.match_indices("eyJ") {
        if start < searched {
            continue;
        }
        let rest = text.get(start..).unwrap_or_default();
        let length = rest.bytes().take_while(|byte| base64::bits(*byte).is_some() || *byte == b'.').count();
        searched = start + length;
        let parts: Vec<&str> = rest.get(..length).unwrap_or_default().split('.').collect();
        let is_token = parts.windows(3).any(|parts| match parts {
            [header, payload, signature] => {
                header.contains("eyJ")
                    && payload.starts_with("eyJ")
                    && header.len().min(payload.len()).min(signature.len()) >= 10
            }
            _ => false,
        });
        if is_token {
            secrets.push(Secret { what: TOKEN, span: start..searched });
        }
    }
}

/// Credentials of a kubeconfig, which need not look like any.
fn kubeconfig(text: &str, secrets: &mut Vec<Secret>) {
    for span in values_of(text, "client-key-data") {
        secrets.push(Secret { what: "a private key of a kubeconfig", span });
    }
    let is_kubeconfig =
        text.contains("current-context") || (text.contains("clusters") && text.contains("contexts"));
    if is_kubeconfig && text.contains("users") {
        for key in ["token", "password"] {
            let found = values_of(text, key);
            secrets.extend(found.map(|span| Secret { what: "a credential of a kubeconfig", span }));
        }
    }
}

/// Spans of `key: value` and `"key": "value"` with a value that is none of a template's.
fn values_of<'t>(text: &'t str, key: &'static str) -> impl Iterator<Item = Range<usize>> + 't {
    text.match_indices(key).filter_map(move |(start, _)| {
        let alone = text
            .get(..start)
            .and_then(|before| before.chars().next_back())
            .is_none_or(|before| !before.is_alphanumeric());
        let quoted = |text: &'t str| text.trim_start_matches(['\\', '"', '\'']);
        let rest = quoted(text.get(start + key.len()..)?).trim_start_matches(' ').strip_prefix(':')?;
        let value = quoted(rest.trim_start_matches(' '));
        let length = value
            .bytes()
            .take(LONGEST_VALUE)
            .take_while(|byte| byte.is_ascii_graphic() && !b"\\\"',}".contains(byte))
            .count();
        let template = value.starts_with(['{', '$', '<', '|', '>']);
        let end = text.len() - value.len() + length;
        (alone && length >= 8 && !template).then_some(start..end)
    })
}

/// Secrets inside base64, which may go over several lines and start anywhere in a group of four.
fn encoded(text: &str, layers: u8, secrets: &mut Vec<Secret>) {
    for run in runs(text) {
        let encoded = text.get(run.clone()).unwrap_or_default().as_bytes();
        let hit = (0..4).find_map(|skip| {
            let decoded = base64::decode(encoded.iter().copied().skip(skip));
            search(&as_text(&decoded), layers - 1).into_iter().next()
        });
        if let Some(secret) = hit {
            let what = match secret.what {
                KEY => "a private key in base64",
                TOKEN => "a bearer token in base64",
                what => what,
            };
            secrets.push(Secret { what, span: run });
        }
    }
}

/// Spans of base64 that are long enough; lines of a block join.
fn runs(text: &str) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    let bytes = text.as_bytes();
    let mut start = 0;
    while start < bytes.len() {
        let rest = bytes.get(start..).unwrap_or_default();
        let length = rest.iter().take_while(|byte| base64::bits(**byte).is_some()).count();
        if length >= SHORTEST_LINE {
            match runs.last_mut() {
                Some(last) if is_line_break(bytes.get(last.end..start).unwrap_or_default()) => {
                    last.end = start + length
                }
                _ => runs.push(start..start + length),
            }
        }
        start += length.max(1);
    }
    runs.retain(|run| run.len() >= SHORTEST_RUN);
    runs
}

fn is_line_break(between: &[u8]) -> bool {
    between.contains(&b'\n') && between.iter().all(u8::is_ascii_whitespace)
}

/// The line that the finding stands on: the marker's own if there is nothing but the marker, else the nearest one above
/// that holds no secret.
fn shown_line(text: &str, secret: &Secret, hidden: &impl Fn(usize) -> bool) -> Option<Range<usize>> {
    let own = line_at(text, secret.span.start);
    let marker = text.get(own.clone()).unwrap_or_default().trim();
    if marker.starts_with("-----BEGIN ") && marker.ends_with("-----") && !marker.contains("END") {
        return Some(trimmed(text, own));
    }
    let mut end = own.start;
    while end > 0 {
        let line = line_at(text, end - 1);
        let blank = text.get(line.clone()).unwrap_or_default().trim().is_empty();
        if !blank && !hidden(line.start) {
            return Some(trimmed(text, line));
        }
        end = line.start;
    }
    None
}

/// The key that a secret is the value of, if its first line says so.
fn key<'t>(text: &'t str, span: &Range<usize>) -> Option<&'t str> {
    let line = text.get(line_at(text, span.start))?;
    let (key, _) = line.split_once(':')?;
    let key = key.trim().trim_start_matches("- ").trim_matches(['"', '\'', '{', ' ']);
    let plain = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    (plain && (1..SHORTEST_RUN).contains(&key.len())).then_some(key)
}

/// The line around an offset, without its line break.
fn line_at(text: &str, offset: usize) -> Range<usize> {
    let start = text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let end = text.get(offset..).and_then(|after| after.find('\n')).map_or(text.len(), |at| offset + at);
    start..end
}

fn trimmed(text: &str, line: Range<usize>) -> Range<usize> {
    let content = text.get(line.clone()).unwrap_or_default();
    let start = line.start + (content.len() - content.trim_start().len());
    start..start + content.trim().len()
}

/// The bytes as text of the same length: what is no UTF-8 becomes `?`, byte by byte.
fn as_text(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => bytes.iter().map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' }).collect(),
    }
}
