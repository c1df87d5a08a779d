//! Who is believed no longer: a list that may change while the sandbox runs.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use wardkey_core::attestation::verdict::{InvalidRevocationList, RevocationList};

/// A clock that is more wrong than this says nothing of when a list was fetched.
const AHEAD: Duration = Duration::from_hours(24);

/// Google's list of revoked certificates, from a file that is looked at again whenever the list is used.
///
/// A file that was replaced is read at once. One that cannot be read any more, or is no list, changes nothing:
/// the list of before stays in use, gets older, and log and desk say why. When a list was fetched is the time
/// of its file.
///
/// ```
/// use wardkey_core::attestation::verdict::RevocationList;
/// use wardkey_sandbox::{Revocations, RevocationsError, Settings};
///
/// let missing = Revocations::file("no such file");
/// assert!(matches!(missing, Err(RevocationsError::Read { .. })));
///
/// let fixed = Revocations::from(RevocationList::parse(r#"{"entries": {}}"#)?.as_of(1_795_000_000));
/// assert_eq!(fixed.current().date(), Some(1_795_000_000));
/// let settings = Settings { revocation: Some(fixed), ..Settings::default() };
/// # assert!(settings.revocation.is_some());
/// # Ok::<(), wardkey_core::attestation::verdict::InvalidRevocationList>(())
/// ```
#[derive(Clone, Debug)]
pub struct Revocations(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// `None`: the list is as it is.
    file: Option<PathBuf>,
    latest: Mutex<Latest>,
}

#[derive(Clone, Debug)]
struct Latest {
    list: Arc<RevocationList>,
    /// What the file was like when it was last read, if it was.
    stamp: Option<Stamp>,
    /// Why the file is not what is in use.
    fault: Option<String>,
}

/// What changes when a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: SystemTime,
    length: u64,
}

/// Why a file is no revocation list.
///
/// ```
/// use wardkey_sandbox::{Revocations, RevocationsError};
///
/// let error: RevocationsError = Revocations::file("no such file").unwrap_err();
/// assert!(error.to_string().starts_with("no such file: "));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RevocationsError {
    /// It cannot be read.
    #[error("{}: {source}", .file.display())]
    Read {
        /// Which.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is something else.
    #[error(transparent)]
    List(#[from] InvalidRevocationList),
}

impl From<RevocationList> for Revocations {
    fn from(list: RevocationList) -> Self {
        let latest = Latest { list: Arc::new(list), stamp: None, fault: None };
        Self(Arc::new(Inner { file: None, latest: Mutex::new(latest) }))
    }
}

impl Revocations {
    /// The list of a file.
    pub fn file(file: impl Into<PathBuf>) -> Result<Self, RevocationsError> {
        let file = file.into();
        let (list, stamp) = read(&file)?;
        let latest = Latest { list: Arc::new(list), stamp: Some(stamp), fault: None };
        Ok(Self(Arc::new(Inner { file: Some(file), latest: Mutex::new(latest) })))
    }

    /// The list as it is by now.
    pub fn current(&self) -> Arc<RevocationList> {
        self.look().list
    }

    /// The same, and why it is not the file's, if it is not.
    pub(crate) fn with_fault(&self) -> (Arc<RevocationList>, Option<String>) {
        let Latest { list, fault, .. } = self.look();
        (list, fault)
    }

    /// Looks at the file. It is on this machine and rarely changes, so nobody else waits long for that.
    fn look(&self) -> Latest {
        let mut latest = self.latest();
        let Some(file) = &self.0.file else { return latest.clone() };
        match stamp(file) {
            Ok(stamp) if latest.stamp == Some(stamp) => {}
            Ok(seen) => match read(file) {
                Ok((list, stamp)) => {
                    tracing::info!(file = %file.display(), "the revocation list was read again");
                    *latest = Latest { list: Arc::new(list), stamp: Some(stamp), fault: None };
                }
                Err(error) => {
                    // What is no list is not read again until it changes once more.
                    latest.stamp = matches!(error, RevocationsError::List(_)).then_some(seen);
                    latest.blame(&error);
                }
            },
            Err(source) => {
                latest.stamp = None;
                latest.blame(&RevocationsError::Read { file: file.clone(), source });
            }
        }
        latest.clone()
    }

    // A panic under the lock leaves a whole value only, so a poisoned one is sound.
    fn latest(&self) -> MutexGuard<'_, Latest> {
        self.0.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Latest {
    /// Keeps the list of before. Says so in the log once for each fault.
    fn blame(&mut self, error: &RevocationsError) {
        let fault = error.to_string();
        if self.fault.as_ref() != Some(&fault) {
            tracing::error!(error = fault, "the revocation list of before stays in use");
            self.fault = Some(fault);
        }
    }
}

fn read(file: &Path) -> Result<(RevocationList, Stamp), RevocationsError> {
    let failed = |source| RevocationsError::Read { file: file.to_owned(), source };
    // First: what is written in between is seen the next time.
    let stamp = stamp(file).map_err(failed)?;
    let list = RevocationList::parse(&fs::read_to_string(file).map_err(failed)?)?;
    Ok((dated(list, stamp.modified, SystemTime::now()), stamp))
}

/// A file of the future has no date, or it would never be too old.
fn dated(list: RevocationList, modified: SystemTime, now: SystemTime) -> RevocationList {
    match modified.duration_since(UNIX_EPOCH) {
        Ok(since) if modified <= now + AHEAD => list.as_of(since.as_secs()),
        _ => list,
    }
}

fn stamp(file: &Path) -> io::Result<Stamp> {
    let found = fs::metadata(file)?;
    Ok(Stamp { modified: found.modified()?, length: found.len() })
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        time::{Duration, SystemTime},
    };

    use super::{AHEAD, Revocations};

    const EMPTY: &str = r#"{"entries": {}}"#;

    /// Writes a file of this time.
    fn write(file: &std::path::Path, text: &str, modified: SystemTime) {
        std::fs::write(file, text).unwrap();
        File::options().write(true).open(file).unwrap().set_modified(modified).unwrap();
    }

    #[test]
    fn a_file_is_read_again_when_it_changes_and_a_broken_one_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("status.json");
        let (now, minute) = (SystemTime::now(), Duration::from_mins(1));
        write(&file, EMPTY, now - 3 * minute);
        let list = Revocations::file(&file).unwrap();
        assert_eq!(list.current().status(&[0xab]), None);

        write(&file, r#"{"entries": {"ab": {"status": "REVOKED"}}}"#, now - 2 * minute);
        let (read, fault) = list.with_fault();
        assert!(read.status(&[0xab]).is_some() && fault.is_none());
        let date = read.date().unwrap();

        for broken in ["", "{", r#"{"entries": {"ab": {"status": "DOUBTED"}}}"#] {
            write(&file, broken, now - minute);
            let (kept, fault) = list.with_fault();
            assert!(kept.status(&[0xab]).is_some(), "{broken}");
            assert_eq!(kept.date(), Some(date), "it does not get younger: {broken}");
            assert!(fault.unwrap().starts_with("not a revocation list"), "{broken}");
        }
        std::fs::remove_file(&file).unwrap();
        let (kept, fault) = list.with_fault();
        assert!(kept.status(&[0xab]).is_some());
        assert!(fault.unwrap().contains("status.json"));

        write(&file, EMPTY, now);
        let (read, fault) = list.with_fault();
        assert!(read.status(&[0xab]).is_none() && fault.is_none());
        assert!(read.date() > Some(date));
    }

    #[test]
    fn a_file_of_the_future_has_no_date() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("status.json");
        write(&file, EMPTY, SystemTime::now() + 2 * AHEAD);
        assert_eq!(Revocations::file(&file).unwrap().current().date(), None);
    }
}
