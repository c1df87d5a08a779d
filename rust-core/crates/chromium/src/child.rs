//! A child process that announces itself with a line, and ends with its owner.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
};

use crate::Error;

/// Lines of what a program said that are kept to explain why it ended.
const KEPT_LINES: usize = 20;

/// A running program and the package it comes from.
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) package: &'static str,
}

impl Program {
    /// Starts the program and waits for the first line of `output` that `ready` recognises. Afterwards
    /// the output is read and dropped, so that the program never waits for a reader.
    pub(crate) async fn start<T>(
        &self,
        command: &mut Command,
        output: Output,
        ready: impl Fn(&str) -> Option<T>,
    ) -> Result<(Child, T), Error> {
        let piped = |wanted| if output == wanted { Stdio::piped() } else { Stdio::null() };
        let mut child = command
            .stdin(Stdio::null())
            .stdout(piped(Output::Standard))
            .stderr(piped(Output::Error))
            .kill_on_drop(true)
            .spawn()
            .map_err(|source| Error::Start { program: self.name, package: self.package, source })?;
        let ready = match (child.stdout.take(), child.stderr.take()) {
            (Some(output), _) => self.wait(output, ready).await,
            (None, Some(output)) => self.wait(output, ready).await,
            (None, None) => self.wait(tokio::io::empty(), ready).await,
        }?;
        Ok((child, ready))
    }

    async fn wait<T>(
        &self,
        output: impl AsyncRead + Unpin + Send + 'static,
        ready: impl Fn(&str) -> Option<T>,
    ) -> Result<T, Error> {
        let mut lines = BufReader::new(output).lines();
        let mut said = Vec::new();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(value) = ready(&line) {
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Ok(value);
            }
            said.push(line);
        }
        let said = said.split_off(said.len().saturating_sub(KEPT_LINES)).join("\n");
        Err(Error::NotReady { program: self.name, said })
    }
}

/// Where a program announces itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    Standard,
    Error,
}
