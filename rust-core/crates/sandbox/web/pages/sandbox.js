// Runs a ceremony from the form of a page: ask the sandbox for options, ask the browser for a
// credential, hand it to the sandbox, show what it decided.
import { initAll } from "/assets/nhsuk-frontend.js";

document.body.classList.add("js-enabled", "nhsuk-frontend-supported");
initAll();

const form = document.getElementById("ceremony");
const byId = (id) => document.getElementById(id);

/** What a browser's refusal means to a tester, and what to do about it. */
const REFUSALS = {
  NotAllowedError: [
    "The ceremony was refused, cancelled or took too long. The browser does not say which.",
    "Look at the phone: it shows why. Then start again.",
  ],
  InvalidStateError: [
    "The phone already has a passkey for this account, and the exclude list forbids a second one.",
    "Sign in with it, or untick the exclude list.",
  ],
  SecurityError: [
    "The browser does not let this address use the relying party's id, or does not trust its certificate.",
    "Open the page at the sandbox's own address, which its first page shows.",
  ],
  NotSupportedError: [
    "The browser cannot do what was asked, or offers none of the algorithms.",
    "Use a current browser.",
  ],
  ConstraintError: [
    "No authenticator can meet the requirements.",
    "Choose “preferred” for user verification or for the discoverable passkey.",
  ],
  AbortError: ["The ceremony was stopped.", "Start again."],
  UnknownError: [
    "The authenticator failed in a way the browser does not explain.",
    "Look at the phone, then start again.",
  ],
};

/** A refusal, by the sandbox or by the browser, in the words shown to the tester. */
class Refusal extends Error {
  constructor(what, remedy, field) {
    super(what);
    this.remedy = remedy;
    this.field = field;
  }
}

async function post(path, body) {
  let answer;
  try {
    answer = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Refusal("The sandbox does not answer.", "See whether it still runs, then start again.");
  }
  const json = await answer.json();
  if (answer.ok) return json;
  const field = json.code === "user_name" || json.code === "no_passkeys" ? "userName" : undefined;
  throw new Refusal(json.error, json.what_to_do, field);
}

function switches() {
  const values = {};
  for (const [name, value] of new FormData(form)) values[name] = value;
  for (const box of form.querySelectorAll("input[type=checkbox]")) values[box.name] = box.checked;
  values.userName = values.userName.trim();
  if (form.dataset.ceremony === "signin" && values.userName === "") delete values.userName;
  return values;
}

async function credential(publicKey) {
  if (!window.PublicKeyCredential?.parseCreationOptionsFromJSON) {
    throw new Refusal("This browser has no passkeys, or an old form of them.", "Use a current browser.");
  }
  try {
    if (form.dataset.ceremony === "register") {
      return await navigator.credentials.create({
        publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey),
      });
    }
    return await navigator.credentials.get({
      publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey),
    });
  } catch (error) {
    const [meaning, remedy] = REFUSALS[error.name] ?? [error.message, "Start again."];
    throw new Refusal(`${error.name}: ${meaning}`, remedy);
  }
}

async function run() {
  const ceremony = form.dataset.ceremony;
  byId("progress").textContent = "Asking the sandbox for a challenge…";
  const { session, publicKey } = await post(`/${ceremony}/options`, switches());
  byId("progress").textContent = "Waiting for the browser and the phone…";
  const answer = await credential(publicKey);
  byId("progress").textContent = "Verifying…";
  return post(`/${ceremony}/verify`, { session, credential: answer.toJSON() });
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function showResult(report) {
  const rows = report.facts.map((fact) => {
    const row = element("div", "nhsuk-summary-list__row");
    const value = element("dd", "nhsuk-summary-list__value", fact.value);
    value.append(element("span", "sandbox-meaning", fact.meaning));
    row.append(element("dt", "nhsuk-summary-list__key", fact.label), value);
    return row;
  });
  byId("result-facts").replaceChildren(...rows);
  byId("result-json").textContent = JSON.stringify(report, null, 2);
  byId("result-heading").textContent =
    report.ceremony === "registration" ? "Registered and verified" : "Signed in and verified";
  byId("result").hidden = false;
  byId("result-heading").focus();
}

function showProblem(refusal) {
  const summary = byId("problem-template").content.cloneNode(true).firstElementChild;
  summary.querySelector(".sandbox-what").textContent = refusal.message;
  summary.querySelector(".sandbox-remedy").textContent = refusal.remedy;
  if (refusal.field) {
    const link = element("a", "", "Go to the user name");
    link.href = `#${refusal.field}`;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      byId(refusal.field).focus();
    });
    const item = element("li");
    item.append(link);
    summary.querySelector("ul").append(item);
    markField(refusal);
  } else {
    summary.querySelector("ul").remove();
  }
  byId("problem").replaceChildren(summary);
  byId("problem").hidden = false;
  document.title = `Error: ${document.title.replace(/^Error: /, "")}`;
  summary.focus();
}

function markField(refusal) {
  const field = byId(refusal.field);
  const message = element("span", "nhsuk-error-message", refusal.message);
  message.prepend(element("span", "nhsuk-u-visually-hidden", "Error: "));
  message.id = `${refusal.field}-error`;
  field.before(message);
  field.classList.add("nhsuk-input--error");
  field.setAttribute("aria-describedby", `${refusal.field}-hint ${message.id}`);
  field.setAttribute("aria-invalid", "true");
  byId(`${refusal.field}-group`).classList.add("nhsuk-form-group--error");
}

function clear() {
  byId("result").hidden = true;
  byId("problem").hidden = true;
  byId("problem").replaceChildren();
  document.title = document.title.replace(/^Error: /, "");
  const field = byId("userName");
  byId("userName-error")?.remove();
  field.classList.remove("nhsuk-input--error");
  field.removeAttribute("aria-invalid");
  field.setAttribute("aria-describedby", "userName-hint");
  byId("userName-group").classList.remove("nhsuk-form-group--error");
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  clear();
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  try {
    showResult(await run());
  } catch (error) {
    if (error instanceof Refusal) showProblem(error);
    else showProblem(new Refusal(`The page failed: ${error.message}`, "Load the page again."));
  } finally {
    button.disabled = false;
    byId("progress").textContent = "";
  }
});
