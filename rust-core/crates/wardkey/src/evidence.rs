//! `wardkey evidence`: the log of what was done to authenticators, checked and given out.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Write as _},
    path::Path,
};

use serde_json::json;
use wardkey_evidence::{Hash, Record, Summary, VerifyError, verify_each};
use wardkey_register::{Database, DatabaseError};

mod ledger;

use ledger::{Compared, Ledger};

use crate::{
    cli::{EvidenceCommand, EvidenceVerifyArguments},
    failure::Failure,
    output::{Output, tell},
};

const CHECKING: &str = "checking the evidence";
const COMPARING: &str = "comparing the register with the evidence";
const EXPORTING: &str = "exporting the evidence";

pub(crate) async fn run(command: &EvidenceCommand, output: Output) -> Result<(), Failure> {
    match command {
        EvidenceCommand::Verify(arguments) => check(arguments, output).await,
        EvidenceCommand::Export(arguments) => {
            let database = Database::open_existing(&arguments.database).await;
            export(&database.map_err(cannot_open)?).await
        }
    }
}

/// Opens a database, which is made if it is a file that is not there.
pub(crate) async fn database(url: &str) -> Result<Database, Failure> {
    Database::open(url).await.map_err(cannot_open)
}

pub(crate) fn cannot_open(error: DatabaseError) -> Failure {
    Failure::new(
        "opening the database",
        error,
        "give sqlite:FILE, or postgres://USER@HOST/NAME of a database that is there",
    )
}

async fn check(arguments: &EvidenceVerifyArguments, output: Output) -> Result<(), Failure> {
    let database = match arguments.register() {
        Some(url) => Some(Database::open_existing(&url).await.map_err(cannot_open)?),
        None => None,
    };
    let mut ledger = Ledger::default();
    let name = arguments.file.as_deref().unwrap_or(Path::new("the database"));
    let log = log(arguments.file.as_deref(), database.as_ref()).await?;
    let summary = verify_each(log, arguments.head, |record| ledger.take(record.event()));
    let summary = summary.map_err(|error| match error {
        VerifyError::Tampered(tampered) => Failure::new(
            CHECKING,
            tampered,
            "keep this file as it is, compare it with an earlier export, and ask who could write to it",
        ),
        VerifyError::Read(error) => unreadable(name, &error),
    })?;
    let compared = match &database {
        Some(database) => Some(ledger.compare(database).await.map_err(|error| unread(&error))?),
        None => None,
    };
    let Summary { records, first, last, head } = summary;
    let json = json!({
        "records": records,
        "first": first.map(|first| first.to_string()),
        "last": last.map(|last| last.to_string()),
        "head": head.to_string(),
        "headExpected": arguments.head.is_some(),
        "register": compared.as_ref().map(Compared::to_json),
    });
    output.print(&json, || {
        let register = compared.as_ref().map(|compared| format!("\n{compared}"));
        told(&summary, arguments.head.is_some()) + &register.unwrap_or_default()
    })?;
    match compared.map(|compared| compared.deviations) {
        Some(deviations) if !deviations.is_empty() => Err(Failure::new(
            COMPARING,
            format!("{} authenticators are not as they were recorded", deviations.len()),
            "keep the database as it is, and ask who could write to it; nobody should sign in with these",
        )),
        _ => Ok(()),
    }
}

/// The log of a file, of standard input for `-`, or of the database itself.
async fn log(
    file: Option<&Path>,
    database: Option<&Database>,
) -> Result<Box<dyn BufRead>, Failure> {
    match (file, database) {
        (Some(file), _) if file == Path::new("-") => Ok(Box::new(io::stdin().lock())),
        (Some(file), _) => {
            let opened = File::open(file).map_err(|error| unreadable(file, &error))?;
            Ok(Box::new(BufReader::new(opened)))
        }
        (None, Some(database)) => Ok(Box::new(Cursor::new(written(database).await?))),
        (None, None) => Err(Failure::new(
            CHECKING,
            "there is neither a file nor a database",
            "name one of them, see `wardkey evidence verify --help`",
        )),
    }
}

/// The whole log of a database.
async fn written(database: &Database) -> Result<Vec<u8>, Failure> {
    let (mut log, mut records) = (Vec::new(), 0);
    loop {
        let lines = database.evidence_after(records).await.map_err(|error| unread(&error))?;
        if lines.is_empty() {
            return Ok(log);
        }
        records += lines.len() as u64;
        for line in lines {
            log.extend_from_slice(line.as_bytes());
            log.push(b'\n');
        }
    }
}

fn unread(error: &DatabaseError) -> Failure {
    Failure::new(CHECKING, error, "check that the database can be reached")
}

fn told(summary: &Summary, is_expected: bool) -> String {
    let Summary { records, first, last, head } = summary;
    let span = match (first, last) {
        (Some(first), Some(last)) => format!(", from {first} to {last}"),
        _ => String::new(),
    };
    let end = if is_expected {
        "It ends as expected"
    } else {
        "Whether records are missing at its end, only --head can tell"
    };
    format!(
        "{records} records{span}. None was changed, removed or moved.\n{end}; its head is\n{head}"
    )
}

fn unreadable(file: &Path, error: &io::Error) -> Failure {
    Failure::new(
        CHECKING,
        format!("{}: {error}", file.display()),
        "check the file's name and rights",
    )
}

async fn export(database: &Database) -> Result<(), Failure> {
    let unreadable = |error: &dyn std::fmt::Display| {
        Failure::new(EXPORTING, error, "check that the database can be reached")
    };
    let unwritten = |error: io::Error| {
        Failure::new(EXPORTING, error, "keep standard output open until the end")
    };
    let (mut head, mut records) = (Hash::START, 0);
    loop {
        let lines = database.evidence_after(records).await.map_err(|error| unreadable(&error))?;
        let Some(last) = lines.last() else { break };
        let record = Record::parse(last).map_err(|error| {
            Failure::new(
                EXPORTING,
                format!("the record after {records}: {error}"),
                "keep the database as it is, and ask who could write to it",
            )
        })?;
        (head, records) = (record.hash(), record.sequence());
        let mut stdout = io::stdout().lock();
        for line in &lines {
            writeln!(stdout, "{line}").map_err(unwritten)?;
        }
        stdout.flush().map_err(unwritten)?;
    }
    tell(format_args!("{records} records. Keep the hash of the last elsewhere: {head}"));
    Ok(())
}
