//! Help that teaches, and wrong use that is told apart from failure.

use std::collections::BTreeMap;

use crate::child::run;

async fn help(path: &[String]) -> String {
    let ended = run(&[path, &["--help".to_owned()]].concat()).await;
    ended.succeeded().printed.join("\n")
}

/// The subcommands that a help text lists.
fn subcommands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    // A name is indented by two spaces, what continues its explanation by more.
    listed
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// The help of every command without subcommands of its own, by its name.
async fn every_help() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut paths = vec![vec![]];
    while let Some(path) = paths.pop() {
        let text = help(&path).await;
        let below = subcommands(&text);
        if below.is_empty() {
            found.insert(path.join(" "), text);
        }
        paths.extend(below.into_iter().map(|name| [&path[..], &[name]].concat()));
    }
    found
}

#[tokio::test]
async fn the_first_help_explains_the_parts_and_the_exit_codes() {
    let help = help(&[]).await;
    assert_eq!(
        subcommands(&help),
        [
            "phone",
            "workstation",
            "tunnel",
            "sandbox",
            "application",
            "verify",
            "evidence",
            "audit",
            "demo"
        ]
    );
    for word in
        ["0  done", "1  refused or failed", "2  wrong use", "standard error", "wardkey demo"]
    {
        assert!(help.contains(word), "“{word}” expected:\n{help}");
    }
}

#[tokio::test]
async fn every_command_says_more_than_its_name() {
    let every = every_help().await;
    let phone = ["ctap", "delete", "list", "open", "root", "scan", "show"];
    let names: Vec<_> = every.keys().filter_map(|name| name.strip_prefix("phone ")).collect();
    assert_eq!(names, phone);
    for (name, help) in &every {
        let (about, rest) = help.split_once("Usage: wardkey ").expect("a usage");
        let explained = about.trim().lines().count() > 1;
        let shown = rest.contains("Example") && rest.contains(&format!("wardkey {name}"));
        assert!(explained || shown || name == "demo", "{name}:\n{help}");
        assert!(about.trim().len() > 20, "{name}:\n{help}");
    }
}

#[tokio::test]
async fn every_option_is_there_and_explained() {
    let network = "--radio --tunnel --ca";
    let phone = "--state --user --attestation --claim --patience --json";
    let expected = [
        ("phone scan", format!("--image {phone} {network}")),
        ("phone ctap", phone.to_owned()),
        ("phone list", "--state --json".to_owned()),
        ("phone show", "--state --json".to_owned()),
        ("phone delete", "--state --json".to_owned()),
        ("phone root", "--state --json".to_owned()),
        ("workstation create", format!("--options --origin --qr-image --json {network}")),
        ("workstation get", format!("--options --origin --qr-image --json {network}")),
        ("tunnel", "--listen --certificate --key --authority --json".to_owned()),
        (
            "sandbox",
            "--listen --trust --audit-days --trusted-proxy --proxy-header --clients --application-ca --certificate --key --authority --json"
                .to_owned(),
        ),
        (
            "application",
            "--listen --issuer --ca --client-id --client-secret-file --client-key --level \
             --registration --certificate --key --authority --json"
                .to_owned(),
        ),
        ("demo", "--serve --json".to_owned()),
    ];
    let every = every_help().await;
    for (name, options) in expected {
        for option in options.split(' ') {
            assert!(explains(&every[name], option), "{name} {option}:\n{}", every[name]);
        }
    }
    for user in ["ask", "approve", "deny", "ignore", "uv-fail"] {
        assert!(every["phone scan"].contains(&format!("- {user}:")), "{user}");
    }
    for radio in ["bluetooth", "lines"] {
        assert!(every["workstation get"].contains(&format!("- {radio}:")), "{radio}");
    }
}

/// Whether a help text lists an option, with words about it beside or below it.
fn explains(help: &str, option: &str) -> bool {
    let mut lines = help.lines().skip_while(|line| {
        let words = line.trim_start().split([' ', ',']);
        !line.trim_start().starts_with('-') || words.into_iter().all(|word| word != option)
    });
    let Some(line) = lines.next() else { return false };
    let beside = line.trim().split("  ").count() > 1;
    let below = lines.next().is_some_and(|line| line.trim().split(' ').count() > 2);
    beside || below
}

#[tokio::test]
async fn wrong_use_is_told_apart_and_explained() {
    let cases: [(&[&str], &str); 17] = [
        (&[], "Usage: wardkey"),
        (&["fly"], "unrecognized subcommand 'fly'"),
        (&["workstation", "create"], "--origin <URL>"),
        (&["phone", "scan", "FIDO:/0", "--image", "code.png"], "cannot be used with"),
        (&["phone", "scan", "--user", "maybe"], "possible values: ask, approve"),
        (&["phone", "scan", "--tunnel", "nowhere"], "expected HOST:PORT"),
        (&["phone", "ctap", "--claim", "perfection"], "possible values: other-root"),
        (
            &["phone", "ctap", "--claim", "imported-key", "--attestation", "packed"],
            "--claim is about the certificates of --attestation android-key",
        ),
        (&["sandbox", "--trusted-proxy", "balancer"], "“balancer” is no address"),
        (&["sandbox", "--proxy-header", "forwarded"], "--trusted-proxy"),
        (&["application"], "--client-secret-file <FILE>"),
        (&["application", "--client-secret-file", "a", "--client-key", "b"], "cannot be used with"),
        (&["application", "--client-key", "b", "--level", "4"], "aal3, aal2-or-aal3, aal2"),
        (&["tunnel", "--listen", "here"], "invalid socket address"),
        (&["sandbox", "--link-minutes", "0"], "0 is not in 1..=1440"),
        (&["tunnel", "--certificate", "chain.pem"], "--key <FILE>"),
        (
            &["workstation", "get", "--radio", "lines", "--origin", "https://example.org"],
            "save them in a file",
        ),
    ];
    for (arguments, message) in cases {
        let ended = run(arguments).await;
        assert_eq!(ended.code, Some(2), "{arguments:?} {ended:?}");
        assert!(ended.told.contains(message), "“{message}” expected: {}", ended.told);
        assert!(ended.printed.is_empty(), "{ended:?}");
    }
}
