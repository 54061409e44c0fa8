//! Pods of other clusters behind hosts → `WorkloadEntry`.

use super::{Manifest, Stage, named};
use crate::distribute::{Elsewhere, Locality};
use crate::manifest::{WorkloadEntry, WorkloadEntrySpec};

/// One entry, without an address: the network's gateway carries the traffic.
pub fn workload_entry(elsewhere: &Elsewhere) -> Manifest {
    let spec = WorkloadEntrySpec {
        network: elsewhere.network.clone(),
        locality: locality(&elsewhere.locality),
        labels: elsewhere.selector.clone(),
        service_account: elsewhere.service_account.clone(),
    };
    let object = WorkloadEntry::new(named(&elsewhere.name, &elsewhere.namespace), spec);
    Manifest::new(Stage::Federation, 42, object, &elsewhere.origins)
}

/// `region/zone`; a zone without a region says nothing (istio: api/networking/v1alpha3/workload_entry.proto).
fn locality(locality: &Locality) -> Option<String> {
    let region = locality.region.as_ref()?;
    Some(locality.zone.as_ref().map_or_else(|| region.clone(), |zone| format!("{region}/{zone}")))
}
