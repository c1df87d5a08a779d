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

/// What a type of a crate lets others call or read.
#[derive(Clone, Debug)]
enum Member {
    /// A method: called on a value, whose type an example rarely names.
    Method(String),
    /// A function or constant: named with its type.
    Associated { of: String, name: String },
    /// What a trait asks for: called, or brought by what implements it.
    Wanted(String),
}

/// The public members of a crate's types, and the code of its examples.
#[derive(Default)]
struct Members {
    found: Vec<(String, Member)>,
    examples: String,
}

impl Members {
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
        // The type whose members follow, and the start of a function until its arguments are there.
        let mut block = Block::default();
        let mut begun = String::new();
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
                    block.enter(line);
                    begun.push_str(line);
                    // A function that rustfmt breaks has its arguments in the next line.
                    if begun.ends_with('(') {
                        continue;
                    }
                    if let Some(member) = block.member(&std::mem::take(&mut begun)) {
                        self.found.push((path.display().to_string(), member));
                    }
                }
            }
        }
    }

    fn is_shown(&self, member: &Member) -> bool {
        let ends = ["(", "::<", ")"];
        match member {
            Member::Method(name) => [".", "::"].iter().any(|before| {
                ends.iter().any(|end| self.examples.contains(&format!("{before}{name}{end}")))
            }),
            Member::Wanted(name) => {
                let brought = [format!("fn {name}("), format!("const {name}:")];
                brought.iter().any(|words| self.examples.contains(words))
                    || self.is_shown(&Member::Method(name.clone()))
            }
            Member::Associated { of, name } => self.names(&format!("{of}::{name}")),
        }
    }

    /// Whether an example has these words, and not only as the beginning of others.
    fn names(&self, words: &str) -> bool {
        let other = |c: char| !c.is_alphanumeric() && c != '_';
        self.examples.match_indices(words).any(|(at, _)| {
            let (before, after) = (&self.examples[..at], &self.examples[at + words.len()..]);
            before.chars().next_back().is_none_or(other) && after.chars().next().is_none_or(other)
        })
    }
}

/// The `impl` or public `trait` that a line is in, as rustfmt writes them.
#[derive(Default)]
struct Block {
    of: Option<String>,
    is_trait: bool,
}

impl Block {
    fn enter(&mut self, line: &str) {
        let head = line.strip_prefix("impl").map(|rest| (rest, false));
        let head = head.or_else(|| line.strip_prefix("pub trait ").map(|rest| (rest, true)));
        if let Some((rest, is_trait)) = head {
            // What is implemented of a trait is that trait's.
            let of = (!rest.contains(" for ")).then(|| type_name(rest, is_trait));
            *self = Self { of, is_trait };
        } else if line.starts_with('}') {
            *self = Self::default();
        }
    }

    fn member(&self, line: &str) -> Option<Member> {
        let of = self.of.clone()?;
        // rustfmt indents what is in an `impl`, and nothing else that is public.
        let line =
            if self.is_trait { line.strip_prefix("    ") } else { line.strip_prefix("    pub ") }?;
        if let Some(constant) = line.strip_prefix("const ").filter(|rest| !rest.contains("fn ")) {
            return Some(self.named(of, constant.split(':').next()?));
        }
        let (before, rest) = line.split_once("fn ")?;
        if !before.split_whitespace().all(|word| ["async", "const"].contains(&word)) {
            return None;
        }
        let name = rest.split(['(', '<']).next()?;
        let arguments = rest.split_once('(')?.1.trim_start();
        let own = ["self", "&self", "&mut self", "mut self"];
        let is_method = own.iter().any(|own| arguments.starts_with(own)) && !self.is_trait;
        Some(if is_method { Member::Method(name.into()) } else { self.named(of, name) })
    }

    fn named(&self, of: String, name: &str) -> Member {
        let name = name.to_owned();
        if self.is_trait { Member::Wanted(name) } else { Member::Associated { of, name } }
    }
}

/// The name of the type that an `impl` or a `trait` is of: without its arguments.
fn type_name(head: &str, is_trait: bool) -> String {
    let head = if is_trait || !head.starts_with('<') {
        head
    } else {
        head.split_once("> ").map_or(head, |(_, rest)| rest)
    };
    head.trim_start().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap().to_owned()
}

#[test]
fn every_public_method_is_called_in_an_example() {
    let (mut members, mut without) = (0, vec![]);
    for library in libraries() {
        let mut read = Members::default();
        read.read(&library);
        members += read.found.len();
        let hidden = read.found.iter().filter(|(_, member)| !read.is_shown(member));
        without.extend(hidden.map(|(file, member)| format!("{file} {member:?}")));
    }
    assert!(members > 400, "{members}");
    assert!(without.is_empty(), "{} of {members}: {without:#?}", without.len());
}

/// What is public is found however it is written, with the type it is of.
#[test]
fn members_are_found() {
    let source = [
        "impl<'a, T: Clone> Of<'a, T> {",
        "    pub const ONE: u8 = 1;",
        "    pub const fn new() -> Self {",
        "    pub fn of(",
        "        self,",
        "    ) -> u8 {",
        "    pub fn with<F: Fn()>(",
        "        with: F,",
        "    fn hidden(&self) {",
        "}",
        "impl fmt::Debug for Of {",
        "    fn fmt(&self) {",
        "}",
        "pub trait Shown {",
        "    async fn show(&self) {",
        "}",
    ];
    let (mut block, mut begun, mut found) = (Block::default(), String::new(), vec![]);
    for line in source {
        block.enter(line);
        begun.push_str(line);
        if !begun.ends_with('(') {
            found.extend(block.member(&std::mem::take(&mut begun)));
        }
    }
    let shown: Vec<_> = found.iter().map(|member| format!("{member:?}")).collect();
    let of = |name| format!(r#"Associated {{ of: "Of", name: "{name}" }}"#);
    let method = |name| format!(r#"Method("{name}")"#);
    let wanted = |name| format!(r#"Wanted("{name}")"#);
    assert_eq!(shown, [of("ONE"), of("new"), method("of"), of("with"), wanted("show")]);
}
