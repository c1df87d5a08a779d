//! What people read and press in a window.

use serde_json::{Value, json};
use wardkey_chromium::Window;

use crate::room::PATIENCE;

/// Whether nothing was pressed on this page yet: one that was is on its way out.
const FRESH: &str = "globalThis.leaving === undefined && document.readyState === 'complete'";

/// Goes to an address, wherever that leads.
pub async fn go(window: &mut Window, address: &str) {
    let go = format!("(globalThis.leaving = true, location.assign({}), true)", json!(address));
    // Another page may be on its way in, and not hear it.
    until(window, &go).await;
}

/// Waits until a condition holds on the page, or on the next one.
pub async fn until(window: &mut Window, condition: &str) {
    if let Err(error) = window.wait_until(condition, PATIENCE).await {
        let page = window.evaluate("location.href + ' ' + document.body.innerText").await;
        panic!("{error}\n{}", page.unwrap_or_default());
    }
}

/// Waits until the next page is there and shows what `selector` finds.
pub async fn arrive(window: &mut Window, selector: &str) {
    let there = format!("document.querySelector({}) !== null", json!(selector));
    until(window, &format!("{FRESH} && {there}")).await;
}

/// Waits until an element holds these words.
pub async fn read(window: &mut Window, selector: &str, words: &str) {
    let (selector, words) = (json!(selector), json!(words));
    let found = format!("[...document.querySelectorAll({selector})]");
    let there = format!("{found}.some((element) => element.textContent.includes({words}))");
    until(window, &there).await;
}

/// What the elements say, one after the other.
pub async fn all(window: &mut Window, selector: &str) -> Vec<String> {
    let look = format!(
        "[...document.querySelectorAll({})].map((found) => found.textContent.trim())",
        json!(selector)
    );
    let said = window.evaluate(&look).await.unwrap();
    said.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// What the first element says.
pub async fn text(window: &mut Window, selector: &str) -> String {
    all(window, selector).await.swap_remove(0)
}

/// Presses the link or button that says `words`.
pub async fn press(window: &mut Window, words: &str) {
    push(window, words, "globalThis.leaving = true;").await;
}

/// Presses a button that stays on its page.
pub async fn push_button(window: &mut Window, words: &str) {
    push(window, words, "").await;
}

async fn push(window: &mut Window, words: &str, first: &str) {
    let press = format!(
        "(() => {{
           const says = (element) => element.textContent.trim().replace(/\\s+/g, ' ') === {};
           const found = [...document.querySelectorAll('main a, main button')].find(says);
           {first}
           found?.click();
           return Boolean(found);
         }})()",
        json!(words)
    );
    let pressed = window.evaluate(&press).await.unwrap();
    assert_eq!(pressed, Value::Bool(true), "nothing to press that says “{words}”");
}
