//! Which module of the core may use which: data flows one way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Module, and the modules of the crate it may name. `std`-like leaves come first.
const MAY_USE: &[(&str, &[&str])] = &[
    ("secret", &[]),
    ("ctap", &[]),
    ("keystore", &["ctap", "secret"]),
    ("store", &["ctap", "keystore", "attestation"]),
    ("attestation", &["ctap", "keystore"]),
    ("authenticator", &["ctap", "keystore", "store", "attestation"]),
    ("webauthn", &["ctap", "authenticator", "attestation", "keystore", "store"]),
    ("hybrid", &["ctap::cbor", "secret"]),
    ("managed", &["authenticator", "hybrid", "keystore", "webauthn"]),
    // The boundary to Kotlin: it may use all, and nobody uses it.
    (
        "ffi",
        &[
            "attestation",
            "authenticator",
            "ctap",
            "hybrid",
            "keystore",
            "managed",
            "store",
            "webauthn",
        ],
    ),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.into()];
    }
    let mut entries: Vec<_> = fs::read_dir(path).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    entries.iter().flat_map(|entry| rust_files(entry)).collect()
}

/// Every `crate::a::b` a file names, also inside `use crate::{a, b::c}`, as `a` and `a::b`.
fn crate_paths(text: &str) -> BTreeSet<String> {
    let code: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| [line.trim(), " "])
        .collect();
    let mut paths = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = code.get(at + "crate::".len()..).unwrap();
        match rest.strip_prefix('{') {
            Some(group) => paths.extend(group_members(group)),
            None => paths.extend(path_at(rest)),
        }
    }
    paths
}

/// The first two segments of the path `text` starts with.
fn path_at(text: &str) -> Option<String> {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let path: String = text.chars().take_while(|c| is_path(*c)).collect();
    let segments: Vec<_> = path.split("::").filter(|segment| !segment.is_empty()).collect();
    (!segments.is_empty()).then(|| segments.into_iter().take(2).collect::<Vec<_>>().join("::"))
}

/// The members at the top level of a `{…}` group, without what follows its closing brace.
fn group_members(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut members) = (0, 0, vec![]);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                members.push(group.get(start..at).unwrap());
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                members.push(group.get(start..at).unwrap());
                start = at + 1;
            }
            _ => {}
        }
    }
    members.into_iter().filter_map(|member| path_at(member.trim())).collect()
}

#[test]
fn modules_use_only_what_they_may() {
    let allowed: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    let mut violations = vec![];
    for (module, allowed) in &allowed {
        for file in rust_files(&source().join(module)) {
            for path in crate_paths(&fs::read_to_string(&file).unwrap()) {
                let within = |scope: &str| path == scope || path.starts_with(&format!("{scope}::"));
                if !within(module) && !allowed.iter().any(|scope| within(scope)) {
                    violations.push(format!("{}: crate::{path}", file.display()));
                }
            }
        }
    }
    assert!(violations.is_empty(), "{violations:#?}");
}

/// `super` could leave a module without naming the crate, and an alias of the crate could name it, both
/// unseen by the rules above.
#[test]
fn no_path_climbs_out_of_its_module() {
    let climbing = rust_files(&source()).into_iter().filter(|file| {
        // A file straight in the module's folder has the crate above it.
        let depth = file.strip_prefix(source()).unwrap().components().count();
        let is_module = depth == 2 && file.file_name().unwrap() == "mod.rs";
        climbs(&fs::read_to_string(file).unwrap(), is_module)
    });
    assert_eq!(climbing.collect::<Vec<_>>(), Vec::<PathBuf>::new());
}

fn climbs(text: &str, is_module: bool) -> bool {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ");
    let mut used = code.split(';').filter_map(|statement| Some(statement.rsplit_once("use ")?.1));
    let is_a_trick = |path: &str| {
        let renames_the_crate = path.starts_with("crate") && path.contains("self as");
        path.matches("super").count() > 1 || path.starts_with("crate as") || renames_the_crate
    };
    code.contains("super::super") || (is_module && code.contains("super::")) || used.any(is_a_trick)
}

#[test]
fn climbing_is_found_however_it_is_written() {
    for climbs_anywhere in [
        "fn f() { super::super::store::f() }",
        "use super::{\n    Map,\n    super::store,\n};",
        "use crate as root;",
        "pub(super) use crate::{self as root, ctap};",
    ] {
        assert!(climbs(climbs_anywhere, false), "{climbs_anywhere}");
    }
    for climbs_from_the_top in ["use super::store;", "fn f() { super::store::f() }"] {
        assert!(climbs(climbs_from_the_top, true), "{climbs_from_the_top}");
        assert!(!climbs(climbs_from_the_top, false), "{climbs_from_the_top}");
    }
    assert!(!climbs("// use super::super::store;\nuse crate::{ctap, store};", true));
}

/// Otherwise two modules could be one in all but name.
#[test]
fn the_rules_lead_one_way() {
    let module = |path: &'static str| path.split("::").next().unwrap();
    let mut left: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    while !left.is_empty() {
        let free = |(_, uses): &(&&str, &&[&'static str])| {
            !uses.iter().any(|path| left.contains_key(module(path)))
        };
        let next: Vec<_> = left.iter().filter(free).map(|(name, _)| *name).collect();
        assert!(!next.is_empty(), "in a circle: {left:#?}");
        left.retain(|name, _| !next.contains(name));
    }
}

#[test]
fn every_module_has_its_rule() {
    let known: BTreeSet<_> = MAY_USE.iter().map(|(module, _)| (*module).to_owned()).collect();
    let there: BTreeSet<_> = fs::read_dir(source())
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|module| module != "lib")
        .collect();
    assert_eq!(there, known);
}

#[test]
fn paths_are_found_however_they_are_written() {
    let text = "use crate::{\n    ctap::{cbor::Map, cose},\n    store::Credential,\n};\n\
                // crate::comment::only\nfn f() { crate::hybrid::qr::parse() }\nuse crate::keystore;";
    let paths: Vec<_> = crate_paths(text).into_iter().collect();
    assert_eq!(paths, ["ctap", "hybrid::qr", "keystore", "store::Credential"]);
}

/// Software keys are for hosts, and the boundary to Kotlin is one itself. The rest is given time and randomness, and
/// has no sockets and threads: nothing of the standard library, and no generator of ring's.
const HOSTS: [&str; 2] = ["ffi", "keystore/software"];

fn asks_the_host(text: &str) -> bool {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    let words = code.flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
    words
        .into_iter()
        .any(|word| ["std", "SystemRandom", "SecureRandom", "getrandom"].contains(&word))
}

#[test]
fn the_core_asks_no_host_for_time_or_randomness() {
    let hosts = HOSTS.map(|host| source().join(host));
    let asking = |file: &PathBuf| asks_the_host(&fs::read_to_string(file).unwrap());
    let (hosts, others): (Vec<_>, Vec<_>) = rust_files(&source())
        .into_iter()
        // Which links the library for those two.
        .filter(|file| *file != source().join("lib.rs"))
        .partition(|file| hosts.iter().any(|host| file.starts_with(host)));
    assert_eq!(others.into_iter().filter(asking).collect::<Vec<_>>(), Vec::<PathBuf>::new());
    assert!(hosts.iter().any(asking), "the search sees what it is for");
}

/// What marks a test that nobody runs, or code that is not there yet.
fn is_unfinished(line: &str) -> bool {
    let line = line.trim_start();
    let says =
        |word: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|it| it == word);
    let documentation = line.trim_start_matches(['/', '!']).trim_start();
    (line.starts_with("#[") && says("ignore"))
        || (documentation.starts_with("```") && says("ignore"))
        || [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("TODO", "(")]
            .iter()
            .any(|hole| line.contains(hole))
        || ["@Ignore", "@Disabled"].iter().any(|mark| line.starts_with(mark))
}

fn source_code(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let built = path.file_name().is_some_and(|name| name == "target" || name == "node_modules");
        if path.is_dir() && !path.is_symlink() && !built {
            found.extend(source_code(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs" || kind == "kt") {
            found.push(path);
        }
    }
    found
}

#[test]
fn no_test_is_left_out_and_nothing_is_left_to_do() {
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut unfinished = vec![];
    let files = ["rust-core", "android-app"].map(|part| source_code(&house.join(part))).concat();
    assert!(files.len() > 500, "only {} files", files.len());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let lines = (1..).zip(text.lines()).filter(|(_, line)| is_unfinished(line));
        unfinished
            .extend(lines.map(|(number, line)| format!("{}:{number}: {line}", file.display())));
    }
    assert!(unfinished.is_empty(), "{unfinished:#?}");
}

#[test]
fn what_is_unfinished_is_found_however_it_is_written() {
    let found = [
        "#[ignore]",
        "    #[ignore = \"slow\"]",
        "#[cfg_attr(miri, ignore)]",
        "//! ```ignore",
        "/// ```rust,ignore",
        "@Ignore(\"later\")",
        "@Disabled",
    ];
    let holes = ["let x = todo", "unimplemented"].map(|hole| format!("{hole}!()"));
    for line in found.map(str::to_owned).into_iter().chain(holes) {
        assert!(is_unfinished(&line), "{line}");
    }
    for line in ["#[test]", "// to ignore it is safe", "/// ```no_run", "git_ignore()"] {
        assert!(!is_unfinished(line), "{line}");
    }
}
