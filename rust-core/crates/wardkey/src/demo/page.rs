//! A page as people read it: by the words on its links and buttons.

use reqwest::Url;
use scraper::{ElementRef, Html, Node, Selector};

use crate::failure::Failure;

const STAGE: &str = "reading a page";

/// A page as it came.
#[derive(Clone)]
pub(super) struct Page {
    address: Url,
    html: String,
}

/// A form of a page, filled in as the page has it.
pub(super) struct Form {
    pub(super) action: Url,
    pub(super) sends_in_body: bool,
    pub(super) fields: Vec<(String, String)>,
}

impl Page {
    pub(super) const fn new(address: Url, html: String) -> Self {
        Self { address, html }
    }

    /// The text of the first element that fits, its spaces as a browser shows them.
    pub(super) fn first(&self, selector: &str) -> Option<String> {
        let selector = Selector::parse(selector).ok()?;
        Html::parse_document(&self.html).select(&selector).next().map(words_of)
    }

    /// The value of an attribute of the first element that fits.
    pub(super) fn attribute(&self, selector: &str, name: &str) -> Option<String> {
        let selector = Selector::parse(selector).ok()?;
        let document = Html::parse_document(&self.html);
        document.select(&selector).next()?.value().attr(name).map(str::to_owned)
    }

    /// What somebody says who expected another page.
    pub(super) fn is_not(&self, problem: &str) -> Failure {
        let heading = self.first("h1").unwrap_or_default();
        failed(format!("{} (“{heading}”): {problem}", self.address.path()))
    }

    /// The words of the cells of each row.
    pub(super) fn rows(&self, rows: &str, cells: &str) -> Vec<Vec<String>> {
        let (Ok(rows), Ok(cells)) = (Selector::parse(rows), Selector::parse(cells)) else {
            return Vec::new();
        };
        let document = Html::parse_document(&self.html);
        document.select(&rows).map(|row| row.select(&cells).map(words_of).collect()).collect()
    }

    /// An address as the page means it.
    pub(super) fn resolve(&self, reference: &str) -> Result<Url, Failure> {
        self.address.join(reference).map_err(failed)
    }

    /// Where the link that says `words` leads, if there is one.
    pub(super) fn link(&self, words: &str) -> Result<Option<Url>, Failure> {
        let document = Html::parse_document(&self.html);
        let links = Selector::parse("a[href]").map_err(failed)?;
        let found = document.select(&links).find(|link| words_of(*link) == words);
        let target = found.and_then(|link| link.value().attr("href"));
        target.map(|target| self.resolve(target)).transpose()
    }

    /// The form whose button says `button`, which is pressed when it is sent.
    pub(super) fn form(&self, button: &str) -> Result<Form, Failure> {
        let document = Html::parse_document(&self.html);
        let forms = Selector::parse("form").map_err(failed)?;
        let buttons = Selector::parse("button").map_err(failed)?;
        let pressed = |form: ElementRef<'_>| {
            let fits = |candidate: &ElementRef<'_>| words_of(*candidate) == button;
            form.select(&buttons).find(fits).map(|found| field_of(&found))
        };
        let found = document.select(&forms).find_map(|form| Some((form, pressed(form)?)));
        let (form, pressed) =
            found.ok_or_else(|| self.is_not(&format!("there is no button “{button}”")))?;
        let method = form.value().attr("method").unwrap_or_default();
        let mut fields = inputs_of(form)?;
        fields.extend(pressed);
        Ok(Form {
            action: self.resolve(form.value().attr("action").unwrap_or_default())?,
            sends_in_body: method.eq_ignore_ascii_case("post"),
            fields,
        })
    }
}

impl Form {
    /// Fills fields in.
    pub(super) fn with(mut self, filled: Vec<(String, String)>) -> Self {
        self.fields.retain(|(field, _)| filled.iter().all(|(name, _)| name != field));
        self.fields.extend(filled);
        self
    }
}

/// What the form's fields hold; a choice that nobody made yet holds nothing.
fn inputs_of(form: ElementRef<'_>) -> Result<Vec<(String, String)>, Failure> {
    let inputs = Selector::parse("input[name]").map_err(failed)?;
    let is_set = |input: &ElementRef<'_>| match input.value().attr("type") {
        Some("radio" | "checkbox") => input.value().attr("checked").is_some(),
        _ => true,
    };
    Ok(form.select(&inputs).filter(is_set).filter_map(|input| field_of(&input)).collect())
}

fn field_of(element: &ElementRef<'_>) -> Option<(String, String)> {
    let name = element.value().attr("name")?;
    Some((name.to_owned(), element.value().attr("value").unwrap_or_default().to_owned()))
}

/// What is there for everybody: headings that only narrow screens show are hidden from readers.
fn words_of(element: ElementRef<'_>) -> String {
    let is_hidden = |node: ego_tree::NodeRef<'_, Node>| {
        let mut around = node.ancestors().filter_map(ElementRef::wrap);
        around.any(|outer| outer.value().attr("aria-hidden") == Some("true"))
    };
    let shown = element.descendants().filter(|node| !is_hidden(*node));
    let text: String = shown.filter_map(|node| Some(node.value().as_text()?.to_string())).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(STAGE, error, "run the demo again; report this if it repeats")
}
