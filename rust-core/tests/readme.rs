//! The READMEs speak of what there is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, path::Path};

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Every stage that a failure can name, from where its words are written.
fn stages() -> Vec<String> {
    let source = read("src/hybrid/stage.rs");
    let words = source.lines().filter_map(|line| line.split_once(" => \"")?.1.strip_suffix("\","));
    words.map(str::to_owned).collect()
}

#[test]
fn every_stage_has_its_remedy() {
    let stages = stages();
    assert!(stages.contains(&wardkey_core::hybrid::Stage::ShuttingDown.to_string()), "{stages:?}");
    assert!(stages.len() >= 9, "{stages:?}");
    let readme = read("../README.md");
    let rows: Vec<_> = readme.lines().filter_map(|line| line.strip_prefix("| ")).collect();
    for stage in stages {
        assert!(rows.iter().any(|row| row.starts_with(&format!("{stage} |"))), "{stage}");
    }
}

const PAGES: [&str; 3] = ["README.md", "SECURITY.md", "android-app/README.md"];

/// What a page links to, pictures among them: path and heading.
fn links(text: &str) -> Vec<(&str, Option<&str>)> {
    let ends = text.match_indices("](").filter_map(|(at, _)| text.get(at + 2..)?.split(')').next());
    let local = ends.filter(|link| !link.contains("://"));
    local.map(|link| link.split_once('#').map_or((link, None), |(to, at)| (to, Some(at)))).collect()
}

/// Headings as links name them.
fn headings(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let slug = |line: &str| {
        let heading = line.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
        heading.chars().filter(|c| c.is_alphanumeric() || *c == '-').collect()
    };
    headings.map(slug).collect()
}

#[test]
fn every_link_and_picture_leads_somewhere() {
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut pictures = 0;
    for page in PAGES {
        let text = fs::read_to_string(house.join(page)).unwrap();
        for (to, heading) in links(&text) {
            let path = match to {
                "" => house.join(page),
                to => house.join(page).parent().unwrap().join(to),
            };
            assert!(path.exists(), "{page}: {to}");
            if let Some(heading) = heading {
                let there = headings(&fs::read_to_string(&path).unwrap());
                assert!(there.iter().any(|it| it == heading), "{page}: #{heading} of {there:?}");
            }
            if path.extension().is_some_and(|kind| kind == "png") {
                pictures += 1;
                let picture = fs::read(&path).unwrap();
                assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"), "{page}: {to}");
            }
        }
    }
    assert!(pictures >= 4, "{pictures}");
}

/// Every folder that is a package, or a workspace of its own, is on the map.
#[test]
fn the_map_has_every_crate() {
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let map = read("../README.md");
    let map = map.split_once("## A map").unwrap().1.split_once("\n## ").unwrap().0;
    let folders =
        ["rust-core", "rust-core/crates"].map(|folder| fs::read_dir(house.join(folder)).unwrap());
    let folders = folders.into_iter().flatten().map(|entry| entry.unwrap().path());
    let crates: Vec<_> = folders.filter(|folder| folder.join("Cargo.toml").is_file()).collect();
    assert!(crates.len() > 12, "{crates:?}");
    for folder in crates {
        let name = folder.strip_prefix(house).unwrap().display().to_string();
        let linked =
            links(map).iter().any(|(to, _)| *to == name || to.starts_with(&format!("{name}/")));
        assert!(linked, "{name} is not on the map");
    }
}

/// The commands on the page are the commands there are.
#[test]
fn every_script_is_there() {
    for page in PAGES {
        let text = read(&format!("../{page}"));
        for (at, _) in text.match_indices("scripts/") {
            let ends = |c: char| !c.is_alphanumeric() && !"/-_".contains(c);
            let script = text.get(at..).unwrap().split(ends).next().unwrap();
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(script);
            assert!(path.is_file(), "{page}: {script}");
        }
    }
}
