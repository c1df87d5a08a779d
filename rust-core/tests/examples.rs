//! Every public item shows how it is used: in an example of its own, or by a link to one that names it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::Path};

/// A module or public item, and its documentation.
struct Documented {
    file: String,
    name: String,
    docs: String,
}

impl Documented {
    /// The code of its examples: every second part is between fences. Of other languages those say so.
    fn examples(&self) -> impl Iterator<Item = &str> {
        let fenced = self.docs.split("```").skip(1).step_by(2);
        fenced.filter(|part| part.starts_with('\n') || part.starts_with("no_run\n"))
    }

    /// Whether one of them names `name`.
    fn show(&self, name: &str) -> bool {
        let other = |c: char| !c.is_alphanumeric() && c != '_';
        self.examples().flat_map(|code| code.split(other)).any(|word| word == name)
    }

    /// The names of what its documentation links to.
    fn links(&self) -> impl Iterator<Item = &str> {
        let links = self.docs.split('[').skip(1).filter_map(|rest| rest.split_once(']'));
        links.map(|(text, after)| {
            let target = after.strip_prefix('(').and_then(|target| target.split(')').next());
            match target.unwrap_or(text).trim_matches('`').rsplit("::").next() {
                Some("self") => module(&self.file, 0),
                Some("super") => module(&self.file, 1),
                other => other.unwrap_or_default(),
            }
        })
    }
}

/// The module a file is, such as `src/hybrid/qr.rs`, or the one so many levels up.
fn module(file: &str, up: usize) -> &str {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod").trim_end_matches("/lib");
    path.rsplit('/').nth(up).filter(|name| *name != "src").unwrap_or("crate")
}

/// The name of the public item that begins on a line. What is `pub` can be reached from outside the
/// crate: the lint `unreachable_pub` sees to that.
fn public(line: &str) -> Option<&str> {
    let mut words = line.strip_prefix("pub ")?.split(|c: char| !c.is_alphanumeric() && c != '_');
    let before = ["async", "const", "enum", "fn", "static", "struct", "trait", "type"];
    words.find(|word| !before.contains(word)).filter(|word| !["mod", "use"].contains(word))
}

/// Reads a file, or every file of a folder: its module and its items, as rustfmt writes them.
fn read(path: &Path, file: &str, all: &mut Vec<Documented>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap().map(|entry| entry.unwrap()) {
            let name = entry.file_name().into_string().unwrap();
            read(&entry.path(), &format!("{file}/{name}"), all);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        let text = fs::read_to_string(path).unwrap();
        let lines = text.lines().filter_map(|line| line.strip_prefix("//!"));
        let (name, docs) = (module(file, 0).to_owned(), lines.collect::<Vec<_>>().join("\n"));
        all.push(Documented { file: file.to_owned(), name, docs });
        let mut docs = vec![];
        for line in text.lines() {
            match (line.strip_prefix("///"), public(line)) {
                (Some(doc), _) => docs.push(doc),
                (None, Some(name)) => {
                    let docs = std::mem::take(&mut docs).join("\n");
                    all.push(Documented { file: file.to_owned(), name: name.to_owned(), docs });
                }
                // An attribute, which may have several lines.
                (None, None) if line.starts_with(['#', ' ', ')']) => {}
                (None, None) => docs.clear(),
            }
        }
    }
}

#[test]
fn every_public_item_has_an_example() {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates = fs::read_dir(core.join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let libraries = crates.chain([core.to_owned()]).filter(|it| it.join("src/lib.rs").is_file());
    let (mut items, mut without) = (0, vec![]);
    for library in libraries {
        let mut all = vec![];
        read(&library.join("src"), "src", &mut all);
        for item in all.iter().filter(|it| it.name != module(&it.file, 0)) {
            let linked = item.links().flat_map(|link| all.iter().filter(move |it| it.name == link));
            items += 1;
            if item.examples().next().is_none() && !linked.into_iter().any(|it| it.show(&item.name))
            {
                without.push(format!("{}/{} {}", library.display(), item.file, item.name));
            }
        }
    }
    assert!(items > 300, "{items}");
    assert!(without.is_empty(), "{} of {items}: {without:#?}", without.len());
}
