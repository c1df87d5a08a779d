//! What can be typed after `wardkey`, and the help that teaches it.

mod audit;
mod evidence;
mod limits;
mod phone;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::SystemTime,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use reqwest::Url;
use wardkey_driver::TunnelAddress;
use wardkey_sandbox::TrustedProxy;

use crate::examples;

pub(crate) use audit::AuditCommand;
pub(crate) use evidence::{EvidenceCommand, EvidenceVerifyArguments};
pub(crate) use limits::LimitArguments;
pub(crate) use phone::{Attestation, OpenArguments, PhoneArguments, PhoneCommand, ScanArguments};

/// Try Wardkey out on one machine: a phone, a workstation and everything between them.
///
/// A clinician signs in at a workstation by scanning a QR code with a phone that holds a passkey. These
/// commands play each part on a host, so that the whole ceremony, or any part of it against other
/// software, can be tried without a phone. Start with `wardkey demo`.
///
/// Progress goes to standard error, results to standard output.
#[derive(Debug, Parser)]
#[command(name = "wardkey", version, max_term_width = 100, after_help = examples::COMMAND)]
pub(crate) struct Cli {
    /// Print results, and failures, as JSON on standard output
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Act as the phone that holds the passkeys
    #[command(subcommand)]
    Phone(PhoneCommand),
    /// Act as the workstation's browser: show a QR code and run a ceremony with a phone
    #[command(subcommand)]
    Workstation(WorkstationCommand),
    /// Run the tunnel service through which phone and workstation meet
    #[command(after_help = examples::TUNNEL)]
    Tunnel(TunnelArguments),
    /// Run a relying party to register with and sign in to
    #[command(after_help = examples::SANDBOX)]
    Sandbox(SandboxArguments),
    /// Run a sample application, whose users sign in at a sandbox or another provider
    ///
    /// A website that asks for a sign-in with OpenID Connect and shows what it is told. It looks first
    /// whether the provider can be reached and knows it.
    #[command(after_help = examples::APPLICATION)]
    Application(ApplicationArguments),
    /// Judge what a phone's hardware proved about a passkey's key
    ///
    /// For one registration, or with --chain for the certificates alone. Exit code 1 if it is refused.
    #[command(after_help = examples::VERIFY)]
    Verify(VerifyArguments),
    /// Check or give out the evidence of what was registered, confirmed and removed
    #[command(subcommand)]
    Evidence(EvidenceCommand),
    /// Give out who did what with a sandbox, and what was refused
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Play the whole story: issue a passkey at the desk, sign in to an application with it, and show each step
    Demo(DemoArguments),
}

/// How a ceremony reaches the other side.
#[derive(Debug, Args)]
pub(crate) struct NetworkArguments {
    /// How proximity is proved
    #[arg(long, value_enum, default_value_t = RadioKind::default())]
    pub(crate) radio: RadioKind,
    /// Connect here for every tunnel domain; the TLS name and Host stay the domain's
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) tunnel: Option<TunnelAddress>,
    /// Trust the tunnel services these authorities (PEM) vouch for, and no others
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum RadioKind {
    /// The machine's own Bluetooth
    #[cfg_attr(feature = "bluetooth", default)]
    Bluetooth,
    /// Lines of text: the phone prints `ADVERT <40 hex digits>` and `STOP`, the workstation reads them
    #[cfg_attr(not(feature = "bluetooth"), default)]
    Lines,
}

#[derive(Debug, Subcommand)]
pub(crate) enum WorkstationCommand {
    /// Register a passkey: creation options in, registration response out, both WebAuthn JSON
    #[command(after_help = examples::CREATE)]
    Create(WorkstationArguments),
    /// Sign in: request options in, authentication response out, both WebAuthn JSON
    #[command(after_help = examples::GET)]
    Get(WorkstationArguments),
}

#[derive(Debug, Args)]
pub(crate) struct WorkstationArguments {
    /// The relying party's options as WebAuthn JSON; `-` reads standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub(crate) options: PathBuf,
    /// The origin of the page that asks, such as `https://localhost:8443`
    #[arg(long, value_name = "URL")]
    pub(crate) origin: String,
    /// Also save the QR code as a picture
    #[arg(long, value_name = "FILE.png")]
    pub(crate) qr_image: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) network: NetworkArguments,
}

impl WorkstationArguments {
    pub(crate) fn reads_options_from_stdin(&self) -> bool {
        self.options == Path::new("-")
    }
}

/// Certificates: one's own, or made on the spot by a test authority kept in a folder.
#[derive(Debug, Args)]
pub(crate) struct TlsArguments {
    /// Certificate chain (PEM); needs --key
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) certificate: Option<PathBuf>,
    /// Private key of the certificate (PEM)
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub(crate) key: Option<PathBuf>,
    /// Without --certificate: folder of the test certificate authority, made if it is not there
    #[arg(long, value_name = "DIR", default_value_os_t = default_authority())]
    pub(crate) authority: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct TunnelArguments {
    /// Where to listen; port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8453")]
    pub(crate) listen: SocketAddr,
    #[command(flatten)]
    pub(crate) tls: TlsArguments,
    #[command(flatten)]
    pub(crate) limits: LimitArguments,
}

#[derive(Debug, Args)]
pub(crate) struct SandboxArguments {
    /// Where to listen; port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443")]
    pub(crate) listen: SocketAddr,
    /// Trust passkeys vouched for by these roots (PEM, see `wardkey phone root`); may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Vec<PathBuf>,
    /// Keep everything here: `sqlite:FILE`, or `postgres://…`; without it all is gone at the end
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database: Option<String>,
    /// Keep what was refused, and what people did at the desk, in the audit for so many days
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) audit_days: u16,
    /// How long a registration link can be used, in minutes: at most a day
    #[arg(long, value_name = "MINUTES", default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..=1440))]
    pub(crate) link_minutes: u16,
    /// The origin that users see, such as that of a load balancer; its host is the relying party id
    #[arg(long, value_name = "URL")]
    pub(crate) origin: Option<Url>,
    /// Believe this proxy, or network of them, where a request comes from; may be repeated. Without it
    /// nobody is believed, and all who come through a load balancer count as one when they try too often
    #[arg(long, value_name = "ADDRESS[/BITS]")]
    pub(crate) trusted_proxy: Vec<TrustedProxy>,
    /// The header that they say it in, and that they write anew or add to in every request
    #[arg(long, value_enum, default_value_t = ProxyHeader::XForwardedFor, requires = "trusted_proxy")]
    pub(crate) proxy_header: ProxyHeader,
    /// What has to hold for a passkey of level 3 (JSON, see `wardkey verify`); without it AAL3, which
    /// knows no application and so refuses
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Google's revocation list, from `https://android.googleapis.com/attestation/status`. The file is read
    /// again when it changes, and its time is when it was fetched: see `revocationDays` of the policy
    #[arg(long, value_name = "FILE")]
    pub(crate) revocation: Option<PathBuf>,
    /// Let these applications sign users in with OpenID Connect (JSON); may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) clients: Vec<PathBuf>,
    /// Trust the servers of applications that these authorities (PEM) vouch for, when they are told of
    /// a logout; without it the test authority's, or with --certificate those that browsers trust
    #[arg(long, value_name = "FILE")]
    pub(crate) application_ca: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) tls: TlsArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ApplicationArguments {
    /// Where to listen; port 0 lets the system choose
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9443")]
    pub(crate) listen: SocketAddr,
    /// The OpenID Connect issuer that users sign in at, as it names itself
    #[arg(long, value_name = "URL", default_value = SANDBOX_ISSUER)]
    pub(crate) issuer: String,
    /// Trust the provider whose server these authorities (PEM) vouch for; without it the test authority
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// The application's id at the provider
    #[arg(long, value_name = "ID", default_value = "sample-application")]
    pub(crate) client_id: String,
    /// File with the secret that the provider knows the application by
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present = "client_key",
        conflicts_with = "client_key"
    )]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// File with the private key (PEM; RSA, or ECDSA on P-256) whose public half the provider knows
    #[arg(long, value_name = "FILE")]
    pub(crate) client_key: Option<PathBuf>,
    /// What a sign-in has to prove
    #[arg(long, value_enum, default_value_t = Level::Aal3)]
    pub(crate) level: Level,
    /// Print what the provider has to know of the application, for `wardkey sandbox --clients`, and end
    #[arg(long)]
    pub(crate) registration: bool,
    #[command(flatten)]
    pub(crate) tls: TlsArguments,
}

/// That of a sandbox on this machine as it is without options.
const SANDBOX_ISSUER: &str =
    "https://localhost:8443/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Level {
    /// Level 3 (`AAL3_ANY`)
    Aal3,
    /// Level 2 or 3 (`AAL2_OR_AAL3_ANY`)
    #[value(name = "aal2-or-aal3")]
    Aal2OrAal3,
    /// Level 2 or more (`AAL2_ANY`)
    Aal2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProxyHeader {
    /// `X-Forwarded-For`
    XForwardedFor,
    /// `Forwarded` (RFC 7239)
    Forwarded,
}

impl From<ProxyHeader> for wardkey_sandbox::ProxyHeader {
    fn from(header: ProxyHeader) -> Self {
        match header {
            ProxyHeader::XForwardedFor => Self::XForwardedFor,
            ProxyHeader::Forwarded => Self::Forwarded,
        }
    }
}

/// What is given out of a database.
#[derive(Debug, Args)]
pub(crate) struct ExportArguments {
    /// The database: `sqlite:FILE`, or `postgres://…`
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub(crate) database: String,
}

#[derive(Debug, Args)]
pub(crate) struct VerifyArguments {
    /// A registration response as WebAuthn JSON; `-` reads standard input
    #[arg(
        value_name = "FILE",
        required_unless_present = "chain",
        conflicts_with = "chain",
        requires_all = ["challenge", "origin", "rp_id"]
    )]
    pub(crate) registration: Option<PathBuf>,
    /// The challenge the relying party gave, base64url
    // Of which one in 64 begins with a hyphen.
    #[arg(long, value_name = "BASE64URL", allow_hyphen_values = true)]
    pub(crate) challenge: Option<String>,
    /// The origin of the page, such as `https://localhost:8443`
    #[arg(long, value_name = "URL")]
    pub(crate) origin: Option<String>,
    /// The relying party id
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) rp_id: Option<String>,
    /// A certificate chain alone (PEM, the key's own first): what it was made for stays unknown
    #[arg(long, value_name = "FILE.pem")]
    pub(crate) chain: Option<PathBuf>,
    /// Judge as of this time instead of now
    #[arg(long, value_name = "RFC3339", value_parser = humantime::parse_rfc3339)]
    pub(crate) at: Option<SystemTime>,
    /// What has to hold (JSON); without it AAL3, which knows no application and so refuses
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<PathBuf>,
    /// Google's revocation list, from `https://android.googleapis.com/attestation/status`
    #[arg(long, value_name = "FILE")]
    pub(crate) revocation: Option<PathBuf>,
    /// Know these test roots too (PEM); only a test policy believes them; may be repeated
    #[arg(long, value_name = "FILE")]
    pub(crate) trust: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArguments {
    /// Let a real Chromium be the workstation, and save a picture of each screen
    #[arg(long)]
    pub(crate) browser: bool,
    /// Where --browser saves its pictures
    #[arg(long, value_name = "DIR", default_value = "demo-screenshots")]
    pub(crate) screenshots: PathBuf,
    /// Keep sandbox, tunnel and phone up afterwards, to play with
    #[arg(long)]
    pub(crate) serve: bool,
}

/// Where everything is kept that the command line gives no other place.
pub(crate) fn home_folder() -> PathBuf {
    std::env::home_dir().unwrap_or_default().join(".wardkey")
}

fn default_folder(name: &str) -> PathBuf {
    home_folder().join(name)
}

fn default_state() -> PathBuf {
    default_folder("phone")
}

fn default_authority() -> PathBuf {
    default_folder("authority")
}
