//! FC414, FC407: governed Services whose traffic takes another way than the policy thinks.

use crate::bind::{Boundary, Destination, Mesh};
use crate::report::codes::FC414;
use crate::report::{Finding, Findings};

/// A waypoint hides the caller from ztunnel and never sees selector policies, so what is rendered would refuse everybody.
pub fn waypoints(mesh: &Mesh, findings: &mut Findings) {
    for cluster in &mesh.clusters {
        for (name, namespace) in &cluster.namespaces {
            for (service_name, service) in &namespace.services {
                let attached = service.waypoint.as_ref().map(|waypoint| &waypoint.name);
                let named = service.unattached.as_ref().map(|unattached| &unattached.name);
                let Some(waypoint) = attached.or(named) else { continue };
                let governed = namespace.access.boundary != Boundary::Open
                    || namespace.access.governed.iter().any(|class| {
                        class.destination == Destination::Service(service_name.clone())
                            || Some(&class.selector) == service.selector.as_ref()
                    });
                if governed {
                    findings.push(
                        Finding::new(
                            FC414,
                            format!(
                                "service `{name}/{service_name}` in cluster `{}` is governed and enrolled in waypoint `{waypoint}`, which is not compiled yet",
                                cluster.name
                            ),
                        )
                        .at(service.place)
                        .object(format!("Service/{name}/{service_name}"))
                        .help("take `istio.io/use-waypoint` off the Service and its Namespace, or set it to `none` on the Service"),
                    );
                }
            }
        }
    }
}
