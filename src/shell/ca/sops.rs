//! A Secret encrypted by SOPS's own definition (getsops/sops: aes/cipher.go, sops.go, stores/flatten.go), for age recipients.
//!
//! Only the private key is encrypted, and the MAC covers encrypted values alone: certificates can stand beside it in clear,
//! and a build may add them.

use aes_gcm::aead::consts::U32;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::aes::Aes256;
use aes_gcm::{AesGcm, Nonce};
use base64::prelude::{BASE64_STANDARD, Engine};
use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

use super::age::{self, Recipient};
use super::random;
use crate::kinds::ca_source::files::{CERTIFICATE, ENCRYPTED_REGEX, KEY};
use crate::shell::trouble::Trouble;
use crate::trust::Moment;

/// The format, not the program: 3.9.0 is the first that knows `mac_only_encrypted`.
const VERSION: &str = "3.9.0";

/// The file `cacerts.sops.yaml`: the Secret `istio-system/cacerts` with the private key, and the fingerprint of the
/// certificate that it belongs to.
pub fn secret(
    private_key: &str,
    certificate: &str,
    recipients: &[Recipient],
    now: Moment,
) -> Result<String, Trouble> {
    let data_key = Zeroizing::new(random::bytes::<32>()?);
    let last_modified = now.to_string();
    let value = encrypted(private_key, &data_key, &format!("stringData:{KEY}:"))?;
    let mac = encrypted(&mac(private_key), &data_key, &last_modified)?;
    let mut keys = String::new();
    for recipient in recipients {
        let wrapped = age::encrypt(&*data_key, std::slice::from_ref(recipient))?;
        let indented: String = wrapped.lines().map(|line| format!("        {line}\n")).collect();
        keys.push_str(&format!("    - recipient: {recipient}\n      enc: |\n{indented}"));
    }
    Ok(format!(
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: cacerts\n  namespace: istio-system\n  \
         annotations:\n    {CERTIFICATE}: {certificate}\ntype: Opaque\n\
         stringData:\n  {KEY}: {value}\n\
         sops:\n  age:\n{keys}  lastmodified: \"{last_modified}\"\n  mac: {mac}\n  \
         encrypted_regex: {ENCRYPTED_REGEX}\n  mac_only_encrypted: true\n  version: {VERSION}\n"
    ))
}

/// Upper case hex of SHA-512 over the encrypted values in their order. With `mac_only_encrypted` it begins with SHA-256 of
/// `sops`, so that a MAC of the one kind is never one of the other.
fn mac(private_key: &str) -> String {
    let mut hash = Sha512::new();
    hash.update(Sha256::digest(b"sops"));
    hash.update(private_key.as_bytes());
    hash.finalize().iter().map(|byte| format!("{byte:02X}")).collect()
}

/// `ENC[AES256_GCM,data:…,iv:…,tag:…,type:str]`: AES-256-GCM with a nonce of 32 bytes, bound to its place.
fn encrypted(plain: &str, data_key: &[u8; 32], place: &str) -> Result<String, Trouble> {
    let refused = || Trouble::new("the cryptographic library refuses");
    let nonce = random::bytes::<32>()?;
    let cipher = AesGcm::<Aes256, U32>::new_from_slice(data_key).map_err(|_| refused())?;
    let mut data = plain.as_bytes().to_vec();
    let tag = cipher
        .encrypt_inout_detached(&Nonce::<U32>::from(nonce), place.as_bytes(), data.as_mut_slice().into())
        .map_err(|_| refused())?;
    let (data, nonce, tag) =
        (BASE64_STANDARD.encode(&data), BASE64_STANDARD.encode(nonce), BASE64_STANDARD.encode(tag));
    Ok(format!("ENC[AES256_GCM,data:{data},iv:{nonce},tag:{tag},type:str]"))
}
