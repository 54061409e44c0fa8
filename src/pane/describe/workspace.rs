//! `describe workspace`.

use std::collections::BTreeSet;

use super::ground::labels;
use super::{Description, Fact, Ground, access_policy, calls, sharing};
use crate::bind::{Owner, Tenancy, Workspace, WorkspaceId};

/// A Workspace: what it owns, gives and takes, who governs it, and who calls whom across its boundary.
pub fn workspace(ground: &Ground<'_>, name: &str) -> Description {
    let found = ground.mesh.workspaces.iter().enumerate().find(|(_, one)| one.name == name);
    let Some((index, workspace)) = found else {
        return Description::new("Workspace", name, None, Vec::new());
    };
    let id = WorkspaceId(index);
    let mut said = Description::new("Workspace", name, None, ground.origins([&workspace.origin]));
    said.say(
        "Labels",
        (!workspace.labels.is_empty()).then(|| Fact::new(labels(&workspace.labels), Vec::new())),
    );
    said.say("Isolation", [isolation(ground, workspace)]);
    let settings = workspace.settings.iter();
    said.say("Settings", settings.map(|origin| Fact::new(&*origin.name, ground.origins([origin]))));
    said.say(
        "Owners",
        workspace.owners.iter().map(|owners| {
            let subjects: Vec<String> = owners.subjects.iter().map(subject).collect();
            Fact::new(format!("{}: {}", owners.role, subjects.join(", ")), Vec::new())
        }),
    );
    said.say("Namespaces", namespaces(ground, id));
    said.say("Exports", sharing::exports(ground, id));
    said.say("Imports", sharing::imports(ground, id));
    said.say("Policies", access_policy::governing(ground, |_, namespace| namespace.owner() == Some(id)));
    let owned = ground.namespaces().filter(|(.., namespace)| namespace.owner() == Some(id));
    let (mut services, mut accounts) = (BTreeSet::new(), BTreeSet::new());
    for (_, space, namespace) in owned {
        let own = namespace.services.iter().filter(|(_, service)| !service.serves_mesh);
        services.extend(own.map(|(name, _)| (space, name.as_str())));
        accounts.extend(namespace.workloads.iter().map(|workload| (space, workload.account.as_str())));
    }
    let own = |caller: &str| {
        let namespace = caller.split_once("/ns/").and_then(|(_, rest)| Some(rest.split_once('/')?.0));
        namespace
            .is_some_and(|namespace| workspace.members.iter().any(|member| *member.namespace == *namespace))
    };
    said.say("Called by, from outside", calls::callers(ground, services, |row| !own(&row.caller)));
    let inside = |to: &str| {
        let namespace = to.split_once('.').map(|(_, namespace)| namespace);
        namespace
            .is_some_and(|namespace| workspace.members.iter().any(|member| *member.namespace == *namespace))
    };
    said.say("May call, outside", calls::called(ground, accounts, |row| !inside(&row.to)));
    said.say("Rendered files", ground.files_of(&workspace.origin.name));
    said
}

fn isolation(ground: &Ground<'_>, workspace: &Workspace) -> Fact {
    let by_default = if workspace.isolation_origins.is_empty() { ", by default" } else { "" };
    let says = match workspace.isolated {
        true => format!(
            "isolated{by_default}: callers from outside are refused, but for what is exported to them"
        ),
        false => format!("open{by_default}: everybody may call where no AccessPolicy says otherwise"),
    };
    Fact::new(says, ground.origins(&workspace.isolation_origins))
}

fn subject(owner: &Owner) -> String {
    match owner {
        Owner::Group(name) => format!("Group {name}"),
        Owner::User(name) => format!("User {name}"),
        Owner::ServiceAccount { namespace, name } => format!("ServiceAccount {namespace}/{name}"),
    }
}

fn namespaces(ground: &Ground<'_>, id: WorkspaceId) -> Vec<Fact> {
    let mut said = Vec::new();
    for (cluster, name, namespace) in ground.namespaces() {
        if let Tenancy::Owned { workspace, place } = namespace.tenancy
            && workspace == id
        {
            let known = namespace.place.is_some()
                || !namespace.services.is_empty()
                || !namespace.workloads.is_empty();
            let unknown = if known { "" } else { ", which the inventory does not show," };
            said.push((cluster, format!("{name}{unknown}"), ground.at(place)));
        }
    }
    // all of them are named, even if they are all there are
    Ground::folded(said, &BTreeSet::new())
}
