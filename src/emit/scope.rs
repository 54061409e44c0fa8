//! Partial objects: a label of fleetc's on a Service or Namespace of somebody else. They hold apiVersion, kind, name and
//! that label, nothing else, since whatever they hold the server-side apply would own.

use super::named;
use crate::distribute::{Distribution, ScopeIntent};
use crate::manifest::{Metadata, Namespace, Object, Service};

/// What makes a Service one over all clusters: with Solo reachable as `<name>.<namespace>.mesh.internal` (docs.solo.io, global
/// services), upstream under its own name (istio: manifests/helm-profiles/ambient.yaml, `serviceScopeConfigs`).
fn service_scope(distribution: Distribution) -> (String, String) {
    let (key, value) = match distribution {
        Distribution::Solo => ("solo.io/service-scope", "global"),
        Distribution::Upstream => ("istio.io/global", "true"),
    };
    (key.to_owned(), value.to_owned())
}
/// Has ztunnel capture the pods of a namespace.
const DATAPLANE_MODE: (&str, &str) = ("istio.io/dataplane-mode", "ambient");

/// The partial objects of one cluster. A withdrawn Service is rendered without the label, which takes it off.
pub fn scope_manifests(intent: &ScopeIntent) -> Vec<Object> {
    let services = intent.services.iter().map(|service| {
        let mut metadata = named(&service.name, &service.namespace);
        if !service.withdrawn {
            metadata.labels.extend([service_scope(intent.distribution)]);
        }
        Object::from(Service::new(metadata))
    });
    let namespaces = intent.enrolled.iter().map(|space| {
        let mut metadata = Metadata { name: space.name.clone(), ..Metadata::default() };
        metadata.labels.insert(DATAPLANE_MODE.0.into(), DATAPLANE_MODE.1.into());
        Object::from(Namespace::new(metadata))
    });
    services.chain(namespaces).collect()
}
