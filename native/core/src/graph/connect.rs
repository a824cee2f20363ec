//! Makes every node of the base level reachable from the entry.
//!
//! Links have a direction: a node that links to another need not be among the other's links. Nodes that are close together fill
//! each other's links, so that no link may lead to some node or region, and a walk cannot find it. So after the build:
//!
//! ```text
//! follow links from the entry; each link that reaches a node first is a tree link
//! for each node u not reached, in order:
//!     host ← a reached node near u that has a free place, or a link that is not a tree link
//!     link host → u in that place, as a tree link
//!     follow links from u
//! ```
//!
//! Tree links are never replaced, so reached nodes stay reachable. A host always exists, because `n` reached nodes have `n − 1`
//! tree links in `n · degree` places. Cost: one pass over the links, and a walk for each node that was not reachable.

use super::view::{GraphView, NO_LINK};
use super::walk::Walk;
use crate::kernel::Kernels;

/// Number of nearest nodes that are tried as hosts before all others.
const NEAR: usize = 64;

/// The nodes that are reached, and the places of the link table that hold tree links.
struct Reach {
    nodes: Vec<bool>,
    tree: Vec<bool>,
    waiting: Vec<u32>,
}

impl Reach {
    /// Marks `start` and all nodes that can be reached from it.
    fn follow(&mut self, links: &[u32], degree: usize, start: u32) {
        self.nodes[start as usize] = true;
        self.waiting.push(start);
        while let Some(node) = self.waiting.pop() {
            let at = node as usize * degree;
            for (place, &link) in links.iter().enumerate().skip(at).take(degree) {
                if link == NO_LINK {
                    break;
                }
                if !std::mem::replace(&mut self.nodes[link as usize], true) {
                    self.tree[place] = true;
                    self.waiting.push(link);
                }
            }
        }
    }

    /// A free place of `node`, or else its last place that does not hold a tree link.
    fn place(&self, links: &[u32], degree: usize, node: u32) -> Option<usize> {
        let at = node as usize * degree;
        let free = (at..at + degree).find(|&place| links[place] == NO_LINK);
        free.or_else(|| (at..at + degree).rev().find(|&place| !self.tree[place]))
    }
}

/// Adds links to `base`, the links of the base level of `graph`, until all nodes can be reached. Returns the number of added
/// links.
pub(super) fn connect(graph: &GraphView<'_>, base: &mut [u32], kernels: &Kernels) -> usize {
    let (degree, nodes) = (graph.base_degree, graph.rows.len() / graph.dim);
    let mut reach = Reach { nodes: vec![false; nodes], tree: vec![false; base.len()], waiting: Vec::new() };
    reach.follow(base, degree, graph.base_entry());
    let (mut walk, mut near, mut row) = (Walk::default(), Vec::new(), vec![0.0; graph.dim]);
    let mut added = 0;
    for node in 0..nodes as u32 {
        if reach.nodes[node as usize] {
            continue;
        }
        kernels.widen(graph.row(node), &mut row);
        walk.search(&GraphView { base, ..graph.clone() }, kernels, &row, NEAR, 0.0, &mut near);
        let others = (0..nodes as u32).filter(|&other| reach.nodes[other as usize]);
        let hosts = near.iter().map(|&(_, host)| host).chain(others);
        let Some(place) = hosts.into_iter().find_map(|host| reach.place(base, degree, host)) else { break };
        base[place] = node;
        reach.tree[place] = true;
        reach.follow(base, degree, node);
        added += 1;
    }
    added
}
