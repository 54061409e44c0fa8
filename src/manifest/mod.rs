//! The output vocabulary: typed Kubernetes and Istio objects, strict to write, tolerant to read.
//!
//! Field order is output order. A field that Kubernetes defaults to what we mean is left out; one whose default a
//! GitOps engine would report as drift is written. Unknown fields are ignored when reading, so that `reach` judges any tree.

mod application_set;
mod argocd;
mod core;
mod destination_rule;
mod external_secret;
mod flux;
mod gateway;
mod issuer;
mod istio;
mod kiali;
mod monitoring;
mod object;
mod secret;
mod secret_store;
mod solo;
mod telemetry;
mod trust;

pub use application_set::{
    ApplicationMetadata, ApplicationSet, ApplicationSetGenerator, ApplicationSetSpec, ApplicationSetStrategy,
    ApplicationSetSyncPolicy, ApplicationTemplate, ApplicationTemplateSpec, ListGenerator, MatchExpression,
    RollingStep, RollingSync,
};
pub use argocd::{
    AppProject, AppProjectSpec, Application, ApplicationDestination, ApplicationSource, ApplicationSpec,
    Automated, Directory, GroupKind, Helm, IgnoredDifference, Plugin, ProjectDestination, ProjectRole,
    SyncPolicy,
};
pub use core::{
    ConfigMap, Namespace, PolicyRule, Role, RoleBinding, RoleRef, Service, ServiceAccount, Subject,
};
pub use destination_rule::{DestinationRule, DestinationRuleSpec, OutlierDetection, TrafficPolicy};
pub use external_secret::{
    DataFrom, ExternalSecret, ExternalSecretData, ExternalSecretSpec, ExternalSecretTarget,
    ExternalSecretTemplate, RemoteRef, SecretStoreRef, TemplateMetadata,
};
pub use flux::{
    CommonMetadata, DriftDetection, DriftTarget, GitReference, GitRepository, GitRepositorySpec,
    HelmChartTemplate, HelmChartTemplateSpec, HelmInstall, HelmRelease, HelmReleaseSpec, HelmRepository,
    HelmRepositorySpec, HelmStrategy, HelmUpgrade, IgnoredDrift, KubeConfigReference, Kustomization,
    KustomizationDecryption, KustomizationSpec, LocalReference, OCIReference, OCIRepository,
    OCIRepositorySpec, SourceReference,
};
pub use gateway::{
    AllowedRoutes, Gateway, GatewayAddress, GatewayInfrastructure, GatewaySpec, GatewayTls, Listener,
    ParametersReference, RouteNamespaces,
};
pub use issuer::{
    AWSPCAIssuer, AwsPcaIssuerSpec, Issuer, IssuerSpec, SecretKeyRef, VaultAuth, VaultIssuer,
    VaultKubernetesAuth,
};
pub use istio::{
    Action, AuthorizationPolicy, AuthorizationPolicySpec, Condition, From, JwtRule, MtlsMode, Operation,
    PeerAuthentication, PeerAuthenticationSpec, PeerMtls, RequestAuthentication, RequestAuthenticationSpec,
    Rule, Selector, ServiceEntry, ServiceEntryPort, ServiceEntrySpec, Source, TargetRef, To, WorkloadEntry,
    WorkloadEntrySpec, WorkloadSelector,
};
pub use kiali::{
    Kiali, KialiAuthentication, KialiCluster, KialiClustering, KialiDeployment, KialiKubernetes, KialiOpenId,
    KialiPrometheus, KialiSecretDetection, KialiServices, KialiSpec,
};
pub use monitoring::{
    AnyNamespace, Endpoint, LabelSelector, PodMonitor, PodMonitorSpec, PrometheusRule, PrometheusRuleSpec,
    Relabeling, RuleGroup, ServiceMonitor, ServiceMonitorSpec, WarningRule,
};
pub use object::{Labels, Metadata, Object, Values};
pub use secret::{SealedSecret, SealedSecretSpec, SealedSecretTemplate, Secret};
pub use secret_store::{
    CaProvider, KubernetesAuth, KubernetesProvider, KubernetesServer, NamedReference, SecretStore,
    SecretStoreProvider, SecretStoreSpec,
};
pub use solo::{Segment, SegmentAlias, SegmentSpec};
pub use telemetry::{
    MetricOverride, MetricSelector, MetricsProvider, TagOverride, Telemetry, TelemetryMetrics, TelemetrySpec,
};
pub use trust::{
    Certificate, CertificatePrivateKey, CertificateSpec, CertificateSubject, IssuerRef, SecretTemplate,
};
