//! FC419: an exception that nothing needs.

use crate::bind::{
    Boundary, Exception, Form, Governed, Identity, Mesh, Namespace, PortRule, Ports, Tls, matches,
};
use crate::report::codes::FC419;
use crate::report::{Finding, Findings};

/// Each exception against every namespace that it is about.
pub fn exceptions(mesh: &Mesh, findings: &mut Findings) {
    let namespaces = || mesh.clusters.iter().flat_map(|cluster| cluster.namespaces.values());
    for exception in mesh.exceptions.iter().filter(|exception| !exception.callers.is_empty()) {
        let about = |namespace: &&Namespace| {
            namespace.access.exceptions.iter().any(|other| other.name == exception.name)
        };
        let mut about = namespaces().filter(about).peekable();
        if about.peek().is_none() || about.any(|namespace| needs(mesh, namespace, exception)) {
            continue;
        }
        findings.push(
            Finding::new(FC419, format!("whoever exception `{}` lets in may call without it", exception.name))
                .at(exception.place)
                .object(&*exception.origin.name)
                .help("what it names is open to these callers already: remove it, or name the namespace and pods that refuse them"),
        );
    }
}

/// Whether somebody whom the exception lets in would be refused in a namespace without it.
fn needs(mesh: &Mesh, namespace: &Namespace, exception: &Exception) -> bool {
    let identities = exception.callers.identities.iter().cloned();
    // an account that no name can be stands for all of its namespace
    let anyone = exception.callers.members.iter();
    let anyone = anyone.map(|member| Identity { member: member.clone(), account: "".into() });
    let callers: Vec<Identity> = identities.chain(anyone).collect();
    let bounded = namespace.access.boundary != Boundary::Open
        && (exception.callers.plaintext
            || callers.iter().any(|caller| !boundary_admits(mesh, namespace, exception, caller)));
    // behind a waypoint the pods take nobody else, whatever its policies say of the caller
    let past_waypoints =
        namespace.access.enrolled.iter().filter_map(|enrolled| enrolled.lock.as_ref()).any(|lock| {
            lock.exceptions.iter().any(|other| other.name == exception.name)
                && (exception.callers.plaintext
                    || callers.iter().any(|caller| !lock.identities.contains(caller)))
        });
    bounded
        || past_waypoints
        || namespace.access.governed.iter().filter(|class| meet(namespace, class, exception)).any(|class| {
            let refuses = |caller: &Identity| {
                let of_policies = |rule: &&PortRule| class.form == Form::Deny || rule.excepted.is_empty();
                let rules = class.rules.iter().filter(of_policies);
                let mut rules = rules.filter(|rule| overlap(&rule.ports, &exception.ports));
                rules.any(|rule| !rule.clients.contains(caller))
            };
            callers.iter().any(refuses) || exception.callers.plaintext && refuses_plaintext(class, exception)
        })
}

fn boundary_admits(mesh: &Mesh, namespace: &Namespace, exception: &Exception, caller: &Identity) -> bool {
    let own = namespace.owner().is_some_and(|owner| mesh.owner_of(&caller.member) == Some(owner));
    own || namespace.access.exports.iter().any(|export| {
        export.members.contains(&caller.member)
            && matches(&export.selector, &exception.selector)
            && exception.ports.clone().without(Ports::Only(export.ports.clone())).is_empty()
    })
}

fn refuses_plaintext(class: &Governed, exception: &Exception) -> bool {
    let strict = class.tls.iter().filter(|(tls, _)| *tls == Tls::Strict).map(|(_, ports)| ports);
    let ruled = class.rules.iter().map(|rule| &rule.ports);
    let covered = class.exceptions.iter().any(|other| other.name == exception.name);
    // what covers the class is already taken out of what it seals
    covered || strict.chain(ruled).chain(&class.identified).any(|ports| overlap(ports, &exception.ports))
}

fn meet(namespace: &Namespace, class: &Governed, exception: &Exception) -> bool {
    let both = |labels| matches(&class.selector, labels) && matches(&exception.selector, labels);
    both(&class.selector) || namespace.workloads.iter().any(|workload| both(&workload.labels))
}

fn overlap(one: &Ports, other: &Ports) -> bool {
    one.clone().without(other.clone()) != *one
}
