//! Certificates in PEM text. What a certificate says is not this module's matter.

use std::sync::Arc;

use crate::admit::NamedFile;
use crate::report::Finding;
use crate::report::codes::FC611;
use crate::source::Place;

const BEGIN: &str = "-----BEGIN ";
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificates of a file, and the place of the first.
pub(super) type Certificates = (Vec<Arc<str>>, Place);

/// The certificates of a file, each one block with a line break at its end, and the place of the first. What stands around
/// the blocks (`openssl x509 -text` writes a description) is left out.
pub(super) fn certificates(path: &str, file: &NamedFile) -> Result<Certificates, Box<Finding>> {
    let start = file.text.find(BEGIN).unwrap_or_default();
    let line = file.text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let place = Place::new(file.id, start, start + line.len());
    let refuse =
        |message: String, help: &str| Err(Box::new(Finding::new(FC611, message).at(place).help(help)));
    match blocks(&file.text) {
        Ok(blocks) if blocks.is_empty() => refuse(
            format!("`{path}` holds no certificate"),
            "write it in PEM: `openssl x509 -inform der -in … -out …`",
        ),
        Ok(blocks) => Ok((blocks, place)),
        Err(problem) => refuse(format!("`{path}` {problem}"), "keep the certificates alone in the file"),
    }
}

/// The blocks of a text.
pub(super) fn blocks(text: &str) -> Result<Vec<Arc<str>>, String> {
    let mut blocks = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find(BEGIN) {
        let block = rest.get(start..).unwrap_or_default();
        let label = block.lines().next().unwrap_or_default().trim_end();
        if label != CERTIFICATE {
            let label = label.trim_start_matches(BEGIN).trim_end_matches('-');
            return Err(format!("holds a `{label}`"));
        }
        let Some((body, after)) = block.split_once(END) else {
            return Err("holds a certificate without an end".to_owned());
        };
        let body = body.strip_prefix(CERTIFICATE).unwrap_or(body);
        if body.bytes().any(|byte| !byte.is_ascii_alphanumeric() && !b"+/=\r\n\t ".contains(&byte))
            || body.trim().is_empty()
        {
            return Err("holds a certificate that is no base64".to_owned());
        }
        let lines = body.lines().map(str::trim).filter(|line| !line.is_empty());
        let lines: Vec<&str> = std::iter::once(CERTIFICATE).chain(lines).chain([END]).collect();
        blocks.push(format!("{}\n", lines.join("\n")).into());
        rest = after;
    }
    Ok(blocks)
}

/// Whether two blocks are one certificate, however their lines are broken.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.split_whitespace().flat_map(str::bytes).eq(other.split_whitespace().flat_map(str::bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: &str = "-----BEGIN CERTIFICATE-----\nMIIB\nAQ==\n-----END CERTIFICATE-----\n";

    #[test]
    fn what_stands_around_certificates_is_left_out() {
        let text = format!("subject=root\r\n{}and\n{BLOCK}", BLOCK.replace('\n', "\r\n"));
        assert_eq!(blocks(&text).unwrap(), [BLOCK.into(), BLOCK.into()] as [Arc<str>; 2]);
        assert!(blocks("").unwrap().is_empty());
    }

    #[test]
    fn anything_but_certificates_is_refused() {
        for bad in [
            "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n",
            "-----BEGIN CERTIFICATE-----\nMIIB\n",
            "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nM{{ }}\n-----END CERTIFICATE-----\n",
        ] {
            assert!(blocks(bad).is_err(), "{bad}");
        }
    }
}
