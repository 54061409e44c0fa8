//! Exceptions of one namespace as statements of their own, and what they need of the sealing of plaintext.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::classes::meet;
use super::mesh::{Boundary, Door, Exception, Form, Governed, Lift, Namespace, Opening, Ports};
use super::selection::matches;
use crate::manifest::Labels;

/// Within a boundary each exception is one ALLOW on the pods it names; for all of them the boundary says it itself. In an open namespace an ALLOW would shut the pods
/// that nothing governs, so it stands only on pods that an ALLOW governs already, where a workload is in both.
pub fn lifts(
    boundary: &Boundary,
    namespace: &Namespace,
    governed: &[Governed],
    exceptions: &[Arc<Exception>],
) -> Vec<Lift> {
    if *boundary != Boundary::Open {
        let lift = |exception: &Arc<Exception>| Lift {
            exception: exception.clone(),
            beside: None,
            selector: exception.selector.clone(),
        };
        return exceptions.iter().filter(|exception| !exception.selector.is_empty()).map(lift).collect();
    }
    let mut lifts: Vec<Lift> = Vec::new();
    for exception in exceptions {
        let mut said = BTreeSet::new();
        for class in governed.iter().filter(|class| class.form == Form::Allow && !class.rules.is_empty()) {
            let covered = matches(&exception.selector, &class.selector);
            if covered || !meet(namespace, &exception.selector, &class.selector) {
                continue;
            }
            let mut selector = class.selector.clone();
            selector.extend(exception.selector.clone());
            if said.insert(selector.clone()) {
                let beside = Some(class.destination.clone());
                lifts.push(Lift { exception: exception.clone(), beside, selector });
            }
        }
    }
    lifts
}

/// Where a boundary's STRICT must not void what exceptions let in, and what gateways take. Of two PeerAuthentications on
/// one pod only the older counts, so each opens what any other on one of its workloads does: a port that is open here
/// and on which no ALLOW admits plaintext stays closed all the same.
pub fn openings(
    boundary: &Boundary,
    namespace: &Namespace,
    doors: &mut [Door],
    exceptions: &[Arc<Exception>],
) -> Vec<Opening> {
    if *boundary == Boundary::Open {
        return Vec::new();
    }
    let mut own: BTreeMap<Labels, Ports> = BTreeMap::new();
    let mut open = |selector: &Labels, ports: Ports| {
        let before = own.remove(selector);
        own.insert(selector.clone(), before.into_iter().fold(ports, Ports::union));
    };
    for exception in exceptions.iter().filter(|exception| exception.callers.plaintext) {
        open(&exception.selector, exception.ports.clone());
    }
    for door in doors.iter() {
        open(&door.selector, door.ports.clone());
    }
    let together = |selector: &Labels| {
        let meeting = own.iter().filter(|(other, _)| meet(namespace, selector, other));
        meeting.map(|(_, ports)| ports.clone()).reduce(Ports::union).unwrap_or(Ports::Only(BTreeSet::new()))
    };
    for door in doors.iter_mut() {
        door.plaintext = together(&door.selector);
    }
    let of_exceptions = own.keys().filter(|selector| !doors.iter().any(|door| door.selector == **selector));
    of_exceptions.map(|selector| Opening { selector: selector.clone(), ports: together(selector) }).collect()
}

/// The ports on which any of these exceptions lets callers without identity in.
pub fn plaintext_ports<'a>(exceptions: impl IntoIterator<Item = &'a Arc<Exception>>) -> BTreeSet<u16> {
    let plaintext = exceptions.into_iter().filter(|exception| exception.callers.plaintext);
    plaintext.flat_map(|exception| exception.ports.named().iter().copied()).collect()
}
