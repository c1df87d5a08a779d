//! Which module of the core may use which: data flows one way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Module, and the modules of the crate it may name. `std`-like leaves come first.
const MAY_USE: &[(&str, &[&str])] = &[
    ("ctap", &[]),
    ("keystore", &["ctap"]),
    ("store", &["ctap", "keystore", "attestation"]),
    ("attestation", &["ctap", "keystore"]),
    ("authenticator", &["ctap", "keystore", "store", "attestation"]),
    ("webauthn", &["ctap", "authenticator", "attestation", "keystore", "store"]),
    ("hybrid", &["ctap::cbor"]),
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

/// `super::super` could leave a module without naming the crate, unseen by the rules above.
#[test]
fn no_path_climbs_out_of_its_module() {
    let climbing = rust_files(&source()).into_iter().filter(|file| {
        let text = fs::read_to_string(file).unwrap();
        let mut code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        // A file straight in the module's folder has the crate above it.
        let depth = file.strip_prefix(source()).unwrap().components().count();
        let is_module = file.file_name().unwrap() == "mod.rs";
        code.any(|line| {
            line.contains("super::super") || (depth == 2 && is_module && line.contains("super::"))
        })
    });
    assert_eq!(climbing.collect::<Vec<_>>(), Vec::<PathBuf>::new());
}

#[test]
fn every_module_has_its_rule() {
    let known: BTreeSet<_> = MAY_USE.iter().map(|(module, _)| (*module).to_owned()).collect();
    let there: BTreeSet<_> = fs::read_dir(source())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert!(there.is_subset(&known), "{there:?}");
}

#[test]
fn paths_are_found_however_they_are_written() {
    let text = "use crate::{\n    ctap::{cbor::Map, cose},\n    store::Credential,\n};\n\
                // crate::comment::only\nfn f() { crate::hybrid::qr::parse() }\nuse crate::keystore;";
    let paths: Vec<_> = crate_paths(text).into_iter().collect();
    assert_eq!(paths, ["ctap", "hybrid::qr", "keystore", "store::Credential"]);
}
