//! `WorkspaceSettings`: what a workspace takes from and gives to others.

use super::decode::Decoder;
use super::selector::{ObjectSelector, PortSelector};
use super::values::{Ignored, Labels, Spot};
use crate::report::{Finding, codes};

/// A document of this kind.
pub const EXAMPLE: &str = "\
apiVersion: admin.gloo.solo.io/v2
kind: WorkspaceSettings
metadata:
  name: payments
  namespace: payments-prod
spec:
  importFrom:
    - workspaces:
        - name: platform
      resources:
        - kind: SERVICE
          labels: {shared: 'true'}
  exportTo:
    - workspaces:
        - name: web
      resources:
        - kind: SERVICE
  options:
    serviceIsolation: {enabled: true}
";

record! {
    /// What a workspace takes from and gives to others. A service is shared where an export and an import both say so.
    pub struct WorkspaceSettingsSpec {
        /// What the workspace takes, from whom.
        pub import_from: Vec<Share>,
        /// What the workspace gives, to whom.
        pub export_to: Vec<Share>,
        /// How the workspace is treated.
        pub options: Option<WorkspaceOptions>,
    }
}

record! {
    /// Resources that are shared with workspaces.
    pub struct Share {
        /// The other workspaces.
        pub workspaces: Vec<WorkspaceSelector>,
        /// What is shared; empty: everything.
        pub resources: Vec<ResourceSelector>,
    }
}

record! {
    /// Workspaces by name and labels; both must match.
    pub struct WorkspaceSelector {
        /// The name; `*` matches any run of characters.
        pub name: Option<Spot<String>>,
        /// Labels of the Workspace object that must all be there.
        pub selector: Labels,
    }
}

record! {
    /// Resources by kind, labels and name; all that is set must match.
    pub struct ResourceSelector {
        /// The kind; default `ALL`.
        pub kind: Option<Spot<ResourceKind>>,
        /// Labels that must all be there.
        pub labels: Labels,
        /// The name.
        pub name: Option<Spot<String>>,
        /// The namespace.
        pub namespace: Option<Spot<String>>,
        /// The cluster, exactly.
        pub cluster: Option<Spot<String>>,
    }
}

impl ResourceSelector {
    /// The kind of resource.
    pub fn kind(&self) -> ResourceKind {
        self.kind.map_or(ResourceKind::All, |kind| kind.value)
    }
}

enumeration! {
    /// What can be shared. Kinds that fleetc does not compile share nothing.
    pub enum ResourceKind {
        /// Everything.
        All = "ALL",
        /// Services.
        Service = "SERVICE",
        /// VirtualDestinations.
        VirtualDestination = "VIRTUAL_DESTINATION",
        /// RouteTables; not compiled.
        RouteTable = "ROUTE_TABLE",
        /// ExternalServices; not compiled.
        ExternalService = "EXTERNAL_SERVICE",
        /// ExternalWorkloads; not compiled.
        ExternalWorkload = "EXTERNAL_WORKLOAD",
        /// ApiDocs; not compiled.
        ApiDoc = "API_DOC",
        /// GraphQLResolverMaps; not compiled.
        GraphqlResolverMap = "GRAPHQL_RESOLVER_MAP",
        /// GraphQLSchemas; not compiled.
        GraphqlSchema = "GRAPHQL_SCHEMA",
        /// GraphQLStitchedSchemas; not compiled.
        GraphqlStitchedSchema = "GRAPHQL_STITCHED_SCHEMA",
    }
}

record! {
    /// How a workspace is treated. The settings named `global` in the admin namespace override these for all.
    pub struct WorkspaceOptions {
        /// Whether only the workspace and those it exports to may call its services.
        pub service_isolation: Option<ServiceIsolation>,
        /// Host names for services across clusters, the older way.
        pub federation: Option<Federation>,
        /// The east-west gateway is named by the KubernetesCluster.
        pub east_west_gateways: Ignored,
        /// Ambient has one way to reach another cluster.
        pub virtual_dest_client_mode: Ignored,
        /// There is no sidecar whose configuration could be trimmed.
        pub trim_all_proxy_config: Ignored,
    }
}

record! {
    /// Whether only the workspace and those it exports to may call its services.
    pub struct ServiceIsolation {
        /// Default: `Fleet.defaults.serviceIsolation`, which is `true` if not set.
        pub enabled: Option<Spot<bool>>,
        /// There is no sidecar whose configuration could be trimmed.
        pub trim_proxy_config: Ignored,
        /// Where it is enforced.
        pub enforcement_layers: Option<EnforcementLayers>,
    }
}

record! {
    /// Where policy is enforced. fleetc compiles the mesh layer.
    pub struct EnforcementLayers checked by EnforcementLayers::check {
        /// By Istio; default `true`.
        pub mesh: Option<Spot<bool>>,
        /// By the CNI, as a CiliumNetworkPolicy; default `false`.
        pub cni: Option<Spot<bool>>,
    }
}

impl EnforcementLayers {
    fn check(&self, decoder: &mut Decoder) {
        if let Some(mesh) = self.mesh.filter(|mesh| !**mesh) {
            let message = format!("`{}.mesh: false` is real, but fleetc does not compile it", decoder.path());
            let help = "fleetc enforces policy in the mesh; remove the policy if it is not to be enforced";
            decoder.report(Finding::new(codes::FC112, message).at(mesh.place).help(help));
        }
        if let Some(cni) = self.cni.filter(|cni| **cni) {
            let message = format!("`{}.cni: true` is real, but fleetc does not compile it", decoder.path());
            let help = "write the CiliumNetworkPolicy by hand, and set `cni: false`";
            decoder.report(Finding::new(codes::FC112, message).at(cni.place).help(help));
        }
    }
}

record! {
    /// Host names for services across clusters, the older way. Only `enabled: false` is compiled.
    pub struct Federation checked by Federation::check {
        /// Default `false`.
        pub enabled: Option<Spot<bool>>,
        /// The suffix of the host names.
        pub host_suffix: Option<Spot<String>>,
        /// The services.
        pub service_selector: Vec<ObjectSelector>,
        /// The ports.
        pub ports: Vec<PortSelector>,
    }
}

impl Federation {
    fn check(&self, decoder: &mut Decoder) {
        if let Some(enabled) = self.enabled.filter(|enabled| **enabled) {
            let message =
                format!("`{}.enabled: true` is real, but fleetc does not compile it", decoder.path());
            let help = "name the services in a Segment or a VirtualDestination, and set `enabled: false`";
            decoder.report(Finding::new(codes::FC112, message).at(enabled.place).help(help));
        }
    }
}
