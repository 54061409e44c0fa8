//! `intermediateCertOptions` → how a certificate is made.

use super::super::mesh::CertificateOptions;
use crate::kinds::Spot;
use crate::kinds::certificate_authority::CertOptions;
use crate::report::Finding;
use crate::report::codes::FC604;
use crate::source::Place;

/// Gloo's defaults (CommonCertOptions).
const DAYS: u32 = 365;
const ORGANIZATION: &str = "gloo-mesh";
const RATIO: f64 = 0.1;
/// A root outlives several generations of intermediates (istio: tools/certs, ten years).
const ROOT_DAYS: u32 = 3650;
/// Two lives of istiod's default workload certificate, so that nothing outlives its signer.
const LEAST_RENEW_BEFORE: u32 = 48;

/// The options of intermediates. `place` is that of the policy, `ratio` wherever the document nests it.
pub(super) fn intermediate(
    options: Option<&CertOptions>,
    ratio: Option<Spot<f64>>,
    place: Place,
) -> Result<CertificateOptions, Box<Finding>> {
    let days = options.and_then(|options| options.ttl_days);
    let made = made(options, ratio, DAYS)?;
    if made.renew_before_hours < LEAST_RENEW_BEFORE {
        let hours = made.renew_before_hours;
        let place = ratio.map_or_else(|| days.map_or(place, |days| days.place), |ratio| ratio.place);
        let finding = Finding::new(
            FC604,
            format!("the intermediate would be renewed {hours} hours before its end, less than two lives of a workload certificate"),
        )
        .at(place)
        .help("let it live longer, or be renewed earlier: `ttlDays` × 24 × `secretRotationGracePeriodRatio` must be 48 hours at least");
        return Err(Box::new(finding));
    }
    Ok(made)
}

/// The options of a root of the offline CA.
pub(super) fn root(options: &CertOptions) -> Result<CertificateOptions, Box<Finding>> {
    made(Some(options), options.secret_rotation_grace_period_ratio, ROOT_DAYS)
}

fn made(
    options: Option<&CertOptions>,
    ratio: Option<Spot<f64>>,
    default_days: u32,
) -> Result<CertificateOptions, Box<Finding>> {
    let days = options.and_then(|options| options.ttl_days).map_or(default_days, |days| *days);
    let duration_hours = days.saturating_mul(24);
    let share = f64::from(duration_hours) * ratio.map_or(RATIO, |ratio| *ratio);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the share lies between 0 and the duration"
    )]
    let renew_before_hours = share.round() as u32;
    let rsa = options.and_then(|options| options.rsa_key_size_bytes);
    let rsa_bits = match rsa.map(|bits| (*bits, bits.place)) {
        None => None,
        Some((bits @ (2048 | 3072 | 4096 | 8192), _)) => u16::try_from(bits).ok(),
        Some((bits, place)) => {
            let finding = Finding::new(FC604, format!("an RSA key of {bits} bits is not made")).at(place);
            let help = "use 2048, 3072, 4096 or 8192, or leave it out for ECDSA P-256";
            return Err(Box::new(finding.help(help)));
        }
    };
    let organization = options.and_then(|options| options.org_name.as_ref());
    Ok(CertificateOptions {
        duration_hours,
        renew_before_hours,
        organization: organization.map_or_else(|| ORGANIZATION.into(), |name| name.value.clone()),
        rsa_bits,
    })
}
