//! Decryption by the formats' definitions, written apart from what encrypts: age with one X25519 recipient and less than a
//! chunk of payload, SOPS with its MAC.

use aes_gcm::aead::consts::U32;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Nonce};
use ring::{aead, hkdf, hmac};
use sha2::{Digest, Sha256, Sha512};

/// Decrypts an armoured file of age.
pub fn age(file: &str, secret: &str) -> Vec<u8> {
    let body: String = file.lines().filter(|line| !line.starts_with("-----")).collect();
    let bytes = base64(&body);
    let header_end = bytes.windows(5).position(|window| window == b"\n--- ").expect("a MAC") + 4;
    let header = String::from_utf8(bytes[..header_end].to_vec()).expect("text");
    let mac_end = header_end + bytes[header_end..].iter().position(|byte| *byte == b'\n').expect("a line");
    let mac = base64(std::str::from_utf8(&bytes[header_end + 1..mac_end]).expect("text"));
    let lines: Vec<&str> = header.lines().collect();
    assert_eq!(lines[0], "age-encryption.org/v1");
    let share: [u8; 32] =
        base64(lines[1].strip_prefix("-> X25519 ").expect("X25519")).try_into().expect("32 bytes");
    let wrapped = base64(lines[2]);

    let (prefix, identity) = bech32::decode(secret).expect("an identity");
    assert_eq!(prefix.as_str().to_lowercase(), "age-secret-key-");
    let identity = x25519_dalek::StaticSecret::from(<[u8; 32]>::try_from(identity).expect("32 bytes"));
    let own = x25519_dalek::PublicKey::from(&identity);
    let shared = identity.diffie_hellman(&x25519_dalek::PublicKey::from(share));
    let wrap =
        hkdf(shared.as_bytes(), &[&share[..], own.as_bytes()].concat(), b"age-encryption.org/v1/X25519");
    let file_key = chacha(&wrap, [0; 12], wrapped);

    let key = hmac::Key::new(hmac::HMAC_SHA256, &hkdf(&file_key, &[], b"header"));
    hmac::verify(&key, header.as_bytes(), &mac).expect("the header's MAC");
    let payload = &bytes[mac_end + 1..];
    let key = hkdf(&file_key, &payload[..16], b"payload");
    let mut nonce = [0; 12];
    nonce[11] = 1;
    chacha(&key, nonce, payload[16..].to_vec())
}

/// Decrypts the private key of a SOPS file and verifies the MAC.
pub fn sops(file: &str, secret: &str) -> String {
    let field = |name: &str| {
        let line = file.lines().find(|line| line.trim_start().starts_with(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("no {name}"))
            .split_once(": ")
            .expect("a value")
            .1
            .trim_matches('"')
            .to_owned()
    };
    let armour: String = file
        .lines()
        .map(str::trim)
        .skip_while(|line| !line.starts_with("-----BEGIN AGE"))
        .take_while(|line| !line.starts_with("-----END AGE"))
        .map(|line| format!("{line}\n"))
        .collect();
    let data_key = age(&armour, secret);
    let open = |value: &str, place: &str| {
        let inner = value
            .strip_prefix("ENC[AES256_GCM,")
            .and_then(|rest| rest.strip_suffix(",type:str]"))
            .expect("ENC");
        let part =
            |name: &str| base64(inner.split(',').find_map(|part| part.strip_prefix(name)).expect("a part"));
        let cipher = AesGcm::<Aes256, U32>::new_from_slice(&data_key).expect("a key");
        let nonce: [u8; 32] = part("iv:").try_into().expect("32 bytes");
        let sealed = [part("data:"), part("tag:")].concat();
        let plain =
            cipher.decrypt(&Nonce::<U32>::from(nonce), Payload { msg: &sealed, aad: place.as_bytes() });
        String::from_utf8(plain.expect("decrypts")).expect("text")
    };
    let key = open(&field("ca-key.pem"), "stringData:ca-key.pem:");
    let mut hash = Sha512::new();
    hash.update(Sha256::digest(b"sops"));
    hash.update(key.as_bytes());
    let expected: String = hash.finalize().iter().map(|byte| format!("{byte:02X}")).collect();
    assert_eq!(open(&field("mac"), &field("lastmodified")), expected, "the MAC of the SOPS file");
    assert_eq!(field("mac_only_encrypted"), "true");
    assert_eq!(field("encrypted_regex"), r"^ca-key\.pem$");
    key
}

fn hkdf(secret: &[u8], salt: &[u8], info: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    let extracted = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(secret);
    extracted
        .expand(&[info], hkdf::HKDF_SHA256)
        .and_then(|expanded| expanded.fill(&mut key))
        .expect("expands");
    key
}

fn chacha(key: &[u8; 32], nonce: [u8; 12], mut sealed: Vec<u8>) -> Vec<u8> {
    let key = aead::LessSafeKey::new(aead::UnboundKey::new(&aead::CHACHA20_POLY1305, key).expect("a key"));
    let nonce = aead::Nonce::assume_unique_for_key(nonce);
    key.open_in_place(nonce, aead::Aad::empty(), &mut sealed).expect("decrypts").to_vec()
}

pub fn base64(text: &str) -> Vec<u8> {
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = String::new();
    for letter in text.trim_end_matches('=').chars() {
        bits.push_str(&format!(
            "{:06b}",
            letters.find(letter).unwrap_or_else(|| panic!("`{letter}` in base64"))
        ));
    }
    bits.as_bytes()
        .chunks_exact(8)
        .map(|byte| u8::from_str_radix(std::str::from_utf8(byte).expect("bits"), 2).expect("bits"))
        .collect()
}
