//! Where an object names clusters: read from the schemas, so that a kind or field that comes is known here too.

use serde_json::Value as Json;

use super::object::Kind;
use crate::source::Place;
use crate::yaml::{Node, Value};

/// A cluster's name, or a glob, in an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterName {
    /// The name as written.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// How the field means it.
    pub role: ClusterRole,
}

/// How a field names a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterRole {
    /// It is an item of a list of clusters.
    Item,
    /// It is the `name` of an item of a list of clusters.
    NameOfItem,
    /// It is the one cluster that a selector or reference means.
    Single,
}

/// Every name of a cluster in a document of a kind, in the order of the schema.
///
/// A list of clusters is a list that the kind's schema calls `clusters` or `…Clusters`; a single one is text that it calls
/// `cluster`. Free-form values have no schema and are no matter of this.
pub fn cluster_names(kind: &Kind, document: &Node) -> Vec<ClusterName> {
    let schema = super::schemas().into_iter().find(|(name, _)| *name == kind.name);
    let schema: Json = schema.and_then(|(_, text)| serde_json::from_str(&text).ok()).unwrap_or_default();
    let mut found = Vec::new();
    walk(&schema, &schema, document, &mut found);
    found
}

/// Documents nest no deeper than the reader of YAML allows, and each step goes down in the document.
fn walk(root: &Json, schema: &Json, node: &Node, found: &mut Vec<ClusterName>) {
    for schema in meant(root, schema) {
        match &node.value {
            Value::Mapping(entries) => {
                for entry in entries {
                    let Some(field) = schema.get("properties").and_then(|fields| fields.get(&entry.key))
                    else {
                        continue;
                    };
                    match (entry.key.as_str(), &entry.node.value) {
                        (key, Value::Sequence(items)) if key == "clusters" || key.ends_with("Clusters") => {
                            items.iter().for_each(|item| found.extend(named(item)));
                        }
                        ("cluster", Value::Scalar(_)) => {
                            found.extend(spoken(&entry.node, ClusterRole::Single));
                        }
                        _ => {}
                    }
                    walk(root, field, &entry.node, found);
                }
            }
            Value::Sequence(items) => {
                if let Some(schema) = schema.get("items") {
                    items.iter().for_each(|item| walk(root, schema, item, found));
                }
            }
            Value::Scalar(_) => {}
        }
    }
}

/// The schemas that a schema stands for, references followed.
fn meant<'a>(root: &'a Json, schema: &'a Json) -> Vec<&'a Json> {
    let mut all = vec![schema];
    let mut next = 0;
    // References of our own schemas are not circular; the bound is for a reader who does not know that.
    while let Some(schema) = all.get(next).copied().filter(|_| next < 32) {
        let name = schema.get("$ref").and_then(Json::as_str).and_then(|name| name.strip_prefix("#/$defs/"));
        all.extend(name.and_then(|name| root.get("$defs")?.get(name)));
        for several in ["anyOf", "oneOf", "allOf"] {
            all.extend(schema.get(several).and_then(Json::as_array).into_iter().flatten());
        }
        next += 1;
    }
    all
}

fn named(item: &Node) -> Option<ClusterName> {
    match &item.value {
        Value::Mapping(_) => spoken(item.get("name")?, ClusterRole::NameOfItem),
        _ => spoken(item, ClusterRole::Item),
    }
}

fn spoken(node: &Node, role: ClusterRole) -> Option<ClusterName> {
    Some(ClusterName { name: node.as_text()?.to_owned(), place: node.place, role })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{KINDS, schemas};
    use crate::source::FileId;

    /// Every field of every kind whose name speaks of clusters, so that a new one is looked at.
    #[test]
    fn fields_that_name_clusters_are_known() {
        let mut fields = Vec::new();
        for (kind, schema) in schemas() {
            let schema: Json = serde_json::from_str(&schema).unwrap();
            let empty = serde_json::Map::new();
            let definitions = schema["$defs"].as_object().unwrap_or(&empty);
            let spec = [("spec".to_owned(), &schema["properties"]["spec"])];
            let all = definitions.iter().map(|(name, schema)| (name.clone(), schema)).chain(spec);
            for (name, schema) in all {
                for (field, schema) in schema["properties"].as_object().unwrap_or(&empty) {
                    let says = field.to_ascii_lowercase();
                    if says.contains("cluster")
                        && !["clusterdomain", "clustername", "clusterip"].contains(&says.as_str())
                    {
                        let name = if name == "spec" { kind } else { &name };
                        fields.push(format!("{name}.{field}: {}", schema["type"].as_str().unwrap_or("?")));
                    }
                }
            }
        }
        fields.sort();
        fields.dedup();
        insta::assert_snapshot!(fields.join("\n"), @r"
        ClusterDomain.clusters: array
        ComponentInstallation.clusters: array
        ExceptionTarget.clusters: array
        GatewayInstallation.clusters: array
        Grafana.clusters: array
        GrantTarget.clusters: array
        IdentityProvider.clusters: array
        InvariantClients.clusters: array
        InvariantTargets.clusters: array
        IstioInstallation.clusters: array
        IstioMeshSelector.clusterSelector: object
        Kiali.cluster: string
        ObjectSelector.cluster: string
        ResourceSelector.cluster: string
        Wave.clusters: array
        WorkloadObjectSelector.cluster: string
        Workspace.workloadClusters: array
        ");
    }

    #[test]
    fn free_form_values_name_nothing() {
        let text = "\
kind: GatewayLifecycleManager
spec:
  installations:
  - clusters: [{name: east}]
    istioOperatorSpec: {values: {global: {clusters: [{name: west}]}}}
";
        let kind = KINDS.iter().find(|kind| kind.name == "GatewayLifecycleManager").unwrap();
        let names = cluster_names(kind, &crate::yaml::read(FileId(0), text.as_bytes()).documents[0]);
        let names: Vec<_> = names.iter().map(|name| (name.name.as_str(), name.role)).collect();
        assert_eq!(names, [("east", ClusterRole::NameOfItem)]);
    }
}
