//! `allowedClients` → identities.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Binding;
use super::reach::{Reach, Wanted};
use crate::bind::mesh::{Cluster, Identity, Member, Namespace, Tenancy};
use crate::bind::selection::matches;
use crate::kinds::access_policy::IdentitySelector;
use crate::kinds::object::is_dns_name;
use crate::kinds::selector::ObjectSelector;
use crate::kinds::{Labels, Spot};
use crate::report::Finding;
use crate::report::codes::{FC109, FC417};

/// The account that Kubernetes gives every namespace, and pods that name none; git seldom holds it.
const DEFAULT_ACCOUNT: &str = "default";

impl<'a> Binding<'a> {
    /// The identities that one `allowedClients` entry selects.
    pub(super) fn clients(&mut self, client: &'a IdentitySelector) -> BTreeSet<Identity> {
        let everything = ObjectSelector {
            place: client.place,
            labels: Labels::new(),
            name: None,
            namespace: None,
            cluster: None,
            workspace: None,
        };
        let selector = client.service_account_selector.as_ref().unwrap_or(&everything);
        let wanted = Wanted {
            cluster: selector.cluster.as_ref(),
            namespace: selector.namespace.as_ref(),
            workspace: selector.workspace.as_ref(),
        };
        if !self.names_exist(wanted) {
            return BTreeSet::new();
        }
        let mut found = BTreeSet::new();
        let mut selected = BTreeSet::new();
        for (index, cluster) in self.clusters.iter().enumerate() {
            if wanted.cluster.is_some_and(|name| name.value != cluster.name) {
                continue;
            }
            for (name, namespace) in &cluster.namespaces {
                if wanted.namespace.is_some_and(|wanted| wanted.value != *name)
                    || !self.grants_reach(wanted, name, namespace)
                    || !self.owned_by(wanted.workspace, namespace)
                {
                    continue;
                }
                for (account, labels) in &namespace.accounts {
                    let named = selector.name.as_ref().is_none_or(|wanted| wanted.value == *account);
                    if named && matches(&selector.labels, labels) {
                        found.insert(identity(&cluster.trust_domain, name, account));
                        selected.insert((index, name, account.as_str()));
                    }
                }
                if by_name_alone(selector, DEFAULT_ACCOUNT) && namespace.place.is_some() {
                    found.insert(identity(&cluster.trust_domain, name, DEFAULT_ACCOUNT));
                    selected.insert((index, name, DEFAULT_ACCOUNT));
                }
            }
        }
        if found.is_empty() {
            match (&selector.name, &selector.namespace) {
                (Some(name), Some(namespace))
                    if selector.labels.is_empty() && selector.workspace.is_none() =>
                {
                    for given in [name, namespace] {
                        if !is_dns_name(given) {
                            self.no_name(given);
                            return found;
                        }
                    }
                    found = self.yet_to_exist(&name.value, &namespace.value, wanted.cluster);
                }
                _ => self.nothing("ServiceAccount", selector.place, Some(selector)),
            }
        }
        if let Some((cluster, namespace, account)) = self.namesake(&found, &selected) {
            let message = format!(
                "`{namespace}/{account}` of cluster `{cluster}` is not selected here, but presents the same identity as one that is"
            );
            self.push(Finding::new(FC417, message).at(selector.place).help(
                "an identity carries no cluster and no labels, so both are admitted: select both, rename one, or give the clusters different trust domains",
            ));
        }
        found
    }

    /// A ServiceAccount that no selector picked and whose identity is allowed all the same, since another cluster of its
    /// trust domain has one of that name which was picked.
    fn namesake(
        &self,
        found: &BTreeSet<Identity>,
        selected: &BTreeSet<(usize, &String, &str)>,
    ) -> Option<(&'a str, &'a str, &'a str)> {
        let clusters = self.clusters.iter().enumerate();
        clusters.filter(|_| !selected.is_empty()).find_map(|(index, cluster)| {
            found.iter().filter(|identity| identity.member.trust_domain == cluster.trust_domain).find_map(
                |identity| {
                    let (name, namespace) = cluster.namespaces.get_key_value(&*identity.member.namespace)?;
                    let (account, _) = namespace.accounts.get_key_value(&*identity.account)?;
                    let picked = selected.contains(&(index, name, account.as_str()));
                    (!picked).then_some((cluster.name.as_str(), name.as_str(), account.as_str()))
                },
            )
        })
    }

    /// A selector that names a namespace or a workspace grants there; one that names neither grants within reach.
    pub(super) fn grants_reach(&self, wanted: Wanted<'_>, name: &str, namespace: &Namespace) -> bool {
        wanted.namespace.is_some()
            || wanted.workspace.is_some()
            || match self.reach {
                Reach::Fleet => namespace.tenancy != Tenancy::System,
                Reach::Workspace(owner) => namespace.owner() == Some(owner),
                Reach::Namespace(own) => name == own && namespace.owner().is_none(),
            }
    }

    /// A service account by name and namespace need not exist yet: it would in the clusters that have the namespace.
    pub(super) fn yet_to_exist(
        &self,
        name: &str,
        namespace: &str,
        cluster: Option<&Spot<String>>,
    ) -> BTreeSet<Identity> {
        let wanted = |candidate: &&Cluster| cluster.is_none_or(|name| name.value == candidate.name);
        let with_namespace = |candidate: &&Cluster| {
            candidate.namespaces.get(namespace).is_some_and(|namespace| namespace.place.is_some())
        };
        let some = self.clusters.iter().filter(wanted).any(|cluster| with_namespace(&cluster));
        let chosen = self.clusters.iter().filter(wanted).filter(|cluster| !some || with_namespace(cluster));
        chosen.map(|cluster| identity(&cluster.trust_domain, namespace, name)).collect()
    }

    /// A principal ends in the name as it stands, and ztunnel would take a `*` there for any ending.
    pub(super) fn no_name(&mut self, given: &Spot<String>) {
        self.push(
            Finding::new(FC109, format!("`{}` is no name that a ServiceAccount or Namespace can have", given.value))
                .at(given.place)
                .help("names are exact here; leave `name` out for every ServiceAccount that the inventory has in the namespace"),
        );
    }
}

/// Whether a selector asks for nothing but this name.
fn by_name_alone(selector: &ObjectSelector, name: &str) -> bool {
    let named = selector.name.as_ref().is_some_and(|wanted| wanted.value == name);
    named && selector.labels.is_empty() && selector.namespace.is_none()
}

fn identity(trust_domain: &Arc<str>, namespace: &str, account: &str) -> Identity {
    let member = Member { trust_domain: trust_domain.clone(), namespace: namespace.into() };
    Identity { member, account: account.into() }
}
