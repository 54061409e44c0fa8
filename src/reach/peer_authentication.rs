//! Which plaintext a workload refuses, as istiod tells its ztunnel.
//!
//! PeerAuthentications are turned into DENY policies (istio
//! pilot/pkg/serviceregistry/ambient/authorization.go). Two functions decide there, each with an inheritance
//! of its own: `convertedSelectorPeerAuthentications` says which policy a workload refers to,
//! `convertPeerAuthentication` what that policy says, or that it does not exist. Where the first refers to
//! one that the second did not make, ztunnel skips it (ztunnel src/state.rs, `assert_rbac`) and plaintext is
//! taken. Both are followed as they stand.

use std::collections::BTreeMap;

use crate::manifest::{Labels, MtlsMode, PeerAuthentication};

use super::address;
use super::policy::PolicyName;

/// The PeerAuthentications of a cluster.
#[derive(Debug)]
pub(super) struct PeerAuthentications {
    root_namespace: String,
    /// Oldest first.
    by_namespace: BTreeMap<String, Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    name: PolicyName,
    selector: Option<Labels>,
    mode: MtlsMode,
    ports: Vec<(u16, MtlsMode)>,
}

/// The plaintext that is refused, and by which policy.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Plaintext<'a> {
    Taken,
    Refused(&'a PolicyName),
    RefusedExcept(&'a PolicyName, Vec<u16>),
    RefusedOn(&'a PolicyName, Vec<u16>),
}

impl<'a> Plaintext<'a> {
    /// The policy that refuses plaintext on a port of the pod.
    pub fn refused_by(&self, port: u16) -> Option<&'a PolicyName> {
        match self {
            Plaintext::Taken => None,
            Plaintext::Refused(policy) => Some(policy),
            Plaintext::RefusedExcept(policy, ports) => (!ports.contains(&port)).then_some(policy),
            Plaintext::RefusedOn(policy, ports) => ports.contains(&port).then_some(policy),
        }
    }
}

/// How a sidecar treats plaintext.
#[derive(Debug)]
pub(super) struct SidecarMode<'a> {
    mode: (MtlsMode, Option<&'a PolicyName>),
    by_port: Option<&'a Entry>,
}

impl<'a> SidecarMode<'a> {
    /// The mode of a port of the pod, and the policy that says so.
    pub fn at(&self, port: u16) -> (MtlsMode, Option<&'a PolicyName>) {
        let set = |(own, mode): &&(u16, MtlsMode)| *own == port && *mode != MtlsMode::Unset;
        let of_port =
            self.by_port.and_then(|entry| Some((entry.ports.iter().find(set)?.1, Some(&entry.name))));
        of_port.unwrap_or(self.mode)
    }
}

impl PeerAuthentications {
    /// The policies, oldest first: in one scope only the oldest counts.
    pub fn new<'p>(
        root_namespace: &str,
        policies: impl IntoIterator<Item = &'p PeerAuthentication>,
    ) -> PeerAuthentications {
        let mut by_namespace: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for policy in policies {
            let name = PolicyName::new(PeerAuthentication::KIND, &policy.metadata);
            let spec = &policy.spec;
            let ports = spec.port_level_mtls.iter();
            let entry = Entry {
                selector: spec.selector.as_ref().map(|selector| selector.match_labels.clone()),
                mode: spec.mtls.as_ref().map_or(MtlsMode::Unset, |mtls| mtls.mode),
                ports: ports.filter_map(|(port, mtls)| Some((address::port(port)?, mtls.mode))).collect(),
                name,
            };
            by_namespace.entry(entry.name.namespace.clone()).or_default().push(entry);
        }
        PeerAuthentications { root_namespace: root_namespace.to_owned(), by_namespace }
    }

    /// What holds for the workloads of a namespace that carry these labels: the workload's policy over the
    /// namespace's over the mesh's, UNSET inherits, and only STRICT has an effect (DISABLE is as PERMISSIVE).
    pub fn at(&self, namespace: &str, labels: &Labels) -> Plaintext<'_> {
        let in_root = namespace == self.root_namespace;
        let mesh = if in_root {
            self.oldest(namespace, Entry::is_wide)
        } else {
            self.without_selector(&self.root_namespace)
        };
        let of_namespace = if in_root { None } else { self.oldest(namespace, Entry::is_wide) };
        let workload = self.oldest(namespace, |entry| !in_root && !entry.is_wide() && entry.selects(labels));

        let mut strict = mesh.filter(|entry| entry.mode == MtlsMode::Strict);
        for inner in [of_namespace, workload].into_iter().flatten() {
            match inner.mode {
                MtlsMode::Unset => {}
                MtlsMode::Strict => strict = Some(inner),
                MtlsMode::Permissive | MtlsMode::Disable => strict = None,
            }
        }
        let by_port = workload.filter(|workload| workload.refers_to_ports(strict.is_some()));
        match (by_port, strict) {
            (Some(workload), _) => self.converted(workload),
            (None, Some(strict)) => Plaintext::Refused(&strict.name),
            (None, None) => Plaintext::Taken,
        }
    }

    /// What `convertPeerAuthentication` makes of a workload's policy, where the policies around it are only
    /// those without any selector. It is blind in two places that `at` sees: under a STRICT mesh a namespace
    /// policy that is UNSET hides the mesh's, and STRICT ports count as covered even if the workload itself
    /// is PERMISSIVE.
    fn converted<'a>(&'a self, workload: &'a Entry) -> Plaintext<'a> {
        let mode_of = |entry: &Entry| entry.mode;
        let of_namespace = self.without_selector(&workload.name.namespace).map(mode_of);
        let mesh_is_strict =
            self.without_selector(&self.root_namespace).map(mode_of) == Some(MtlsMode::Strict);
        let namespace_is_strict = of_namespace == Some(MtlsMode::Strict);
        let inherits_mesh = of_namespace.is_none_or(|mode| mode == MtlsMode::Unset);

        let covered = match workload.mode {
            MtlsMode::Strict => true,
            MtlsMode::Unset => namespace_is_strict || (inherits_mesh && mesh_is_strict),
            MtlsMode::Permissive | MtlsMode::Disable => inherits_mesh && mesh_is_strict,
        };
        let open = match workload.mode {
            MtlsMode::Strict => true,
            MtlsMode::Unset => namespace_is_strict || (of_namespace.is_none() && mesh_is_strict),
            MtlsMode::Permissive | MtlsMode::Disable => false,
        };
        let exceptions = workload.ports_where(|mode| open && is_open(mode));
        let strict = workload.ports_where(|mode| !covered && mode == MtlsMode::Strict);
        if !exceptions.is_empty() {
            Plaintext::RefusedExcept(&workload.name, exceptions)
        } else if !strict.is_empty() {
            Plaintext::RefusedOn(&workload.name, strict)
        } else {
            Plaintext::Taken
        }
    }

    /// What a sidecar is told: the innermost mode that is set, by port before by workload, namespace and mesh.
    pub fn at_sidecar(&self, namespace: &str, labels: &Labels) -> SidecarMode<'_> {
        let in_root = namespace == self.root_namespace;
        let mesh = self.oldest(&self.root_namespace, Entry::is_wide);
        let of_namespace = if in_root { None } else { self.oldest(namespace, Entry::is_wide) };
        let workload = self.oldest(namespace, |entry| !in_root && !entry.is_wide() && entry.selects(labels));
        let mut mode = (MtlsMode::Permissive, None);
        for entry in [mesh, of_namespace, workload].into_iter().flatten() {
            if entry.mode != MtlsMode::Unset {
                mode = (entry.mode, Some(&entry.name));
            }
        }
        SidecarMode { mode, by_port: workload }
    }

    fn without_selector(&self, namespace: &str) -> Option<&Entry> {
        self.oldest(namespace, |entry| entry.selector.is_none())
    }

    fn oldest(&self, namespace: &str, keep: impl Fn(&Entry) -> bool) -> Option<&Entry> {
        self.by_namespace.get(namespace)?.iter().find(|entry| keep(entry))
    }
}

impl Entry {
    /// No selector, or one without labels.
    fn is_wide(&self) -> bool {
        self.selector.as_ref().is_none_or(Labels::is_empty)
    }

    fn selects(&self, labels: &Labels) -> bool {
        self.selector.as_ref().is_none_or(|own| own.iter().all(|(key, value)| labels.get(key) == Some(value)))
    }

    /// Whether istiod attaches the policy made of the port modes, in place of the static one. Under an
    /// inherited STRICT only a PERMISSIVE port makes it do so, a DISABLE port does not.
    fn refers_to_ports(&self, strict: bool) -> bool {
        let any = |wanted: &dyn Fn(MtlsMode) -> bool| self.ports.iter().any(|(_, mode)| wanted(*mode));
        match self.mode {
            MtlsMode::Strict => any(&is_open),
            MtlsMode::Unset if strict => any(&|mode| mode == MtlsMode::Permissive),
            MtlsMode::Unset | MtlsMode::Permissive | MtlsMode::Disable => {
                any(&|mode| mode == MtlsMode::Strict)
            }
        }
    }

    fn ports_where(&self, keep: impl Fn(MtlsMode) -> bool) -> Vec<u16> {
        self.ports.iter().filter(|(_, mode)| keep(*mode)).map(|(port, _)| *port).collect()
    }
}

fn is_open(mode: MtlsMode) -> bool {
    matches!(mode, MtlsMode::Permissive | MtlsMode::Disable)
}
