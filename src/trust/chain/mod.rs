//! What is wrong with a certificate, or with a chain of them, in the eyes of istiod (Go), ztunnel (rustls-webpki) and Envoy
//! (BoringSSL) alike.

use std::fmt;

use super::certificate::{Certificate, Key, Signature};
use super::{Day, Moment};

/// Something wrong with one certificate, or with the step from it to its issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// It has no CA flag: istiod refuses to sign with it, and nobody takes what it signed.
    NotCa,
    /// Its `keyUsage` leaves out the signing of certificates.
    CannotSign,
    /// Its `extendedKeyUsage` forbids what workloads are: clients and servers.
    WrongPurposes,
    /// Fewer CAs may follow it than do.
    PathTooLong {
        /// How many it allows.
        allowed: u32,
        /// How many there are.
        found: u32,
    },
    /// A critical extension that rustls-webpki refuses because it does not know it.
    StrangeExtension(String),
    /// Its key is too short.
    WeakKey(String),
    /// Its key is of an algorithm that some proxy does not take.
    StrangeKey(String),
    /// It was signed with a broken hash.
    WeakSignature(&'static str),
    /// It was signed by an algorithm that some proxy does not take.
    StrangeSignature(String),
    /// A root that another CA issued.
    NotSelfSigned {
        /// The issuer that it names.
        issuer: String,
    },
    /// It names another issuer than the next certificate.
    OtherIssuer {
        /// The issuer that it names.
        named: String,
        /// The subject of the next certificate.
        found: String,
    },
    /// The key of the next certificate did not sign it.
    BadSignature {
        /// The subject of the next certificate.
        issuer: String,
    },
    /// It names another key of its issuer than the next certificate has.
    OtherKeyIdentifier {
        /// The identifier that it names.
        named: String,
        /// The identifier of the next certificate.
        found: String,
    },
    /// It lives longer than its issuer.
    Outlives {
        /// Its last second.
        own: Moment,
        /// The last second of its issuer.
        issuer: Moment,
    },
}

/// What rule a problem breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// It must be a CA that may sign workloads.
    Authority,
    /// Its key and its signature must be strong, and read by every proxy.
    Strength,
    /// It must lead to its issuer.
    Chain,
    /// It must end before its issuer does.
    Lifetime,
}

/// The shortest RSA key that ring and BoringSSL verify with.
const SHORTEST_RSA: usize = 2048;
/// The longest one.
const LONGEST_RSA: usize = 8192;

/// What is wrong with a root. At least one intermediate signs under it.
pub fn root_problems(root: &Certificate) -> Vec<Problem> {
    let mut problems = authority(root, 1);
    problems.extend(strength(root));
    let broken = problems.iter().any(|problem| problem.rule() == Rule::Strength);
    if !root.is_self_issued() {
        problems.push(Problem::NotSelfSigned { issuer: root.issuer.clone() });
    } else if !broken && !root.is_signed_by(root) {
        problems.push(Problem::BadSignature { issuer: root.subject.clone() });
    }
    problems
}

/// What is wrong with a chain, each problem with the index of its certificate: the signer first, each certificate's issuer
/// after it, the root last. The root itself is left to [`root_problems`], but for what the chain asks of it.
pub fn chain_problems(chain: &[Certificate]) -> Vec<(usize, Problem)> {
    let mut problems = Vec::new();
    for (index, certificate) in chain.iter().enumerate() {
        let below = u32::try_from(index).unwrap_or(u32::MAX);
        let Some(issuer) = chain.get(index + 1) else {
            let too_long = authority(certificate, below).into_iter().filter(|_| below > 1);
            let too_long = too_long.filter(|problem| matches!(problem, Problem::PathTooLong { .. }));
            problems.extend(too_long.map(|problem| (index, problem)));
            break;
        };
        let mut own = authority(certificate, below);
        own.extend(strength(certificate));
        let readable = own.iter().all(|problem| problem.rule() != Rule::Strength);
        own.extend(link(certificate, issuer, readable));
        problems.extend(own.into_iter().map(|problem| (index, problem)));
    }
    problems
}

/// Whether it may sign what stands below it: `below` CAs, then leaves.
fn authority(certificate: &Certificate, below: u32) -> Vec<Problem> {
    let mut problems = Vec::new();
    match certificate.constraints {
        Some(constraints) if constraints.is_ca => {
            if let Some(allowed) = constraints.path_length.filter(|allowed| *allowed < below) {
                problems.push(Problem::PathTooLong { allowed, found: below });
            }
        }
        _ => problems.push(Problem::NotCa),
    }
    if certificate.signs_certificates == Some(false) {
        problems.push(Problem::CannotSign);
    }
    if certificate.purposes.is_some_and(|purposes| !purposes.server || !purposes.client) {
        problems.push(Problem::WrongPurposes);
    }
    problems.extend(certificate.strange_extensions.iter().cloned().map(Problem::StrangeExtension));
    problems
}

fn strength(certificate: &Certificate) -> Vec<Problem> {
    let mut problems = Vec::new();
    match &certificate.key {
        Key::Rsa(bits) if *bits < SHORTEST_RSA => {
            problems.push(Problem::WeakKey(certificate.key.to_string()));
        }
        Key::Rsa(bits) if *bits > LONGEST_RSA => {
            problems.push(Problem::StrangeKey(certificate.key.to_string()));
        }
        Key::Rsa(_) | Key::Ecdsa(_) => {}
        Key::Other(name) => problems.push(Problem::StrangeKey(name.clone())),
    }
    match &certificate.signature {
        Signature::Strong(_) => {}
        Signature::Weak(name) => problems.push(Problem::WeakSignature(name)),
        Signature::Other(oid) => problems.push(Problem::StrangeSignature(oid.clone())),
    }
    problems
}

/// Whether a certificate leads to its issuer. What cannot be verified for its algorithm is told once.
fn link(certificate: &Certificate, issuer: &Certificate, readable: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !certificate.names_as_issuer(issuer) {
        let (named, found) = (certificate.issuer.clone(), issuer.subject.clone());
        problems.push(Problem::OtherIssuer { named, found });
    } else if readable && strength(issuer).is_empty() && !certificate.is_signed_by(issuer) {
        problems.push(Problem::BadSignature { issuer: issuer.subject.clone() });
    }
    if let (Some(named), Some(found)) = (&certificate.authority_key_id, &issuer.subject_key_id)
        && named != found
    {
        problems.push(Problem::OtherKeyIdentifier { named: named.clone(), found: found.clone() });
    }
    if certificate.not_after > issuer.not_after {
        problems.push(Problem::Outlives { own: certificate.not_after, issuer: issuer.not_after });
    }
    problems
}

/// How a certificate's life stands on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// It begins later.
    NotYet,
    /// It lives through the day and longer than the given lead.
    Good,
    /// It lives through the day, and ends within the lead.
    EndsSoon,
    /// It ends on the day, or has.
    Ended,
}

/// The lead of a root, in days: it is rotated over weeks, and decided on over months.
pub const ROOT_LEAD: i64 = 180;

/// How a certificate's life stands on a day; `lead` in days is how long before its end something should be done.
pub fn life(certificate: &Certificate, now: Day, lead: i64) -> Life {
    if certificate.not_before.day() > now {
        Life::NotYet
    } else if certificate.not_after < now.plus(1).start() {
        Life::Ended
    } else if certificate.not_after < now.plus(lead).start() {
        Life::EndsSoon
    } else {
        Life::Good
    }
}

impl Problem {
    /// The rule it breaks.
    pub fn rule(&self) -> Rule {
        match self {
            Problem::NotCa
            | Problem::CannotSign
            | Problem::WrongPurposes
            | Problem::PathTooLong { .. }
            | Problem::StrangeExtension(_) => Rule::Authority,
            Problem::WeakKey(_)
            | Problem::StrangeKey(_)
            | Problem::WeakSignature(_)
            | Problem::StrangeSignature(_) => Rule::Strength,
            Problem::NotSelfSigned { .. }
            | Problem::OtherIssuer { .. }
            | Problem::BadSignature { .. }
            | Problem::OtherKeyIdentifier { .. } => Rule::Chain,
            Problem::Outlives { .. } => Rule::Lifetime,
        }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Problem::NotCa => "issue it as a CA: `basicConstraints = critical, CA:TRUE`",
            Problem::CannotSign => "issue it with `keyUsage = critical, keyCertSign, cRLSign`",
            Problem::WrongPurposes => {
                "issue it without `extendedKeyUsage`: on a CA it limits what its leaves may do, and workloads are clients and servers"
            }
            Problem::PathTooLong { .. } => {
                "a cluster's intermediate signs leaves only (`pathlen:0`); each CA above it must allow as many as follow"
            }
            Problem::StrangeExtension(_) => {
                "issue it without this extension, or not critical: ztunnel refuses what it does not know"
            }
            Problem::WeakKey(_) => "make a new one: ECDSA P-256, or RSA of 3072 bits or more",
            Problem::StrangeKey(_) => {
                "istiod, ztunnel and Envoy agree on ECDSA P-256 and P-384 and RSA of 2048 to 8192 bits"
            }
            Problem::WeakSignature(_) | Problem::StrangeSignature(_) => {
                "let it be signed with SHA-256 or better; istiod's Go refuses the rest"
            }
            Problem::NotSelfSigned { .. } => {
                "name the root at the end of the chain: an intermediate as an anchor is trusted by some verifiers and not by others"
            }
            Problem::OtherIssuer { .. } | Problem::BadSignature { .. } => {
                "the chain goes from the signer to the root, each certificate issued by the next: is one of another generation?"
            }
            Problem::OtherKeyIdentifier { .. } => {
                "the two are of one name and different keys: which generation of the issuer signed it?"
            }
            Problem::Outlives { .. } => {
                "let it end before its issuer does: what it signs later nobody can verify"
            }
        }
    }
}

impl fmt::Display for Problem {
    /// What is wrong, as the rest of a sentence that begins with the certificate.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::NotCa => write!(out, "is no CA"),
            Problem::CannotSign => write!(out, "may not sign certificates: its key usage leaves it out"),
            Problem::WrongPurposes => {
                write!(out, "may not sign workloads: its extended key usage leaves out clients or servers")
            }
            Problem::PathTooLong { allowed, found } => {
                write!(out, "allows {allowed} CAs below itself, and {found} follow")
            }
            Problem::StrangeExtension(oid) => {
                write!(out, "has the critical extension {oid}, which proxies do not know")
            }
            Problem::WeakKey(key) => write!(out, "has a weak key: {key}"),
            Problem::StrangeKey(key) => write!(out, "has a key that not every proxy takes: {key}"),
            Problem::WeakSignature(name) => write!(out, "has a weak signature: {name}"),
            Problem::StrangeSignature(oid) => {
                write!(out, "has a signature that not every proxy takes: {oid}")
            }
            Problem::NotSelfSigned { issuer } => write!(out, "is no root: `{issuer}` issued it"),
            Problem::OtherIssuer { named, found } => {
                write!(out, "was issued by `{named}`, and the next in its chain is `{found}`")
            }
            Problem::BadSignature { issuer } => write!(out, "was not signed by the key of `{issuer}`"),
            Problem::OtherKeyIdentifier { named, found } => {
                write!(out, "names the issuer's key {named}, and the issuer has {found}")
            }
            Problem::Outlives { own, issuer } => {
                write!(out, "ends on {}, after its issuer, which ends on {}", own.day(), issuer.day())
            }
        }
    }
}
