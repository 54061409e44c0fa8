//! What of the intent keeps a caller out, and the changes that could let it in: candidates, each to be tried.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::callers;
use super::{Answer, From, Scene, Target, To};
use crate::bind::{
    Boundary, Direction, Form, Governed, Identity as Bound, Member, Mesh, Namespace, PolicyId, Ports,
    Service, WorkspaceId, matches,
};
use crate::manifest::Labels;
use crate::reach::Identity;
use crate::revise::{Grant, Settings};

/// A change of the intent that makes a no a yes, tried by building the fleet anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fix {
    /// What is written where.
    pub edits: Vec<FixEdit>,
    /// Who else of the inventory may call what then.
    pub also_opens: Vec<String>,
}

/// A part of a fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FixEdit {
    /// The path as the user would open it.
    pub path: String,
    /// The first line that is new, counted from 1.
    pub line: usize,
    /// The new lines.
    pub text: String,
}

/// Sets of changes of which each could make a no of a service account, or of plaintext, a yes; the smallest first, and an
/// exception last.
pub fn candidates(scene: Scene<'_>, from: &From, to: &To, answer: &Answer) -> Vec<Vec<Grant>> {
    let (Some(mesh), Target::Service { namespace, name }) = (scene.mesh, &to.target) else {
        return Vec::new();
    };
    let account = match from {
        From::Account { namespace, account, .. } => Some((namespace.clone(), account.clone())),
        From::Plaintext => None,
        From::Anyone => return Vec::new(),
    };
    let identities: Vec<Identity> = match from {
        From::Account { namespace, account, cluster } => {
            callers::identities(scene.world, namespace, account, cluster.as_deref()).unwrap_or_default()
        }
        From::Anyone | From::Plaintext => Vec::new(),
    };
    let mut kept = Kept::new(mesh, namespace, name);
    kept.clusters.extend(to.cluster.clone());
    for refused in answer.clusters.iter().filter(|cluster| !cluster.admitted) {
        let cluster = mesh.clusters.iter().find(|cluster| cluster.name == refused.cluster);
        let Some(own) = cluster.and_then(|cluster| cluster.namespaces.get(namespace)) else { continue };
        let Some(service) = own.services.get(name) else { continue };
        let ports = refused.ports.iter().filter(|port| !port.admitted);
        let targets: BTreeSet<u16> =
            ports.flat_map(|port| &port.pods).flat_map(|pods| &pods.ways).map(|way| way.port).collect();
        kept.look(own, service, &targets, &identities);
    }
    kept.candidates(account.as_ref())
}

/// What keeps the caller out, over all clusters that refuse it.
struct Kept<'a> {
    mesh: &'a Mesh,
    service: (String, String),
    /// The workspaces on both sides of a boundary that refuses; the caller's may be nobody's.
    boundary: Option<(Option<WorkspaceId>, Option<WorkspaceId>)>,
    /// The policies that govern each class and do not allow the caller.
    classes: BTreeSet<Vec<PolicyId>>,
    labels: Option<Labels>,
    ports: BTreeSet<u16>,
    /// The clusters that are asked about; empty: all.
    clusters: Vec<String>,
}

impl<'a> Kept<'a> {
    fn new(mesh: &'a Mesh, namespace: &str, name: &str) -> Self {
        Kept {
            mesh,
            service: (namespace.to_owned(), name.to_owned()),
            boundary: None,
            classes: BTreeSet::new(),
            labels: None,
            ports: BTreeSet::new(),
            clusters: Vec::new(),
        }
    }

    fn look(&mut self, own: &Namespace, service: &Service, targets: &BTreeSet<u16>, identities: &[Identity]) {
        self.ports.extend(targets);
        self.labels = self.labels.take().or_else(|| service.selector.clone());
        let workloads = service.workloads.iter().filter_map(|index| own.workloads.get(*index));
        let mut classes: Vec<&Labels> = workloads.map(|workload| &workload.labels).collect();
        classes.extend(service.selector.iter().filter(|_| service.workloads.is_empty()));
        for identity in identities {
            let caller = bound(identity);
            let owner = self.mesh.owner_of(&caller.member);
            let visible = owner.is_some_and(|owner| service.visible_to.contains_key(&owner));
            let inside = own.owner().is_some() && own.owner() == owner;
            if own.access.boundary != Boundary::Open && !visible && !inside {
                self.boundary = Some((own.owner(), owner));
            }
            for enrolled in own.access.enrolled.iter().filter(|enrolled| enrolled.service == self.service.1) {
                let named = self.mesh.policies.iter().enumerate().filter(|(_, policy)| {
                    policy.clients.is_some() && enrolled.origins.contains(&policy.origin)
                });
                let allows = |(_, policy): &(usize, &crate::bind::AccessPolicy)| {
                    policy.clients.as_ref().is_some_and(|clients| clients.contains(&caller))
                };
                let policies: Vec<_> = named.collect();
                if !policies.is_empty() && !policies.iter().any(allows) {
                    self.classes.insert(policies.iter().map(|(index, _)| PolicyId(*index)).collect());
                }
            }
            for governed in &own.access.governed {
                let here = classes.iter().any(|labels| matches(&governed.selector, labels));
                if here && targets.iter().any(|port| refuses(governed, *port, &caller)) {
                    let restricting = governed.policies.iter().copied().filter(|id| {
                        self.mesh.policies.get(id.0).is_some_and(|policy| policy.clients.is_some())
                    });
                    self.classes.insert(restricting.collect());
                }
            }
        }
    }

    fn candidates(&self, account: Option<&(String, String)>) -> Vec<Vec<Grant>> {
        let mut found: Vec<Vec<Grant>> = Vec::new();
        if let Some(account) = account {
            let clients = self.clients(account);
            let shares = self.shares();
            for shares in &shares {
                for clients in &clients {
                    let grants: Vec<Grant> = shares.iter().chain(clients).cloned().collect();
                    if !grants.is_empty() {
                        found.push(grants);
                    }
                }
            }
        }
        found.sort_by_key(Vec::len);
        found.extend(self.exception(account).map(|exception| vec![exception]));
        found
    }

    /// A choice of policies, one for each class that refuses; one empty choice where none does.
    fn clients(&self, account: &(String, String)) -> Vec<Vec<Grant>> {
        const MANY: usize = 4;
        let mut choices: Vec<Vec<Grant>> = vec![Vec::new()];
        for policies in &self.classes {
            let grants: Vec<Grant> = policies
                .iter()
                .filter_map(|id| self.mesh.policies.get(id.0))
                .map(|policy| Grant::Client { policy: policy.origin.place, account: account.clone() })
                .collect();
            choices = choices
                .iter()
                .flat_map(|choice| {
                    grants.iter().map(|grant| {
                        let mut choice = choice.clone();
                        if !choice.contains(grant) {
                            choice.push(grant.clone());
                        }
                        choice
                    })
                })
                .take(MANY)
                .collect();
        }
        choices
    }

    /// An export, an import, or both: what is there already is found by trying. One empty choice where no boundary refuses;
    /// none where sharing cannot help.
    fn shares(&self) -> Vec<Vec<Grant>> {
        let Some((owner, caller)) = self.boundary else { return vec![Vec::new()] };
        let (Some(owner), Some(caller)) = (owner, caller) else { return Vec::new() };
        let export = self.share(owner, caller, Direction::Export);
        let import = self.share(caller, owner, Direction::Import);
        let (Some(export), Some(import)) = (export, import) else { return Vec::new() };
        let some = |of: WorkspaceId, with: WorkspaceId, direction: Direction| {
            let shares = self.mesh.workspace(of).map_or(&[][..], |workspace| &workspace.shares);
            shares.iter().any(|share| share.direction == direction && share.workspaces.contains(&with))
        };
        let mut choices = Vec::new();
        if some(caller, owner, Direction::Import) {
            choices.push(vec![export.clone()]);
        }
        if some(owner, caller, Direction::Export) {
            choices.push(vec![import.clone()]);
        }
        choices.push(vec![export, import]);
        choices
    }

    fn share(&self, of: WorkspaceId, with: WorkspaceId, direction: Direction) -> Option<Grant> {
        let (workspace, other) = (self.mesh.workspace(of)?, self.mesh.workspace(with)?);
        let settings = match &workspace.settings {
            Some(settings) => Settings::Known(settings.place),
            None => Settings::New {
                namespace: workspace.members.first()?.namespace.to_string(),
                workspace: workspace.name.clone(),
                beside: workspace.origin.place,
            },
        };
        Some(Grant::Share {
            settings,
            list: match direction {
                Direction::Export => "exportTo",
                Direction::Import => "importFrom",
            },
            workspace: other.name.clone(),
            service: self.service.clone(),
        })
    }

    fn exception(&self, account: Option<&(String, String)>) -> Option<Grant> {
        let (namespace, name) = &self.service;
        let caller =
            account.map_or_else(|| "plaintext".to_owned(), |(namespace, name)| format!("{namespace}-{name}"));
        Some(Grant::Exception {
            name: format!("{caller}-to-{name}").replace('.', "-"),
            account: account.cloned(),
            namespace: namespace.clone(),
            labels: self.labels.clone()?.into_iter().collect(),
            ports: self.ports.iter().copied().collect(),
            clusters: self.clusters.clone(),
        })
    }
}

/// Whether a class keeps a caller from a port.
fn refuses(governed: &Governed, port: u16, caller: &Bound) -> bool {
    let at = |ports: &Ports| ports.contain(port);
    let mut rules = governed.rules.iter().filter(|rule| at(&rule.ports)).peekable();
    let restricted = rules.peek().is_some();
    let closes = governed.form == Form::Allow && !governed.rules.is_empty();
    (restricted || closes) && !rules.any(|rule| rule.clients.contains(caller))
}

fn bound(identity: &Identity) -> Bound {
    let member =
        Member { trust_domain: identity.trust_domain().into(), namespace: identity.namespace().into() };
    Bound { member, account: identity.service_account().into() }
}

/// The edits of a revision for people: path by path, the lines that are new.
pub fn edits(before: &crate::source::Sources, files: &BTreeMap<String, Option<Vec<u8>>>) -> Vec<FixEdit> {
    let mut edits = Vec::new();
    for (path, bytes) in files {
        let Some(bytes) = bytes else { continue };
        let new = String::from_utf8_lossy(bytes);
        let old = before.by_path(path).map_or_else(Default::default, |(id, _)| before.text(id));
        let diff = similar::TextDiff::from_lines(&*old, &*new);
        // each run of new lines is an edit of its own
        let mut last = None;
        for change in diff.iter_all_changes().filter(|change| change.tag() == similar::ChangeTag::Insert) {
            let Some(line) = change.new_index() else { continue };
            match edits.last_mut().filter(|_| last.is_some_and(|last| last + 1 == line)) {
                Some(FixEdit { text, .. }) => text.push_str(change.value()),
                None => edits.push(FixEdit {
                    path: before.shown(path),
                    line: line + 1,
                    text: change.value().to_owned(),
                }),
            }
            last = Some(line);
        }
    }
    edits
}
