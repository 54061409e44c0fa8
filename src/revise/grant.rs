//! A caller let in: an allowed client more, an import or export more, an exception more.

use super::Revision;
use super::desk::{Desk, Written};
use crate::report::Findings;
use crate::source::{Place, Sources};
use crate::yaml::Node;
use crate::yaml::edit::{Change, Path, edit};

/// One change of the intent that lets a caller in, or a part of what does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// An `allowedClients` entry of an AccessPolicy.
    Client {
        /// `metadata.name`'s value of the AccessPolicy.
        policy: Place,
        /// Namespace and name of the service account.
        account: (String, String),
    },
    /// An entry of `exportTo` or `importFrom`, for one Service.
    Share {
        /// Where the entry goes.
        settings: Settings,
        /// `exportTo` or `importFrom`.
        list: &'static str,
        /// The workspace on the other side.
        workspace: String,
        /// Namespace and name of the Service.
        service: (String, String),
    },
    /// An exception of the Fleet.
    Exception {
        /// The exception's name.
        name: String,
        /// Namespace and name of the service account; `None`: plaintext.
        account: Option<(String, String)>,
        /// The namespace that is called.
        namespace: String,
        /// The labels of the pods that are called.
        labels: Vec<(String, String)>,
        /// The pods' ports.
        ports: Vec<u16>,
        /// The clusters; empty: all.
        clusters: Vec<String>,
    },
}

/// The WorkspaceSettings that a share goes into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settings {
    /// Those that are there: `metadata.name`'s value.
    Known(Place),
    /// New ones in this namespace, for the workspace of this name and beside the file where it stands.
    New {
        /// The namespace, one of the workspace's own.
        namespace: String,
        /// The workspace's name.
        workspace: String,
        /// `metadata.name`'s value of the Workspace.
        beside: Place,
    },
}

/// Makes the grants. Refuses what cannot be edited in place.
pub fn grant(sources: &Sources, grants: &[Grant]) -> Result<Revision, Findings> {
    let mut desk = Desk::open(sources);
    for grant in grants {
        match grant {
            Grant::Client { policy, account } => client(&mut desk, *policy, account),
            Grant::Share { settings, list, workspace, service } => {
                share(&mut desk, settings, list, workspace, service);
            }
            Grant::Exception { name, account, namespace, labels, ports, clusters } => {
                let who = match account {
                    Some((namespace, name)) => {
                        ("serviceAccounts", Node::list([Node::text(&format!("{namespace}/{name}"))]))
                    }
                    None => ("plaintext", Node::bare("true")),
                };
                let labels = labels.iter().map(|(key, value)| (key.as_str(), Node::text(value)));
                let mut to = vec![("namespaces", Node::list([Node::text(namespace)]))];
                if labels.len() > 0 {
                    to.push(("labels", Node::map(labels)));
                }
                if !clusters.is_empty() {
                    to.push(("clusters", Node::list(clusters.iter().map(|name| Node::text(name)))));
                }
                let exception = Node::map([
                    ("name", Node::text(name)),
                    ("from", Node::map([who])),
                    ("to", Node::map(to)),
                    ("ports", Node::list(ports.iter().map(|port| Node::bare(&port.to_string())))),
                    ("reason", Node::text("why it is let in")),
                    ("owner", Node::text("who answers for it")),
                ]);
                except(&mut desk, exception);
            }
        }
    }
    desk.finish()
}

/// Into the Fleet; without one, into a new one.
fn except(desk: &mut Desk<'_>, exception: Node) {
    let fleet = desk.objects.iter().find(|object| object.kind.name == "Fleet").map(Written::place);
    if let Some(fleet) = fleet {
        return append(desk, fleet, &["spec", "exceptions"], exception);
    }
    // laid out below a key that is there, as people write it
    let list = Path::document(0).key("exceptions").change(Change::Append(exception));
    let Ok(list) = edit("first: key\n", &[list]) else { return };
    let list: String = list.lines().skip(1).map(|line| format!("  {line}\n")).collect();
    let name = desk.sources.fleet();
    let text =
        format!("apiVersion: fleetc.dev/v1alpha1\nkind: Fleet\nmetadata:\n  name: {name}\nspec:\n{list}");
    let free =
        ["fleet.yaml", "fleet-exceptions.yaml"].into_iter().find(|path| desk.sources.by_path(path).is_none());
    if let Some(path) = free {
        desk.put(path.to_owned(), Some(text.into_bytes()));
    }
}

fn client(desk: &mut Desk<'_>, policy: Place, (namespace, name): &(String, String)) {
    let selector = Node::map([("name", Node::text(name)), ("namespace", Node::text(namespace))]);
    let client = Node::map([("serviceAccountSelector", selector)]);
    let written = desk.objects.iter().find(|object| object.place() == policy);
    let config = written.and_then(|object| object.node.get("spec")?.get("config"));
    if config.is_some_and(|config| config.get("authzList").is_some()) {
        let authorization = Node::map([("allowedClients", Node::list([client]))]);
        append(desk, policy, &["spec", "config", "authzList"], authorization);
    } else {
        append(desk, policy, &["spec", "config", "authz", "allowedClients"], client);
    }
}

fn share(
    desk: &mut Desk<'_>,
    settings: &Settings,
    list: &str,
    other: &str,
    (namespace, name): &(String, String),
) {
    match settings {
        Settings::Known(place) => {
            let resource = Node::map([
                ("kind", Node::text("SERVICE")),
                ("namespace", Node::text(namespace)),
                ("name", Node::text(name)),
            ]);
            let entry = Node::map([
                ("workspaces", Node::list([Node::map([("name", Node::text(other))])])),
                ("resources", Node::list([resource])),
            ]);
            append(desk, *place, &["spec", list], entry);
        }
        Settings::New { namespace: home, workspace, beside } => {
            let file = desk.sources.file(beside.file).map_or("", |file| file.path.as_str());
            let folder = file.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
            let path = format!("{folder}{workspace}-settings.yaml");
            let text = format!(
                "apiVersion: admin.gloo.solo.io/v2\nkind: WorkspaceSettings\nmetadata:\n  name: {workspace}\n  \
                 namespace: {home}\nspec:\n  {list}:\n  - workspaces:\n    - name: {other}\n    resources:\n    \
                 - kind: SERVICE\n      namespace: {namespace}\n      name: {name}\n"
            );
            if desk.sources.by_path(&path).is_none() {
                desk.put(path, Some(text.into_bytes()));
            }
        }
    }
}

/// Adds an item to a list of the object whose `metadata.name` stands at a place.
fn append(desk: &mut Desk<'_>, object: Place, keys: &[&str], item: Node) {
    let Some(name) = desk.path(object) else { return };
    let root = name.parent().and_then(|(metadata, _)| metadata.parent().map(|(root, _)| root));
    let path = root.map(|root: Path| keys.iter().fold(root, |path, key| path.key(key)));
    if let Some(path) = path {
        desk.edit(object.file, path, Change::Append(item));
    }
}
