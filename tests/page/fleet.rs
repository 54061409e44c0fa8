//! A fleet of any size, as the benchmarks make it, and the same in pieces.

#[path = "../../benches/fleet/mod.rs"]
mod shape;

use fleetc::source::Sources;

use shape::{Shape, client};

/// How a fleet is laid out.
#[derive(Clone, Copy)]
pub struct Size {
    pub clusters: usize,
    /// Of each cluster; a multiple of `namespaces`. Each has an AccessPolicy.
    pub services: usize,
    /// Of each cluster; even.
    pub namespaces: usize,
    /// Whether every cluster has the same Services, or each its own.
    pub alike: bool,
}

impl Size {
    /// Services of the fleet.
    pub fn total(self) -> usize {
        self.clusters * self.services
    }
}

pub fn fleet(size: Size) -> Sources {
    let Size { clusters, services, namespaces, alike } = size;
    let files = match alike {
        true => Shape { clusters, namespaces, services, policies: services }.files(client),
        false => apart(size),
    };
    Sources::new("large", "fleets/large", files.into_iter().map(|(path, text)| (path, text.into_bytes())))
}

/// One cluster with all Services, dealt out to many: no two have one in common.
fn apart(size: Size) -> Vec<(String, String)> {
    let Size { clusters, namespaces, .. } = size;
    let services = size.total();
    let one = Shape { clusters: 1, namespaces, services, policies: services }.files(client);
    let mut files = Vec::new();
    for (path, text) in one {
        if !path.starts_with("clusters/") {
            files.push((path, text));
            continue;
        }
        let mut documents = text.split("---\n");
        let first = documents.next().expect("a document");
        let documents: Vec<&str> = documents.collect();
        // the account, the Service and the workload of each
        let each: Vec<String> = documents.chunks(3).map(|three| three.join("---\n")).collect();
        for cluster in 0..clusters {
            let path = path.replace("clusters/c0", &format!("clusters/c{cluster}"));
            let own = first
                .replace("name: c0", &format!("name: c{cluster}"))
                .replace("10.0.0.", &format!("10.0.{cluster}."));
            let own = [own].into_iter().chain(each.iter().skip(cluster).step_by(clusters).cloned());
            files.push((path, own.collect::<Vec<_>>().join("---\n")));
        }
    }
    files
}
