//! `fleetc cluster add`.

use std::net::IpAddr;

use super::carry::Common;
use super::others::changed_by;
use super::summary::Summary;
use crate::kinds::object::{is_dns_label, is_dns_name, is_label_value, is_trust_domain};
use crate::report::Findings;
use crate::revise::{self, Addition};
use crate::shell::terminal::Terminal;
use crate::shell::trouble::Trouble;
use crate::shell::{Verdict, findings};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  fleetc cluster add eu-north --like eu-west --address 203.0.113.40
  fleetc cluster add eu-north --like eu-west --pending --labels region=eu-north,tier=prod
  fleetc cluster add eu-north --like eu-west --address ew.north.example --dry-run

The fleet's YAML is edited in place, comments, order and layout kept. The new cluster gets the model's labels, cluster
domain and trust domain, and stands wherever the model stands by name in a list of clusters. It never gets the model's
inventory, network, API server or credentials. The edited fleet is compiled first; with an error in it nothing is written.

Exit code: 0 written, 1 refused, 2 wrong usage or a disk that refuses.")]
pub struct Arguments {
    /// The new cluster's name
    #[arg(value_parser = name)]
    name: String,

    /// The cluster that it is like
    #[arg(long, value_name = "CLUSTER")]
    like: String,

    /// Where its east-west gateway is reached, an IP address or a DNS name; may be given more than once
    #[arg(long, value_name = "ADDR", value_parser = address, required_unless_present = "pending")]
    address: Vec<String>,

    /// The gateway has no address yet: peers to it wait
    #[arg(long, conflicts_with = "address")]
    pending: bool,

    /// Labels beside the model's, or instead of them
    #[arg(long, value_name = "KEY=VALUE", value_delimiter = ',', value_parser = label)]
    labels: Vec<(String, String)>,

    /// Its trust domain; without it the model's, with the model's name in it replaced
    #[arg(long, value_name = "DOMAIN", value_parser = trust_domain)]
    trust_domain: Option<String>,

    #[command(flatten)]
    common: Common,
}

pub fn run(arguments: &Arguments, terminal: &Terminal) -> Result<Verdict, Trouble> {
    let before = arguments.common.open()?;
    let wish = Addition {
        name: arguments.name.clone(),
        like: arguments.like.clone(),
        addresses: arguments.address.clone(),
        labels: arguments.labels.iter().cloned().collect(),
        trust_domain: arguments.trust_domain.clone(),
    };
    let revision = match revise::add(&before.sources, &wish) {
        Ok(revision) => revision,
        Err(findings) => return Ok(before.refused(&findings, terminal)),
    };
    let Some(after) = before.edited(&revision, terminal) else { return Ok(Verdict::Refused) };
    let (old, new) = (before.files(), after.files());
    if let Some(old) = &old {
        let mut found = Findings::default();
        found.extend_from(changed_by(&wish.name, after.place(&wish.name), old, &new));
        terminal.complain(&findings::text(&[(&after.sources, &found)], terminal));
    }
    let mut summary = Summary::new(&before.sources, &revision, old.as_ref(), &new);
    summary.then(vec![
        format!("put what runs in `{}` below `clusters/{}/`", wish.name, wish.name),
        "`fleetc build`, and commit fleets and trees together".to_owned(),
    ]);
    arguments.common.finish(&before, &revision, &summary, terminal)
}

fn name(text: &str) -> Result<String, String> {
    match is_dns_label(text) {
        true => Ok(text.to_owned()),
        false => Err("not a name: at most 63 lower case letters, digits and `-`".to_owned()),
    }
}

fn address(text: &str) -> Result<String, String> {
    match text.parse::<IpAddr>().is_ok() || is_dns_name(text) {
        true => Ok(text.to_owned()),
        false => Err("neither an IP address nor a DNS name".to_owned()),
    }
}

fn trust_domain(text: &str) -> Result<String, String> {
    match is_trust_domain(text) {
        true => Ok(text.to_owned()),
        false => Err("not a trust domain: lower case letters, digits, `.`, `-` and `_`".to_owned()),
    }
}

fn label(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("not `key=value`")?;
    let (prefix, name) = key.rsplit_once('/').unwrap_or(("a", key));
    match !name.is_empty() && is_label_value(name) && is_dns_name(prefix) && is_label_value(value) {
        true => Ok((key.to_owned(), value.to_owned())),
        false => {
            Err("not a label: at most 63 letters, digits, `-`, `_` and `.` on either side of `=`".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubernetes_would_refuse_is_wrong_usage() {
        assert!(name("eu-north").is_ok() && name("eu.north").is_err() && name("_all").is_err());
        assert!(address("2001:db8::1").is_ok() && address("ew.example").is_ok() && address("a b").is_err());
        assert!(trust_domain("bank.example").is_ok() && trust_domain("*").is_err());
        assert_eq!(label("a.b/c=d"), Ok(("a.b/c".into(), "d".into())));
        assert_eq!(label("region="), Ok(("region".into(), String::new())));
        for bad in ["region", "=x", "a b=c", "a=b/c", "A_b/c=d"] {
            assert!(label(bad).is_err(), "{bad}");
        }
    }
}
