//! What the help shows last: each command in use.

pub(crate) const COMMAND: &str = "\
Exit codes:
  0  done
  1  refused or failed; the message says at which stage and what to do
  2  wrong use

Example, each part in a terminal of its own:
  wardkey phone root > root.pem
  wardkey sandbox --trust root.pem
  wardkey tunnel
and then open https://localhost:8443 in a browser, or let `wardkey workstation` be the browser.";

pub(crate) const SCAN: &str = "\
Examples:
  Scan a screenshot, with this machine's Bluetooth and the tunnel service that browsers use:
    wardkey phone scan --image screenshot.png --radio bluetooth

  Scan a code by its text, without Bluetooth: what the phone prints is what `wardkey workstation`
  reads on its standard input. The tunnel service is `wardkey tunnel`:
    wardkey phone scan 'FIDO:/…' --radio lines --user approve \\
        --tunnel 127.0.0.1:8453 --ca ~/.wardkey/authority/ca.pem

With --user ask, the questions come on the terminal; a program chooses one of the others.";

pub(crate) const OPEN: &str = "\
Example: become the registration authority of a sandbox, with the link that it prints when it starts:
  wardkey phone root > root.pem
  wardkey sandbox --trust root.pem
  wardkey phone open 'https://localhost:8443/enrol/…' --user approve

See how a site refuses a phone that anybody can put another system on, and that has a copied key:
  wardkey sandbox --trust root.pem --policy fixtures/policies/test.json
  wardkey phone open 'https://localhost:8443/enrol/…' --user approve \\
      --claim unlocked-bootloader --claim imported-key

Keep the link to yourself: whoever opens it first registers the passkey.";

pub(crate) const CTAP: &str = "\
Examples:
  Serve a phone whose user agrees to everything, with its passkeys in ./suite:
    wardkey phone ctap --state suite --user approve

  A request for what the phone can do (CTAP command 4), as a frame of six bytes:
    printf '\\0\\0\\0\\2\\020\\004' | wardkey phone ctap --state suite --user approve | xxd";

pub(crate) const LIST: &str = "\
Example:
  wardkey phone list --state suite";

pub(crate) const SHOW: &str = "\
Example, with the id as `wardkey phone list` shows it:
  wardkey phone show 5a0f93";

pub(crate) const DELETE: &str = "\
Example, with the id as `wardkey phone list` shows it:
  wardkey phone delete 5a0f93";

pub(crate) const ROOT: &str = "\
Example:
  wardkey phone root > root.pem
  wardkey sandbox --trust root.pem";

pub(crate) const CREATE: &str = "\
Example: register with the sandbox. Its answer holds the options, and takes the response:
  curl --cacert ~/.wardkey/authority/ca.pem https://localhost:8443/register/options \\
      --json '{\"userName\": \"clinician@example.org\"}' > options.json
  wardkey workstation create --options options.json --origin https://localhost:8443 \\
      --radio lines --tunnel 127.0.0.1:8453 --ca ~/.wardkey/authority/ca.pem

With --radio lines, type or pipe the line that begins with ADVERT, as `wardkey phone scan` prints it.
The response goes to standard output, everything else to standard error.";

pub(crate) const GET: &str = "\
Example: sign in to the sandbox. Its answer holds the options, and takes the response:
  curl --cacert ~/.wardkey/authority/ca.pem https://localhost:8443/signin/options \\
      --json '{}' > options.json
  wardkey workstation get --options options.json --origin https://localhost:8443 \\
      --radio lines --tunnel 127.0.0.1:8453 --ca ~/.wardkey/authority/ca.pem

With --radio lines, type or pipe the line that begins with ADVERT, as `wardkey phone scan` prints it.
The response goes to standard output, everything else to standard error.";

pub(crate) const TUNNEL: &str = "\
Examples:
  On a port that the system chooses, told to a program as one line of JSON when ready:
    wardkey --json tunnel --listen 127.0.0.1:0

  For other machines, with a certificate of one's own:
    wardkey tunnel --listen 0.0.0.0:443 --certificate chain.pem --key key.pem

Ctrl-C or SIGTERM ends it in good order. /healthz and /metrics tell how it is, and standard error what
becomes of each tunnel; WARDKEY_LOG=warn has it tell less, WARDKEY_LOG=debug more.";

pub(crate) const SANDBOX: &str = "\
Examples:
  With passkeys of a phone on a host, whose attestation it then trusts:
    wardkey phone root > root.pem
    wardkey sandbox --trust root.pem

  Keeping everything, and holding passkeys to a policy of one's own:
    wardkey sandbox --database sqlite:register.sqlite --policy policy.json

  Two behind a load balancer at https://login.example.org:
    export DATABASE_URL=postgres://wardkey@db.example.org/wardkey
    wardkey sandbox --listen 10.0.0.1:8443 --origin https://login.example.org \\
        --trusted-proxy 10.0.0.7 &
    wardkey sandbox --listen 10.0.0.2:8443 --origin https://login.example.org \\
        --trusted-proxy 10.0.0.7

  With applications that sign users in with OpenID Connect, and hear when they are signed out:
    cat >clients.json <<'END'
    {\"clients\": [{\"client_id\": \"ward\", \"client_name\": \"Ward round\",
                  \"client_secret\": \"at least 16 characters\",
                  \"redirect_uris\": [\"https://localhost:9443/back\"],
                  \"post_logout_redirect_uris\": [\"https://localhost:9443/\"],
                  \"backchannel_logout_uri\": \"https://localhost:9443/logout\"}]}
    END
    wardkey sandbox --clients clients.json
  `wardkey application --registration` prints such a file for an application of its own.
  An application that signs assertions has \"token_endpoint_auth_method\": \"private_key_jwt\" and \"jwks\"
  instead of the secret; \"client_secret_post\" takes the secret in the form. One that cannot send a
  PKCE challenge has \"require_pkce\": false.

  On a port that the system chooses, told to a program as one line of JSON when ready:
    wardkey --json sandbox --listen 127.0.0.1:0

Ctrl-C or SIGTERM ends it in good order.";

pub(crate) const APPLICATION: &str = "\
Examples:
  Beside a sandbox on this machine, with a secret that both know:
    openssl rand -hex 32 > secret.txt
    wardkey application --client-secret-file secret.txt --registration > clients.json
    wardkey sandbox --clients clients.json &
    wardkey application --client-secret-file secret.txt
  and then open https://localhost:9443 in a browser.

  With a key of its own instead of a secret, and for level 2 as well:
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem
    wardkey application --client-key key.pem --registration > clients.json
    wardkey sandbox --clients clients.json &
    wardkey application --client-key key.pem --level aal2-or-aal3

  At another provider:
    wardkey application --client-id ward-list --client-secret-file secret.txt \\
        --issuer https://login.example.org/issuer --ca login-ca.pem

  On a port that the system chooses, told to a program as one line of JSON when ready:
    wardkey --json application --listen 127.0.0.1:0 --client-key key.pem --client-id known-by-key

Ctrl-C or SIGTERM ends it in good order; it keeps nothing.";

pub(crate) const EVIDENCE_VERIFY: &str = "\
Examples:
  An export, with the hash of its last record as it was noted at the time:
    wardkey evidence verify evidence.jsonl --head 5f0c…

  A database that is in use, and whether its authenticators are those that were recorded:
    wardkey evidence verify --database sqlite:register.sqlite

  The same against an export that was kept where nobody could write to it:
    wardkey evidence verify evidence.jsonl --database sqlite:register.sqlite";

pub(crate) const EVIDENCE_EXPORT: &str = "\
Example:
  wardkey evidence export --database sqlite:register.sqlite > evidence.jsonl";

pub(crate) const AUDIT_EXPORT: &str = "\
Examples:
  Everything, to keep it elsewhere:
    wardkey audit export --database sqlite:register.sqlite > audit.jsonl

  What was refused or done at the desk:
    wardkey audit export --database sqlite:register.sqlite | jq 'select(.act | startswith(\"desk/\"))'";

pub(crate) const VERIFY: &str = "\
Examples:
  One registration, under a policy of one's own and with Google's revocation list:
    wardkey verify response.json --challenge Y2hhbGxlbmdl \\
        --origin https://login.example.org --rp-id example.org \\
        --policy policy.json --revocation status.json

  The certificates alone, as of the day they were made, for another program:
    wardkey --json verify --chain chain.pem --at 2026-01-31T12:00:00Z

A policy is a JSON object; every member of this one has to be there:
  {
    \"name\": \"Ward phones\",
    \"test\": false,
    \"minimumLevel\": \"TRUSTED_ENVIRONMENT\",
    \"minimumOsVersion\": 140000,
    \"patchMonthsWarn\": 3,
    \"patchMonthsFail\": 12,
    \"revocation\": \"require\",
    \"verifiedBoot\": \"require\",
    \"unlockedDevice\": \"warn\",
    \"applications\": [{\"package\": \"org.example.app\", \"certificates\": [\"64 hex digits\"]}]
  }
\"require\", \"warn\" and \"ignore\" say how serious a shortcoming is. Two members more may be there:
\"revocationDays\", how old the revocation list may be (7), and in a test policy \"attestation\": \"warn\",
which has a sandbox take passkeys without attestation, for level 2.";
