//! One pane for the declared fleet: what a management plane shows in status, answered from the files.
//!
//! It reads the Mesh and says what is in it; it decides nothing.

mod certificates;
pub mod describe;
mod get;
pub mod graph;
mod table;
mod words;

pub use certificates::certificates;
pub use get::{Resource, get};
pub use table::Table;
