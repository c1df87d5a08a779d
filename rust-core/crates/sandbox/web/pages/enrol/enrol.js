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

async function ask(path, body) {
  let answer;
  try {
    const options = body && {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    };
    answer = await fetch(base + path, options);
  } catch {
    throw new Refusal("The service does not answer.", "Check the network, then try again.");
  }
  if (answer.status === 204) return undefined;
  const json = await answer.json();
  if (!answer.ok) throw new Refusal(json.error, json.what_to_do);
  return json;
}

function problem(refusal) {
  const summary = byId("problem-template").content.cloneNode(true).firstElementChild;
  summary.querySelector(".enrol-what").textContent = refusal.message;
  summary.querySelector(".enrol-remedy").textContent = refusal.remedy ?? "Load the page again.";
  byId("problem").replaceChildren(summary);
  byId("problem").hidden = false;
  summary.focus();
}

function show(told) {
  const changed = page.dataset.state !== told.state;
  page.dataset.state = told.state;
  byId("heading").textContent = told.heading;
  byId("words").textContent = told.words;
  byId("witness").textContent = told.witness ?? "";
  byId("witness").hidden = !told.witness;
  byId("make").hidden = told.state !== "checked";
  byId("compare").hidden = !(told.state === "made" && page.dataset.byItself === "true");
  byId("doing").textContent = told.state === "made" && told.witness === undefined ? "Waiting for your registration authority…" : "";
  if (changed) byId("heading").focus();
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

/** Until the registration is over; the authority may end it at any moment. */
async function follow() {
  for (;;) {
    const told = await ask("/status");
    show(told);
    if (told.over) return;
    await pause(1000);
  }
}

async function guarded(button, doing, work) {
  byId("problem").hidden = true;
  button.disabled = true;
  byId("doing").textContent = doing;
  try {
    await work();
  } catch (error) {
    byId("doing").textContent = "";
    problem(error instanceof Refusal ? error : new Refusal(`The page failed: ${error.message}`));
  } finally {
    button.disabled = false;
  }
}

byId("make-button").addEventListener("click", () =>
  guarded(byId("make-button"), "Waiting for the phone…", async () => {
    await create();
    show(await ask("/status"));
  }),
);
for (const [id, same] of [["same", true], ["different", false]]) {
  byId(id).addEventListener("click", () =>
    guarded(byId(id), "", async () => show(await ask("/compared", { same }))),
  );
}

try {
  if (page.dataset.state === "opened") await check();
  await follow();
} catch (error) {
  problem(error instanceof Refusal ? error : new Refusal(`The page failed: ${error.message}`));
}
