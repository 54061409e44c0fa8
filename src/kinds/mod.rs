//! The input vocabulary: one file per kind, one line each in the list below, which gives reading, schema and documentation.
//!
//! Every record carries places, so that later stages can point at what they refuse. What a field says may still name
//! something that does not exist: `bind` turns names into ids.

#[macro_use]
mod record;

pub mod access_grant;
pub mod access_policy;
pub mod ca_source;
pub mod callers;
pub mod certificate_authority;
pub mod cluster_domain;
pub mod cluster_names;
pub mod cni_lifecycle_manager;
pub mod component_installation;
pub mod date;
pub mod decode;
pub mod delivery;
pub mod failover_policy;
pub mod fleet;
pub mod gateway_lifecycle_manager;
pub mod identity_provider;
pub mod invariant;
pub mod inventory;
pub mod istio_lifecycle_manager;
pub mod istio_operator;
pub mod kubernetes_cluster;
pub mod network_policy;
pub mod object;
pub mod observability;
pub mod outlier_detection_policy;
pub mod root_trust_policy;
mod schema;
pub mod segment;
pub mod selector;
pub mod unknown;
pub mod values;
pub mod virtual_destination;
pub mod workspace;
pub mod workspace_settings;
pub mod ztunnel_lifecycle_manager;

pub use access_grant::AccessGrantSpec;
pub use access_policy::AccessPolicySpec;
pub use ca_source::CASourceSpec;
pub use cluster_domain::ClusterDomainSpec;
pub use cni_lifecycle_manager::CNILifecycleManagerSpec;
pub use decode::{Decode, Decoder};
pub use failover_policy::FailoverPolicySpec;
pub use fleet::FleetSpec;
pub use gateway_lifecycle_manager::GatewayLifecycleManagerSpec;
pub use identity_provider::IdentityProviderSpec;
pub use invariant::InvariantSpec;
pub use istio_lifecycle_manager::IstioLifecycleManagerSpec;
pub use kubernetes_cluster::KubernetesClusterSpec;
pub use object::{ADMIN_NAMESPACE, Kind, Namespaced, Object, Scope};
pub use outlier_detection_policy::OutlierDetectionPolicySpec;
pub use root_trust_policy::RootTrustPolicySpec;
pub use segment::SegmentSpec;
pub use values::{Labels, Port, Spot};
pub use virtual_destination::VirtualDestinationSpec;
pub use workspace::WorkspaceSpec;
pub use workspace_settings::WorkspaceSettingsSpec;
pub use ztunnel_lifecycle_manager::ZTunnelLifecycleManagerSpec;

/// From one line per kind: the list, the objects by kind, reading and schemas.
macro_rules! kinds {
    ($($name:ident($spec:ident) as $field:ident, $module:ident, $namespaced:ident, [$($api_version:literal),+];)*) => {
        /// All kinds, in the order in which they are documented.
        pub const KINDS: &[Kind] = &[$(Kind {
            name: stringify!($name),
            api_versions: &[$($api_version),+],
            namespace: Namespaced::$namespaced,
            example: $module::EXAMPLE,
        }),*];

        /// One intent, of any kind.
        #[derive(Debug, Clone)]
        pub enum Intent { $(
            #[doc = concat!("A ", stringify!($name), ".")]
            $name(Box<Object<$spec>>)
        ),* }

        impl Intent {
            /// Reads a document of a kind; what is wrong with it goes to the decoder.
            pub fn decode(
                kind: &Kind,
                api_version: Spot<String>,
                node: &crate::yaml::Node,
                scope: &Scope,
                decoder: &mut Decoder,
            ) -> Option<Self> {
                match kind.name {
                    $(stringify!($name) => Object::decode(kind, api_version, node, scope, decoder)
                        .map(|object| Intent::$name(Box::new(object))),)*
                    _ => None,
                }
            }

            /// The kind's name.
            pub fn kind(&self) -> &'static str {
                match self { $(Intent::$name(_) => stringify!($name)),* }
            }

            /// The object's namespace; empty for a Fleet.
            pub fn namespace(&self) -> &str {
                match self { $(Intent::$name(object) => &object.namespace),* }
            }

            /// The object's name.
            pub fn name(&self) -> &str {
                match self { $(Intent::$name(object) => &object.name),* }
            }

            /// Whether both are one kind and say the same, wherever they stand; what a field defaults to is the same as the
            /// field written out where its type has a default.
            pub fn says_the_same(&self, other: &Intent) -> bool {
                match (self, other) {
                    $((Intent::$name(own), Intent::$name(other)) => own.says_the_same(other),)*
                    _ => false,
                }
            }

            /// Where a finding about the whole object stands.
            pub fn place(&self) -> crate::source::Place {
                match self { $(Intent::$name(object) => object.place),* }
            }
        }

        /// All intents of a fleet, by kind, each in order of namespace and name.
        #[derive(Debug, Clone, Default)]
        pub struct Intents { $(
            #[doc = concat!("Each ", stringify!($name), ".")]
            pub $field: Vec<Object<$spec>>
        ),* }

        impl Intents {
            /// Adds one.
            pub fn push(&mut self, intent: Intent) {
                match intent { $(Intent::$name(object) => self.$field.push(*object)),* }
            }

            /// Puts each kind in order of namespace and name, so that nothing after this depends on files.
            pub fn sort(&mut self) {
                $(self.$field.sort_by(|a, b| (&*a.namespace, &*a.name).cmp(&(&*b.namespace, &*b.name)));)*
            }
        }

        /// The JSON Schema (draft 2020-12) of whole documents, by kind.
        pub fn schemas() -> Vec<(&'static str, String)> {
            KINDS.iter().map(|kind| {
                let schema = match kind.name {
                    $(stringify!($name) => schema::document::<$spec>(kind),)*
                    _ => String::new(),
                };
                (kind.name, schema)
            }).collect()
        }
    };
}

kinds! {
    Fleet(FleetSpec) as fleets, fleet, Never, ["fleetc.dev/v1alpha1"];
    KubernetesCluster(KubernetesClusterSpec) as kubernetes_clusters, kubernetes_cluster, Admin,
        ["admin.gloo.solo.io/v2", "multicluster.solo.io/v1alpha1"];
    ClusterDomain(ClusterDomainSpec) as cluster_domains, cluster_domain, Admin, ["multicluster.solo.io/v1alpha1"];
    IstioLifecycleManager(IstioLifecycleManagerSpec) as istio_lifecycle_managers, istio_lifecycle_manager, Admin,
        ["admin.gloo.solo.io/v2"];
    ZTunnelLifecycleManager(ZTunnelLifecycleManagerSpec) as ztunnel_lifecycle_managers, ztunnel_lifecycle_manager, Admin,
        ["admin.gloo.solo.io/v2"];
    CNILifecycleManager(CNILifecycleManagerSpec) as cni_lifecycle_managers, cni_lifecycle_manager, Admin,
        ["admin.gloo.solo.io/v2"];
    GatewayLifecycleManager(GatewayLifecycleManagerSpec) as gateway_lifecycle_managers, gateway_lifecycle_manager, Admin,
        ["admin.gloo.solo.io/v2"];
    RootTrustPolicy(RootTrustPolicySpec) as root_trust_policies, root_trust_policy, Admin, ["admin.gloo.solo.io/v2"];
    CASource(CASourceSpec) as ca_sources, ca_source, Admin, ["admin.gloo.solo.io/v2"];
    IdentityProvider(IdentityProviderSpec) as identity_providers, identity_provider, Admin, ["admin.gloo.solo.io/v2"];
    Workspace(WorkspaceSpec) as workspaces, workspace, Admin, ["admin.gloo.solo.io/v2"];
    WorkspaceSettings(WorkspaceSettingsSpec) as workspace_settings, workspace_settings, Named, ["admin.gloo.solo.io/v2"];
    AccessPolicy(AccessPolicySpec) as access_policies, access_policy, Named, ["security.policy.gloo.solo.io/v2"];
    Invariant(InvariantSpec) as invariants, invariant, Never, ["fleetc.dev/v1alpha1"];
    Segment(SegmentSpec) as segments, segment, Admin, ["networking.solo.io/v2alpha1", "admin.solo.io/v1alpha1"];
    VirtualDestination(VirtualDestinationSpec) as virtual_destinations, virtual_destination, Named,
        ["networking.gloo.solo.io/v2"];
    AccessGrant(AccessGrantSpec) as access_grants, access_grant, Admin, ["fleetc.dev/v1alpha1"];
    FailoverPolicy(FailoverPolicySpec) as failover_policies, failover_policy, Named,
        ["resilience.policy.gloo.solo.io/v2"];
    OutlierDetectionPolicy(OutlierDetectionPolicySpec) as outlier_detection_policies, outlier_detection_policy, Named,
        ["resilience.policy.gloo.solo.io/v2"];
}
