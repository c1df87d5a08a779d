// The two people of a registration, by keyboard: an authority at the desk, and the person with the phone made of
// software.
import { examine, expect, fill, press, problems, reach, submit, text, tick, watch } from "./tools.mjs";

/** From finding the person to the link; gives the link and leaves the page that shows it. */
export async function issue(page, origin, name = "eight roles") {
  await page.goto(`${origin}/desk`);
  await fill(page, "#q", name);
  await press(page, "main form[role=search] button");
  await examine(page, "desk-found");
  await press(page, ".desk-list a");
  await examine(page, "desk-profile");
  await press(page, "#authenticators .nhsuk-button");
  await examine(page, "desk-issue");
  await press(page, ".desk-list a");
  await examine(page, "desk-instructions");
  await press(page, "form[action$=registrations] button");
  expect("desk, link made", await text(page), "Waiting for the link to be opened");
  await examine(page, "desk-link");
  const link = await page.$eval("#link-text", (field) => field.value);
  if (page.url().includes(link)) problems.push("the link is in the address of the desk's page");
  return link;
}

/** The heading of the desk's page once it says so, without the page being loaded again. */
export async function follows(page, heading) {
  await page.waitForFunction((wanted) => document.getElementById("state-heading").textContent === wanted, { timeout: 10_000 }, heading);
  expect("desk, told to a screen reader", await page.$eval("#announcement", (told) => told.textContent), heading);
}

/** The person's browser, in which the phone made of software makes and uses the passkeys. */
export async function visitor(browser, sandbox) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  watch(page, sandbox);
  return { page, ...(await usePhone(page, sandbox)), close: () => context.close() };
}

/** Lets the phone made of software make and use the passkeys of a page; gives what it shows. */
async function usePhone(page, sandbox) {
  let code;
  let bend = (response) => response;
  await page.exposeFunction("phoneCreates", async (asked) => {
    const made = await sandbox.phone(JSON.parse(asked));
    code = made.code;
    return JSON.stringify(bend(made.response));
  });
  await page.exposeFunction("phoneSigns", async (asked) => JSON.stringify(bend((await sandbox.phone(JSON.parse(asked))).response)));
  await page.evaluateOnNewDocument(() => {
    const answered = (response) => {
      if (response.refusal) throw new DOMException("", response.refusal);
      return { toJSON: () => response };
    };
    PublicKeyCredential.parseCreationOptionsFromJSON = (json) => json;
    navigator.credentials.create = async ({ publicKey }) => answered(JSON.parse(await window.phoneCreates(JSON.stringify(publicKey))));
    PublicKeyCredential.parseRequestOptionsFromJSON = (json) => json;
    navigator.credentials.get = async ({ publicKey }) => answered(JSON.parse(await window.phoneSigns(JSON.stringify(publicKey))));
  });
  return {
    code: () => code,
    /** What becomes of the phone's answers from now on. */
    bends: (how) => {
      bend = how;
    },
  };
}

export async function open(person, link) {
  await person.page.goto(link);
  await examine(person.page, "enrol-begin");
  await press(person.page, "main form button");
  await person.page.waitForSelector("#make:not([hidden])");
  await examine(person.page, "enrol-make");
}

export async function make(person) {
  await tryToMake(person);
  await isAt(person, "made");
  await examine(person.page, "enrol-read");
}

export async function tryToMake(person) {
  await reach(person.page, "#make-button");
  await person.page.keyboard.press("Enter");
}

/** Waits until the person's page is there. */
export async function isAt(person, state) {
  const wanted = (state) => document.getElementById("enrol").dataset.state === state;
  await person.page.waitForFunction(wanted, { timeout: 10_000 }, state);
}

/** An authority with a passkey, at the desk. */
export async function authority(browser, sandbox, name) {
  const context = await browser.createBrowserContext();
  await context.overridePermissions(sandbox.origin, ["clipboard-read", "clipboard-write", "clipboard-sanitized-write"]);
  const page = await context.newPage();
  watch(page, sandbox);
  // The desk is for level 3, which an attestation has to prove.
  const phone = await usePhone(page, sandbox);
  await page.goto(`${sandbox.origin}/register`);
  await fill(page, "#userName", name);
  await tick(page, "hybrid", false);
  expect("the authority's passkey", (await submit(page)).heading, "Registered and verified");
  return { page, ...phone };
}

export async function signIn(page, origin) {
  await page.goto(`${origin}/desk`);
  await press(page, "#login button");
  expect("desk", await text(page), "Find a user");
}
