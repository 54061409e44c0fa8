//! The committed bundle: which roots are trusted, which one signs, how far a rotation is.

use super::super::mesh::{Phase, Root, Rotation};
use super::pem;
use crate::admit::Admitted;
use crate::kinds::object::is_dns_label;
use crate::kinds::root_trust_policy::{RootTrustConfig, RotationPhase};
use crate::kinds::{Object, RootTrustPolicySpec, Spot};
use crate::report::codes::{FC608, FC611};
use crate::report::{Finding, Findings, closest};

/// What a policy commits.
#[derive(Debug, Clone, Default)]
pub(super) struct Bundle {
    /// In the order of the policy.
    pub roots: Vec<Root>,
    /// `None` exactly where there are no roots.
    pub signed_by: Option<String>,
    /// A rotation that is under way.
    pub rotation: Option<Rotation>,
}

/// The bundle of a policy; `None` if it is not whole, which is a finding.
pub(super) fn bundle(
    admitted: &Admitted,
    policy: &Object<RootTrustPolicySpec>,
    config: &RootTrustConfig,
    findings: &mut Findings,
) -> Option<Bundle> {
    let mut found = Vec::new();
    let roots = roots(admitted, config, &mut found);
    let bundle = roots.map(|roots| {
        let rotation = config.rotation.as_ref().and_then(|_| rotation(config, &roots, &mut found));
        let signed_by = signed_by(config, &roots, &mut found);
        Bundle { roots, signed_by, rotation }
    });
    let good = found.is_empty();
    for finding in found {
        findings.push(finding.object(policy.reference("RootTrustPolicy")));
    }
    bundle.filter(|_| good)
}

fn roots(admitted: &Admitted, config: &RootTrustConfig, found: &mut Vec<Finding>) -> Option<Vec<Root>> {
    let mut roots: Vec<Root> = Vec::new();
    let mut whole = true;
    for root in &config.root_bundle {
        let mut refuse = |finding: Finding| {
            found.push(finding);
            whole = false;
        };
        if !is_dns_label(&root.name) {
            refuse(
                Finding::new(FC608, format!("`{}` is no name for a root", root.name))
                    .at(root.name.place)
                    .help("a root's name becomes part of the names of Secrets: lower case letters, digits and `-`"),
            );
            continue;
        }
        let path = root.file.strip_prefix("./").unwrap_or(&root.file);
        // a file that is missing is a finding of its own
        let file = admitted.files.get(path)?;
        let certificates = match pem::certificates(path, file) {
            Ok((certificates, _)) => certificates,
            Err(finding) => {
                refuse(finding.because("named here", root.file.place));
                continue;
            }
        };
        let [certificate] = certificates.as_slice() else {
            refuse(
                Finding::new(FC611, format!("`{path}` holds {} certificates, not one", certificates.len()))
                    .at(root.file.place)
                    .help("give each root a file and a name of its own"),
            );
            continue;
        };
        let twin = roots.iter().find(|other| other.name == *root.name || pem::same(&other.pem, certificate));
        if let Some(twin) = twin {
            let what = if twin.name == *root.name { "name" } else { "certificate" };
            refuse(
                Finding::new(FC608, format!("two roots of the bundle have one {what}"))
                    .at(root.name.place)
                    .because("the other one", twin.place)
                    .help("list each root once"),
            );
            continue;
        }
        roots.push(Root {
            name: root.name.value.clone(),
            pem: certificate.clone(),
            file: path.to_owned(),
            place: root.file.place,
        });
    }
    whole.then_some(roots)
}

/// `from` is a root of the bundle until the last phase, when it is only remembered (SPEC section 7).
fn rotation(config: &RootTrustConfig, roots: &[Root], found: &mut Vec<Finding>) -> Option<Rotation> {
    let said = config.rotation.as_ref()?;
    let index = |name: &Spot<String>| roots.iter().position(|root| root.name == **name);
    let (from, to) = (index(&said.from), index(&said.to));
    let mut refuse = |finding: Finding| found.push(finding);
    if *said.from == *said.to {
        let finding = Finding::new(FC608, "a rotation from a root to itself").at(said.to.place);
        refuse(finding.help("`to` is the root that comes; add it to `rootBundle`"));
        return None;
    }
    let drop_old = *said.phase == RotationPhase::DropOld;
    if to.is_none() {
        refuse(unknown(&said.to, roots));
    }
    match (from, drop_old) {
        (None, false) => refuse(unknown(&said.from, roots)),
        (Some(index), true) => {
            let place = roots.get(index).map_or(said.from.place, |root| root.place);
            refuse(
                Finding::new(FC608, format!("in `drop-old` the bundle still holds `{}`", said.from))
                    .at(said.phase.place)
                    .because("it is listed here", place)
                    .help("take the root out of `rootBundle`: that is what this phase does"),
            );
        }
        _ => {}
    }
    if let (Some(from), Some(to)) = (from, to)
        && from > to
        && !drop_old
    {
        refuse(
            Finding::new(FC608, format!("`{}` stands before `{}` in the bundle", said.to, said.from))
                .at(said.phase.place)
                .because("the new root", roots.get(to).map_or(said.to.place, |root| root.place))
                .help("list the old root first: istiod before 1.30 takes only a bundle that begins with the one it has"),
        );
    }
    Some(Rotation {
        from: said.from.value.clone(),
        to: said.to.value.clone(),
        phase: match *said.phase {
            RotationPhase::TrustBoth => Phase::TrustBoth,
            RotationPhase::SignNew => Phase::SignNew,
            RotationPhase::DropOld => Phase::DropOld,
        },
        phase_since: said.phase_since.as_ref().map(|date| date.to_string()),
        place: said.place,
    })
}

/// Said, else the bundle's only root, else `from` until `sign-new` and `to` since (SPEC section 7).
fn signed_by(config: &RootTrustConfig, roots: &[Root], found: &mut Vec<Finding>) -> Option<String> {
    let said = config.agent_ca.as_ref().and_then(|agent| agent.signed_by.as_ref());
    if let Some(said) = said {
        if roots.iter().all(|root| root.name != **said) {
            found.push(unknown(said, roots));
        }
        return Some(said.value.clone());
    }
    if let Some(rotation) = &config.rotation {
        let root = if *rotation.phase == RotationPhase::TrustBoth { &rotation.from } else { &rotation.to };
        return Some(root.value.clone());
    }
    match roots {
        [] => None,
        [only] => Some(only.name.clone()),
        [first, second, ..] => {
            found.push(
                Finding::new(FC608, format!("the bundle holds {} roots, and nothing says which one signs", roots.len()))
                    .at(second.place)
                    .because("the first one", first.place)
                    .help("name the root that the intermediates chain to under `agentCa.signedBy`, or write the `rotation`"),
            );
            None
        }
    }
}

pub(super) fn unknown(name: &Spot<String>, roots: &[Root]) -> Finding {
    let names = || roots.iter().map(|root| root.name.as_str());
    let help = match closest(name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if roots.is_empty() => "list it under `rootBundle`: a name and a PEM file".to_owned(),
        None => format!("the bundle has {}", crate::kinds::decode::listed(names())),
    };
    Finding::new(FC608, format!("the bundle has no root `{name}`")).at(name.place).help(help)
}
