//! The output vocabulary: typed Kubernetes and Istio objects, strict to write, tolerant to read.
//!
//! Field order is output order. A field that Kubernetes defaults to what we mean is left out; one whose default a
//! GitOps engine would report as drift is written. Unknown fields are ignored when reading, so that `reach` judges any tree.

mod argocd;
mod core;
mod external_secret;
mod gateway;
mod istio;
mod object;
mod trust;

pub use argocd::{
    AppProject, AppProjectSpec, Application, ApplicationDestination, ApplicationSource, ApplicationSpec,
    Automated, Directory, GroupKind, Helm, IgnoredDifference, ProjectDestination, SyncPolicy,
};
pub use core::{Namespace, RoleBinding, RoleRef, Service, Subject};
pub use external_secret::{
    ExternalSecret, ExternalSecretData, ExternalSecretSpec, ExternalSecretTarget, ExternalSecretTemplate,
    RemoteRef, SecretStoreRef, TemplateMetadata,
};
pub use gateway::{
    AllowedRoutes, Gateway, GatewayAddress, GatewaySpec, GatewayTls, Listener, RouteNamespaces,
};
pub use istio::{
    Action, AuthorizationPolicy, AuthorizationPolicySpec, Condition, From, MtlsMode, Operation,
    PeerAuthentication, PeerAuthenticationSpec, PeerMtls, Rule, Selector, ServiceEntry, ServiceEntryPort,
    ServiceEntrySpec, Source, TargetRef, To, WorkloadEntry, WorkloadEntrySpec, WorkloadSelector,
};
pub use object::{Labels, Metadata, Object, Values};
pub use trust::{
    Certificate, CertificatePrivateKey, CertificateSpec, CertificateSubject, IssuerRef, SecretTemplate,
};
