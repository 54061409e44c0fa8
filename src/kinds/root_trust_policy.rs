//! `RootTrustPolicy`: who signs for whom, and which roots are trusted.

use super::certificate_authority::{AwsPrivateCa, CaSourceReference, CertManager, CertOptions, Vault};
use super::date::Date;
use super::decode::Decoder;
use super::selector::ObjectReference;
use super::values::{Ignored, Labels, Refused, Spot};

/// A document of this kind.
pub const EXAMPLE: &str = "\
apiVersion: admin.gloo.solo.io/v2
kind: RootTrustPolicy
metadata:
  name: shared-trust
  namespace: gloo-mesh
spec:
  config:
    intermediateCertOptions:
      secretRotationGracePeriodRatio: 0.10
    agentCa:
      certManager:
        issuerRef:
          group: cert-manager.io
          kind: ClusterIssuer
          name: gloo-mesh-root
    rootBundle:
      - {name: root-2025, file: trust/root-2025.pem}
";

record! {
    /// Who signs for whom, and which roots are trusted.
    pub struct RootTrustPolicySpec {
        /// The meshes it is about; empty: all.
        pub apply_to_meshes: Vec<MeshSelector>,
        /// What it says.
        pub config: Option<Box<RootTrustConfig>>,
    }
}

record! {
    /// Selects meshes.
    pub struct MeshSelector {
        /// By their Istio.
        pub istio: Option<IstioMeshSelector>,
    }
}

record! {
    /// Selects meshes by their Istio.
    pub struct IstioMeshSelector {
        /// Select clusters by `clusterSelector`: a cluster has one `cacerts`, whatever its revisions.
        pub revision: Refused,
        /// istiod's namespace.
        pub namespace: Option<Spot<String>>,
        /// Labels of the KubernetesCluster.
        pub cluster_selector: Labels,
        /// Select clusters by `clusterSelector`; labels of istiod's Deployment are not known before it runs.
        pub selector: Refused,
    }
}

record! {
    /// What a RootTrustPolicy says.
    pub struct RootTrustConfig checked by RootTrustConfig::check {
        /// The signer of each cluster's intermediate. Where it is set, `mgmtServerCa` has no say.
        pub agent_ca: Option<AgentCa>,
        /// A root held by Gloo's management server.
        pub mgmt_server_ca: Option<MgmtServerCa>,
        /// The intermediates.
        pub intermediate_cert_options: Option<CertOptions>,
        /// The share of an intermediate's life that is left when it is renewed; also taken from `intermediateCertOptions`.
        pub secret_rotation_grace_period_ratio: Option<Spot<f64>>,
        /// The roots that are trusted, as public certificates.
        pub root_bundle: Vec<RootCertificate>,
        /// A rotation of the root that is under way.
        pub rotation: Option<Rotation>,
        /// Nothing restarts pods: ztunnel asks for new certificates by itself.
        pub auto_restart_pods: Ignored,
        /// List the roots to trust under `rootBundle` instead.
        pub passive_certificate_authorities: Refused,
    }
}

impl RootTrustConfig {
    /// The options of the intermediates, wherever the document nests them.
    pub fn intermediate_options(&self) -> Option<&CertOptions> {
        let nested = || self.mgmt_server_ca.as_ref()?.intermediate_cert_options.as_ref();
        self.intermediate_cert_options.as_ref().or_else(nested)
    }

    /// The share of an intermediate's life that is left when it is renewed, wherever the document nests it.
    pub fn rotation_ratio(&self) -> Option<Spot<f64>> {
        let nested = || self.intermediate_options()?.secret_rotation_grace_period_ratio;
        self.secret_rotation_grace_period_ratio.or_else(nested)
    }

    fn check(&self, decoder: &mut Decoder) {
        let inner = self.mgmt_server_ca.as_ref().and_then(|ca| ca.intermediate_cert_options.as_ref());
        if let (Some(outer), Some(inner)) = (&self.intermediate_cert_options, inner)
            && outer != inner
        {
            decoder.differ(inner.place, "intermediateCertOptions", "mgmtServerCa.intermediateCertOptions");
        }
        if let Some(ratio) = self.secret_rotation_grace_period_ratio {
            CertOptions::check_ratio(ratio, decoder);
            let nested =
                self.intermediate_options().and_then(|options| options.secret_rotation_grace_period_ratio);
            if nested.is_some_and(|nested| nested != ratio) {
                let one = "intermediateCertOptions.secretRotationGracePeriodRatio";
                decoder.differ(ratio.place, one, "secretRotationGracePeriodRatio");
            }
        }
    }
}

record! {
    /// A root held by Gloo's management server.
    pub struct MgmtServerCa {
        /// A root that the server makes up.
        pub generated: Option<CertOptions>,
        /// A root in a Secret.
        pub secret_ref: Option<ObjectReference>,
        /// The intermediates; the same as `config.intermediateCertOptions`.
        pub intermediate_cert_options: Option<CertOptions>,
        /// Nothing restarts pods: ztunnel asks for new certificates by itself.
        pub auto_restart_pods: Ignored,
    }
}

record! {
    /// The signer of each cluster's intermediate: one of the four, and which root it chains to.
    pub struct AgentCa checked by AgentCa::check {
        /// An issuer of cert-manager.
        pub cert_manager: Option<CertManager>,
        /// A PKI of Vault.
        pub vault: Option<Vault>,
        /// A certificate authority of AWS Private CA.
        pub aws_pca: Option<AwsPrivateCa>,
        /// A CASource.
        pub ca_source_ref: Option<CaSourceReference>,
        /// The name in `rootBundle` of the root that the signer chains to; default: the bundle's only root.
        pub signed_by: Option<Spot<String>>,
    }
}

impl AgentCa {
    fn check(&self, decoder: &mut Decoder) {
        decoder.exactly_one(&[
            ("certManager", self.cert_manager.as_ref().map(|source| source.place)),
            ("vault", self.vault.as_ref().map(|source| source.place)),
            ("awsPca", self.aws_pca.as_ref().map(|source| source.place)),
            ("caSourceRef", self.ca_source_ref.as_ref().map(|source| source.place)),
        ]);
    }
}

record! {
    /// A trusted root.
    pub struct RootCertificate {
        /// What other fields call it.
        pub name: Spot<String>,
        /// A PEM file with the public certificate; the path is from the fleet directory.
        pub file: Spot<String>,
    }
}

record! {
    /// A rotation of the root: one phase a merge.
    pub struct Rotation {
        /// The root that goes, by its name in `rootBundle`.
        pub from: Spot<String>,
        /// The root that comes, by its name in `rootBundle`.
        pub to: Spot<String>,
        /// How far it is.
        pub phase: Spot<RotationPhase>,
        /// The date since which the phase is in force; with `--now` the waiting time is judged by it.
        pub phase_since: Option<Spot<Date>>,
    }
}

enumeration! {
    /// How far a rotation is.
    pub enum RotationPhase {
        /// Every cluster trusts both roots, and signs with the old one.
        TrustBoth = "trust-both",
        /// Every cluster trusts both roots, and signs with the new one.
        SignNew = "sign-new",
        /// Every cluster trusts the new root only.
        DropOld = "drop-old",
    }
}
