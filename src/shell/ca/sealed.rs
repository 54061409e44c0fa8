//! A SealedSecret by its own definition (bitnami-labs/sealed-secrets: pkg/crypto/crypto.go), in the strict scope.
//!
//! A session key, wrapped by RSA-OAEP with SHA-256 under the label `namespace/name`; then AES-256-GCM under that key with a
//! nonce of zeros, since the key is used once.

use base64::prelude::{BASE64_STANDARD, Engine};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use rsa::traits::PaddingScheme;
use rsa::{Oaep, RsaPublicKey};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::random;
use crate::kinds::ca_source::files::{CERTIFICATE, KEY};
use crate::shell::trouble::Trouble;

/// The file `cacerts.sealedsecret.yaml`: the SealedSecret `istio-system/cacerts` with the private key, and the fingerprint of
/// the certificate that it belongs to.
pub fn secret(private_key: &str, certificate: &str, sealing_key: &RsaPublicKey) -> Result<String, Trouble> {
    let value = BASE64_STANDARD.encode(seal(private_key.as_bytes(), sealing_key, b"istio-system/cacerts")?);
    Ok(format!(
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata:\n  name: cacerts\n  namespace: istio-system\n  \
         annotations:\n    {CERTIFICATE}: {certificate}\n\
         spec:\n  encryptedData:\n    {KEY}: {value}\n  \
         template:\n    metadata:\n      name: cacerts\n      namespace: istio-system\n    type: Opaque\n"
    ))
}

fn seal(plain: &[u8], sealing_key: &RsaPublicKey, label: &[u8]) -> Result<Vec<u8>, Trouble> {
    let refused = || {
        Trouble::new("the sealing certificate's key takes no message: it must be RSA of 2048 bits or more")
    };
    let session = Zeroizing::new(random::bytes::<32>()?);
    let wrapped = Oaep::<Sha256>::new_with_label(label)
        .encrypt(&mut random::Source, sealing_key, &*session)
        .map_err(|_| refused())?;
    let key = UnboundKey::new(&AES_256_GCM, &*session).map(LessSafeKey::new).map_err(|_| refused())?;
    let mut sealed = plain.to_vec();
    let nonce = Nonce::assume_unique_for_key([0; 12]);
    key.seal_in_place_append_tag(nonce, Aad::empty(), &mut sealed).map_err(|_| refused())?;
    let length = u16::try_from(wrapped.len()).map_err(|_| refused())?;
    Ok([&length.to_be_bytes()[..], &wrapped, &sealed].concat())
}
