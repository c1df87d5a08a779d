//! What can be typed after `wardkey evidence`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use wardkey_evidence::Hash;

use super::ExportArguments;
use crate::examples;

#[derive(Debug, Subcommand)]
pub(crate) enum EvidenceCommand {
    /// Check that no record was changed, removed or moved
    ///
    /// Each record names the hash of the one before it. Exit code 1, and the line, if one is not as it
    /// was written.
    #[command(after_help = examples::EVIDENCE_VERIFY)]
    Verify(EvidenceVerifyArguments),
    /// Print the evidence of a database as JSON Lines, oldest first
    ///
    /// The hash of the last record goes to standard error: keep it where the database is not.
    #[command(after_help = examples::EVIDENCE_EXPORT)]
    Export(ExportArguments),
}

#[derive(Debug, Args)]
pub(crate) struct EvidenceVerifyArguments {
    /// The evidence as JSON Lines; `-` reads standard input; without it, that of the database
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Compare with the authenticators of this database: `sqlite:FILE`, or `postgres://…`. Without a file it is
    /// `$DATABASE_URL` if it is not given
    #[arg(long, value_name = "URL")]
    pub(crate) database: Option<String>,
    /// The hash that the last record has to have, as noted earlier: finds records cut off at the end
    #[arg(long, value_name = "HASH")]
    pub(crate) head: Option<Hash>,
}

impl EvidenceVerifyArguments {
    /// The database to compare with. Somebody who gives a file asks about that alone.
    pub(crate) fn register(&self) -> Option<String> {
        let variable = || std::env::var("DATABASE_URL").ok().filter(|_| self.file.is_none());
        self.database.clone().or_else(variable)
    }
}
