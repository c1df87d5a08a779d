//! Every public item shows how it is used, in an example of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::Path};

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

#[test]
fn every_public_item_has_an_example() {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates = fs::read_dir(core.join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let libraries = crates.chain([core.to_owned()]).filter(|it| it.join("src/lib.rs").is_file());
    let mut items = vec![];
    libraries.for_each(|library| read(&library.join("src"), &mut items));
    assert!(items.len() > 300, "{}", items.len());

    let without = items.iter().filter(|item| !item.has_example());
    let without: Vec<_> = without.map(|item| format!("{} {}", item.file, item.name)).collect();
    assert!(without.is_empty(), "{} of {}: {without:#?}", without.len(), items.len());
}
