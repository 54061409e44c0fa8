//! The entries of the four lifecycle managers, in one shape.

use super::Component;
use crate::kinds::gateway_lifecycle_manager::GatewayInstallation;
use crate::kinds::istio_lifecycle_manager::InstallationCluster;
use crate::kinds::istio_operator::{Component as Settings, HelmGlobal, IstioOperatorSpec};
use crate::kinds::values::FreeForm;
use crate::kinds::{Intents, Object, Spot};
use crate::source::{Origin, Place};

/// One entry of a lifecycle manager's `installations`.
pub struct Installation<'a> {
    /// Which manager it belongs to.
    pub manager: Manager,
    /// The manager.
    pub origin: Origin,
    /// The entry.
    pub place: Place,
    /// The clusters it names.
    pub clusters: Vec<Target<'a>>,
    /// Where its charts come from.
    pub repository: Option<&'a Spot<String>>,
    /// The revision, where it is a name: with `auto` and `default` the control plane has none.
    pub revision: Option<&'a Spot<String>>,
    /// The version of its charts.
    pub version: Option<&'a Spot<String>>,
    /// What is installed and how.
    pub operator: Option<&'a IstioOperatorSpec>,
    /// Values of the one chart of a dedicated manager.
    pub values: Option<&'a FreeForm>,
}

/// A cluster as an installation names it.
pub struct Target<'a> {
    /// The name, or a glob.
    pub name: &'a Spot<String>,
    /// Whether the revision is the cluster's default one.
    pub default_revision: bool,
    /// The trust domain it gives the cluster.
    pub trust_domain: Option<&'a Spot<String>>,
}

/// The kinds of lifecycle managers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    /// IstioLifecycleManager.
    Istio,
    /// ZTunnelLifecycleManager.
    Ztunnel,
    /// CNILifecycleManager.
    Cni,
    /// GatewayLifecycleManager.
    Gateway,
}

/// All entries of all managers, in order of kind, namespace and name.
pub fn installations(intents: &Intents) -> Vec<Installation<'_>> {
    let mut all = Vec::new();
    for object in &intents.istio_lifecycle_managers {
        all.extend(object.spec.installations.iter().map(|entry| Installation {
            revision: revision(entry.revision.as_ref(), entry.istio_operator_spec.as_ref()),
            version: entry.version.as_ref(),
            operator: entry.istio_operator_spec.as_ref(),
            ..common(Manager::Istio, object, entry.place, &entry.clusters, object.spec.helm_global.as_ref())
        }));
    }
    for object in &intents.ztunnel_lifecycle_managers {
        all.extend(object.spec.installations.iter().map(|entry| Installation {
            revision: revision(entry.revision.as_ref(), entry.istio_operator_spec.as_ref()),
            version: entry.version.as_ref(),
            operator: entry.istio_operator_spec.as_ref(),
            values: Some(&entry.values),
            ..common(Manager::Ztunnel, object, entry.place, &entry.clusters, object.spec.helm_global.as_ref())
        }));
    }
    for object in &intents.cni_lifecycle_managers {
        all.extend(object.spec.installations.iter().map(|entry| Installation {
            revision: revision(entry.revision.as_ref(), entry.istio_operator_spec.as_ref()),
            version: entry.version.as_ref(),
            operator: entry.istio_operator_spec.as_ref(),
            values: Some(&entry.values),
            ..common(Manager::Cni, object, entry.place, &entry.clusters, object.spec.helm_global.as_ref())
        }));
    }
    for object in &intents.gateway_lifecycle_managers {
        all.extend(object.spec.installations.iter().map(|entry| {
            let own = entry.control_plane_revision.as_ref().or(entry.gateway_revision.as_ref());
            Installation {
                clusters: gateway_targets(entry),
                revision: revision(own, entry.istio_operator_spec.as_ref()),
                version: entry.version.as_ref(),
                operator: entry.istio_operator_spec.as_ref(),
                ..common(Manager::Gateway, object, entry.place, &[], object.spec.helm_global.as_ref())
            }
        }));
    }
    all
}

impl<'a> Installation<'a> {
    /// Whether it installs a component; `None` if that is not its to say. `profile: ambient` enables what `components`
    /// do not mention.
    pub fn installs(&self, component: Component) -> Option<bool> {
        let said = self.settings(component).and_then(|settings| settings.enabled);
        let said = said.map(|enabled| enabled.value);
        match (self.manager, component) {
            (Manager::Istio, Component::Base | Component::Istiod) => Some(said.unwrap_or(true)),
            (Manager::Istio, Component::Cni | Component::Ztunnel) => Some(said.unwrap_or(self.is_ambient())),
            (Manager::Cni, Component::Cni) | (Manager::Ztunnel, Component::Ztunnel) => {
                Some(said.unwrap_or(true))
            }
            _ => None,
        }
    }

    /// What `components` say about one.
    pub fn settings(&self, component: Component) -> Option<&'a Settings> {
        let components = self.operator?.components.as_ref()?;
        match component {
            Component::Base => components.base.as_ref(),
            Component::Cni => components.cni.as_ref(),
            Component::Istiod => components.pilot.as_ref(),
            Component::Ztunnel => components.ztunnel.as_ref(),
            Component::Gateway => None,
        }
    }

    /// The version it names, and where: the charts', else the images'.
    pub fn explicit_version(&self) -> Option<&'a Spot<String>> {
        self.version.or(self.operator.and_then(|operator| operator.tag.as_ref()))
    }

    fn is_ambient(&self) -> bool {
        let profile = self.operator.and_then(|operator| operator.profile.as_ref());
        profile.is_some_and(|profile| profile.value == "ambient")
    }
}

impl Manager {
    /// The kind's name.
    pub fn kind(self) -> &'static str {
        match self {
            Manager::Istio => "IstioLifecycleManager",
            Manager::Ztunnel => "ZTunnelLifecycleManager",
            Manager::Cni => "CNILifecycleManager",
            Manager::Gateway => "GatewayLifecycleManager",
        }
    }
}

fn common<'a, S>(
    manager: Manager,
    object: &'a Object<S>,
    place: Place,
    clusters: &'a [InstallationCluster],
    charts: Option<&'a HelmGlobal>,
) -> Installation<'a> {
    let target = |cluster: &'a InstallationCluster| Target {
        name: &cluster.name,
        default_revision: cluster.default_revision.is_some_and(|is_default| is_default.value),
        trust_domain: cluster.trust_domain.as_ref(),
    };
    Installation {
        manager,
        origin: Origin { name: object.reference(manager.kind()).into(), place: object.place },
        place,
        clusters: clusters.iter().map(target).collect(),
        repository: charts.and_then(|charts| charts.repo.as_ref()),
        revision: None,
        version: None,
        operator: None,
        values: None,
    }
}

fn gateway_targets(entry: &GatewayInstallation) -> Vec<Target<'_>> {
    let targets = entry.clusters.iter().map(|cluster| Target {
        name: &cluster.name,
        default_revision: false,
        trust_domain: cluster.trust_domain.as_ref(),
    });
    targets.collect()
}

/// The charts name a control plane `istiod-<revision>` for every revision but none; `auto` lets Gloo choose.
fn revision<'a>(
    own: Option<&'a Spot<String>>,
    operator: Option<&'a IstioOperatorSpec>,
) -> Option<&'a Spot<String>> {
    let revision = own.or(operator.and_then(|operator| operator.revision.as_ref()))?;
    (!matches!(revision.as_str(), "" | "auto" | "default")).then_some(revision)
}
