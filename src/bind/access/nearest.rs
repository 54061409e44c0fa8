//! What a selector that matches nothing may have meant.

use super::Binding;
use super::reach::Reach;
use crate::kinds::Labels;
use crate::kinds::selector::ObjectSelector;
use crate::report::codes::FC203;
use crate::report::{Finding, closest};
use crate::source::Place;

impl Binding<'_> {
    /// FC203 with the nearest thing that exists.
    pub(super) fn nothing(&mut self, what: &str, place: Place, selector: Option<&ObjectSelector>) {
        let near = selector.and_then(|selector| self.nearest(what, selector));
        let help = near.unwrap_or_else(|| match self.reach {
            Reach::Fleet => format!("check the selector against the {what} objects below `clusters/`"),
            Reach::Workspace(_) => format!(
                "the policy reaches its own workspace: check the selector against the {what} objects there"
            ),
            Reach::Namespace(own) => format!(
                "namespace `{own}` belongs to no workspace, so the policy reaches that namespace alone"
            ),
        });
        self.push(
            Finding::new(FC203, format!("no {what} of the inventory within reach matches this selector"))
                .at(place)
                .help(help),
        );
    }

    pub(super) fn nearest(&self, what: &str, selector: &ObjectSelector) -> Option<String> {
        let namespaces = || self.clusters.iter().flat_map(|cluster| &cluster.namespaces);
        let all_labels: Vec<(&str, &Labels)> = match what {
            "Service" => namespaces()
                .flat_map(|(_, namespace)| {
                    namespace.services.iter().map(|(name, service)| (name.as_str(), &service.labels))
                })
                .collect(),
            _ => namespaces()
                .flat_map(|(_, namespace)| {
                    namespace.accounts.iter().map(|(name, labels)| (name.as_str(), labels))
                })
                .collect(),
        };
        if let Some(wanted) = &selector.namespace
            && !namespaces().any(|(name, _)| *name == wanted.value)
        {
            let near = closest(&wanted.value, namespaces().map(|(name, _)| name.as_str()))?;
            return Some(format!("no cluster has namespace `{}`; did you mean `{near}`?", wanted.value));
        }
        if let Some(wanted) = &selector.name
            && !all_labels.iter().any(|(name, _)| *name == wanted.value)
        {
            let near = closest(&wanted.value, all_labels.iter().map(|(name, _)| *name))?;
            return Some(format!("did you mean the {what} `{near}`?"));
        }
        let (key, value) = selector
            .labels
            .iter()
            .find(|(key, value)| !all_labels.iter().any(|(_, labels)| labels.get(*key) == Some(*value)))?;
        let values = all_labels.iter().filter_map(|(_, labels)| labels.get(key)).map(String::as_str);
        let near = closest(value, values)?;
        Some(format!("no {what} carries `{key}: {value}`; did you mean `{key}: {near}`?"))
    }
}
