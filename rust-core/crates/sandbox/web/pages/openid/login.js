// Signs in: ask for a challenge, ask the browser for the passkey's answer, hand it in, go on.
const form = document.getElementById("login");
const byId = (id) => document.getElementById(id);

/** A refusal in the words the user reads. */
class Refusal extends Error {
  constructor(what, remedy) {
    super(what);
    this.remedy = remedy;
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
    throw new Refusal("The service does not answer.", "Check the network, then try again.");
  }
  const json = await answer.json();
  if (!answer.ok) throw new Refusal(json.error, json.what_to_do);
  return json;
}

async function passkey(publicKey) {
  if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
    throw new Refusal("This browser cannot use passkeys.", "Use a current browser.");
  }
  try {
    return await navigator.credentials.get({
      publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey),
    });
  } catch {
    // The browser does not tell a refusal from a time that ran out, or from a wrong address.
    throw new Refusal(
      "The passkey was not used: it was cancelled, refused, or took too long.",
      "Look at the phone: it shows why. Then try again.",
    );
  }
}

async function run() {
  byId("login-progress").textContent = "Waiting for the phone…";
  const { session, publicKey } = await post("/login/options", {});
  const credential = (await passkey(publicKey)).toJSON();
  byId("login-progress").textContent = "Signing in…";
  const { next } = await post("/login/verify", { session, credential, return: form.dataset.return });
  location.replace(next);
}

function showProblem(refusal) {
  const summary = byId("problem-template").content.cloneNode(true).firstElementChild;
  summary.querySelector(".login-what").textContent = refusal.message;
  summary.querySelector(".login-remedy").textContent = refusal.remedy;
  byId("problem").replaceChildren(summary);
  byId("problem").hidden = false;
  document.title = `Error: ${document.title.replace(/^Error: /, "")}`;
  summary.focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("problem").hidden = true;
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    await run();
  } catch (error) {
    byId("login-progress").textContent = "";
    button.disabled = false;
    if (error instanceof Refusal) showProblem(error);
    else showProblem(new Refusal(`The page failed: ${error.message}`, "Load the page again."));
  }
});
