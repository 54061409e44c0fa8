//! FC625 to FC629: public certificates, whoever made them, as istiod and the proxies will judge them.

use std::collections::BTreeMap;

use crate::bind::{Cluster, KeySource, Mesh, PublicFile};
use crate::report::codes::{FC611, FC625, FC626, FC627, FC628, FC629};
use crate::report::{Code, Finding, Findings};
use crate::source::{Origin, Place};
use crate::trust::{Certificate, Problem, Rule, chain_problems, root_problems};

/// Every root of a bundle and every chain of the offline CA.
pub fn certificates(mesh: &Mesh, findings: &mut Findings) {
    let roots = roots(mesh, findings);
    shared_subjects(&roots, findings);
    for cluster in &mesh.clusters {
        if let Some(KeySource::Generated(generated)) = cluster.trust.as_ref().map(|trust| &trust.source)
            && let Some(minted) = &generated.minted
        {
            chain(cluster, &minted.chain, findings);
        }
    }
}

/// A root of some bundle, read.
struct ReadRoot<'m> {
    name: &'m str,
    certificate: Certificate,
    place: Place,
    policy: Option<&'m Origin>,
}

/// Each root once, by its certificate.
fn roots<'m>(mesh: &'m Mesh, findings: &mut Findings) -> Vec<ReadRoot<'m>> {
    let mut seen = BTreeMap::new();
    for trust in mesh.clusters.iter().filter_map(|cluster| cluster.trust.as_ref()) {
        for root in &trust.roots {
            seen.entry(&*root.pem).or_insert((root, trust));
        }
    }
    let mut roots = Vec::new();
    for (root, trust) in seen.into_values() {
        let policy = trust.origins.iter().find(|origin| origin.name.starts_with("RootTrustPolicy/"));
        match Certificate::from_pem(&root.pem) {
            Ok(certificate) => {
                for problem in root_problems(&certificate) {
                    findings.push(told(&problem, &format!("root `{}`", root.name), root.place, policy));
                }
                roots.push(ReadRoot { name: &root.name, certificate, place: root.place, policy });
            }
            Err(why) => {
                let finding = Finding::new(FC611, format!("`{}` {why}", root.file)).at(root.place);
                findings.push(finding.help("a root is a public certificate in PEM"));
            }
        }
    }
    roots
}

/// Two keys under one name: a verifier that looks an issuer up by its name may take the wrong one.
fn shared_subjects(roots: &[ReadRoot<'_>], findings: &mut Findings) {
    for (index, root) in roots.iter().enumerate() {
        let twin = roots.iter().take(index).find(|other| other.certificate.has_subject_of(&root.certificate));
        let Some(twin) = twin else { continue };
        let subject = &root.certificate.subject;
        let mut finding = Finding::new(
            FC628,
            format!("roots `{}` and `{}` have one subject: `{subject}`", twin.name, root.name),
        )
        .at(root.place)
        .because("the other one", twin.place)
        .help("give each generation of the root a subject of its own, such as a year in its common name");
        if let Some(policy) = root.policy {
            finding = finding.object(&*policy.name);
        }
        findings.push(finding);
    }
}

/// A chain of the offline CA: the signer, further intermediates, the root.
fn chain(cluster: &Cluster, file: &PublicFile, findings: &mut Findings) {
    let mut read = Vec::new();
    for (index, pem) in file.certificates.iter().enumerate() {
        match Certificate::from_pem(pem) {
            Ok(certificate) => read.push(certificate),
            Err(why) => {
                let message = format!("certificate {} of `{}` {why}", index + 1, file.path);
                findings.push(Finding::new(FC611, message).at(file.place).object(&*cluster.origin.name));
                return;
            }
        }
    }
    for (index, problem) in chain_problems(&read) {
        let what = match index {
            0 => format!("the certificate that cluster `{}` signs with", cluster.name),
            _ => format!("certificate {} in the chain of cluster `{}`", index + 1, cluster.name),
        };
        findings.push(told(&problem, &what, file.place, Some(&cluster.origin)));
    }
}

fn told(problem: &Problem, what: &str, place: Place, object: Option<&Origin>) -> Finding {
    let finding =
        Finding::new(code(problem.rule()), format!("{what} {problem}")).at(place).help(problem.help());
    match object {
        Some(object) => finding.object(&*object.name),
        None => finding,
    }
}

fn code(rule: Rule) -> Code {
    match rule {
        Rule::Authority => FC625,
        Rule::Strength => FC626,
        Rule::Chain => FC627,
        Rule::Lifetime => FC629,
    }
}
