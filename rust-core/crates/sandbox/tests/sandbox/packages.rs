//! Packages from npm with what nobody here wrote, and the programs of these tests that use them.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    process::Command,
    sync::{Mutex, MutexGuard},
    time::timeout,
};

/// Installing may fetch packages.
const PATIENCE: Duration = Duration::from_mins(3);

/// Who may use the folder.
static TURN: Mutex<()> = Mutex::const_new(());

/// Programs and packages in one folder, for one test at a time.
pub(crate) struct Packages {
    folder: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl Packages {
    /// Puts the packages of the lock file into the build's own folder, and the programs beside them.
    pub(crate) async fn installed() -> Self {
        let turn = TURN.lock().await;
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interop");
        std::fs::create_dir_all(&folder).unwrap();
        for name in
            ["package.json", "package-lock.json", ".npmrc", "client.mjs", "relying-party.mjs"]
        {
            std::fs::copy(source.join(name), folder.join(name)).unwrap();
        }
        let npm = Command::new("npm")
            .args(["ci", "--prefer-offline", "--loglevel=error"])
            .current_dir(&folder)
            .output();
        let npm = timeout(PATIENCE, npm).await.expect("npm ends").expect("npm is installed");
        assert!(npm.status.success(), "{}", String::from_utf8_lossy(&npm.stderr));
        Self { folder, _turn: turn }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}
