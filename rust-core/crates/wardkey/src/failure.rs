//! How a command ends when it does not succeed: at which stage, why, and what to do.

use std::{
    fmt,
    io::{self, Write},
    process::ExitCode,
};

use serde_json::json;

use crate::output::{printable, tell};

/// The command was refused or failed.
pub(crate) const FAILED: u8 = 1;

/// A failure as a tester reads it.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Where it happened, in a word or two.
    stage: String,
    /// What happened.
    problem: String,
    /// What to do about it.
    remedy: String,
}

impl Failure {
    pub(crate) fn new(
        stage: impl Into<String>,
        problem: impl fmt::Display,
        remedy: impl Into<String>,
    ) -> Self {
        // Problems repeat what was read: options, lines, names of files. Some libraries end theirs with
        // a full stop, which the sentence around it has already.
        let problem = printable(problem.to_string().trim_end_matches('.'));
        Self { stage: stage.into(), problem, remedy: remedy.into() }
    }

    /// Tells the tester on stderr, and a program on stdout if it asked for JSON.
    pub(crate) fn report(&self, as_json: bool) -> ExitCode {
        tell(self);
        if as_json {
            let Self { stage, problem, remedy } = self;
            let json = json!({"error": {"stage": stage, "problem": problem, "remedy": remedy}});
            // Standard error has said it already, and the exit code says it again.
            let _ = writeln!(io::stdout(), "{json}");
        }
        ExitCode::from(FAILED)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { stage, problem, remedy } = self;
        // Some texts are whole sentences already.
        let (problem, remedy) = (problem.trim_end_matches('.'), remedy.trim_end_matches('.'));
        write!(f, "Failed at {stage}: {problem}.\nWhat to do: {remedy}.")
    }
}
