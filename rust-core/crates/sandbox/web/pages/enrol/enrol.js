// The person's side of a registration: says what the browser can do, makes the passkey, waits for the
// registration authority's word.
const page = document.getElementById("enrol");
const byId = (id) => document.getElementById(id);
const base = `/enrol/${page.dataset.token}`;

/** What a browser's refusal means, and what to do about it. */
const REFUSALS = {
  NotAllowedError: [
    "No passkey was made: it was cancelled, refused, or took too long.",
    "Look at the phone: it shows why. Then press the button again.",
  ],
  InvalidStateError: [
    "This phone has a passkey for this account already.",
    "Tell your registration authority. They can remove the old one first.",
  ],
  SecurityError: ["The browser does not accept the address of this page.", "Tell your registration authority."],
  NotSupportedError: [
    "This browser or phone has no suitable passkeys.",
    "Wardkey needs Android 14 or newer and a screen lock. Open the link in Chrome.",
  ],
  ConstraintError: ["The phone cannot keep this passkey.", "Set a screen lock on the phone, then press the button again."],
};

class Refusal extends Error {
  constructor(what, remedy) {
    super(what);
    this.remedy = remedy;
  }
}

/** No answer, or not now: what was asked may have been done or not. */
class Silence extends Refusal {}

async function ask(path, body) {
  let answer, json;
  try {
    const options = body && {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    };
    answer = await fetch(base + path, options);
    if (answer.status === 204) return undefined;
    json = await answer.json();
  } catch {
    throw new Silence("The service does not answer.", "Check the network, then try again.");
  }
  if (answer.status >= 500) throw new Silence(json.error, json.what_to_do);
  if (!answer.ok) throw new Refusal(json.error, json.what_to_do);
  return json;
}

/** The problem that is on the page. */
let shown;

/** Whether a button is at work, and says what it does. */
let working = false;

function problem(refusal) {
  shown = refusal;
  const summary = byId("problem-template").content.cloneNode(true).firstElementChild;
  summary.querySelector(".enrol-what").textContent = refusal.message;
  summary.querySelector(".enrol-remedy").textContent = refusal.remedy ?? "Load the page again.";
  byId("problem").replaceChildren(summary);
  byId("problem").hidden = false;
  summary.focus();
}

function show(told) {
  const changed = page.dataset.state !== told.state;
  // The service answers again. Whether what failed meanwhile has to be done again shows in the state.
  const settled = changed || shown?.passes || (shown?.during && shown.during !== told.state);
  if (shown instanceof Silence && settled) byId("problem").hidden = true;
  page.dataset.state = told.state;
  byId("heading").textContent = told.heading;
  byId("words").textContent = told.words;
  byId("witness").textContent = told.witness ?? "";
  byId("witness").hidden = !told.witness;
  byId("make").hidden = told.state !== "checked";
  byId("compare").hidden = !(told.state === "made" && page.dataset.byItself === "true");
  const waits = told.state === "made" && told.witness === undefined;
  if (!working) byId("doing").textContent = waits ? "Waiting for your registration authority…" : "";
  if (changed) byId("heading").focus();
  // The answer that said so may have been lost.
  if (told.problem && byId("problem").hidden) problem(new Refusal(told.problem.error, told.problem.what_to_do));
}

/** What this browser can do. It may not know all of it. */
async function abilities() {
  const webauthn = Boolean(window.PublicKeyCredential?.parseCreationOptionsFromJSON);
  if (!webauthn) return { webauthn };
  const known = (await PublicKeyCredential.getClientCapabilities?.().catch(() => undefined)) ?? {};
  const platform = await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().catch(() => null);
  return { webauthn, platform, hybrid: known.hybridTransport ?? null };
}

async function check() {
  const { ready } = await ask("/checks", await abilities());
  if (!ready) throw new Refusal("This browser cannot make passkeys.", "Open the link in Chrome on the phone that has Wardkey.");
}

async function create() {
  const { session, publicKey } = await ask("/options", {});
  let credential;
  try {
    credential = await navigator.credentials.create({
      publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey),
    });
  } catch (error) {
    await ask("/problem", { name: error.name });
    throw new Refusal(...(REFUSALS[error.name] ?? ["The browser failed in a way it does not explain.", "Press the button again."]));
  }
  byId("doing").textContent = "Handing the passkey in…";
  await ask("/verify", { session, credential: credential.toJSON() });
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Until the registration is over; the authority may end it at any moment, and the service may be away. */
async function follow() {
  for (;;) {
    try {
      const told = await ask("/status");
      show(told);
      if (told.over) return;
      if (told.state === "opened") {
        await check();
        continue;
      }
    } catch (error) {
      if (!(error instanceof Silence)) throw error;
      if (byId("problem").hidden) {
        error.passes = true;
        error.remedy = "Check the network. This page goes on by itself when it does.";
        problem(error);
      }
    }
    await pause(1000);
  }
}

/** Does what a button asks for, which ends with the state that the registration is in then. */
async function guarded(button, doing, work) {
  const during = page.dataset.state;
  byId("problem").hidden = true;
  button.disabled = true;
  working = true;
  byId("doing").textContent = doing;
  try {
    const told = await work();
    working = false;
    show(told);
  } catch (error) {
    byId("doing").textContent = "";
    error.during = during;
    problem(error instanceof Refusal ? error : new Refusal(`The page failed: ${error.message}`));
  } finally {
    working = false;
    button.disabled = false;
  }
}

byId("make-button").addEventListener("click", () =>
  guarded(byId("make-button"), "Waiting for the phone…", async () => {
    await create();
    return ask("/status");
  }),
);
for (const [id, same] of [["same", true], ["different", false]]) {
  byId(id).addEventListener("click", () =>
    guarded(byId(id), "", () => ask("/compared", { same })),
  );
}

try {
  await follow();
} catch (error) {
  problem(error instanceof Refusal ? error : new Refusal(`The page failed: ${error.message}`));
}
