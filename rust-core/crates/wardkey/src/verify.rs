//! `wardkey verify`: the verdict on one key, for people or programs.

use std::{
    fs,
    io::{self, Read},
    path::Path,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use wardkey_core::{
    attestation::verdict::{
        Evidence, Fault, Grade, Outcome, Policy, RevocationList, Roots, Verdict, judge,
    },
    webauthn::{ExpectedCeremony, RegisteredKey, base64url},
};
use wardkey_sandbox::{Revocations, RevocationsError};

use crate::{
    cli::VerifyArguments,
    failure::Failure,
    output::{Output, printable},
};

/// The stage at which a registration is found to be none.
const REGISTRATION: &str = "reading the registration";
const REVOCATION: &str = "reading the revocation list";

/// What is judged.
enum Subject {
    /// Certificates alone.
    Chain(Vec<Vec<u8>>),
    /// A key with the registration that it came in.
    Key(RegisteredKey),
    /// Why something is no registration.
    Nothing(String),
}

impl Subject {
    fn evidence<'a>(
        &'a self,
        revocation: Option<&'a RevocationList>,
        roots: &'a Roots,
        now: u64,
    ) -> Evidence<'a> {
        let (certificates, challenge, fault) = match self {
            Self::Chain(certificates) => (certificates.as_slice(), None, None),
            Self::Key(key) => {
                (key.certificates.as_slice(), Some(&key.client_data_hash), key.fault())
            }
            Self::Nothing(problem) => (&[][..], None, Some(Fault::Unsound(problem))),
        };
        Evidence { certificates, challenge, fault, revocation, roots, now }
    }
}

pub(crate) fn run(arguments: &VerifyArguments, output: Output) -> Result<(), Failure> {
    let policy = policy(arguments.policy.as_deref())?;
    let revocation = revocation(arguments.revocation.as_deref())?;
    let subject = subject(arguments)?;
    let roots = roots(&arguments.trust)?;
    let now = seconds(arguments.at.unwrap_or_else(SystemTime::now));
    let verdict = judge(&subject.evidence(revocation.as_deref(), &roots, now), &policy);
    output.print(&verdict.to_json(), || verdict_text(&verdict))?;
    match (verdict.outcome, subject) {
        (Outcome::Accept | Outcome::AcceptWithWarnings, _) => Ok(()),
        (Outcome::Refuse, Subject::Nothing(problem)) => Err(Failure::new(
            REGISTRATION,
            problem,
            "give the response as the browser made it, with the options it answers",
        )),
        (Outcome::Refuse, Subject::Chain(_) | Subject::Key(_)) => {
            let failed = verdict.lines.iter().filter(|line| line.grade == Grade::Fail).count();
            let problem =
                format!("the policy “{}” refuses the key: {failed} checks fail", verdict.policy);
            Err(Failure::new("the verdict", problem, "each check that fails says why"))
        }
    }
}

fn subject(arguments: &VerifyArguments) -> Result<Subject, Failure> {
    match &arguments.chain {
        Some(file) => certificates(file).map(Subject::Chain),
        None => registration(arguments),
    }
}

/// What is no registration is judged as well: it is refused, with the reason.
fn registration(arguments: &VerifyArguments) -> Result<Subject, Failure> {
    // The command line demands the four of them together.
    let (Some(file), Some(challenge), Some(origin), Some(rp_id)) =
        (&arguments.registration, &arguments.challenge, &arguments.origin, &arguments.rp_id)
    else {
        return Err(Failure::new(
            REGISTRATION,
            "something is missing",
            "see `wardkey verify --help`",
        ));
    };
    let challenge = base64url::decode(challenge).map_err(|error| {
        Failure::new(
            REGISTRATION,
            format!("--challenge: {error}"),
            "give it as the relying party's JSON has it",
        )
    })?;
    let expected = ExpectedCeremony { challenge: &challenge, origin, rp_id };
    Ok(match RegisteredKey::read(&text(file, REGISTRATION)?, &expected) {
        Ok(key) => Subject::Key(key),
        Err(problem) => Subject::Nothing(problem.to_string()),
    })
}

/// The policy of a file, or the one for AAL3.
pub(crate) fn policy(file: Option<&Path>) -> Result<Policy, Failure> {
    const STAGE: &str = "reading the policy";
    let Some(file) = file else { return Ok(Policy::aal3()) };
    Policy::parse(&text(file, STAGE)?).map_err(|error| {
        Failure::new(STAGE, error, "see `wardkey verify --help` for one to fill in")
    })
}

/// The revocation list of a file, if there is one. What comes on standard input has just been fetched.
fn revocation(file: Option<&Path>) -> Result<Option<Arc<RevocationList>>, Failure> {
    let Some(file) = file else { return Ok(None) };
    if file != Path::new("-") {
        return Revocations::file(file).map(|list| Some(list.current())).map_err(no_list);
    }
    let list = RevocationList::parse(&text(file, REVOCATION)?);
    let list = list.map_err(|error| no_list(error.into()))?;
    Ok(Some(Arc::new(list.as_of(seconds(SystemTime::now())))))
}

/// What to do about a file that is no revocation list.
pub(crate) fn no_list(error: RevocationsError) -> Failure {
    let remedy = match error {
        RevocationsError::Read { .. } => "check the file's name and rights",
        _ => "fetch the list anew",
    };
    Failure::new(REVOCATION, error, remedy)
}

fn roots(trust: &[impl AsRef<Path>]) -> Result<Roots, Failure> {
    let mut roots = Roots::google();
    for file in trust {
        for certificate in certificates(file.as_ref())? {
            roots = roots.with_test_root(&certificate).map_err(|error| {
                Failure::new("reading the test roots", error, "see `wardkey phone root` for one")
            })?;
        }
    }
    Ok(roots)
}

fn certificates(file: &Path) -> Result<Vec<Vec<u8>>, Failure> {
    const STAGE: &str = "reading the certificates";
    const REMEDY: &str = "give PEM: text between BEGIN CERTIFICATE and END CERTIFICATE lines";
    let blocks = pem::parse_many(text(file, STAGE)?)
        .map_err(|error| Failure::new(STAGE, format!("{}: {error}", file.display()), REMEDY))?;
    let certificates = blocks.into_iter().filter(|block| block.tag() == "CERTIFICATE");
    let certificates: Vec<_> = certificates.map(pem::Pem::into_contents).collect();
    if certificates.is_empty() {
        return Err(Failure::new(STAGE, format!("{}: no certificate", file.display()), REMEDY));
    }
    Ok(certificates)
}

/// The text of a file, or of standard input for `-`.
fn text(file: &Path, stage: &'static str) -> Result<String, Failure> {
    let read = if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        fs::read_to_string(file)
    };
    read.map_err(|error| {
        Failure::new(
            stage,
            format!("{}: {error}", file.display()),
            "check the file's name and rights",
        )
    })
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

fn verdict_text(verdict: &Verdict) -> String {
    let lines = verdict.lines.iter().map(|line| {
        let (grade, title) = (line.grade.as_str(), line.check.title());
        format!(
            "  {grade:4}  {title:26}  {}\n        {:26}  {}",
            printable(&line.value),
            "",
            line.reason
        )
    });
    let whole = match verdict.outcome {
        Outcome::Accept => "Accepted",
        Outcome::AcceptWithWarnings => "Accepted, with warnings",
        Outcome::Refuse => "Refused",
    };
    let test = if verdict.test { " TEST POLICY: this says nothing about hardware." } else { "" };
    let lines: Vec<_> = lines.collect();
    let reaches = verdict.assurance.map(|level| format!(" It reaches level {}.", level.number()));
    format!(
        "{}\n\n{whole} under the policy “{}”.{}{test}",
        lines.join("\n"),
        printable(&verdict.policy),
        reaches.unwrap_or_default()
    )
}
