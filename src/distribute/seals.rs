//! Where a boundary refuses plaintext, and where it cannot.

use std::collections::BTreeSet;

use super::access::NAME;
use super::intent::{Origins, Pods, Seal};
use super::names::labelled;
use crate::bind::{Door, Namespace, Ports, Tls};
use crate::manifest::Labels;

/// STRICT for the namespace, but for what gateways and exceptions take without identity. A namespace as a whole cannot be
/// sealed port by port: where an exception is about all of it, it takes plaintext, and the guards alone refuse.
pub fn boundary_seals(name: &str, namespace: &Namespace, origins: &Origins) -> Vec<Seal> {
    let access = &namespace.access;
    let seal = |name_here: String, selector: &Labels, open: &Ports| {
        let pods = match selector.is_empty() {
            true => Pods::All,
            false => Pods::Labelled(selector.clone()),
        };
        let (tls, ports) = match (&pods, open) {
            (_, open) if open.is_empty() => (Tls::Strict, Ports::all()),
            (Pods::Labelled(_), open) if *open != Ports::all() => (Tls::Strict, open.clone().complement()),
            _ => (Tls::Permissive, Ports::all()),
        };
        let about = access
            .exceptions
            .iter()
            .filter(|exception| exception.callers.plaintext && exception.selector == *selector);
        let origins =
            origins.iter().cloned().chain(about.map(|exception| exception.origin.clone())).collect();
        Seal { name: name_here, namespace: name.to_owned(), pods, tls, ports, origins }
    };
    let (wide, labelled_ones): (Vec<_>, Vec<_>) =
        access.openings.iter().partition(|opening| opening.selector.is_empty());
    let none = Ports::Only(BTreeSet::new());
    let open = wide.first().map_or(&none, |opening| &opening.ports);
    let doors = access.doors.iter().map(|door| seal(door_name(door), &door.selector, &door.plaintext));
    let openings = labelled_ones.into_iter().map(|opening| {
        let name_here = format!("plaintext-{}", labelled(&opening.selector, NAME - 10));
        seal(name_here, &opening.selector, &opening.ports)
    });
    std::iter::once(seal("boundary".to_owned(), &Labels::new(), open)).chain(doors).chain(openings).collect()
}

/// What is said of a gateway is named after what runs it.
pub fn door_name(door: &Door) -> String {
    format!("gateway-{}.{}", door.kind, door.name)
}
