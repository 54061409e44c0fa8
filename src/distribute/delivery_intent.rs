//! What a GitOps engine is told, in words of no engine.

use std::collections::BTreeMap;

use super::intent::{Origins, RoleSubject};
pub use crate::bind::{Applications, Component, Decryption, Engine};
use crate::manifest::Values;

/// Everything the engine is told about a fleet.
#[derive(Debug, Clone)]
pub struct DeliveryIntent {
    /// What syncs the trees.
    pub engine: Engine,
    /// The namespace of the engine's objects.
    pub namespace: String,
    /// The fleet, which bounds what its units may touch.
    pub fleet: String,
    /// Where the trees are.
    pub source: Source,
    /// Where the engine runs: once, or in every cluster.
    pub sites: Vec<Site>,
    /// Why they are there.
    pub origins: Origins,
}

/// The repository that holds the trees.
#[derive(Debug, Clone)]
pub struct Source {
    /// Its address.
    pub repository: String,
    /// The branch, tag or commit.
    pub revision: String,
    /// The Secret with its credentials, where the engine is told it.
    pub secret: Option<String>,
    /// The Secret with the credentials of chart repositories, where the engine is told it.
    pub charts_secret: Option<String>,
}

/// One place where the engine runs.
#[derive(Debug, Clone)]
pub struct Site {
    /// The cluster, if it is one of the fleet's and writes to itself alone.
    pub cluster: Option<String>,
    /// The folder of its objects, in the repository.
    pub folder: String,
    /// The clusters that its units write to.
    pub targets: Vec<Target>,
    /// The chart repositories that units read: name → address.
    pub chart_repositories: BTreeMap<String, String>,
    /// The units, in order of name.
    pub units: Vec<Unit>,
    /// The teams that deploy beside the fleet.
    pub teams: Vec<Team>,
}

/// A cluster as the engine knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The cluster's name.
    pub cluster: String,
    /// How it is reached.
    pub reach: Reach,
}

/// How an engine reaches a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// It runs there.
    Here,
    /// The engine knows it by its name.
    Name,
    /// By the URL of its API server.
    Server(String),
    /// By a kubeconfig in this Secret.
    KubeConfig(String),
}

/// Something the engine syncs on its own.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Its name.
    pub name: String,
    /// Where to.
    pub target: Target,
    /// When, among all units of the site.
    pub wave: i32,
    /// The units of the same engine kind that it waits for, where the engine is told so.
    pub after: Vec<String>,
    /// What.
    pub content: Content,
    /// Why it is there.
    pub origins: Origins,
}

impl Unit {
    /// Whether other clusters may wait for it.
    pub fn is_alone(&self) -> bool {
        matches!(&self.content, Content::Folder(Folder { alone: true, .. }))
    }
}

/// What a unit syncs.
#[derive(Debug, Clone)]
pub enum Content {
    /// A folder of the repository.
    Folder(Folder),
    /// A Helm release.
    Release(Box<ReleaseUnit>),
}

/// A folder of the repository.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Its path.
    pub path: String,
    /// Whether objects gone from the folder are deleted.
    pub prune: bool,
    /// Whether the objects are parts of others' objects, applied field by field.
    pub partial: bool,
    /// Whether it is well without any other cluster and any team, so that other clusters may wait for it.
    pub alone: bool,
    /// How it is decrypted, where it holds something that SOPS encrypted.
    pub decryption: Option<Decryption>,
}

/// A Helm release.
#[derive(Debug, Clone)]
pub struct ReleaseUnit {
    /// What it installs.
    pub component: Component,
    /// The chart repository's address.
    pub repository: String,
    /// The name by which the engine knows it, where it has one.
    pub repository_name: String,
    /// The chart.
    pub chart: String,
    /// The chart's version.
    pub version: String,
    /// The release's name.
    pub release: String,
    /// The namespace.
    pub namespace: String,
    /// The chart's values.
    pub values: Values,
    /// Whether it may be taken away.
    pub retires: bool,
}

/// A workspace's team, which deploys into what the workspace owns.
#[derive(Debug, Clone)]
pub struct Team {
    /// The team's name among all of the engine.
    pub name: String,
    /// The workspace.
    pub workspace: String,
    /// The repositories it deploys from.
    pub repositories: Vec<String>,
    /// Clusters and namespaces.
    pub destinations: Vec<(Target, String)>,
    /// Cluster-wide roles, and who has them.
    pub roles: Vec<(String, Vec<RoleSubject>)>,
    /// Why it is there.
    pub origins: Origins,
}
