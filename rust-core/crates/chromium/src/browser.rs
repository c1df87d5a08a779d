//! A Chromium that runs hybrid ceremonies on one machine.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use crate::{
    Error, Screen,
    child::{Output, Program},
    devtools::{DevTools, refused},
};

/// Between two looks at a page.
const LOOK: Duration = Duration::from_millis(50);

/// What a browser is started with.
///
/// [`Browser`] has an example.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where it finds Bluetooth: the address of a D-Bus with `org.bluez` on it.
    pub bus_address: String,
    /// Where it finds every assigned tunnel domain.
    pub tunnel: SocketAddr,
    /// Base64 SHA-256 of the public keys of certificates to accept.
    pub trusted_keys: Vec<String>,
    /// The first page.
    pub page: String,
}

/// A browser with one page. Dropping it ends it and removes its profile.
///
/// ```no_run
/// use wardkey_chromium::{Browser, Screen, Settings};
///
/// # async fn example(settings: Settings) -> Result<(), wardkey_chromium::Error> {
/// let screen = Screen::start().await?;
/// let mut browser = Browser::start(&screen, &settings).await?;
/// let title = browser.evaluate("document.title").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Browser {
    devtools: DevTools,
    session: String,
    _process: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts Chromium on `screen` and waits until its page can be told what to do.
    pub async fn start(screen: &Screen, settings: &Settings) -> Result<Self, Error> {
        let profile = tempfile::Builder::new()
            .prefix("wardkey-chromium-")
            .tempdir()
            .map_err(Error::Profile)?;
        let mut command = Command::new(program());
        command
            .args(arguments(settings))
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .env("DISPLAY", screen.display())
            .env("DBUS_SYSTEM_BUS_ADDRESS", &settings.bus_address)
            .env("DBUS_SESSION_BUS_ADDRESS", "disabled:");
        let chromium = Program { name: "chromium", package: "chromium" };
        let address = |line: &str| line.strip_prefix("DevTools listening on ").map(str::to_owned);
        let (process, address) = chromium.start(&mut command, Output::Error, address).await?;

        let mut devtools = DevTools::connect(&address).await?;
        let session = attach(&mut devtools).await?;
        let mut browser = Self { devtools, session, _process: process, _profile: profile };
        browser.open(&settings.page).await?;
        Ok(browser)
    }

    /// Opens a page and waits until it has loaded.
    pub async fn open(&mut self, url: &str) -> Result<(), Error> {
        let result = self.call("Page.navigate", json!({"url": url})).await?;
        if let Some(reason) = result.get("errorText") {
            return Err(refused("Page.navigate", reason));
        }
        // The new document may not be there yet, so its address is part of what is waited for.
        let loaded = format!(
            "new Promise(resolve => {{
               const check = () => document.readyState === 'complete' ? resolve(true)
                 : addEventListener('load', () => resolve(true));
               check();
             }}).then(() => location.href.startsWith({}))",
            json!(url)
        );
        while self.evaluate(&loaded).await? != Value::Bool(true) {}
        Ok(())
    }

    /// The value of a JavaScript expression in the page; a promise is waited for.
    pub async fn evaluate(&mut self, expression: &str) -> Result<Value, Error> {
        let parameters = json!({
            "expression": expression,
            "awaitPromise": true,
            "returnByValue": true,
            "userGesture": true,
        });
        let result = self.call("Runtime.evaluate", parameters).await?;
        match result.get("exceptionDetails") {
            Some(exception) => Err(refused("Runtime.evaluate", exception)),
            None => Ok(result.pointer("/result/value").cloned().unwrap_or_default()),
        }
    }

    /// Waits until a JavaScript condition holds in the page, or in one that takes its place meanwhile.
    pub async fn wait_until(&mut self, condition: &str, patience: Duration) -> Result<(), Error> {
        let look = async {
            loop {
                match self.evaluate(condition).await {
                    Ok(Value::Bool(true)) => return Ok(()),
                    // The page is on its way out, or the next one has not begun.
                    Ok(_) | Err(Error::Refused { .. }) => sleep(LOOK).await,
                    Err(error) => return Err(error),
                }
            }
        };
        let never = |_| refused("Runtime.evaluate", &format!("never true: {condition}").into());
        timeout(patience, look).await.map_err(never)?
    }

    /// Saves a picture of the whole page, as PNG: also of what is scrolled away, and without anything the
    /// browser draws over it.
    pub async fn save_page(&mut self, path: &Path) -> Result<(), Error> {
        let parameters = json!({"format": "png", "captureBeyondViewport": true});
        let method = "Page.captureScreenshot";
        let result = self.call(method, parameters).await?;
        let data = result.get("data").and_then(Value::as_str);
        let png = data.and_then(|data| Base64::decode_vec(data).ok());
        let png = png.ok_or_else(|| refused(method, &"no picture".into()))?;
        let failed = |source| Error::File { path: path.to_owned(), source };
        std::fs::write(path, png).map_err(failed)
    }

    async fn call(&mut self, method: &str, parameters: Value) -> Result<Value, Error> {
        self.devtools.call(Some(&self.session), method, parameters).await
    }
}

/// Names the one page, so that commands reach it.
async fn attach(devtools: &mut DevTools) -> Result<String, Error> {
    let targets = devtools.call(None, "Target.getTargets", json!({})).await?;
    let page = targets
        .get("targetInfos")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .find(|target| target.get("type").and_then(Value::as_str) == Some("page"))
        .and_then(|target| target.get("targetId").cloned())
        .ok_or_else(|| refused("Target.getTargets", &targets))?;
    let parameters = json!({"targetId": page, "flatten": true});
    let attached = devtools.call(None, "Target.attachToTarget", parameters).await?;
    let session = attached.get("sessionId").and_then(Value::as_str).map(str::to_owned);
    session.ok_or_else(|| refused("Target.attachToTarget", &attached))
}

fn program() -> PathBuf {
    std::env::var_os("CHROMIUM").map_or_else(|| "chromium".into(), PathBuf::from)
}

fn arguments(settings: &Settings) -> Vec<String> {
    let tunnel = settings.tunnel;
    let names = format!(
        "MAP cable.ua5v.com:443 {tunnel}, MAP cable.auth.com:443 {tunnel}, MAP * ~NOTFOUND, \
         EXCLUDE localhost, EXCLUDE 127.0.0.1"
    );
    let mut arguments = vec![
        // Containers and the superuser have no user namespaces for the sandbox.
        "--no-sandbox".into(),
        // No bar across the page about the flags below.
        "--test-type".into(),
        "--no-first-run".into(),
        "--no-default-browser-check".into(),
        "--no-proxy-server".into(),
        "--disable-gpu".into(),
        "--disable-background-networking".into(),
        "--disable-component-update".into(),
        "--disable-sync".into(),
        "--password-store=basic".into(),
        "--lang=en-GB".into(),
        "--window-position=0,0".into(),
        "--window-size=1280,1024".into(),
        "--remote-debugging-port=0".into(),
        format!("--host-resolver-rules={names}"),
    ];
    if !settings.trusted_keys.is_empty() {
        let keys = settings.trusted_keys.join(",");
        arguments.push(format!("--ignore-certificate-errors-spki-list={keys}"));
    }
    arguments
}
