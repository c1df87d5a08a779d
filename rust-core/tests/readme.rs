//! The README speaks of what there is.
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
