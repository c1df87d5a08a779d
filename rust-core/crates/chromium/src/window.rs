//! One window of a browser, and what can be done in it.

use std::{path::Path, time::Duration};

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::{
    Error,
    devtools::{DevTools, refused},
};

/// How long a page may take to load.
const LOADED: Duration = Duration::from_mins(2);

/// Between two looks at a page.
const LOOK: Duration = Duration::from_millis(50);

/// A window with one page.
///
/// ```no_run
/// use std::time::Duration;
/// use wardkey_chromium::{Browser, Window};
///
/// # async fn example(browser: Browser) -> Result<(), wardkey_chromium::Error> {
/// // Somebody else at the same machine: no cookie of the first window is in this one.
/// let mut other: Window = browser.private_window("https://localhost:8443/").await?;
/// other.wait_until("document.title !== ''", Duration::from_secs(5)).await?;
/// other.open("https://localhost:8443/desk").await?;
/// other.bring_to_front().await?;
/// other.save_page("desk.png".as_ref()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Window {
    devtools: DevTools,
    session: String,
}

impl Window {
    /// The one a new browser has.
    pub(crate) async fn first(address: &str) -> Result<Self, Error> {
        let mut devtools = DevTools::connect(address).await?;
        let targets = devtools.call(None, "Target.getTargets", json!({})).await?;
        let page = targets
            .get("targetInfos")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .find(|target| target.get("type").and_then(Value::as_str) == Some("page"))
            .and_then(|target| target.get("targetId"))
            .ok_or_else(|| refused("Target.getTargets", &targets))?;
        Self::attach(devtools, page).await
    }

    /// A new one with a profile of its own.
    pub(crate) async fn private(address: &str) -> Result<Self, Error> {
        let mut devtools = DevTools::connect(address).await?;
        // Windows of one profile share their cookies; this profile ends with the connection.
        let parameters = json!({"disposeOnDetach": true});
        let profile = devtools.call(None, "Target.createBrowserContext", parameters).await?;
        let parameters = json!({
            "url": "about:blank",
            "browserContextId": profile.get("browserContextId"),
            "newWindow": true,
        });
        let page = devtools.call(None, "Target.createTarget", parameters).await?;
        let page = page.get("targetId").ok_or_else(|| refused("Target.createTarget", &page))?;
        Self::attach(devtools, page).await
    }

    /// Names the page, so that commands reach it.
    async fn attach(mut devtools: DevTools, page: &Value) -> Result<Self, Error> {
        let parameters = json!({"targetId": page, "flatten": true});
        let attached = devtools.call(None, "Target.attachToTarget", parameters).await?;
        let session = attached.get("sessionId").and_then(Value::as_str).map(str::to_owned);
        let session = session.ok_or_else(|| refused("Target.attachToTarget", &attached))?;
        Ok(Self { devtools, session })
    }

    /// Puts the window in front of the others, where its QR code can be seen.
    pub async fn bring_to_front(&mut self) -> Result<(), Error> {
        self.call("Page.bringToFront", json!({})).await.map(drop)
    }

    /// Opens a page and waits until it has loaded.
    pub async fn open(&mut self, url: &str) -> Result<(), Error> {
        self.leave().await?;
        let result = self.call("Page.navigate", json!({"url": url})).await?;
        if let Some(reason) = result.get("errorText") {
            return Err(refused("Page.navigate", reason));
        }
        // The new document may not be there yet, or on its way in.
        let loaded = format!(
            "globalThis.leaving === undefined && document.readyState === 'complete'
             && location.href.startsWith({})",
            json!(url)
        );
        self.wait_until(&loaded, LOADED).await
    }

    /// Marks the document that is there, to tell it from the next: their addresses may be the same.
    async fn leave(&mut self) -> Result<(), Error> {
        self.wait_until("globalThis.leaving = true", LOADED).await
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
