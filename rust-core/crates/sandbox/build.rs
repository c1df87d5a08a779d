//! Fetches the pages' styles and behaviour from their npm package, so that they are never copied
//! into the repository.
//!
//! `npm ci` runs in the build's own output folder with the versions and hashes of
//! `web/package-lock.json`. Without npm, `WARDKEY_NHSUK_FRONTEND` may name a folder that holds the
//! unpacked package of the version the lock file names.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

const OVERRIDE: &str = "WARDKEY_NHSUK_FRONTEND";
const INPUTS: [&str; 3] = ["package.json", "package-lock.json", ".npmrc"];
const STYLES: &str = "dist/nhsuk/nhsuk-frontend.min.css";
const BEHAVIOUR: &str = "dist/nhsuk/nhsuk-frontend.min.js";

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={OVERRIDE}");
    for input in INPUTS {
        println!("cargo::rerun-if-changed=web/{input}");
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            println!("cargo::error={}", reason.replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let package = match env::var_os(OVERRIDE) {
        Some(folder) => checked(PathBuf::from(folder))?,
        None => install(&out)?,
    };
    let styles = read(&package.join(STYLES))?;
    write(&out.join("nhsuk-frontend.css"), &without_remote_fonts(&styles)?)?;
    let behaviour = read(&package.join(BEHAVIOUR))?;
    write(&out.join("nhsuk-frontend.js"), &behaviour)
}

/// Runs npm in the output folder; the source tree stays as it was checked out.
fn install(out: &Path) -> Result<PathBuf, String> {
    let source = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("web");
    let folder = out.join("web");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for input in INPUTS {
        write(&folder.join(input), &read(&source.join(input))?)?;
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let run = Command::new(npm)
        .args(["ci", "--omit=dev", "--prefer-offline", "--loglevel=error"])
        .current_dir(&folder)
        .output()
        .map_err(|error| {
            format!(
                "npm could not be started ({error}). The sandbox takes its page styles from the npm package \
                 nhsuk-frontend: install Node.js 20.9 or newer with npm (Debian and Ubuntu: apt-get install npm), \
                 or set {OVERRIDE} to a folder with that package unpacked."
            )
        })?;
    if !run.status.success() {
        return Err(format!(
            "npm ci failed in {}: {} (set {OVERRIDE} to a folder with nhsuk-frontend unpacked to build without npm)",
            folder.display(),
            String::from_utf8_lossy(&run.stderr).trim()
        ));
    }
    Ok(folder.join("node_modules/nhsuk-frontend"))
}

/// A folder given by hand must hold the version the lock file names.
fn checked(package: PathBuf) -> Result<PathBuf, String> {
    println!("cargo::rerun-if-changed={}", package.join("package.json").display());
    let wanted = version(&read(Path::new("web/package.json"))?, "nhsuk-frontend")?;
    let found = version(&read(&package.join("package.json"))?, "version")?;
    if wanted == found {
        Ok(package)
    } else {
        Err(format!("{OVERRIDE} names nhsuk-frontend {found}, but {wanted} is needed"))
    }
}

/// The value of a string member, in a file whose layout npm keeps.
fn version(json: &str, member: &str) -> Result<String, String> {
    let marker = format!("\"{member}\": \"");
    let (_, rest) =
        json.split_once(&marker).ok_or_else(|| format!("package.json has no {member}"))?;
    Ok(rest.chars().take_while(|character| *character != '"').collect())
}

/// Takes out the `@font-face` rules. They would fetch the NHS's own typeface from its server: the
/// pages must work without a network, and the typeface is licensed for NHS sites only. The styles
/// name Arial next.
fn without_remote_fonts(styles: &str) -> Result<String, String> {
    let mut kept = String::with_capacity(styles.len());
    let mut parts = styles.split("@font-face{");
    kept.extend(parts.next());
    for part in parts {
        let (_, rest) = part.split_once('}').ok_or("a font rule of nhsuk-frontend does not end")?;
        kept.push_str(rest);
    }
    if kept.contains("url(http") {
        return Err(
            "nhsuk-frontend refers to another server in a way that is not known here".to_owned()
        );
    }
    Ok(kept)
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}"))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, content: &str) -> Result<(), String> {
    fs::write(path, content).map_err(|error| format!("{}: {error}", path.display()))
}
