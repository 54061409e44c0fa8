//! What is proved for the callers that `Marks` gives is proved for all: for every policy and every caller there is one of
//! them whom every rule of it treats alike.

#![allow(clippy::unwrap_used, reason = "a test stops at the first thing that is not as it should be")]

use fleetc::manifest::{
    Action, AuthorizationPolicy, AuthorizationPolicySpec, Condition, From, Labels, Metadata, Rule, Source,
};
use fleetc::reach::{Cluster, Connection, Identity, Marks, Policies, Workload};
use proptest::prelude::*;

/// Few letters, so that beginnings, ends and whole names meet.
fn word() -> impl Strategy<Value = String> {
    "[ab]{1,3}"
}

fn principal() -> impl Strategy<Value = String> {
    (word(), word(), word())
        .prop_map(|(domain, namespace, account)| format!("{domain}/ns/{namespace}/sa/{account}"))
}

/// A principal, or a piece of one with a wildcard where it is cut.
fn pattern() -> impl Strategy<Value = String> {
    (principal(), any::<prop::sample::Index>(), 0..4).prop_map(|(text, at, form)| {
        let at = at.index(text.len() + 1);
        match form {
            0 => text,
            1 => format!("{}*", text.get(..at).unwrap_or_default()),
            2 => format!("*{}", text.get(at..).unwrap_or_default()),
            _ => "*".to_owned(),
        }
    })
}

fn name_pattern() -> impl Strategy<Value = String> {
    (word(), 0..3).prop_map(|(word, form)| match form {
        0 => word,
        1 => format!("{word}*"),
        _ => format!("*{word}"),
    })
}

prop_compose! {
    fn rule()(
        principals in prop::collection::vec(pattern(), 0..3),
        not_principals in prop::collection::vec(pattern(), 0..3),
        namespaces in prop::collection::vec(name_pattern(), 0..3),
        not_namespaces in prop::collection::vec(name_pattern(), 0..2),
        accounts in prop::collection::vec((word(), word()), 0..2),
        condition in prop::option::of(pattern()),
    ) -> Rule {
        let accounts = accounts.into_iter().map(|(namespace, account)| format!("{namespace}/{account}"));
        let source = Source {
            principals,
            not_principals,
            namespaces,
            not_namespaces,
            service_accounts: accounts.collect(),
            ..Source::default()
        };
        let when = condition.map(|value| Condition {
            key: "source.principal".into(),
            values: vec![value],
            ..Condition::default()
        });
        Rule { from: vec![From { source }], when: when.into_iter().collect(), ..Rule::default() }
    }
}

/// Which of the rules match a caller, each asked in a policy of its own.
fn matching(rules: &[Rule], caller: &Identity) -> Vec<bool> {
    let labels = Labels::new();
    let matches = |rule: &Rule| {
        let spec = AuthorizationPolicySpec {
            action: Action::Allow,
            rules: vec![rule.clone()],
            ..AuthorizationPolicySpec::default()
        };
        let metadata = Metadata { name: "p".into(), namespace: Some("n".into()), ..Metadata::default() };
        let policy = AuthorizationPolicy::new(metadata, spec);
        let policies = Policies::new(&Cluster::default(), [&policy], []);
        let scope = policies.at(&Workload::new("n", &labels));
        scope.verdict(&Connection::new(Some(caller), 80)).allowed
    };
    rules.iter().map(matches).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn one_of_them_stands_for_every_caller(
        rules in prop::collection::vec(rule(), 1..4),
        callers in prop::collection::vec((word(), word(), word()), 12),
    ) {
        let spec = AuthorizationPolicySpec { rules: rules.clone(), ..AuthorizationPolicySpec::default() };
        let metadata = Metadata { name: "p".into(), namespace: Some("n".into()), ..Metadata::default() };
        let marks = Marks::of([&AuthorizationPolicy::new(metadata, spec)]);
        let standing: Vec<Vec<bool>> = marks.identities().iter().map(|one| matching(&rules, one)).collect();
        for (domain, namespace, account) in callers {
            let caller = Identity::new(&domain, &namespace, &account);
            let treated = matching(&rules, &caller);
            prop_assert!(standing.contains(&treated), "nobody stands for {caller}: {treated:?} of {rules:#?}");
        }
    }
}
