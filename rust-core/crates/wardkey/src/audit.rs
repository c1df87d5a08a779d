//! `wardkey audit`: who did what with a sandbox, and what was refused, given out.

use std::io::{self, Write as _};

use serde_json::{Value, json};
use wardkey_register::{AuditLine, AuditPlace, Database, PersonId};

use crate::{cli::AuditCommand, evidence::cannot_open, failure::Failure, output::tell};

const EXPORTING: &str = "exporting the audit";

pub(crate) async fn run(command: &AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::Export(arguments) => {
            let database = Database::open_existing(&arguments.database).await;
            export(&database.map_err(cannot_open)?).await
        }
    }
}

/// One line, as it is given out.
fn exported(line: &AuditLine) -> Value {
    json!({
        "at": line.at.to_string(),
        "person": line.person.as_ref().map(PersonId::as_str),
        "act": line.act,
        "subject": line.subject,
        "detail": line.detail,
    })
}

async fn export(database: &Database) -> Result<(), Failure> {
    let unwritten = |error: io::Error| {
        Failure::new(EXPORTING, error, "keep standard output open until the end")
    };
    let (mut place, mut count) = (AuditPlace::default(), 0);
    loop {
        let lines = database.audit_after(&mut place).await.map_err(|error| {
            Failure::new(EXPORTING, error, "check that the database can be reached")
        })?;
        if lines.is_empty() {
            break;
        }
        count += lines.len();
        let mut stdout = io::stdout().lock();
        for line in &lines {
            writeln!(stdout, "{}", exported(line)).map_err(unwritten)?;
        }
        stdout.flush().map_err(unwritten)?;
    }
    tell(format_args!(
        "{count} lines. The sandbox forgets the oldest: export again before it does."
    ));
    Ok(())
}
