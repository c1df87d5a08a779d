//! What can be typed after `wardkey audit`.

use clap::Subcommand;

use super::ExportArguments;
use crate::examples;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Print the audit of a database as JSON Lines, oldest first
    ///
    /// Each line is one act of somebody at the desk, or one request that was refused: the time, the id of
    /// the person who was signed in (or null), the act, what it was about (a registration, an authenticator or an
    /// application, or null), and what came of it. People are named by ids as in the evidence; there are no names, links, codes or keys in it.
    ///
    /// It is no evidence: nothing in it shows whether a line was changed, and the sandbox forgets the
    /// oldest (see `wardkey sandbox --audit-days`). What has to stay is exported in time.
    #[command(after_help = examples::AUDIT_EXPORT)]
    Export(ExportArguments),
}
