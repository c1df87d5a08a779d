//! Every public item shows how it is used, in an example of its own; every public method is called in one of
//! its crate's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A public item, and its documentation.
struct Documented {
    file: String,
    name: String,
    docs: String,
}

impl Documented {
    /// Whether an example names the item: every second part is between fences. Of other languages those say
    /// so.
    fn has_example(&self) -> bool {
        let other = |c: char| !c.is_alphanumeric() && c != '_';
        let fenced = self.docs.split("```").skip(1).step_by(2);
        fenced
            .filter(|part| part.starts_with('\n') || part.starts_with("no_run\n"))
            .flat_map(|code| code.split(other))
            .any(|word| word == self.name)
    }
}

/// The name of the public item that begins on a line. What is `pub` can be reached from outside the
/// crate: the lint `unreachable_pub` sees to that.
fn public(line: &str) -> Option<&str> {
    let mut words = line.strip_prefix("pub ")?.split(|c: char| !c.is_alphanumeric() && c != '_');
    let before = ["async", "const", "enum", "fn", "static", "struct", "trait", "type"];
    words.find(|word| !before.contains(word)).filter(|word| !["mod", "use"].contains(word))
}

/// Reads a file, or every file of a folder: its items, as rustfmt writes them.
fn read(path: &Path, all: &mut Vec<Documented>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            read(&entry.unwrap().path(), all);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        let mut docs = vec![];
        for line in fs::read_to_string(path).unwrap().lines() {
            match (line.strip_prefix("///"), public(line)) {
                (Some(doc), _) => docs.push(doc.to_owned()),
                (None, Some(name)) => {
                    let docs = std::mem::take(&mut docs).join("\n");
                    let file = path.display().to_string();
                    all.push(Documented { file, name: name.to_owned(), docs });
                }
                // An attribute, which may have several lines.
                (None, None) if line.starts_with(['#', ' ', ')']) => {}
                (None, None) => docs.clear(),
            }
        }
    }
}

/// The source folders of the crates that others may use.
fn libraries() -> Vec<PathBuf> {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates = fs::read_dir(core.join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let folders = crates.chain([core.to_owned()]).map(|folder| folder.join("src"));
    folders.filter(|folder| folder.join("lib.rs").is_file()).collect()
}

#[test]
fn every_public_item_has_an_example() {
    let mut items = vec![];
    for library in libraries() {
        read(&library, &mut items);
    }
    assert!(items.len() > 300, "{}", items.len());

    let without = items.iter().filter(|item| !item.has_example());
    let without: Vec<_> = without.map(|item| format!("{} {}", item.file, item.name)).collect();
    assert!(without.is_empty(), "{} of {}: {without:#?}", without.len(), items.len());
}

/// The public methods of a crate, and the code of its examples.
#[derive(Default)]
struct Methods {
    names: Vec<(String, String)>,
    examples: String,
}

impl Methods {
    fn read(&mut self, path: &Path) {
        if path.is_dir() {
            for entry in fs::read_dir(path).unwrap() {
                self.read(&entry.unwrap().path());
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            self.read_file(path);
        }
    }

    fn read_file(&mut self, path: &Path) {
        // What the fence said that the line is behind.
        let mut fenced: Option<String> = None;
        for line in fs::read_to_string(path).unwrap().lines() {
            let comment = line.trim_start().strip_prefix("//");
            let comment = comment.and_then(|it| it.strip_prefix(['/', '!'])).map(str::trim_start);
            match (comment, &fenced) {
                (Some(line), None) => fenced = line.strip_prefix("```").map(str::to_owned),
                (Some("```"), Some(_)) => fenced = None,
                (Some(code), Some(language)) if ["", "no_run"].contains(&language.as_str()) => {
                    self.examples.push_str(code);
                    self.examples.push('\n');
                }
                (Some(_), Some(_)) => {}
                (None, _) => {
                    fenced = None;
                    // rustfmt indents what is in an `impl`, and nothing else that is public.
                    if let Some(name) = line.strip_prefix("    pub ").and_then(method) {
                        self.names.push((path.display().to_string(), name.to_owned()));
                    }
                }
            }
        }
    }

    fn is_called(&self, name: &str) -> bool {
        let ends = ["(", "::<", ")"];
        [".", "::"].iter().any(|before| {
            ends.iter().any(|end| self.examples.contains(&format!("{before}{name}{end}")))
        })
    }
}

fn method(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once("fn ")?;
    let known = before.split_whitespace().all(|word| ["async", "const"].contains(&word));
    known.then(|| rest.split(['(', '<']).next()).flatten()
}

#[test]
fn every_public_method_is_called_in_an_example() {
    let (mut methods, mut without) = (0, vec![]);
    for library in libraries() {
        let mut found = Methods::default();
        found.read(&library);
        methods += found.names.len();
        let uncalled = found.names.iter().filter(|(_, name)| !found.is_called(name));
        without.extend(uncalled.map(|(file, name)| format!("{file} {name}")));
    }
    assert!(methods > 400, "{methods}");
    assert!(without.is_empty(), "{} of {methods}: {without:#?}", without.len());
}
