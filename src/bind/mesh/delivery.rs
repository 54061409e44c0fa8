//! What syncs the trees, from where, and how its objects hang together.

/// What syncs the trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Engine {
    /// Argo CD.
    ArgoCd {
        /// What holds its Applications together.
        applications: Applications,
        /// An AppProject that is there already; `None`: one is rendered.
        project: Option<String>,
        /// The repositories that the workspaces' teams deploy from; empty: they get no AppProject.
        team_repositories: Vec<String>,
    },
    /// Flux.
    Flux,
}

/// Where the engine runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topology {
    /// In one cluster, from which it writes to all.
    Hub,
    /// In each cluster, to which it writes.
    PerCluster,
}

/// What holds the Applications of Argo CD together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applications {
    /// Nothing.
    Separate,
    /// An Application of Applications.
    AppOfApps,
    /// An ApplicationSet.
    ApplicationSet,
}
