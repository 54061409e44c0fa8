//! All units of one place → Argo CD's `ApplicationSet` with `RollingSync` (operator-manual/applicationset: list generator,
//! template patch since 2.10; progressive syncs are beta since 3.3 and have to be switched on).

use std::collections::BTreeSet;

use super::application::element;
use super::metadata;
use crate::distribute::{DeliveryIntent, Site};
use crate::manifest::{
    ApplicationMetadata, ApplicationSet, ApplicationSetGenerator, ApplicationSetSpec, ApplicationSetStrategy,
    ApplicationSetSyncPolicy, ApplicationTemplate, ApplicationTemplateSpec, Labels, ListGenerator,
    MatchExpression, Object, RollingStep, RollingSync,
};

/// The label by which a step finds its Applications.
const STEP: &str = "fleetc.dev/step";

/// Applications that are as they would be by themselves: each element carries one whole, and the patch lays it over a
/// template that says nothing else. Every step waits until the Applications of the one before are healthy. An
/// ApplicationSet neither deletes an Application nor gives it a finalizer.
pub fn application_set(intent: &DeliveryIntent, project: &str, site: &Site) -> Object {
    let steps: BTreeSet<i32> = site.units.iter().map(|unit| unit.wave).collect();
    let steps = steps.into_iter().map(|step| RollingStep {
        match_expressions: vec![MatchExpression {
            key: STEP.into(),
            operator: "In".into(),
            values: vec![step.to_string()],
        }],
    });
    let spec = ApplicationSetSpec {
        go_template: true,
        go_template_options: vec!["missingkey=error".into()],
        generators: vec![ApplicationSetGenerator {
            list: ListGenerator {
                elements: site.units.iter().map(|unit| element(intent, project, unit)).collect(),
            },
        }],
        template: ApplicationTemplate {
            metadata: ApplicationMetadata {
                name: "{{ .name }}".into(),
                labels: Labels::from([(STEP.into(), "{{ .step }}".into())]),
            },
            spec: ApplicationTemplateSpec {
                project: project.to_owned(),
                ..ApplicationTemplateSpec::default()
            },
        },
        template_patch: "{{ toJson .patch }}".into(),
        strategy: ApplicationSetStrategy {
            kind: "RollingSync".into(),
            rolling_sync: RollingSync { steps: steps.collect() },
        },
        sync_policy: ApplicationSetSyncPolicy {
            applications_sync: "create-update".into(),
            preserve_resources_on_deletion: true,
        },
    };
    ApplicationSet::new(metadata(&intent.fleet, intent, &intent.origins), spec).into()
}
