//! Pods of other clusters behind hosts → `WorkloadEntry`.

use super::{Manifest, Stage, named};
use crate::distribute::Elsewhere;
use crate::manifest::{WorkloadEntry, WorkloadEntrySpec};

/// One entry, without an address: the network's gateway carries the traffic.
pub fn workload_entry(elsewhere: &Elsewhere) -> Manifest {
    let spec = WorkloadEntrySpec {
        network: elsewhere.network.clone(),
        labels: elsewhere.selector.clone(),
        service_account: elsewhere.service_account.clone(),
    };
    let object = WorkloadEntry::new(named(&elsewhere.name, &elsewhere.namespace), spec);
    Manifest::new(Stage::Federation, 42, object, &elsewhere.origins)
}
