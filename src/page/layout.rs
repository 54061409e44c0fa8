//! The page around its sections.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Broken, Html, fill};

const STYLE: &str = include_str!("assets/style.css");
const SCRIPT: &str = include_str!("assets/script.js");

/// A page.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Page {
    /// What it is about, as the window's title says it and the heading: `payments-prod`.
    pub title: String,
    /// What kind of page it is, above the heading: `fleet report`.
    pub kind: String,
    /// A sentence below the heading.
    pub lead: String,
    /// In order.
    pub sections: Vec<Section>,
    /// JSON that the script reads; it says nothing that the sections do not. It must not hold a `<`.
    pub data: Option<Html>,
}

/// A part of a page with a heading of its own and an entry in the list of contents.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Section {
    /// The anchor: lower case letters and dashes, unique in its page.
    pub id: &'static str,
    /// The heading.
    pub title: String,
    /// How many of what the section is about there are, for the list of contents.
    pub count: Option<usize>,
    /// What stands below the heading.
    pub body: Html,
}

impl Page {
    /// The whole document. The same page is the same bytes.
    pub fn html(&self) -> Result<String, Broken> {
        #[derive(Serialize)]
        struct Document<'a> {
            page: &'a Page,
            style: Html,
            style_hashes: Vec<Html>,
            script: Html,
            script_hash: Html,
        }
        let document = Document {
            page: self,
            style: Html::trusted(STYLE),
            style_hashes: self.styles().map(hash).collect(),
            script: Html::trusted(SCRIPT),
            script_hash: hash(SCRIPT),
        };
        fill("page.html", &document).map(Html::into_string)
    }
}

impl Page {
    /// The style of the page, and those that its markup brings along.
    fn styles(&self) -> impl Iterator<Item = &str> {
        let parts = self.sections.iter().flat_map(|section| section.body.as_str().split("<style>").skip(1));
        let brought: BTreeSet<&str> = parts.filter_map(|part| Some(part.split_once("</style>")?.0)).collect();
        [STYLE].into_iter().chain(brought)
    }
}

/// How a Content Security Policy names what stands between two tags.
fn hash(text: &str) -> Html {
    Html::trusted(format!("sha256-{}", STANDARD.encode(Sha256::digest(text.as_bytes()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(title: &str) -> String {
        let section = Section {
            id: "one",
            title: "One <b>".into(),
            count: Some(2),
            body: Html::trusted("<p>as it is</p>"),
        };
        let page = Page { title: title.into(), sections: vec![section], ..Page::default() };
        page.html().unwrap()
    }

    #[test]
    fn text_is_text_and_markup_is_markup() {
        let page = page("<script>alert(1)</script>\" onload=\"x");
        assert!(page.contains("<p>as it is</p>"));
        assert!(page.contains("One &lt;b&gt;"));
        assert_eq!(page.matches("<script>").count(), 1);
        assert!(!page.contains("onload=\"x"));
    }

    #[test]
    fn its_own_script_and_style_are_the_ones_that_are_allowed() {
        let page = page("x");
        for (start, end) in [("<style>", "</style>"), ("<script>", "</script>")] {
            let inner = page.split_once(start).unwrap().1.split_once(end).unwrap().0;
            assert!(page.contains(&format!("'{}'", hash(inner).as_str())), "{start}");
        }
    }
}
