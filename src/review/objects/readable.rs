//! Text of a manifest as people can read it: a certificate is what it says, and what is encoded or encrypted is how long
//! it is. Two that differ still differ: each is shown with the start of its SHA-256.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::trust::{Certificate, hex};

/// A run of base64 of so many characters is no word that somebody wrote.
const LONG: usize = 120;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";

/// The text with every PEM block, every long run of base64 and every encrypted value in a few words.
pub fn readable(text: &str) -> String {
    let mut shown = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        match line.split_once(BEGIN) {
            Some((before, label)) if !line.contains(END) => {
                let mut block = format!("{BEGIN}{label}\n");
                for inner in lines.by_ref() {
                    let inner = inner.trim();
                    block.push_str(inner);
                    block.push('\n');
                    if inner.starts_with(END) {
                        break;
                    }
                }
                shown.push_str(&format!("{before}<{}>\n", blocks(&block)));
            }
            _ => {
                shown.push_str(&one_line(line));
                shown.push('\n');
            }
        }
    }
    if !text.ends_with('\n') && shown.ends_with('\n') {
        shown.pop();
    }
    shown
}

/// A certificate in a few words: its subject, its fingerprint, its life.
pub fn certificate(certificate: &Certificate) -> String {
    format!(
        "certificate {}, SHA-256 {}, valid {} to {}",
        certificate.subject,
        certificate.fingerprint,
        certificate.not_before.day(),
        certificate.not_after.day()
    )
}

/// The certificates of a text, wherever in it they stand: as PEM, or as PEM in base64.
pub fn certificates(text: &str) -> Vec<Certificate> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some((_, label)) = line.split_once(BEGIN).filter(|_| !line.contains(END)) {
            let mut block = format!("{BEGIN}{label}\n");
            for inner in lines.by_ref() {
                block.push_str(inner.trim());
                block.push('\n');
                if inner.trim().starts_with(END) {
                    break;
                }
            }
            found.extend(Certificate::all_from_pem(&block).unwrap_or_default());
            continue;
        }
        for run in line.split(|letter: char| !is_base64(letter)).filter(|run| run.len() >= LONG) {
            let decoded = STANDARD.decode(run).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            if let Some(pem) = decoded.filter(|text| text.contains(BEGIN)) {
                found.extend(Certificate::all_from_pem(&pem).unwrap_or_default());
            }
        }
    }
    found
}

/// PEM blocks, each in a few words.
fn blocks(text: &str) -> String {
    if let Ok(read) = Certificate::all_from_pem(text)
        && !read.is_empty()
    {
        return read.iter().map(certificate).collect::<Vec<_>>().join("; ");
    }
    let label = text.split_once(BEGIN).and_then(|(_, rest)| rest.split_once("-----"));
    let label = label.map_or("PEM", |(label, _)| label).to_lowercase();
    format!("{label}, {} lines, {}", text.lines().count().saturating_sub(2), digest(text))
}

fn one_line(line: &str) -> String {
    if line.contains(BEGIN)
        && let Some((before, rest)) = line.split_once(BEGIN)
    {
        // a double-quoted scalar writes its line breaks
        let quoted = before.ends_with('"');
        let before = before.strip_suffix('"').unwrap_or(before);
        let rest = rest.trim_end().strip_suffix('"').filter(|_| quoted).unwrap_or(rest);
        let pem = format!("{BEGIN}{rest}").replace("\\n", "\n");
        return format!("{before}<{}>", blocks(&pem));
    }
    runs(&encrypted(line))
}

/// SOPS' `ENC[…]` in a few words.
fn encrypted(line: &str) -> String {
    let mut shown = String::new();
    let mut rest = line;
    while let Some((before, inner)) = rest.split_once("ENC[") {
        let Some((value, after)) = inner.split_once(']') else { break };
        shown.push_str(&format!("{before}<encrypted, {}>", digest(value)));
        rest = after;
    }
    shown + rest
}

/// Long runs of base64 in a few words.
fn runs(line: &str) -> String {
    let mut shown = String::new();
    let mut run = String::new();
    for letter in line.chars().chain(['\n']) {
        if is_base64(letter) {
            run.push(letter);
            continue;
        }
        if run.len() >= LONG {
            let pem = STANDARD.decode(&run).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let said = match pem.filter(|text| text.contains(BEGIN)) {
                Some(pem) => blocks(&pem),
                None => format!("base64, {} characters, {}", run.len(), digest(&run)),
            };
            shown.push_str(&format!("<{said}>"));
        } else {
            shown.push_str(&run);
        }
        run.clear();
        shown.push(letter);
    }
    shown.pop();
    shown
}

fn is_base64(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/' | '=')
}

fn digest(text: &str) -> String {
    let digest: String = hex(&Sha256::digest(text.as_bytes())).chars().take(8).collect();
    format!("SHA-256 {digest}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root() -> String {
        let mut parameters = rcgen::CertificateParams::default();
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters.distinguished_name.push(rcgen::DnType::CommonName, "old root");
        let key = rcgen::KeyPair::generate().unwrap();
        parameters.self_signed(&key).unwrap().pem().replace("\r\n", "\n")
    }

    #[test]
    fn a_certificate_is_what_it_says_however_it_stands() {
        let pem = root();
        let said = certificate(&Certificate::from_pem(&pem).unwrap());
        assert!(said.starts_with("certificate CN=old root, SHA-256 "), "{said}");
        let indented: String = pem.lines().map(|line| format!("    {line}\n")).collect();
        assert_eq!(
            readable(&format!("data:\n  ca: |\n{indented}  b: 1\n")),
            format!("data:\n  ca: |\n    <{said}>\n  b: 1\n")
        );
        assert_eq!(readable(&format!("ca: {}", STANDARD.encode(&pem))), format!("ca: <{said}>"));
        assert_eq!(readable(&format!("ca: \"{}\"", pem.replace('\n', "\\n"))), format!("ca: <{said}>"));
        assert_eq!(certificates(&format!("ca: {}\n", STANDARD.encode(&pem))).len(), 1);
        assert_eq!(certificates(&indented).len(), 1);
    }

    #[test]
    fn no_key_and_no_blob_is_shown() {
        let key = "-----BEGIN PRIVATE KEY-----\nAAAABBBB\n-----END PRIVATE KEY-----\n";
        let shown = readable(key);
        assert!(shown.starts_with("<private key, 1 lines, SHA-256 ") && !shown.contains("AAAA"), "{shown}");
        let blob = "Q".repeat(400);
        let shown = readable(&format!("a: {blob}\nb: ENC[AES256_GCM,data:xyz,type:str] c"));
        assert!(
            !shown.contains("QQQQ") && !shown.contains("xyz") && shown.contains("400 characters"),
            "{shown}"
        );
        assert_ne!(readable("ENC[a]"), readable("ENC[b]"));
        assert!(!readable("-----BEGIN PRIVATE KEY-----\nAAAA").contains("AAAA"));
    }

    #[test]
    fn other_text_stays() {
        for text in ["", "a: b\n", "a: b\n\nc: 1", "path: /v1/auth/kubernetes\n"] {
            assert_eq!(readable(text), text);
        }
    }
}
