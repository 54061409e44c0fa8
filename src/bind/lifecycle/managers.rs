//! Which installations have a say in a cluster: one per component, but for istiod, of which several revisions may stand
//! side by side while an upgrade is tried.

use std::collections::BTreeMap;

use super::Component;
use super::installation::{Installation, Manager};
use super::operator::chart_values;
use crate::bind::clusters::clusters_named;
use crate::bind::{Cluster, ROOT_NAMESPACE};
use crate::kinds::values::FreeForm;
use crate::report::{Finding, Findings, codes};
use crate::source::Place;

/// What an installation says about each chart.
pub type Charts = BTreeMap<Component, FreeForm>;

/// The values of an installation's charts; what has no counterpart there is a finding.
pub fn charts(installation: &Installation<'_>, findings: &mut Findings) -> Charts {
    chart_values(installation, &mut |finding| findings.push(finding.object(&*installation.origin.name)))
}

/// The installation of one manager for one cluster.
#[derive(Clone, Copy)]
pub struct Chosen<'a> {
    /// The installation.
    pub installation: &'a Installation<'a>,
    /// What it says about each chart.
    pub charts: &'a Charts,
    /// Whether its revision is the cluster's default one.
    pub is_default: bool,
    /// Where it names the cluster.
    pub place: Place,
}

impl<'a> Chosen<'a> {
    /// The revision, where it has a name.
    pub fn revision(&self) -> Option<&'a str> {
        self.installation.revision.map(|revision| revision.as_str())
    }
}

/// The managers of one cluster.
pub struct Managers<'a> {
    /// The control planes; the default one, else the first, stands first.
    pub istio: Vec<Chosen<'a>>,
    cni: Option<Chosen<'a>>,
    ztunnel: Option<Chosen<'a>>,
}

/// Who has a say in one release.
pub struct Plan<'a> {
    /// What it installs.
    pub component: Component,
    /// The control plane it belongs to.
    pub control: Option<Chosen<'a>>,
    /// The component's own manager.
    pub dedicated: Option<Chosen<'a>>,
}

impl<'a> Managers<'a> {
    /// Those that name a cluster. Two of one kind are a finding, unless they are control planes of different revisions.
    pub fn of_cluster(
        index: usize,
        clusters: &[Cluster],
        installations: &'a [Installation<'a>],
        charts: &'a [Charts],
        findings: &mut Findings,
    ) -> Self {
        let name = clusters.get(index).map_or("", |cluster| &cluster.name);
        let chosen = |manager| chosen(manager, index, clusters, installations, charts);
        let mut istio: Vec<Chosen<'a>> = Vec::new();
        for one in chosen(Manager::Istio) {
            match istio.iter().find(|other| other.revision() == one.revision()) {
                Some(first) => findings.push(second(name, Manager::Istio, first, &one)),
                None => istio.push(one),
            }
        }
        check_default(name, &istio, findings);
        istio.sort_by_key(|one| !one.is_default);
        let mut sole = |manager| {
            let mut all = chosen(manager).into_iter();
            let first = all.next()?;
            all.for_each(|other| findings.push(second(name, manager, &first, &other)));
            Some(first)
        };
        Managers { istio, cni: sole(Manager::Cni), ztunnel: sole(Manager::Ztunnel) }
    }

    /// The default control plane, else the first.
    pub fn main(&self) -> Option<Chosen<'a>> {
        self.istio.first().copied()
    }

    /// The releases of a cluster, in order of installation.
    pub fn plans(&self) -> Vec<Plan<'a>> {
        let base = self.istio.iter().find(|one| one.installation.installs(Component::Base) == Some(true));
        let plan = |component, control, dedicated| Plan { component, control, dedicated };
        let mut plans =
            vec![plan(Component::Base, base.copied(), None), plan(Component::Cni, self.main(), self.cni)];
        plans.extend(self.istio.iter().map(|one| plan(Component::Istiod, Some(*one), None)));
        plans.push(plan(Component::Ztunnel, self.followed(), self.ztunnel));
        plans.retain(Plan::installs);
        plans
    }

    /// The control plane that ztunnel follows: the one whose revision its own manager names, else the default one.
    fn followed(&self) -> Option<Chosen<'a>> {
        let named = self.ztunnel.and_then(|own| own.revision());
        self.istio.iter().find(|one| one.revision() == named).copied().or(self.main())
    }
}

impl<'a> Plan<'a> {
    /// Whether the component is installed; its own manager wins.
    fn installs(&self) -> bool {
        let chosen = self.dedicated.or(self.control);
        chosen.is_some_and(|chosen| chosen.installation.installs(self.component) == Some(true))
    }

    /// The control plane's manager, if it installs the component too.
    pub fn common(&self) -> Option<Chosen<'a>> {
        self.control.filter(|chosen| chosen.installation.installs(self.component) == Some(true))
    }

    /// Those that have a say in it, the stronger last.
    pub fn layers(&self) -> Vec<Chosen<'a>> {
        self.common().into_iter().chain(self.dedicated).collect()
    }

    /// Where it is installed: cni and ztunnel where a manager says, all else in the root namespace.
    pub fn namespace(&self) -> String {
        let said = |chosen: &Chosen<'a>| chosen.installation.settings(self.component)?.namespace.as_ref();
        let layers = self.layers();
        let free = matches!(self.component, Component::Cni | Component::Ztunnel);
        let said = layers.iter().rev().find_map(said).filter(|_| free);
        said.map_or(ROOT_NAMESPACE, |namespace| namespace.as_str()).to_owned()
    }

    /// The revision. ztunnel finds its control plane by it, so it has none of its own beside one.
    pub fn revision(&self, findings: &mut Findings) -> Option<&'a str> {
        let own = self.dedicated.and_then(|chosen| chosen.installation.revision);
        let Some(control) = self.control else { return own.map(|own| own.as_str()) };
        let (Component::Ztunnel, Some(own)) = (self.component, own) else {
            return own.map(|own| own.as_str()).or(control.revision());
        };
        if control.revision() != Some(own.as_str()) {
            let message = format!("ztunnel would look for a control plane of revision `{own}`");
            let because = match control.revision() {
                Some(revision) => format!("the control plane has revision `{revision}`"),
                None => "the control plane has no revision".to_owned(),
            };
            let installation = control.installation;
            let place = installation.revision.map_or(installation.place, |revision| revision.place);
            let finding = Finding::new(codes::FC115, message).at(own.place).because(because, place);
            findings.push(finding.help("leave `revision` out: it is filled in"));
        }
        control.revision()
    }
}

/// The installations of one manager's kind that name a cluster.
fn chosen<'a>(
    manager: Manager,
    cluster: usize,
    clusters: &[Cluster],
    installations: &'a [Installation<'a>],
    charts: &'a [Charts],
) -> Vec<Chosen<'a>> {
    let of_kind = installations.iter().zip(charts).filter(|(entry, _)| entry.manager == manager);
    let chosen = of_kind.filter_map(|(installation, charts)| {
        let named = |name: &str| clusters_named(name, clusters).contains(&cluster);
        let target = installation.clusters.iter().find(|target| named(target.name))?;
        let is_default = target.default_revision;
        Some(Chosen { installation, charts, is_default, place: target.name.place })
    });
    chosen.collect()
}

fn second(cluster: &str, manager: Manager, first: &Chosen<'_>, other: &Chosen<'_>) -> Finding {
    let message = format!("cluster `{cluster}` has two {} installations", manager.kind());
    let help = match manager {
        Manager::Istio => {
            "remove it from one of the two, or give each a `revision` of its own: control planes of different \
             revisions stand side by side"
        }
        _ => "a cluster runs one version of each component; remove it from one of the two",
    };
    Finding::new(codes::FC702, message)
        .at(other.place)
        .because("the first one names it here", first.place)
        .help(help)
        .object(&*other.installation.origin.name)
}

/// Gateways and namespaces without a revision, CNI and ztunnel follow the default one, so among several there is one.
fn check_default(cluster: &str, istio: &[Chosen<'_>], findings: &mut Findings) {
    let [first, others @ ..] = istio else { return };
    let defaults: Vec<&Chosen<'_>> = istio.iter().filter(|one| one.is_default).collect();
    let shown = |one: &Chosen<'_>| one.revision().map_or("without a name".into(), |name| format!("`{name}`"));
    let finding = match (defaults.as_slice(), others) {
        ([one, other, ..], _) => {
            let message = format!("cluster `{cluster}` has two default revisions");
            let because = format!("revision {} is the default one too", shown(one));
            Finding::new(codes::FC716, message).at(other.place).because(because, one.place)
        }
        ([], [other, ..]) => {
            let message = format!("cluster `{cluster}` has several revisions, and none is the default one");
            let because = format!("revision {} stands beside it", shown(first));
            Finding::new(codes::FC716, message).at(other.place).because(because, first.place)
        }
        _ => return,
    };
    let help = "write `defaultRevision: true` beside the cluster's name in one of them: CNI and ztunnel follow it, and \
                whatever names no revision";
    findings.push(finding.help(help).object(&*first.installation.origin.name));
}
