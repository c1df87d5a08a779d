//! `scripts/needs` on machines that lack something: it installs where it may, else says what to do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

/// A machine that has these programs and no others.
struct Machine(TempDir);

impl Machine {
    /// One with Rust and what every system has.
    fn new() -> Self {
        let machine = Self(tempfile::tempdir().unwrap());
        fs::create_dir(machine.programs()).unwrap();
        for program in ["bash", "dirname", "sed"] {
            symlink(found(program), machine.programs().join(program)).unwrap();
        }
        machine.has("cargo", "true").has("rustc", "echo /").has("rustup", "exit 9")
    }

    fn programs(&self) -> PathBuf {
        self.0.path().join("bin")
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("log")
    }

    /// By a process of its own: while this one has a file open to write, its threads may be starting others, which
    /// hold it open a moment longer, and nobody can run it then.
    fn write(&self, program: &str, does: &str) {
        let text = format!("#!{}\n{does}\n", found("bash").display());
        let written = Command::new(found("bash"))
            .args(["-c", "printf %s \"$1\" > \"$2\" && chmod 755 \"$2\"", "write", &text])
            .arg(self.programs().join(program))
            .status();
        assert!(written.unwrap().success());
    }

    fn has(self, program: &str, does: &str) -> Self {
        self.write(program, does);
        self
    }

    /// A program that only notes how it was called.
    fn noting(self, program: &str) -> Self {
        self.installing(program, &[])
    }

    /// A package manager that notes how it was called, and brings these programs.
    fn installing(self, program: &str, brings: &[(&str, &str)]) -> Self {
        let kept = self.0.path().join("packages");
        fs::create_dir_all(&kept).unwrap();
        for (name, does) in brings {
            self.write(name, does);
            fs::rename(self.programs().join(name), kept.join(name)).unwrap();
        }
        let cp = found("cp");
        let brought = brings.iter().map(|(name, _)| format!("\"{}/{name}\"", kept.display()));
        let brought = brought.collect::<Vec<_>>().join(" ");
        let install = match brings {
            [] => String::new(),
            _ => format!(
                "if [ \"$1\" = install ]; then {} {brought} \"{}\"; fi",
                cp.display(),
                self.programs().display()
            ),
        };
        let note = format!("echo \"{program} $*\" >> \"{}\"", self.log().display());
        self.has(program, &format!("{note}\n{install}"))
    }

    fn user(self, number: u32) -> Self {
        self.has("id", &format!("echo {number}"))
    }

    fn needs(&self, what: &[&str]) -> Output {
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../scripts/needs").canonicalize();
        Command::new(found("bash"))
            .arg(script.unwrap())
            .args(what)
            .env("PATH", self.programs())
            .output()
            .unwrap()
    }

    /// How the programs that take notes were called, in order.
    fn calls(&self) -> Vec<String> {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }
}

/// Where this machine has a program.
fn found(program: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let mut places = std::env::split_paths(&path).map(|folder| folder.join(program));
    places.find(|place| place.is_file()).unwrap_or_else(|| panic!("{program} is not installed"))
}

const NODE_18: (&str, &str) = ("node", "[ \"$1\" = --version ] && echo v18.19.0");
const DEMO: [(&str, &str); 3] = [("cc", "true"), ("node", "true"), ("npm", "true")];
const UPDATE: &str = "apt-get update --quiet";
const INSTALL: &str = "apt-get install --yes --no-install-recommends gcc nodejs npm";

fn said(output: &Output) -> String {
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn assert_fails(output: &Output, code: i32, texts: &[&str]) {
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    let said = said(output);
    for text in texts {
        assert!(said.contains(text), "“{text}” expected: {said}");
    }
}

#[test]
fn where_all_is_there_nothing_is_installed() {
    let machine = Machine::new().user(0).noting("apt-get");
    let machine = DEMO.into_iter().fold(machine, |machine, (name, does)| machine.has(name, does));
    let output = machine.needs(&["demo"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!((said(&output), machine.calls()), (String::new(), vec![]));
}

#[test]
fn root_has_it_installed() {
    let machine = Machine::new().user(0).installing("apt-get", &DEMO);
    let output = machine.needs(&["demo"]);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(said(&output), "Installing gcc nodejs npm\n");
    assert_eq!(machine.calls(), [UPDATE, INSTALL]);
}

#[test]
fn who_may_become_root_has_it_installed() {
    let machine = Machine::new().user(1000).installing("apt-get", &DEMO);
    let note = format!("echo \"sudo $*\" >> \"{}\"", machine.log().display());
    let machine = machine.has("sudo", &format!("{note}\n[ \"$1\" = --non-interactive ] || \"$@\""));
    let output = machine.needs(&["demo"]);
    assert!(output.status.success(), "{output:?}");
    let [update, install] = [UPDATE, INSTALL].map(|call| format!("sudo {call}"));
    let expected = ["sudo --non-interactive true", &update, UPDATE, &install, INSTALL];
    assert_eq!(machine.calls(), expected);
}

/// Nobody is asked for a password, and the command is theirs to give.
#[test]
fn who_may_not_is_told_the_command() {
    let password = "echo 'sudo: a password is required' >&2; exit 1";
    let told = [
        "These programs are missing: gcc nodejs npm\n",
        &format!("On Debian and Ubuntu: sudo {INSTALL}\n"),
        "Node 20 or later is needed; here: none.",
    ];
    for machine in [
        Machine::new().user(1000).noting("apt-get"),
        Machine::new().user(1000).noting("apt-get").has("sudo", password),
        // Another system, on which even root has to know how.
        Machine::new().user(0),
    ] {
        assert_fails(&machine.needs(&["demo"]), 1, &told);
        assert_eq!(machine.calls(), [""; 0]);
    }
}

#[test]
fn what_is_too_old_is_named_with_where_to_get_another() {
    let brings = [("cc", "true"), NODE_18, ("npm", "true")];
    let machine = Machine::new().user(0).installing("apt-get", &brings);
    let told = ["Still missing or too old: nodejs\n", "here: v18.19.0.", "https://nodejs.org"];
    assert_fails(&machine.needs(&["demo"]), 1, &told);
    assert_eq!(machine.calls(), [UPDATE, INSTALL]);

    let others = ["mvn", "aapt2", "zipalign", "apksigner"];
    let machine =
        others.into_iter().fold(Machine::new(), |machine, name| machine.has(name, "true"));
    let machine = machine.user(1000).has("javac", "echo javac 11.0.2");
    let told = [
        "These programs are missing: default-jdk-headless\n",
        "A JDK of version 17 or later is needed; here: javac 11.0.2.",
        "https://adoptium.net",
    ];
    assert_fails(&machine.needs(&["app"]), 1, &told);
    assert!(machine.has("javac", "echo javac 17.0.1").needs(&["app"]).status.success());
}

#[test]
fn an_installation_that_fails_is_no_success() {
    let machine = Machine::new().user(0).has("apt-get", "echo 'E: no network' >&2; exit 100");
    assert_fails(&machine.needs(&["demo"]), 100, &["Installing gcc nodejs npm", "E: no network"]);
}

#[test]
fn without_rust_nothing_begins() {
    let machine = Machine::new().user(0).noting("apt-get");
    fs::remove_file(machine.programs().join("cargo")).unwrap();
    assert_fails(&machine.needs(&["demo"]), 1, &["The Rust toolchain", "https://rustup.rs"]);
    assert_eq!(machine.calls(), [""; 0]);
}

#[test]
fn targets_of_rust_are_added_where_they_lack() {
    let programs = [("cc", "true"), ("readelf", "true"), ("python3", "true")];
    let machine = || programs.iter().fold(Machine::new(), |it, (name, does)| it.has(name, does));
    let there = machine();
    assert!(there.needs(&["apk"]).status.success(), "rustup is not asked");

    let lacking = machine().has("rustc", "echo \"/nowhere/$4\"").noting("rustup");
    assert!(lacking.needs(&["apk"]).status.success());
    let expected = ["rustup target add aarch64-linux-android x86_64-linux-android"];
    assert_eq!(lacking.calls(), expected);

    let refused = machine().has("rustc", "echo /nowhere");
    assert_eq!(refused.needs(&["apk"]).status.code(), Some(9), "what rustup says");
}

#[test]
fn wrong_use_is_exit_code_2() {
    assert_fails(&Machine::new().needs(&["tea"]), 2, &["usage: scripts/needs demo|browser|"]);
}
