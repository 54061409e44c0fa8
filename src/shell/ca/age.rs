//! The age format, version 1 (age-encryption.org/v1), for X25519 recipients: what operators and SOPS use.
//!
//! Header: a file key, wrapped once for each recipient, under an HMAC. Payload: the STREAM construction, chunks of 64 KiB by
//! ChaCha20-Poly1305. The crate `age` does more (passphrases, SSH keys, plugins, translations of its messages) at 142
//! further packages; the primitives here are those of `ring` and `x25519-dalek`.

use std::fmt;
use std::str::FromStr;

use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, Engine};
use bech32::Bech32;
#[cfg(test)]
use bech32::Hrp;
use bech32::primitives::decode::CheckedHrpstring;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::{hkdf, hmac};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::random;
use crate::shell::trouble::Trouble;

const VERSION: &str = "age-encryption.org/v1";
const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
/// A line of a stanza's body is this long, but for the last, which is shorter.
const LINE: usize = 64;

/// Who can decrypt: `age1…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipient {
    text: String,
    key: [u8; 32],
}

/// What decrypts: `AGE-SECRET-KEY-1…`.
pub struct Identity {
    secret: StaticSecret,
}

impl FromStr for Recipient {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let key = decode("age", text).ok_or_else(|| match text.split_once("1") {
            _ if text.starts_with("ssh-") => {
                "an SSH key, which SOPS files cannot be read with everywhere".to_owned()
            }
            Some(("age", rest)) if rest.contains('1') || rest.len() > 60 => {
                "a recipient of a plugin or of another kind than X25519".to_owned()
            }
            _ => "no recipient of age: it begins with `age1` and is 62 characters long".to_owned(),
        })?;
        Ok(Recipient { text: text.to_owned(), key })
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

impl Identity {
    /// Reads one secret key; `None` if it is none of X25519.
    pub fn parse(text: &str) -> Option<Self> {
        let key = Zeroizing::new(decode("age-secret-key-", &text.trim().to_ascii_lowercase())?);
        Some(Identity { secret: StaticSecret::from(*key) })
    }

    /// The recipient that it decrypts for.
    #[cfg(test)]
    pub fn recipient(&self) -> Recipient {
        let key = PublicKey::from(&self.secret).to_bytes();
        let text = Hrp::parse("age").ok().and_then(|prefix| bech32::encode::<Bech32>(prefix, &key).ok());
        Recipient { text: text.unwrap_or_default(), key }
    }
}

fn decode(prefix: &str, text: &str) -> Option<[u8; 32]> {
    let checked = CheckedHrpstring::new::<Bech32>(text).ok()?;
    let bytes: Vec<u8> = checked.byte_iter().collect();
    (checked.hrp().as_str() == prefix).then(|| bytes.try_into().ok()).flatten()
}

/// Encrypts for every recipient, in ASCII armour.
pub fn encrypt(plain: &[u8], recipients: &[Recipient]) -> Result<String, Trouble> {
    let file_key = Zeroizing::new(random::bytes::<16>()?);
    let mut header = format!("{VERSION}\n");
    for recipient in recipients {
        header.push_str(&stanza(&*file_key, recipient)?);
    }
    header.push_str("---");
    let mac = hmac::sign(&header_key(&*file_key)?, header.as_bytes());
    header.push_str(&format!(" {}\n", BASE64_STANDARD_NO_PAD.encode(mac.as_ref())));

    let nonce = random::bytes::<16>()?;
    let key = sealing_key(&*derive(&*file_key, &nonce, b"payload")?)?;
    let mut file = header.into_bytes();
    file.extend_from_slice(&nonce);
    let chunks: Vec<&[u8]> = if plain.is_empty() { vec![&[]] } else { plain.chunks(CHUNK).collect() };
    for (index, chunk) in chunks.iter().enumerate() {
        let nonce = chunk_nonce(index, index + 1 == chunks.len());
        let mut sealed = chunk.to_vec();
        key.seal_in_place_append_tag(nonce, Aad::empty(), &mut sealed).map_err(|_| broken())?;
        file.extend_from_slice(&sealed);
    }
    Ok(armour(&file))
}

/// Decrypts a file, armoured or not, with the first identity that it was encrypted for. The error says why not.
pub fn decrypt(file: &[u8], identities: &[Identity]) -> Result<Zeroizing<Vec<u8>>, String> {
    let file = match std::str::from_utf8(file).ok().filter(|text| text.trim_start().starts_with(BEGIN)) {
        Some(text) => unarmour(text).ok_or("its armour is broken")?,
        None => file.to_vec(),
    };
    let (stanzas, header, mac, payload) = parse(&file).ok_or("it is no file of age, version 1")?;
    let file_key = identities
        .iter()
        .find_map(|identity| stanzas.iter().find_map(|(share, body)| unwrap(identity, share, body)))
        .ok_or("none of the identities is among its recipients")?;
    let key = header_key(&*file_key).map_err(|_| "its header is broken")?;
    hmac::verify(&key, &header, &mac).map_err(|_| "its header was changed")?;

    let (nonce, mut rest) = payload.split_at_checked(16).ok_or("it is cut off")?;
    let key = derive(&*file_key, nonce, b"payload")
        .and_then(|key| sealing_key(&key))
        .map_err(|_| "its key is broken")?;
    let mut plain = Zeroizing::new(Vec::with_capacity(rest.len()));
    for index in 0.. {
        let last = rest.len() <= CHUNK + TAG;
        let (chunk, after) = rest.split_at_checked(CHUNK + TAG).unwrap_or((rest, &[]));
        let mut chunk = Zeroizing::new(chunk.to_vec());
        let opened = key.open_in_place(chunk_nonce(index, last), Aad::empty(), &mut chunk);
        plain.extend_from_slice(opened.map_err(|_| "its content was changed or cut off")?);
        rest = after;
        if last {
            break;
        }
    }
    Ok(plain)
}

/// `-> X25519 <ephemeral share>` and the wrapped file key.
fn stanza(file_key: &[u8], recipient: &Recipient) -> Result<String, Trouble> {
    let ephemeral = StaticSecret::from(*Zeroizing::new(random::bytes::<32>()?));
    let share = PublicKey::from(&ephemeral);
    let shared = ephemeral.diffie_hellman(&PublicKey::from(recipient.key));
    if !shared.was_contributory() {
        return Err(Trouble::new(format!("`{recipient}` is no safe recipient: anybody could decrypt")));
    }
    let wrap = wrap_key(shared.as_bytes(), share.as_bytes(), &recipient.key)?;
    let mut body = file_key.to_vec();
    let nonce = Nonce::assume_unique_for_key([0; 12]);
    sealing_key(&wrap)?.seal_in_place_append_tag(nonce, Aad::empty(), &mut body).map_err(|_| broken())?;
    Ok(format!(
        "-> X25519 {}\n{}\n",
        BASE64_STANDARD_NO_PAD.encode(share.as_bytes()),
        BASE64_STANDARD_NO_PAD.encode(&body)
    ))
}

fn unwrap(identity: &Identity, share: &[u8], body: &[u8]) -> Option<Zeroizing<[u8; 16]>> {
    let their: [u8; 32] = share.try_into().ok()?;
    let shared = identity.secret.diffie_hellman(&PublicKey::from(their));
    if !shared.was_contributory() {
        return None;
    }
    let own = PublicKey::from(&identity.secret);
    let wrap = wrap_key(shared.as_bytes(), share, own.as_bytes()).ok()?;
    let mut body = Zeroizing::new(body.to_vec());
    let nonce = Nonce::assume_unique_for_key([0; 12]);
    let opened = sealing_key(&wrap).ok()?.open_in_place(nonce, Aad::empty(), &mut body).ok()?;
    let file_key: [u8; 16] = (&*opened).try_into().ok()?;
    Some(Zeroizing::new(file_key))
}

fn wrap_key(shared: &[u8], share: &[u8], recipient: &[u8]) -> Result<Zeroizing<[u8; 32]>, Trouble> {
    derive(shared, &[share, recipient].concat(), b"age-encryption.org/v1/X25519")
}

fn header_key(file_key: &[u8]) -> Result<hmac::Key, Trouble> {
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &*derive(file_key, &[], b"header")?))
}

/// HKDF with SHA-256 to 32 bytes.
fn derive(secret: &[u8], salt: &[u8], info: &[u8]) -> Result<Zeroizing<[u8; 32]>, Trouble> {
    struct Length;
    impl hkdf::KeyType for Length {
        fn len(&self) -> usize {
            32
        }
    }
    let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(secret);
    let mut key = Zeroizing::new([0; 32]);
    let expanded = extracted.expand(&[info], Length).and_then(|expanded| expanded.fill(&mut *key));
    expanded.map_err(|_| broken())?;
    Ok(key)
}

fn sealing_key(key: &[u8; 32]) -> Result<LessSafeKey, Trouble> {
    UnboundKey::new(&CHACHA20_POLY1305, key).map(LessSafeKey::new).map_err(|_| broken())
}

/// Eleven bytes of counter, one that marks the last chunk.
fn chunk_nonce(index: usize, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    for (place, byte) in nonce.iter_mut().rev().skip(1).zip((index as u64).to_le_bytes()) {
        *place = byte;
    }
    if let Some(flag) = nonce.last_mut() {
        *flag = u8::from(last);
    }
    Nonce::assume_unique_for_key(nonce)
}

type Parsed = (Vec<(Vec<u8>, Vec<u8>)>, Vec<u8>, Vec<u8>, Vec<u8>);

/// The X25519 stanzas, the bytes under the MAC, the MAC, the payload.
fn parse(file: &[u8]) -> Option<Parsed> {
    let mut rest = file;
    let mut line = || -> Option<&str> {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        let (line, after) = rest.split_at_checked(end)?;
        rest = after.get(1..)?;
        std::str::from_utf8(line).ok()
    };
    if line()? != VERSION {
        return None;
    }
    let mut stanzas = Vec::new();
    let mac = loop {
        let head = line()?;
        if let Some(mac) = head.strip_prefix("--- ") {
            break unbase64(mac)?;
        }
        let mut words = head.strip_prefix("-> ")?.split(' ');
        let mut body = String::new();
        loop {
            let part = line()?;
            body.push_str(part);
            if part.len() < LINE {
                break;
            }
        }
        if let (Some("X25519"), Some(share), None) = (words.next(), words.next(), words.next()) {
            stanzas.push((unbase64(share)?, unbase64(&body)?));
        }
    };
    let header_length = file.len() - rest.len();
    let header = file.get(..header_length)?;
    let under_mac = header.windows(5).rposition(|window| window == b"\n--- ")? + 4;
    Some((stanzas, file.get(..under_mac)?.to_vec(), mac, rest.to_vec()))
}

const BEGIN: &str = "-----BEGIN AGE ENCRYPTED FILE-----";
const END: &str = "-----END AGE ENCRYPTED FILE-----";

fn armour(bytes: &[u8]) -> String {
    let encoded = BASE64_STANDARD.encode(bytes);
    let mut text = format!("{BEGIN}\n");
    for line in encoded.as_bytes().chunks(LINE) {
        text.push_str(&String::from_utf8_lossy(line));
        text.push('\n');
    }
    text.push_str(END);
    text.push('\n');
    text
}

fn unarmour(text: &str) -> Option<Vec<u8>> {
    let body = text.trim().strip_prefix(BEGIN)?.strip_suffix(END)?;
    unbase64(body.split_whitespace().collect::<String>().trim_end_matches('='))
}

/// Base64 of RFC 4648 without padding; `None` for anything but the one way to write the bytes.
fn unbase64(text: &str) -> Option<Vec<u8>> {
    BASE64_STANDARD_NO_PAD.decode(text).ok()
}

fn broken() -> Trouble {
    Trouble::new("the cryptographic library refuses")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pair of the age specification's own examples (C2SP, age.md).
    const RECIPIENT: &str = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
    const SECRET: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

    #[test]
    fn recipients_and_identities_are_read() {
        let identity = Identity::parse(SECRET).unwrap();
        assert_eq!(identity.recipient().to_string(), RECIPIENT);
        assert_eq!(RECIPIENT.parse::<Recipient>().unwrap(), identity.recipient());
        for bad in
            ["", "age1", &RECIPIENT.replace('z', "y"), "ssh-ed25519 AAAA", "age1yubikey1qwerty", SECRET]
        {
            assert!(bad.parse::<Recipient>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_encrypted_is_decrypted() {
        let identity = [Identity::parse(SECRET).unwrap()];
        let recipients = [identity[0].recipient()];
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK] {
            let plain = vec![7; length];
            let file = encrypt(&plain, &recipients).unwrap();
            assert_eq!(*decrypt(file.as_bytes(), &identity).unwrap(), plain, "{length}");
        }
    }

    #[test]
    fn what_was_changed_is_refused() {
        let identity = [Identity::parse(SECRET).unwrap()];
        let file = unarmour(&encrypt(b"secret", &[identity[0].recipient()]).unwrap()).unwrap();
        for place in 0..file.len() {
            let mut changed = file.clone();
            changed[place] ^= 1;
            assert!(decrypt(&changed, &identity).is_err(), "byte {place}");
            assert!(decrypt(&file[..place], &identity).is_err(), "cut at {place}");
        }
    }

    #[test]
    fn base64_has_one_way_to_write() {
        for (bytes, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v")] {
            assert_eq!(BASE64_STANDARD_NO_PAD.encode(bytes.as_bytes()), text);
            assert_eq!(unbase64(text).as_deref(), Some(bytes.as_bytes()));
        }
        for bad in ["Z", "Zh", "Zm9v=", "Zm 8", "Zm8-"] {
            assert_eq!(unbase64(bad), None, "{bad}");
        }
    }
}
