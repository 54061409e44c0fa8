//! `fleetc ca`: the offline CA. Roots and intermediates are minted into the fleet directory: certificates in clear, keys
//! encrypted, a root's for its operators and a cluster's for that cluster. A build only copies what is there.

mod age;
mod book;
mod init;
mod issue;
mod keys;
mod mint;
mod random;
mod rotate;
mod sealed;
mod sops;
mod status;

use clap::Subcommand;

use super::Verdict;
use super::terminal::Terminal;
use super::trouble::Trouble;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Where things are, from the fleet directory:
  trust/recipients.txt                      operators, who may use the roots: age recipients, one a line
  trust/roots/<root>.pem                    a root
  trust/roots/<root>.key.age                its key, encrypted for the operators
  trust/<cluster>/recipients.txt            who decrypts for a cluster (Argo CD's plugin, Flux): age recipients
  trust/<cluster>/sealing-cert.pem          or the certificate of its sealed-secrets controller
  trust/<cluster>/ca-cert.pem               what the cluster signs with
  trust/<cluster>/cert-chain.pem            that, and the root
  trust/<cluster>/cacerts.sops.yaml         its key, for the recipients
  trust/<cluster>/cacerts.sealedsecret.yaml or for the controller

A private key is never written in clear. Whoever signs gives an identity of age by --identity, or by
SOPS_AGE_KEY_FILE or SOPS_AGE_KEY; it has no place in the repository.")]
pub struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Make a root
    Init(init::Arguments),
    /// Make intermediates, one a cluster, under the root that is to sign
    Issue(issue::Arguments),
    /// Say who signs, what ends when, and how far a rotation is
    Status(status::Arguments),
    /// Rotate the root, one phase a merge
    Rotate(rotate::Arguments),
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    match &arguments.task {
        Task::Init(arguments) => init::run(arguments, terminal),
        Task::Issue(arguments) => issue::run(arguments, terminal),
        Task::Status(arguments) => status::run(arguments, terminal),
        Task::Rotate(arguments) => rotate::run(arguments, terminal),
    }
}
