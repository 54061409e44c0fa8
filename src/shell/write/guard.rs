//! What a build must not lose unasked: clusters, the last policy of a namespace, global Services that were not withdrawn, and
//! what it must not leave behind: a second writer of `cacerts`.
//! A cluster that the lock knows as detached may go.
//! The lock only refuses, it never changes a rendered byte (SPEC sections 6 and 8).

use std::collections::{BTreeMap, BTreeSet};

use super::lock::Lock;
use crate::report::codes::{FC602, FC705, FC706, FC730};
use crate::report::{Code, Finding, Findings};

/// Policies whose absence opens a namespace: kind as fleetc names its files → kind.
const POLICIES: [(&str, &str); 2] =
    [("authorizationpolicy-", "AuthorizationPolicy"), ("peerauthentication-", "PeerAuthentication")];

/// What writes `cacerts`: kind as fleetc names its files → kind. A Secret of SOPS is written once and by nobody again.
const WRITERS: [(&str, &str); 3] =
    [("externalsecret", "ExternalSecret"), ("certificate", "Certificate"), ("sealedsecret", "SealedSecret")];

/// Compares the lock of the last build with the one to come. `waives` takes a code and an object.
pub fn guard(old: &Lock, new: &Lock, waives: &dyn Fn(&str, &str) -> bool) -> Findings {
    let mut findings = Findings::default();
    let mut refuse = |code: Code, object: String, message: String, otherwise: &str| {
        if !waives(code.id, &object) {
            let help = format!("{otherwise}waive {} for `{object}` in `Fleet.spec.waivers`", code.id);
            findings.push(Finding::new(code, message).help(help).object(object));
        }
    };

    let kept = clusters(new);
    let lost: BTreeSet<&str> = clusters(old).difference(&kept).copied().collect();
    let leaves =
        |cluster: &str, facts: &BTreeSet<String>, step: &str| facts.contains(&format!("{step} {cluster}"));
    let holds = |cluster: &str| {
        let below = format!("{cluster}/");
        let spaces = format!("{cluster}/1-trust/_cluster/namespace-");
        old.files.keys().any(|path| path.starts_with(&below) && !path.starts_with(&spaces))
    };
    // Namespaces are marked never-prune: a tree of nothing else loses nothing that runs.
    let falls = |cluster: &&&str| holds(cluster) && !leaves(cluster, &old.facts, "detached");
    for cluster in lost.iter().filter(falls) {
        let object = format!("KubernetesCluster/{cluster}");
        let message = format!("this build would delete the whole tree of cluster `{cluster}`");
        let otherwise = format!(
            "let it go in steps, a merge each, with `fleetc cluster remove {cluster}`; if it is gone already, "
        );
        refuse(FC705, object, message, &otherwise);
    }
    for cluster in clusters(old).intersection(&kept) {
        let was_leaving = ["draining", "detached"].iter().any(|step| leaves(cluster, &old.facts, step));
        if leaves(cluster, &new.facts, "detached") && !was_leaving {
            let object = format!("KubernetesCluster/{cluster}");
            let message = format!(
                "cluster `{cluster}` would be detached while the others still call it: it was not drained"
            );
            let otherwise = "write `lifecycle: draining` first, build and let it sync everywhere; \
                             if the cluster is gone already, ";
            refuse(FC730, object, message, otherwise);
        }
    }

    let policies = policies(new);
    for ((cluster, namespace), kinds) in self::policies(old) {
        let lost: Vec<&str> = match policies.get(&(cluster, namespace)) {
            Some(still) => kinds.difference(still).copied().collect(),
            None => kinds.into_iter().collect(),
        };
        if !lost.is_empty() && kept.contains(cluster) {
            let object = format!("Namespace/{cluster}/{namespace}");
            let lost = lost.join(" and the last ");
            let message = format!(
                "this build would delete the last {lost} of namespace `{namespace}` in cluster `{cluster}`"
            );
            refuse(FC705, object, message, "if the namespace is to stand open, ");
        }
    }

    for cluster in clusters(old).intersection(&kept) {
        let (Some((file, kind)), true) = (writer(old, cluster), writes(new, cluster)) else { continue };
        if !new.files.contains_key(&cacerts(cluster, file)) {
            let object = format!("{kind}/{cluster}/istio-system/cacerts");
            let (message, otherwise) = second_writer(cluster, kind);
            refuse(FC602, object, message, &otherwise);
        }
    }

    for fact in old.facts.difference(&new.facts) {
        let words: Vec<&str> = fact.split(' ').collect();
        let ["global-service", cluster, namespace, service] = words.as_slice() else { continue };
        let withdrawn =
            new.files.contains_key(&format!("_scope/{cluster}/{namespace}/service-{service}.yaml"));
        if !withdrawn && !lost.contains(cluster) {
            let object = format!("Service/{namespace}/{service}");
            let message = format!(
                "service `{namespace}/{service}` in cluster `{cluster}` would stay global: \
                 what made it so was deleted before it was withdrawn"
            );
            refuse(
                FC706,
                object,
                message,
                "bring the Segment or VirtualDestination back with the annotation \
                 `fleetc.dev/withdrawn: \"true\"` and delete it after that has synced; if the label is off already, ",
            );
        }
    }
    findings
}

/// The folders that are a cluster's; `_scope` and `_delivery` are not.
fn clusters(lock: &Lock) -> BTreeSet<&str> {
    let folders = lock.files.keys().filter_map(|path| path.split_once('/'));
    folders.map(|(folder, _)| folder).filter(|folder| !folder.starts_with('_')).collect()
}

/// What writes the `cacerts` of a cluster time and again. A Certificate beside an ExternalSecret writes what that is
/// assembled from.
fn writer(lock: &Lock, cluster: &str) -> Option<(&'static str, &'static str)> {
    WRITERS.into_iter().find(|(file, _)| lock.files.contains_key(&cacerts(cluster, file)))
}

/// Whether a cluster gets its `cacerts` from the tree at all.
fn writes(lock: &Lock, cluster: &str) -> bool {
    writer(lock, cluster).is_some() || lock.files.contains_key(&cacerts(cluster, "secret"))
}

fn cacerts(cluster: &str, kind: &str) -> String {
    format!("{cluster}/1-trust/istio-system/{kind}-cacerts.yaml")
}

/// Nothing that is rendered into `1-trust` is pruned.
fn second_writer(cluster: &str, kind: &str) -> (String, String) {
    let message = format!(
        "the {kind} `cacerts` of cluster `{cluster}` would stay there and go on writing beside what takes over"
    );
    let delete = format!(
        "`kubectl --context {cluster} -n istio-system delete {} cacerts --cascade=orphan`",
        kind.to_ascii_lowercase()
    );
    (message, format!("run {delete} as soon as this has synced; knowing that, "))
}

/// (cluster, namespace) → the kinds of policy that it has.
fn policies(lock: &Lock) -> BTreeMap<(&str, &str), BTreeSet<&'static str>> {
    let mut found = BTreeMap::<_, BTreeSet<_>>::new();
    for path in lock.files.keys() {
        let parts: Vec<&str> = path.split('/').collect();
        let [cluster, "3-policy", namespace, file] = parts.as_slice() else { continue };
        for (_, kind) in POLICIES.iter().filter(|(prefix, _)| file.starts_with(prefix)) {
            found.entry((*cluster, *namespace)).or_default().insert(*kind);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::write::lock::Digest;

    fn lock(paths: &[&str], facts: &[&str]) -> Lock {
        Lock {
            files: paths.iter().map(|path| ((*path).to_owned(), Digest::of(b""))).collect(),
            facts: facts.iter().map(|fact| (*fact).to_owned()).collect(),
            ..Lock::default()
        }
    }

    fn objects(old: &Lock, new: &Lock) -> Vec<String> {
        let findings = guard(old, new, &|_, _| false);
        findings
            .iter()
            .map(|finding| format!("{} {}", finding.code.id, finding.object.clone().unwrap()))
            .collect()
    }

    const EAST: &str = "east/3-policy/pay/authorizationpolicy-a.yaml";
    const MTLS: &str = "east/3-policy/pay/peerauthentication-default.yaml";
    const WEST: &str = "west/1-trust/_cluster/namespace-pay.yaml";

    #[test]
    fn a_cluster_does_not_go_unasked() {
        let old = lock(&[EAST, WEST, "_scope/west/pay/service-a.yaml"], &["global-service east pay a"]);
        let new = lock(&[WEST], &[]);
        assert_eq!(objects(&old, &new), ["FC705 KubernetesCluster/east"]);
        assert!(
            guard(&old, &new, &|code, object| (code, object) == ("FC705", "KubernetesCluster/east"))
                .is_empty()
        );
        assert_eq!(objects(&old, &old), [""; 0]);
        assert_eq!(objects(&lock(&[], &[]), &old), [""; 0]);
    }

    #[test]
    fn a_tree_of_namespaces_holds_nothing_that_runs() {
        assert_eq!(objects(&lock(&[EAST, WEST], &[]), &lock(&[EAST], &[])), [""; 0]);
    }

    #[test]
    fn a_cluster_goes_in_steps() {
        let at = |step: &str| lock(&[EAST, WEST], &[step]);
        let gone = lock(&[WEST], &[]);
        assert_eq!(objects(&at(""), &at("draining east")), [""; 0]);
        assert_eq!(objects(&at("draining east"), &at("detached east")), [""; 0]);
        assert_eq!(objects(&at("detached east"), &gone), [""; 0]);
        assert_eq!(objects(&at("detached east"), &at("")), [""; 0]);
        assert_eq!(objects(&at(""), &at("detached east")), ["FC730 KubernetesCluster/east"]);
        assert_eq!(objects(&at("draining east"), &gone), ["FC705 KubernetesCluster/east"]);
        assert_eq!(objects(&gone, &at("detached east")), [""; 0], "its first build");
    }

    #[test]
    fn the_last_policy_of_a_kind_does_not_go_unasked() {
        let old = lock(&[EAST, MTLS, "east/3-policy/pay/authorizationpolicy-b.yaml"], &[]);
        assert_eq!(objects(&old, &lock(&[EAST, MTLS], &[])), [""; 0]);
        assert_eq!(objects(&old, &lock(&[MTLS], &[])), ["FC705 Namespace/east/pay"]);
        assert_eq!(objects(&old, &lock(&["east/1-trust/a.yaml"], &[])), ["FC705 Namespace/east/pay"]);
    }

    #[test]
    fn a_writer_of_cacerts_is_not_left_behind() {
        let at = |kinds: &[&str]| {
            let paths: Vec<String> =
                kinds.iter().map(|kind| cacerts("east", kind)).chain([EAST.to_owned()]).collect();
            lock(&paths.iter().map(String::as_str).collect::<Vec<_>>(), &[])
        };
        let (issued, assembled, stored) =
            (["certificate"], ["certificate", "externalsecret"], ["externalsecret"]);
        for (old, new, left) in [
            (&issued[..], &stored[..], Some("Certificate")),
            (&assembled[..], &issued[..], Some("ExternalSecret")),
            (&stored[..], &["sealedsecret"][..], Some("ExternalSecret")),
            (&["sealedsecret"][..], &["secret"][..], Some("SealedSecret")),
            (&issued[..], &assembled[..], None),
            (&assembled[..], &stored[..], None),
            (&["secret"][..], &stored[..], None),
            (&issued[..], &[][..], None),
        ] {
            let expected: Vec<String> =
                left.iter().map(|kind| format!("FC602 {kind}/east/istio-system/cacerts")).collect();
            assert_eq!(objects(&at(old), &at(new)), expected, "{old:?} to {new:?}");
        }
    }

    #[test]
    fn a_global_service_is_withdrawn_first() {
        let partial = "_scope/east/shop/service-cart.yaml";
        let old = lock(&[EAST, partial], &["global-service east shop cart", "other fact"]);
        assert_eq!(objects(&old, &lock(&[EAST, partial], &[])), [""; 0]);
        assert_eq!(objects(&old, &lock(&[EAST], &[])), ["FC706 Service/shop/cart"]);
        assert_eq!(objects(&lock(&[EAST, partial], &[]), &lock(&[EAST], &[])), [""; 0]);
        let alone = lock(&[partial], &["global-service east shop cart"]);
        assert_eq!(
            objects(&alone, &lock(&[], &[])),
            ["FC706 Service/shop/cart"],
            "its tree holds nothing else"
        );
    }
}
