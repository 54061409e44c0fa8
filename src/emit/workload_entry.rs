//! Pods of other clusters behind a host → `WorkloadEntry`.

use super::{Manifest, Stage, named};
use crate::distribute::Host;
use crate::manifest::{WorkloadEntry, WorkloadEntrySpec};

/// One entry for each other cluster, without an address: the network's gateway carries the traffic.
pub fn workload_entries(host: &Host) -> impl Iterator<Item = Manifest> {
    host.elsewhere.iter().map(|elsewhere| {
        let spec = WorkloadEntrySpec {
            network: elsewhere.network.clone(),
            labels: host.selector.clone(),
            service_account: elsewhere.service_account.clone(),
        };
        let object = WorkloadEntry::new(named(&elsewhere.name, &host.namespace), spec);
        Manifest::new(Stage::Federation, 42, object, &host.origins)
    })
}
