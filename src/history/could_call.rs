//! Who could call something in one commit.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use super::audit::Written;
use super::text;
use crate::bind::Mesh;
use crate::question::{self, NoAnswer, Requested, Rows, Scene, Target, To};
use crate::report::closest;

/// Who could call something, at a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CouldCall {
    /// The commit that was compiled.
    pub at: Written,
    /// The Services that the question means: `service.namespace`.
    pub means: Vec<String>,
    /// Who could call them.
    #[serde(flatten)]
    pub rows: Rows,
}

/// Asks who could call a Service (`service.namespace`), or every Service of a workspace, of a namespace, or of a name, with
/// `:port` and `@cluster` as in every question.
pub fn could_call(scene: Scene<'_>, at: Written, asked: &str) -> Result<CouldCall, NoAnswer> {
    let meant = meant(scene, asked)?;
    let mut all = Rows { asked: asked.to_owned(), rows: Vec::new(), without: Vec::new(), notes: Vec::new() };
    let mut without: Option<BTreeSet<String>> = None;
    let mut none = None;
    let mut means = Vec::new();
    for to in &meant {
        // of several, one may have no such port
        let rows = match question::who_can(scene, to, &Requested::default()) {
            Ok(rows) => rows,
            Err(no_answer) => {
                none = Some(no_answer);
                continue;
            }
        };
        means.push(to.target.to_string());
        all.rows.extend(rows.rows);
        all.notes.extend(rows.notes);
        let those: BTreeSet<String> = rows.without.into_iter().collect();
        without = Some(without.map_or(those.clone(), |known| known.intersection(&those).cloned().collect()));
    }
    if means.is_empty()
        && let Some(none) = none
    {
        return Err(none);
    }
    all.rows.sort_by(|a, b| (&a.cluster, &a.to, a.port).cmp(&(&b.cluster, &b.to, b.port)));
    all.notes.sort();
    all.notes.dedup();
    all.without = without.unwrap_or_default().into_iter().collect();
    Ok(CouldCall { at, means, rows: all })
}

fn meant(scene: Scene<'_>, asked: &str) -> Result<Vec<To>, NoAnswer> {
    let (rest, _) = asked.rsplit_once('@').unwrap_or((asked, ""));
    let (word, _) = rest.rsplit_once(':').unwrap_or((rest, ""));
    if word.contains('.') {
        return Ok(vec![To::read(asked, None)?]);
    }
    // the port and the cluster are read as they always are
    let suffix = asked.get(word.len()..).unwrap_or_default();
    let ending = To::read(&format!("service.namespace{suffix}"), None)?;
    let mesh = scene.mesh;
    let mut services: BTreeSet<(String, String)> = BTreeSet::new();
    let mut known: BTreeSet<&str> =
        mesh.iter().flat_map(|mesh| &mesh.workspaces).map(|workspace| workspace.name.as_str()).collect();
    for cluster in &scene.world.clusters {
        for (name, namespace) in cluster.namespaces {
            let owner = mesh.and_then(|mesh| workspace_of(mesh, &cluster.name, name));
            known.insert(name);
            for service in namespace.services.keys() {
                known.insert(service);
                if owner == Some(word) || name == word || service == word {
                    services.insert((name.clone(), service.clone()));
                }
            }
        }
    }
    if services.is_empty() {
        return Err(NoAnswer {
            message: format!("`{word}` is no workspace, namespace or service with a Service in it"),
            help: match closest(word, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "name a workspace, a namespace, a service, or `service.namespace`".to_owned(),
            },
        });
    }
    let to = |(namespace, name)| To { target: Target::Service { namespace, name }, ..ending.clone() };
    Ok(services.into_iter().map(to).collect())
}

fn workspace_of<'m>(mesh: &'m Mesh, cluster: &str, namespace: &str) -> Option<&'m str> {
    let cluster = mesh.clusters.iter().find(|own| own.name == cluster)?;
    let owner = cluster.namespaces.get(namespace)?.owner()?;
    Some(mesh.workspace(owner)?.name.as_str())
}

/// For people.
pub fn could_call_text(answer: &CouldCall) -> String {
    let mut head = String::new();
    let _ = writeln!(head, "at {}", text::by(&answer.at));
    if answer.means != [answer.rows.asked.as_str()] {
        let _ = writeln!(head, "`{}` is {}", answer.rows.asked, answer.means.join(", "));
    }
    text::shown(&head) + &question::rows_text(&answer.rows)
}

/// For machines.
pub fn could_call_json(answer: &CouldCall) -> String {
    serde_json::to_string_pretty(answer).map(|text| text + "\n").unwrap_or_default()
}
