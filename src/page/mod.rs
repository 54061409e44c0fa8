//! Pages of HTML that stand alone: one file that opens from disk, with no request for anything else.
//!
//! A [`Page`] is its [`Section`]s in order below one heading. What stands in it is plain HTML that is whole without
//! JavaScript; a script may fold and filter it. Text becomes markup only by [`fill`], whose templates escape whatever is
//! no [`Html`] already. The page forbids itself the network, and any script but its own, by a Content Security Policy.

mod html;
mod layout;
pub mod report;

pub use html::{Broken, Html, fill, table};
pub use layout::{Page, Section};
