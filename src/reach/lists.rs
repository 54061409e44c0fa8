//! A field of a policy and its `not` twin.

/// The two lists of one attribute. A list without entries says nothing, which is not the same as matching
/// nothing.
#[derive(Debug, Clone)]
pub(super) struct Lists<T> {
    pub any_of: Option<T>,
    pub none_of: Option<T>,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Lists { any_of: None, none_of: None }
    }
}

impl<T> Lists<T> {
    /// Reads both lists with `read`, which gives `None` for a list that holds no usable entry.
    pub fn read(values: &[String], not_values: &[String], read: impl Fn(&[String]) -> Option<T>) -> Self {
        Lists { any_of: read(values), none_of: read(not_values) }
    }

    pub fn is_empty(&self) -> bool {
        self.any_of.is_none() && self.none_of.is_none()
    }

    /// (no positive list, or a hit in it) and no hit in the negative one (ztunnel src/rbac.rs,
    /// `matches_internal`).
    pub fn hold(&self, hit: impl Fn(&T) -> bool) -> bool {
        self.any_of.as_ref().is_none_or(&hit) && !self.none_of.as_ref().is_some_and(&hit)
    }
}
