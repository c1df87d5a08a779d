//! A running `wardkey`, followed line by line.

use std::{process::Stdio, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    time::timeout,
};

/// Longer than any part waits on its own; no test waits for it to pass.
pub const PATIENCE: Duration = Duration::from_mins(2);

/// A running command; ended when dropped.
pub struct Running {
    child: Child,
    input: Option<ChildStdin>,
    /// `None` once nobody listens any more.
    stdout: Option<Lines<BufReader<ChildStdout>>>,
    stderr: Option<Lines<BufReader<ChildStderr>>>,
    printed: Vec<String>,
    told: Vec<String>,
}

/// How a command ended, and all it printed (standard output) and told (standard error).
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub printed: Vec<String>,
    pub told: String,
}

impl Running {
    pub fn start<A: AsRef<str>>(arguments: &[A]) -> Self {
        Self::start_with(arguments, &[])
    }

    /// Starts it with more environment variables.
    pub fn start_with<A: AsRef<str>>(arguments: &[A], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wardkey"));
        let arguments = arguments.iter().map(AsRef::as_ref);
        Self::spawn(command.args(arguments).envs(variables.iter().copied()))
    }

    /// Starts any command.
    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdout = child.stdout.take().map(|pipe| BufReader::new(pipe).lines());
        let stderr = child.stderr.take().map(|pipe| BufReader::new(pipe).lines());
        let input = child.stdin.take();
        Self { child, input, stdout, stderr, printed: vec![], told: vec![] }
    }

    /// The next line on standard output, or `None` when there will be no more.
    pub async fn prints(&mut self) -> Option<String> {
        let line = next(self.stdout.as_mut()).await;
        self.printed.extend(line.clone());
        line
    }

    /// The next line on standard error that has `what` in it.
    pub async fn tells(&mut self, what: &str) -> String {
        loop {
            let line = next(self.stderr.as_mut()).await;
            let Some(line) = line else { panic!("never said “{what}”: {:?}", self.told) };
            self.told.push(line.clone());
            if line.contains(what) {
                return line;
            }
        }
    }

    /// Closes its standard output.
    pub fn stops_listening_to_stdout(&mut self) {
        self.stdout = None;
    }

    /// Closes its standard error.
    pub fn stops_listening_to_stderr(&mut self) {
        self.stderr = None;
    }

    /// Writes a line to its standard input, unless it is gone.
    pub async fn hears(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        let _ = input.write_all(format!("{line}\n").as_bytes()).await;
    }

    /// Ends its standard input.
    pub fn hears_no_more(&mut self) {
        self.input = None;
    }

    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id().unwrap()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }

    /// Waits for its end; its standard input stays open until then.
    pub async fn end(mut self) -> Ended {
        let (printed, told) = (&mut self.printed, &mut self.told);
        tokio::join!(all(self.stdout, printed), all(self.stderr, told));
        let code = timeout(PATIENCE, self.child.wait()).await.expect("an end").unwrap().code();
        Ended { code, printed: self.printed, told: self.told.join("\n") }
    }
}

/// The next line of a pipe that somebody listens to.
async fn next<P: AsyncRead + Unpin>(pipe: Option<&mut Lines<BufReader<P>>>) -> Option<String> {
    timeout(PATIENCE, pipe?.next_line()).await.expect("a line, or the end").unwrap()
}

async fn all<P: AsyncRead + Unpin>(mut pipe: Option<Lines<BufReader<P>>>, lines: &mut Vec<String>) {
    while let Some(line) = next(pipe.as_mut()).await {
        lines.push(line);
    }
}

/// Runs a command without input to its end.
pub async fn run<A: AsRef<str>>(arguments: &[A]) -> Ended {
    let mut running = Running::start(arguments);
    running.hears_no_more();
    running.end().await
}

/// What a failed command said: at which stage, what the problem was, and what to do.
#[derive(Debug)]
pub struct Refused {
    pub stage: String,
    pub problem: String,
    pub remedy: String,
}

impl Ended {
    pub fn succeeded(&self) -> &Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// The only line on standard output, as JSON.
    pub fn json(&self) -> Value {
        let [line] = self.printed.as_slice() else { panic!("one line expected: {self:?}") };
        serde_json::from_str(line).unwrap()
    }

    /// Checks that it failed as people and, with `--json`, programs expect.
    pub fn refused(&self) -> Refused {
        assert_eq!(self.code, Some(1), "{self:?}");
        let last = self.printed.last().unwrap_or_else(|| panic!("no JSON: {self:?}"));
        let json: Value = serde_json::from_str(last).unwrap();
        assert_eq!(json.as_object().unwrap().len(), 1, "{json}");
        let error = json["error"].as_object().unwrap();
        assert_eq!(error.len(), 3, "{json}");
        let text = |member: &str| error[member].as_str().unwrap().to_owned();
        let refused =
            Refused { stage: text("stage"), problem: text("problem"), remedy: text("remedy") };
        let Refused { stage, problem, remedy } = &refused;
        let said = format!("Failed at {stage}: {problem}.\nWhat to do: {remedy}.");
        assert!(self.told.ends_with(&said), "{said}\nis not how this ends:\n{}", self.told);
        assert!(!said.contains(".."), "{said}");
        refused
    }
}

impl Refused {
    /// Checks the stage, and words of the problem and of the remedy.
    pub fn says(&self, stage: &str, problem: &str, remedy: &str) {
        assert_eq!(self.stage, stage, "{self:?}");
        assert!(self.problem.contains(problem), "“{problem}” expected: {self:?}");
        assert!(self.remedy.contains(remedy), "“{remedy}” expected: {self:?}");
    }
}
