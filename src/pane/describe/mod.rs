//! `describe`: one object of a fleet with everything that came of it, and the place of each statement.
//!
//! Statements come from the Mesh, from what is rendered and from what that enforces; nothing is decided here.

mod access_policy;
mod calls;
mod cluster;
mod description;
mod global_name;
mod ground;
mod lookup;
mod service;
mod sharing;
mod workspace;

pub use description::{At, Description, Fact, Section};
pub use ground::Ground;

use crate::question::NoAnswer;

/// What can be described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A Workspace.
    Workspace,
    /// A VirtualDestination.
    VirtualDestination,
    /// A Segment.
    Segment,
    /// An AccessPolicy.
    AccessPolicy,
    /// A KubernetesCluster.
    Cluster,
    /// A Service of the inventory.
    Service,
}

/// Describes an object by its name, and by its namespace where others have the name too. There is no answer if no object is
/// named so, or several are.
pub fn describe(
    ground: &Ground<'_>,
    subject: Subject,
    name: &str,
    namespace: Option<&str>,
) -> Result<Description, NoAnswer> {
    let (namespace, name) = lookup::find(ground.mesh, subject, name, namespace)?;
    Ok(match subject {
        Subject::Workspace => workspace::workspace(ground, &name),
        Subject::VirtualDestination => {
            global_name::global_name(ground, "VirtualDestination", &namespace, &name)
        }
        Subject::Segment => global_name::global_name(ground, "Segment", &namespace, &name),
        Subject::AccessPolicy => access_policy::access_policy(ground, &namespace, &name),
        Subject::Cluster => cluster::cluster(ground, &name),
        Subject::Service => service::service(ground, &namespace, &name),
    })
}
