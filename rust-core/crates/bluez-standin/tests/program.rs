//! The program's dialogue over stdin and stdout.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

struct Program {
    child: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_bluez-standin"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
        }
    }

    async fn line(&mut self) -> String {
        self.output.next_line().await.unwrap().unwrap()
    }

    async fn say(&mut self, command: &str) -> String {
        self.input.write_all(format!("{command}\n").as_bytes()).await.unwrap();
        self.line().await
    }
}

#[tokio::test]
async fn two_machines_take_commands_until_quit() {
    let mut program = Program::start(&["2"]);
    let first = program.line().await;
    let second = program.line().await;
    assert!(first.starts_with("bus unix:path="), "{first}");
    assert!(second.starts_with("bus unix:path="), "{second}");
    assert_ne!(first, second);
    assert_eq!(program.line().await, "ready");

    assert_eq!(program.say("hear 00112233").await, "done");
    assert_eq!(program.say("@2 fault mute").await, "done");
    assert_eq!(program.say("power off").await, "done");
    assert_eq!(program.say("bluez stop").await, "done");
    assert_eq!(program.say("power on").await, "error: the stand-in's BlueZ is not running");
    assert_eq!(program.say("@3 power on").await, "error: there is no machine 3");
    assert!(program.say("sing").await.starts_with("error: unknown"));
    program.input.write_all(b"quit\n").await.unwrap();
    assert!(program.child.wait().await.unwrap().success());
}

#[tokio::test]
async fn the_end_of_stdin_ends_the_program_and_its_bus() {
    let mut program = Program::start(&[]);
    let bus = program.line().await;
    let address = bus.strip_prefix("bus ").unwrap();
    let socket = address.strip_prefix("unix:path=").unwrap();
    let socket = socket.split(',').next().unwrap().to_owned();
    assert_eq!(program.line().await, "ready");
    assert!(std::path::Path::new(&socket).exists());
    drop(program.input);
    assert!(program.child.wait().await.unwrap().success());
    assert!(!std::path::Path::new(&socket).exists());
}

#[tokio::test]
async fn wrong_arguments_are_wrong_use() {
    for arguments in [["0"], ["many"]] {
        let status = Program::start(&arguments).child.wait().await.unwrap();
        assert_eq!(status.code(), Some(2));
    }
}
