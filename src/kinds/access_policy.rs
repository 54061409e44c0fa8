//! `AccessPolicy`: who may call a destination.

use std::collections::BTreeMap;

use super::decode::Decoder;
use super::selector::{DestinationSelector, ObjectSelector, WorkloadSelector};
use super::values::{Refused, Spot};
use super::workspace_settings::EnforcementLayers;

/// A document of this kind.
pub const EXAMPLE: &str = "\
apiVersion: security.policy.gloo.solo.io/v2
kind: AccessPolicy
metadata:
  name: billing-allow-payments
  namespace: gloo-mesh
spec:
  applyToDestinations:
    - selector:
        labels: {app: billing}
  config:
    authn:
      tlsMode: STRICT
    authz:
      allowedClients:
        - serviceAccountSelector:
            labels: {app: payments}
";

record! {
    /// Who may call a destination. Policies on one destination add up.
    pub struct AccessPolicySpec {
        /// Services it is about, and with them their pods.
        pub apply_to_destinations: Vec<DestinationSelector>,
        /// Workloads it is about, whatever Service they stand behind.
        pub apply_to_workloads: Vec<WorkloadSelector>,
        /// What it says.
        pub config: Option<AccessPolicyConfig>,
    }
}

record! {
    /// What an AccessPolicy says.
    pub struct AccessPolicyConfig checked by AccessPolicyConfig::check {
        /// How clients prove who they are.
        pub authn: Option<Authentication>,
        /// Who is allowed; empty: nobody; absent: it restricts nobody.
        pub authz: Option<Authorization>,
        /// Several of `authz`, which add up; the newer spelling.
        pub authz_list: Option<Vec<Authorization>>,
        /// Where it is enforced.
        pub enforcement_layers: Option<EnforcementLayers>,
    }
}

impl AccessPolicyConfig {
    /// How plaintext is treated, in either spelling; `None` if nothing is said.
    pub fn tls_mode(&self) -> Option<Spot<TlsMode>> {
        let authn = self.authn.as_ref()?;
        authn.tls_mode.or_else(|| authn.mtls.as_ref()?.tls_mode())
    }

    /// Who is allowed, in either spelling: the union of these. `None` restricts nobody, an empty list allows nobody.
    pub fn authorizations(&self) -> Option<&[Authorization]> {
        let single = || self.authz.as_ref().map(std::slice::from_ref);
        self.authz_list.as_deref().or_else(single)
    }

    fn check(&self, decoder: &mut Decoder) {
        if let (Some(single), Some(list)) = (&self.authz, &self.authz_list)
            && list.as_slice() != std::slice::from_ref(single)
        {
            decoder.differ(single.place, "authzList", "authz");
        }
    }
}

record! {
    /// How clients prove who they are.
    pub struct Authentication checked by Authentication::check {
        /// How plaintext is treated.
        pub tls_mode: Option<Spot<TlsMode>>,
        /// An older spelling of `tlsMode`.
        pub mtls: Option<Mtls>,
    }
}

impl Authentication {
    fn check(&self, decoder: &mut Decoder) {
        let older = self.mtls.as_ref().and_then(Mtls::tls_mode);
        if let (Some(mode), Some(older)) = (self.tls_mode, older)
            && mode != older
        {
            decoder.differ(older.place, "tlsMode", "mtls.required");
        }
    }
}

record! {
    /// An older spelling of `tlsMode`.
    pub struct Mtls {
        /// `true` is STRICT, `false` is PERMISSIVE.
        pub required: Option<Spot<bool>>,
    }
}

impl Mtls {
    fn tls_mode(&self) -> Option<Spot<TlsMode>> {
        let mode = |required| if required { TlsMode::Strict } else { TlsMode::Permissive };
        self.required.map(|required| Spot::new(mode(*required), required.place))
    }
}

enumeration! {
    /// How plaintext is treated.
    pub enum TlsMode {
        /// Everything is plaintext; impossible in ambient.
        Disable = "DISABLE",
        /// Plaintext is taken where no rule asks who the client is.
        Permissive = "PERMISSIVE",
        /// Plaintext is refused.
        Strict = "STRICT",
    }
}

record! {
    /// Who is allowed: a client that one of `allowedClients` matches, with a request that all the rest matches.
    pub struct Authorization {
        /// Clients by identity.
        pub allowed_clients: Vec<IdentitySelector>,
        /// HTTP paths: exact, `prefix*` or `*suffix`. As all that follows, they need a waypoint.
        pub allowed_paths: Vec<Spot<String>>,
        /// HTTP methods.
        pub allowed_methods: Vec<Spot<String>>,
        /// What else the request must have.
        pub matches as "match": Option<RequestMatch>,
        /// Addresses of the TCP peer, as CIDR.
        pub allowed_ip_blocks: Vec<Spot<String>>,
        /// Addresses of the original client, as CIDR; not compiled, since any client can write them.
        pub allowed_remote_ip_blocks: Vec<Spot<String>>,
        /// Not enforced: with `true` it restricts nobody and allows nobody.
        pub dry_run: Option<Spot<bool>>,
    }
}

record! {
    /// Clients by identity; all that is set must match, and an empty one selects every ServiceAccount within reach.
    pub struct IdentitySelector {
        /// ServiceAccounts.
        pub service_account_selector: Option<ObjectSelector>,
        /// Principals of a JSON web token.
        pub request_identity_matcher: Option<RequestIdentityMatcher>,
        /// Machines outside Kubernetes are not compiled; give them a ServiceAccount.
        pub external_workload_selector: Refused,
    }
}

record! {
    /// Principals of a JSON web token, `<issuer>/<subject>`.
    pub struct RequestIdentityMatcher {
        /// Any of these.
        pub request_principals: Vec<Spot<String>>,
        /// None of these.
        pub not_request_principals: Vec<Spot<String>>,
    }
}

record! {
    /// What a request must have.
    pub struct RequestMatch {
        /// The HTTP request.
        pub request: Option<HttpRequestMatch>,
    }
}

record! {
    /// What an HTTP request must have.
    pub struct HttpRequestMatch {
        /// Headers by name, all of which must match.
        pub headers: BTreeMap<String, HeaderMatch>,
    }
}

record! {
    /// Values of a header: exact, `prefix*` or `*suffix`.
    pub struct HeaderMatch {
        /// Any of these.
        pub values: Vec<Spot<String>>,
        /// None of these.
        pub not_values: Vec<Spot<String>>,
    }
}
