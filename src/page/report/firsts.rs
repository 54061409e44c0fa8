//! What each Service says in the first cluster that has it.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::who::{Known, Said, Why, heard};
use crate::bind::Service;
use crate::question::{Gate, Scene, service_gates};
use crate::reach::{ClusterWorld, say_the_same};

/// What a port says to everybody, and why.
#[derive(Clone)]
pub struct Told {
    /// The widest set of callers first.
    pub said: Arc<Vec<Said>>,
    /// For each of them.
    pub why: Arc<Vec<Why>>,
}

impl Told {
    /// Asks.
    pub fn of<'w>(scene: Scene<'_>, cluster: &'w ClusterWorld<'w>, gate: &Gate<'w>, known: &Known) -> Self {
        let (said, why) = heard(scene, cluster, gate, known).into_iter().unzip();
        Told { said: Arc::new(said), why: Arc::new(why) }
    }
}

/// The ports of each Service in the first cluster that has it. Elsewhere it mostly stands behind the same policies, and
/// need not be asked again.
pub struct Firsts<'w> {
    /// By namespace and name.
    asked: BTreeMap<(&'w str, &'w str), Asked<'w>>,
}

struct Asked<'w> {
    cluster: &'w ClusterWorld<'w>,
    ports: Vec<(Gate<'w>, Told)>,
}

impl<'w> Firsts<'w> {
    /// Asks each of them.
    pub fn of(scene: Scene<'w>, known: &Known) -> Self {
        let mut first: BTreeMap<(&str, &str), (&ClusterWorld<'_>, &Service)> = BTreeMap::new();
        for cluster in &scene.world.clusters {
            for (space, namespace) in cluster.namespaces {
                for (name, service) in &namespace.services {
                    first.entry((space, name)).or_insert((cluster, service));
                }
            }
        }
        let asked = first.into_par_iter().map(|((space, name), (cluster, service))| {
            let gates = service_gates(cluster, space, name, service);
            let told = gates.map(|gate| {
                let told = Told::of(scene, cluster, &gate, known);
                (gate, told)
            });
            ((space, name), Asked { cluster, ports: told.collect() })
        });
        Firsts { asked: asked.collect() }
    }

    /// What the first says, where the policies of this cluster say the same.
    pub fn told(&self, cluster: &ClusterWorld<'_>, service: (&str, &str), gate: &Gate<'_>) -> Option<Told> {
        let first = self.asked.get(&service)?;
        let (same, told) = first.ports.iter().find(|(own, _)| own.port == gate.port)?;
        let alike = first.cluster.config == cluster.config
            && same.behind.len() == gate.behind.len()
            && same.behind.iter().zip(&gate.behind).all(|(one, other)| say_the_same(one, other));
        alike.then(|| told.clone())
    }
}
