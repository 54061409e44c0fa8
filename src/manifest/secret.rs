//! Secrets whose keys are encrypted: SOPS files and `bitnami.com/v1alpha1 SealedSecret`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::object::{Labels, Metadata, Values, object};

object!(
    /// `v1 Secret` as SOPS writes it: readable but for the encrypted values. fleetc writes no other Secret.
    Secret, "v1", "Secret", {
        /// `Opaque`.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        r#type: String,
        /// Values in base64, encrypted.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        data: Labels,
        /// Values as text, encrypted or not.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        string_data: Labels,
        /// What SOPS decrypts and verifies it by; its `mac` covers the encrypted values only, so others may be added.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sops: Option<Values>,
    }
);

object!(
    /// A Secret encrypted for the sealed-secrets controller of one cluster.
    SealedSecret, "bitnami.com/v1alpha1", "SealedSecret", {
        /// What it says.
        spec: SealedSecretSpec,
    }
);

/// What a SealedSecret says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SealedSecretSpec {
    /// Ciphertext in base64, by the key of the Secret.
    pub encrypted_data: Labels,
    /// The Secret beside what is encrypted.
    pub template: SealedSecretTemplate,
}

/// The Secret that a SealedSecret becomes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SealedSecretTemplate {
    /// Its metadata.
    pub metadata: Metadata,
    /// `Opaque`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub r#type: String,
    /// Values as Go templates; text without `{{` stays as it is.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub data: Labels,
}
