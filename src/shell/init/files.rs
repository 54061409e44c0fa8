//! What a new repository holds: the texts of `new/` with what was asked filled in.

use crate::bind::{Distribution, newest};

/// What the texts leave open.
#[derive(Debug, Clone, Copy)]
pub struct Answers<'a> {
    /// The fleet's name.
    pub fleet: &'a str,
    /// The first cluster's.
    pub cluster: &'a str,
    /// The repository's URL.
    pub repository: &'a str,
    /// Whose Istio runs.
    pub distribution: Distribution,
    /// GitLab's pipelines instead of GitHub's.
    pub gitlab: bool,
}

/// Path in the repository → text, in order of path.
pub fn files(answers: &Answers<'_>) -> Vec<(String, String)> {
    let Answers { fleet, cluster, repository, distribution, gitlab } = answers;
    let home = env!("CARGO_PKG_REPOSITORY").trim_start_matches("https://github.com/");
    let distribution_name = match distribution {
        Distribution::Solo => "solo",
        Distribution::Upstream => "upstream",
    };
    let fill = |text: &str| {
        [
            ("fleet", *fleet),
            ("cluster", *cluster),
            ("repository", *repository),
            ("distribution", distribution_name),
            ("version", newest(*distribution)),
            ("action", home),
            ("fleetc", env!("CARGO_PKG_VERSION")),
        ]
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{{{name}}}}}"), value))
    };
    let below = |path: &str| format!("fleets/{fleet}/{path}");
    let pipeline = match gitlab {
        true => (".gitlab-ci.yml".to_owned(), include_str!("new/gitlab-ci.yaml")),
        false => (".github/workflows/fleet.yaml".to_owned(), include_str!("new/github-workflow.yaml")),
    };
    let texts = [
        pipeline,
        (".gitignore".to_owned(), include_str!("new/gitignore")),
        (".vscode/extensions.json".to_owned(), include_str!("new/vscode-extensions.json")),
        (".vscode/settings.json".to_owned(), include_str!("new/vscode-settings.json")),
        ("README.md".to_owned(), include_str!("new/readme.md")),
        (below("clusters.yaml"), include_str!("new/clusters.yaml")),
        (below("clusters/_all/namespaces.yaml"), include_str!("new/inventory.yaml")),
        (below("fleet.yaml"), include_str!("new/fleet.yaml")),
        (below("lifecycle/eastwest.yaml"), include_str!("new/eastwest.yaml")),
        (below("lifecycle/istio.yaml"), include_str!("new/istio.yaml")),
        (below("tenancy/demo-workspace.yaml"), include_str!("new/workspace.yaml")),
        (below("trust/shared-trust.yaml"), include_str!("new/trust.yaml")),
    ];
    let schemas = crate::schemas().into_iter();
    let schemas = schemas.map(|(kind, schema)| (format!("schemas/{}.json", kind.to_lowercase()), schema));
    texts.into_iter().map(|(path, text)| (path, fill(text))).chain(schemas).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Level;
    use crate::source::Sources;

    fn fleet(distribution: Distribution, change: impl Fn(&str) -> String) -> Sources {
        let answers = Answers {
            fleet: "bank",
            cluster: "eu-west",
            repository: "git@git.example:mesh.git",
            distribution,
            gitlab: false,
        };
        let files = files(&answers).into_iter().filter_map(|(path, text)| {
            assert!(!text.contains("{{"), "{path}");
            let path = path.strip_prefix("fleets/bank/")?;
            Some((path.to_owned(), change(&text).into_bytes()))
        });
        Sources::new("bank", "", files)
    }

    #[test]
    fn a_new_fleet_holds_nothing_to_complain_about() {
        for distribution in [Distribution::Solo, Distribution::Upstream] {
            let compiled = crate::compile(&fleet(distribution, str::to_owned));
            let findings = compiled.map(|compiled| compiled.findings().clone()).unwrap_or_else(|found| found);
            let grave: Vec<_> = findings.iter().filter(|finding| finding.code.level != Level::Info).collect();
            assert!(grave.is_empty(), "{distribution:?} {grave:?}");
        }
    }

    #[test]
    fn what_is_commented_out_is_good_too() {
        let uncommented = |text: &str| {
            let is_yaml = |line: &&str| {
                let bare = line.trim_start().strip_prefix("# ").unwrap_or_default();
                let word: String = bare.trim_start_matches("- ").chars().take_while(|c| *c != ':').collect();
                bare.contains(':') && !word.trim().contains(' ') && !bare.starts_with("yaml-language-server")
            };
            let lines = text
                .lines()
                .map(|line| if is_yaml(&line) { line.replacen("# ", "", 1) } else { line.into() });
            lines.filter(|line| line.trim() != "pending: true").collect::<Vec<_>>().join("\n") + "\n"
        };
        let sources = fleet(Distribution::Solo, uncommented);
        let text = |path: &str| sources.by_path(path).map(|(id, _)| sources.text(id).into_owned()).unwrap();
        assert!(
            text("trust/shared-trust.yaml").contains("\nkind: RootTrustPolicy"),
            "{}",
            text("trust/shared-trust.yaml")
        );
        assert!(text("clusters.yaml").contains("\n    addresses:\n    - type:"), "{}", text("clusters.yaml"));
        assert!(text("tenancy/demo-workspace.yaml").contains("\n  owners:"));
        let compiled = crate::compile(&sources);
        assert!(compiled.is_ok(), "{compiled:?}");
    }
}
