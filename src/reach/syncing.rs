//! What a sync of one cluster passes through.
//!
//! Objects are applied one by one, in order of their waves and within a wave of their paths; then what is gone is pruned, in
//! reverse. After each step the cluster enforces what it has got so far. A state is *between* the old one and the new one if
//! it admits nobody whom neither admits, and refuses nobody whom both admit. States that are not are what
//! [`astray`] finds; [`split`] looks for two syncs in a row that pass through none.
//!
//! Only what changes is looked at: a class of pods in whose scope no policy changes is judged alike throughout.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use rayon::prelude::*;

use crate::bind::{Namespace, PolicyObject, Workload, matches};
use crate::manifest::{Action, AuthorizationPolicy, Labels};

use super::policy::{is_dry_run, target_refs};
use super::{Call, ClusterWorld, Destination, Held, HttpRequest, Identity, Marks, PolicyName, Requests, Way};

/// The annotation that says when an object is applied; one without it is in wave 0.
const SYNC_WAVE: &str = "argocd.argoproj.io/sync-wave";

/// Whether the engine that syncs keeps to waves. Without them objects come in the order of their paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waves {
    /// As Argo CD does.
    Kept,
    /// As Flux does, which knows none.
    Unknown,
}

/// A call that is judged in a state of a sync as neither end of it judges it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Astray {
    /// The destination's namespace.
    pub namespace: String,
    /// The pods, for people: `Deployment cart`, or the labels of pods to come.
    pub pods: String,
    /// The pods' port; `None`: any that no policy names.
    pub port: Option<u16>,
    /// The waypoint that the call passes, `namespace/name`; `None`: straight to the pod.
    pub through: Option<String>,
    /// Who calls; `None`: plaintext.
    pub caller: Option<Identity>,
    /// Whether the state admits it: if so neither end does, if not both do.
    pub admitted: bool,
    /// The step after which it is so.
    pub after: PolicyName,
    /// Whether that step prunes rather than applies.
    pub pruned: bool,
}

/// Two syncs in a row, of which neither goes astray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// What the first one applies and prunes; all else is left to the second.
    pub first: Vec<PolicyName>,
}

/// The calls that go astray on the way from one state of a cluster to another: the first of each class of pods. Both worlds
/// have the same inventory and configuration: those of `new` count.
pub fn astray(old: &ClusterWorld<'_>, new: &ClusterWorld<'_>, waves: Waves) -> Vec<Astray> {
    let steps = Steps::between(old.held(), new.held(), waves);
    let classes = Class::changing(new, &steps);
    classes.par_iter().filter_map(|class| class.astray(new, old.held(), &steps)).collect()
}

/// The split of a sync that goes astray, with the fewest objects in its first half: found by trying sets of objects of one
/// sort, each judged in full. `None` if no such split is safe.
pub fn split(old: &ClusterWorld<'_>, new: &ClusterWorld<'_>, waves: Waves) -> Option<Split> {
    let steps = Steps::between(old.held(), new.held(), waves);
    let classes = Class::changing(new, &steps);
    let wrong: Vec<&Class<'_>> =
        classes.iter().filter(|class| class.astray(new, old.held(), &steps).is_some()).collect();
    let mut sorts: BTreeMap<Sort, Vec<usize>> = BTreeMap::new();
    for (index, step) in steps.0.iter().enumerate() {
        sorts.entry(step.sort()).or_default().push(index);
    }
    let sorts: Vec<Vec<usize>> = sorts.into_values().collect();
    let mut candidates: Vec<BTreeSet<usize>> = (1..(1_usize << sorts.len()) - 1)
        .map(|chosen| {
            let members = sorts.iter().enumerate().filter(|(sort, _)| chosen & (1 << sort) != 0);
            members.flat_map(|(_, steps)| steps.iter().copied()).collect()
        })
        .collect();
    candidates.sort_by_key(BTreeSet::len);
    let safe = |first: &&BTreeSet<usize>| {
        let middle = steps.made(old.held(), first);
        // what went wrong decides soonest
        let all = wrong.iter().copied().chain(&classes);
        all.into_iter().all(|class| class.is_split(new, old.held(), &middle, &steps, waves))
    };
    let first = candidates.iter().find(safe)?;
    let named = |index: &usize| steps.0.get(*index).map(|step| step.name.clone());
    Some(Split { first: first.iter().filter_map(named).collect() })
}

/// One thing that a sync does.
#[derive(Debug)]
struct Step<'h> {
    name: PolicyName,
    old: Option<&'h Held>,
    /// `None`: it is pruned.
    new: Option<&'h Held>,
}

/// What is done together in a split.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Sort {
    Added(What),
    Changed(What),
    Removed(What),
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Peer,
    Allow,
    Deny,
    AtWaypoint,
}

impl Step<'_> {
    fn sort(&self) -> Sort {
        let what = |held: &Held| match &held.object {
            PolicyObject::Peer(_) => What::Peer,
            PolicyObject::Authorization(policy) if !target_refs(&policy.spec).is_empty() => What::AtWaypoint,
            PolicyObject::Authorization(policy) if policy.spec.action == Action::Deny => What::Deny,
            PolicyObject::Authorization(_) => What::Allow,
        };
        match (self.old, self.new) {
            (None, Some(new)) => Sort::Added(what(new)),
            (_, Some(new)) => Sort::Changed(what(new)),
            (old, None) => Sort::Removed(old.map_or(What::Allow, what)),
        }
    }
}

/// What a sync does, in order.
#[derive(Debug)]
struct Steps<'h>(Vec<Step<'h>>);

impl<'h> Steps<'h> {
    fn between(old: &'h [Held], new: &'h [Held], waves: Waves) -> Self {
        let named = |held: &'h [Held]| -> BTreeMap<PolicyName, &'h Held> {
            held.iter().map(|held| (held.name(), held)).collect()
        };
        let (old, new) = (named(old), named(new));
        let mut applied: Vec<Step<'h>> = new
            .iter()
            .filter(|(name, held)| old.get(*name).is_none_or(|before| !enforce_the_same(before, held)))
            .map(|(name, held)| Step { name: name.clone(), old: old.get(name).copied(), new: Some(held) })
            .collect();
        applied.sort_by_cached_key(|step| order(step.new, &step.name, waves));
        let gone = old.iter().filter(|(name, _)| !new.contains_key(*name));
        let mut pruned: Vec<Step<'h>> =
            gone.map(|(name, held)| Step { name: name.clone(), old: Some(held), new: None }).collect();
        pruned.sort_by_cached_key(|step| order(step.old, &step.name, waves));
        applied.extend(pruned.into_iter().rev());
        Steps(applied)
    }

    /// What is there when some of the steps are done.
    fn made(&self, old: &[Held], done: &BTreeSet<usize>) -> Vec<Held> {
        let done = self.0.iter().enumerate().filter(|(index, _)| done.contains(index)).map(|(_, step)| step);
        done.fold(old.to_vec(), |mut held, step| {
            make(&mut held, step);
            held
        })
    }
}

fn make(held: &mut Vec<Held>, step: &Step<'_>) {
    held.retain(|one| one.name() != step.name);
    held.extend(step.new.cloned());
}

/// The wave, and where the object stands in the tree.
fn order(held: Option<&Held>, name: &PolicyName, waves: Waves) -> (i64, String, String) {
    let annotations = held.map(|held| &held.object.metadata().annotations);
    let wave = annotations.and_then(|annotations| annotations.get(SYNC_WAVE)?.parse().ok());
    let wave = if waves == Waves::Kept { wave.unwrap_or(0) } else { 0 };
    (wave, name.namespace.clone(), format!("{}-{}", name.kind.to_ascii_lowercase(), name.name))
}

/// Whether two objects of one name are enforced alike: what else their metadata say does not count.
fn enforce_the_same(one: &Held, other: &Held) -> bool {
    let dry = |held: &Held| is_dry_run(held.object.metadata());
    one.object.says_the_same(&other.object) && dry(one) == dry(other)
}

/// A class of pods that some step is about.
#[derive(Debug)]
struct Class<'w> {
    namespace: &'w str,
    own: &'w Namespace,
    labels: Labels,
    workload: Option<&'w Workload>,
}

impl<'w> Class<'w> {
    /// The classes of pods in whose scope something changes: those of the inventory, and pods to come.
    fn changing(world: &'w ClusterWorld<'w>, steps: &Steps<'_>) -> Vec<Self> {
        let root = &world.config.root_namespace;
        let everywhere = steps.0.iter().any(|step| step.name.namespace == *root || is_at_gateway(step));
        let touched: BTreeSet<&str> = steps.0.iter().map(|step| step.name.namespace.as_str()).collect();
        let mut classes = Vec::new();
        for (namespace, own) in world.namespaces {
            if !everywhere && !touched.contains(namespace.as_str()) {
                continue;
            }
            let mut seen = BTreeSet::new();
            let known = own.workloads.iter().map(|workload| (workload.labels.clone(), Some(workload)));
            let services = own.services.values().filter_map(|service| service.selector.clone());
            let steps = steps.0.iter().filter(|step| step.name.namespace == *namespace);
            let selected =
                steps.flat_map(|step| [step.old, step.new]).flatten().filter_map(selector).cloned();
            let to_come = services.chain(selected).chain([Labels::new()]).map(|labels| (labels, None));
            for (labels, workload) in known.chain(to_come) {
                if seen.insert(labels.clone()) {
                    classes.push(Class { namespace, own, labels, workload });
                }
            }
        }
        classes
    }

    /// Whether a policy is in scope of the pods, or stands at a waypoint that leads to them.
    fn is_about(&self, held: &Held, root: &str) -> bool {
        let here = [self.namespace, root].contains(&held.object.namespace());
        match &held.object {
            PolicyObject::Authorization(policy) if !target_refs(&policy.spec).is_empty() => {
                self.is_enrolled()
            }
            PolicyObject::Authorization(_) | PolicyObject::Peer(_) => {
                here && selector(held).is_none_or(|selector| matches(selector, &self.labels))
            }
        }
    }

    fn is_enrolled(&self) -> bool {
        self.services().any(|(_, service)| service.waypoint.is_some())
    }

    /// The Services that the pods are behind.
    fn services(&self) -> impl Iterator<Item = (&'w String, &'w crate::bind::Service)> {
        self.own.services.iter().filter(|(_, service)| {
            service.selector.as_ref().is_some_and(|selector| matches(selector, &self.labels))
        })
    }

    /// The first call that goes astray.
    fn astray(&self, world: &ClusterWorld<'_>, old: &[Held], steps: &Steps<'_>) -> Option<Astray> {
        let root = world.config.root_namespace.as_str();
        let about = |step: &&Step<'_>| {
            [step.old, step.new].into_iter().flatten().any(|held| self.is_about(held, root))
        };
        let steps: Vec<&Step<'_>> = steps.0.iter().filter(about).collect();
        if steps.len() < 2 {
            return None;
        }
        let mut held: Vec<Held> = old.iter().filter(|held| self.is_about(held, root)).cloned().collect();
        let mut states = vec![held.clone()];
        for step in &steps {
            make(&mut held, step);
            states.push(held.clone());
        }
        let states: Vec<ClusterWorld<'_>> = states
            .into_iter()
            .map(|held| ClusterWorld::new(&world.name, world.config.clone(), world.namespaces, held))
            .collect();
        let seen: Vec<Seen<'_>> = states.iter().map(|state| Seen::of(self, state)).collect();
        let (before, after) = (seen.first()?, seen.last()?);
        let asked = Asked::of(self, &seen);
        asked.calls().find_map(|call| {
            let ends = before.admits(&call);
            if ends != after.admits(&call) {
                return None;
            }
            let (_, step) = seen.iter().skip(1).zip(&steps).find(|(state, _)| state.admits(&call) != ends)?;
            Some(Astray {
                namespace: self.namespace.to_owned(),
                pods: self.shown(),
                port: (call.port != asked.other_port).then_some(call.port),
                through: call.through.and_then(|index| before.gateway(index)),
                caller: call.peer.cloned(),
                admitted: !ends,
                after: step.name.clone(),
                pruned: step.new.is_none(),
            })
        })
    }

    /// Whether the class passes safely from the old state to the middle, from there to the new one, and the middle is
    /// between the two.
    fn is_split(
        &self,
        world: &ClusterWorld<'_>,
        old: &[Held],
        middle: &[Held],
        steps: &Steps<'_>,
        waves: Waves,
    ) -> bool {
        let new = steps.made(old, &(0..steps.0.len()).collect());
        let half =
            |from: &[Held], to: &[Held]| self.astray(world, from, &Steps::between(from, to, waves)).is_none();
        half(old, middle) && half(middle, &new) && self.is_between(world, old, middle, &new)
    }

    fn is_between(&self, world: &ClusterWorld<'_>, old: &[Held], middle: &[Held], new: &[Held]) -> bool {
        let root = world.config.root_namespace.as_str();
        let states = [old, middle, new].map(|held| {
            let held = held.iter().filter(|held| self.is_about(held, root)).cloned().collect();
            ClusterWorld::new(&world.name, world.config.clone(), world.namespaces, held)
        });
        let seen = states.each_ref().map(|state| Seen::of(self, state));
        let [before, here, after] = &seen;
        Asked::of(self, &seen).calls().all(|call| {
            before.admits(&call) != after.admits(&call) || here.admits(&call) == before.admits(&call)
        })
    }

    fn shown(&self) -> String {
        match self.workload {
            Some(workload) => format!("{} {}", workload.kind, workload.name),
            None if self.labels.is_empty() => "pods to come".to_owned(),
            None => {
                let labels: Vec<String> =
                    self.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
                format!("pods {} to come", labels.join(","))
            }
        }
    }
}

/// A class of pods as one state has it.
struct Seen<'s> {
    pods: Destination<'s>,
    /// Through waypoints, by the pods' port.
    through: Vec<Way<'s>>,
}

impl<'s> Seen<'s> {
    fn of(class: &Class<'s>, state: &'s ClusterWorld<'s>) -> Self {
        let pods = match class.workload {
            Some(workload) => state.pods_of(class.namespace, workload),
            None => state.pods_to_come(class.namespace, class.labels.clone()),
        };
        let ways = class.services().flat_map(|(name, service)| {
            let ports = service.ports.iter();
            ports.flat_map(|port| pods.ways(class.namespace, name, service, port)).collect::<Vec<_>>()
        });
        let through = ways.filter(|way| way.through.is_some()).collect();
        Seen { pods, through }
    }

    fn admits(&self, asked: &Asking<'_>) -> bool {
        let call = Call { source: asked.source, ..Call::of(asked.peer).with(asked.request) };
        match asked.through {
            None => self.pods.admits(&Way { port: asked.port, through: None }, &call),
            Some(index) => self.through.get(index).is_some_and(|way| self.pods.admits(way, &call)),
        }
    }

    fn gateway(&self, index: usize) -> Option<String> {
        let through = self.through.get(index)?.through.as_ref()?;
        Some(format!("{}/{}", through.gateway_namespace, through.gateway))
    }
}

/// One call that is asked about in every state.
#[derive(Clone, Copy)]
struct Asking<'a> {
    peer: Option<&'a Identity>,
    port: u16,
    /// The index of the way through a waypoint, the same in every state; `None`: straight to the pod.
    through: Option<usize>,
    request: Option<&'a HttpRequest>,
    source: Option<IpAddr>,
}

/// One caller of each sort, every port and, at waypoints, one request of each sort that some state tells apart.
struct Asked {
    callers: Vec<Option<Identity>>,
    ports: BTreeSet<u16>,
    /// A port that no policy names.
    other_port: u16,
    /// By way through a waypoint: the pods' port it leads to, and the requests.
    through: Vec<(u16, Vec<Option<HttpRequest>>)>,
    /// An address of each block that is named, and one that is not known.
    sources: Vec<Option<IpAddr>>,
}

impl Asked {
    fn of(class: &Class<'_>, states: &[Seen<'_>]) -> Self {
        let mut marks = Marks::default();
        let mut ports = BTreeSet::new();
        let mut requests: Vec<(u16, Requests)> = Vec::new();
        for state in states {
            marks.extend(state.pods.marks());
            for (index, way) in state.through.iter().enumerate() {
                let Some(through) = &way.through else { continue };
                marks.extend(through.marks());
                match requests.get_mut(index) {
                    Some((_, requests)) => requests.extend(through.requests()),
                    None => requests.push((way.port, through.requests())),
                }
            }
            let peers = state.pods.cluster.held().iter().filter_map(|held| match &held.object {
                PolicyObject::Peer(policy) => Some(policy),
                PolicyObject::Authorization(_) => None,
            });
            let by_port = peers.flat_map(|policy| policy.spec.port_level_mtls.keys());
            ports.extend(by_port.filter_map(|port| port.parse::<u16>().ok()));
        }
        ports.extend(marks.ports());
        ports.extend(requests.iter().map(|(port, _)| *port));
        ports.extend(class.workload.iter().flat_map(|workload| &workload.ports).map(|(_, port)| *port));
        let takes = |one: &Identity| states.iter().all(|state| state.pods.cluster.takes(one.trust_domain()));
        let identities = marks.identities().into_iter().filter(takes);
        Asked {
            callers: identities.map(Some).chain([None]).collect(),
            other_port: marks.other_port(),
            sources: marks.sources(),
            ports,
            through: requests.into_iter().map(|(port, requests)| (port, requests.samples())).collect(),
        }
    }

    fn calls(&self) -> impl Iterator<Item = Asking<'_>> {
        let from = self
            .callers
            .iter()
            .flat_map(|caller| self.sources.iter().map(|source| (caller.as_ref(), *source)));
        from.flat_map(|(peer, source)| {
            let ask = move |port, through, request| Asking { peer, port, through, request, source };
            let straight = self.ports.iter().map(move |port| ask(*port, None, None));
            let through = self.through.iter().enumerate().flat_map(move |(index, (port, requests))| {
                requests.iter().map(move |request| ask(*port, Some(index), request.as_ref()))
            });
            straight.chain(through)
        })
    }
}

fn selector(held: &Held) -> Option<&Labels> {
    let selector = match &held.object {
        PolicyObject::Authorization(policy) => policy.spec.selector.as_ref(),
        PolicyObject::Peer(policy) => policy.spec.selector.as_ref(),
    };
    selector.map(|selector| &selector.match_labels)
}

/// Whether a step is about a policy on a Gateway, which may stand before Services of any namespace.
fn is_at_gateway(step: &Step<'_>) -> bool {
    let held = [step.old, step.new].into_iter().flatten();
    held.filter_map(|held| match &held.object {
        PolicyObject::Authorization(policy) => Some(&**policy),
        PolicyObject::Peer(_) => None,
    })
    .any(|policy: &AuthorizationPolicy| {
        target_refs(&policy.spec).iter().any(|target| target.kind == "Gateway")
    })
}
