// Looks at every page of the sandbox in a real browser, as a tester meets it: with a mouse-free
// keyboard, on a narrow phone, with a passkey that works and with one that is refused. Ends
// non-zero when axe-core finds a barrier, the browser's console shows an error, a page is wider
// than its window, or a ceremony does not end as expected.
//
//   npm ci && node check.mjs [--screenshots FOLDER] [--serve PROGRAM]
//
// Needs a Chromium: CHROMIUM names it, otherwise it is looked for in the usual places. --serve names
// the sandbox's example of that name where it has been built; otherwise cargo builds it.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import puppeteer from "puppeteer-core";

const { values: options } = parseArgs({
  options: { screenshots: { type: "string" }, serve: { type: "string" } },
});
// Evaluated through the debugger: as a script element the pages' own policy would refuse it.
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WINDOWS = { desktop: { width: 1280, height: 900 }, phone: { width: 320, height: 640 } };
const problems = [];

function chromium() {
  const usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const found = process.env.CHROMIUM ?? usual.find(existsSync);
  if (!found) throw new Error("No Chromium was found. Install it (apt-get install chromium) or name it in CHROMIUM.");
  return found;
}

/** Starts the sandbox and reads where it listens. It ends when its standard input does. */
async function startSandbox() {
  const manifest = fileURLToPath(new URL("../Cargo.toml", import.meta.url));
  const build = ["cargo", "run", "--quiet", "--locked", "--manifest-path", manifest, "--example", "serve"];
  const [program, ...given] = options.serve ? [options.serve] : build;
  const child = spawn(program, given, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const [origin, spki] = [(await lines.next()).value, (await lines.next()).value];
  const [application, issuer] = [(await lines.next()).value, (await lines.next()).value];
  if (!issuer) throw new Error("The sandbox did not start.");
  return {
    origin,
    spki,
    application,
    issuer,
    /** The answer of the phone made of software that comes with this sandbox, and the code it shows. */
    phone: async (options) => {
      child.stdin.write(`${JSON.stringify(options)}\n`);
      const answer = JSON.parse((await lines.next()).value);
      if (answer.error) throw new Error(answer.error);
      return answer;
    },
    stop: () => child.stdin.end(),
  };
}

/** An authenticator inside the browser, in place of a phone. */
async function plugIn(page, behaviour = {}) {
  const session = await page.createCDPSession();
  await session.send("WebAuthn.enable");
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      ...behaviour,
    },
  });
  return {
    verifies: (verified) => session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: verified }),
  };
}

async function examine(page, name) {
  for (const [kind, size] of Object.entries(WINDOWS)) {
    await page.setViewport(size);
    await page.evaluate(AXE);
    const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    for (const violation of found.violations) {
      const where = violation.nodes.map((node) => node.target.join(" ")).join(", ");
      problems.push(`${name}, ${kind}: ${violation.id}: ${violation.help} (${where})`);
    }
    const tooWide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    if (tooWide) problems.push(`${name}, ${kind}: the page is wider than its window`);
    if (options.screenshots) {
      await page.screenshot({ path: join(options.screenshots, `${name}-${kind}.png`), fullPage: true });
    }
  }
}

function expect(name, found, wanted) {
  if (!String(found).includes(wanted)) problems.push(`${name}: “${wanted}” was expected, “${found}” was found`);
}

/** Sends the form by keyboard alone, and waits for what comes of it. */
async function submit(page) {
  await page.focus("#ceremony button[type=submit]");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#result:not([hidden]), #problem:not([hidden])", { timeout: 10_000 });
  return page.evaluate(() => ({
    heading: document.activeElement.id === "result-heading" ? document.activeElement.textContent : "",
    problem: document.activeElement.classList.contains("nhsuk-error-summary") ? document.activeElement.textContent : "",
    text: document.querySelector("main").innerText,
  }));
}

async function tick(page, id, wanted) {
  const box = await page.$(`#${id}`);
  const checked = await box.evaluate((element) => element.checked);
  if (checked !== wanted) {
    await box.focus();
    await page.keyboard.press("Space");
  }
}

/** Chooses one of several by keyboard. */
async function choose(page, id) {
  await page.focus(`#${id}`);
  await page.keyboard.press("Space");
}

async function inspect(page, origin) {
  await page.goto(`${origin}/`);
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement.textContent);
  expect("home, first stop of the keyboard", first, "Skip to main content");
  await examine(page, "home");
  await page.goto(`${origin}/nowhere`);
  await examine(page, "missing");

  const phone = await plugIn(page);
  await page.goto(`${origin}/register`);
  await examine(page, "register");

  const empty = await submit(page);
  expect("register without a name", empty.problem, "The user name is empty");
  await examine(page, "register-problem");

  await page.type("#userName", "clinician@example.org");
  await tick(page, "hybrid", false);
  // Nobody here vouches for the browser's own authenticator.
  await choose(page, "attestation-none");
  const registered = await submit(page);
  expect("register", registered.heading, "Registered and verified");
  expect("register", registered.text, "this passkey stays on one device");
  await examine(page, "register-result");

  await tick(page, "exclude", true);
  const excluded = await submit(page);
  expect("register again", excluded.problem, "InvalidStateError");
  await examine(page, "register-excluded");

  await page.goto(`${origin}/signin`);
  await examine(page, "signin");
  await tick(page, "hybrid", false);
  const signedIn = await submit(page);
  expect("sign in", signedIn.heading, "Signed in and verified");
  expect("sign in", signedIn.text, "clinician@example.org");
  await examine(page, "signin-result");

  await tick(page, "allowList", true);
  const nobody = await submit(page);
  expect("sign in without a name", nobody.problem, "is needed to make the list");
  await page.type("#userName", "clinician@example.org");
  const listed = await submit(page);
  expect("sign in with the list", listed.heading, "Signed in and verified");

  await phone.verifies(false);
  const unverified = await submit(page);
  expect("sign in unverified", unverified.problem, "NotAllowedError");
  await examine(page, "signin-problem");

  await page.goto(`${origin}/`);
  expect("home", await page.evaluate(() => document.querySelector("main").innerText), "clinician@example.org");
  await examine(page, "home-passkeys");
}

/** Presses what is found there by keyboard alone, and waits for the page that follows. */
async function press(page, selector) {
  await page.focus(selector);
  const next = page.waitForNavigation();
  await page.keyboard.press("Enter");
  await next;
}

const text = (page) => page.evaluate(() => document.querySelector("main").innerText);

/** From finding the person to the link; gives the link and leaves the page that shows it. */
async function issue(page, origin) {
  await page.goto(`${origin}/desk`);
  await page.type("#q", "eight roles");
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
async function follows(page, heading) {
  await page.waitForFunction((wanted) => document.getElementById("state-heading").textContent === wanted, { timeout: 10_000 }, heading);
  expect("desk, told to a screen reader", await page.$eval("#announcement", (told) => told.textContent), heading);
}

/** The person's browser, in which the phone made of software makes and uses the passkeys. */
async function visitor(browser, sandbox) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  watch(page, sandbox);
  const code = await usePhone(page, sandbox);
  return { page, code, close: () => context.close() };
}

/** Lets the phone made of software make and use the passkeys of a page; gives what it shows. */
async function usePhone(page, sandbox) {
  let code;
  await page.exposeFunction("phoneCreates", async (asked) => {
    const made = await sandbox.phone(JSON.parse(asked));
    code = made.code;
    return JSON.stringify(made.response);
  });
  await page.exposeFunction("phoneSigns", async (asked) => JSON.stringify((await sandbox.phone(JSON.parse(asked))).response));
  await page.evaluateOnNewDocument(() => {
    PublicKeyCredential.parseCreationOptionsFromJSON = (json) => json;
    navigator.credentials.create = async ({ publicKey }) => {
      const response = JSON.parse(await window.phoneCreates(JSON.stringify(publicKey)));
      return { toJSON: () => response };
    };
    PublicKeyCredential.parseRequestOptionsFromJSON = (json) => json;
    navigator.credentials.get = async ({ publicKey }) => {
      const response = JSON.parse(await window.phoneSigns(JSON.stringify(publicKey)));
      return { toJSON: () => response };
    };
  });
  return () => code;
}

async function open(person, link) {
  await person.page.goto(link);
  await examine(person.page, "enrol-begin");
  await press(person.page, "main form button");
  await person.page.waitForSelector("#make:not([hidden])");
  await examine(person.page, "enrol-make");
}

async function make(person) {
  await person.page.focus("#make-button");
  await person.page.keyboard.press("Enter");
  await person.page.waitForFunction(() => document.getElementById("enrol").dataset.state === "made");
  await examine(person.page, "enrol-read");
}

/** The registration desk and the pages behind its links, by keyboard. */
async function inspectDesk(browser, sandbox, page) {
  const { origin } = sandbox;
  // The desk is for level 3, which an attestation has to prove.
  await usePhone(page, sandbox);
  await page.goto(`${origin}/register`);
  await page.type("#userName", "authority@example.org");
  await tick(page, "hybrid", false);
  expect("the authority's passkey", (await submit(page)).heading, "Registered and verified");
  await page.goto(`${origin}/desk`);
  await press(page, "#login button");
  expect("desk", await text(page), "Find a user");
  await examine(page, "desk-home");

  for (const [button, end] of [["differ", "The codes differed"], ["confirm", "The authenticator is active"]]) {
    const link = await issue(page, origin);
    const person = await visitor(browser, sandbox);
    await open(person, link);
    await follows(page, "Waiting for the passkey");
    await make(person);
    await follows(page, "Compare the codes");
    expect(button, await page.$eval("#code", (shown) => shown.textContent), person.code());
    expect(button, await text(page), "is a test policy");
    await examine(page, "desk-compare");
    await press(page, `#${button}`);
    expect(button, await text(page), end);
    await examine(page, `desk-${button}`);
    await person.page.waitForFunction(() => ["differed", "active"].includes(document.getElementById("enrol").dataset.state));
    await examine(person.page, `enrol-${button}`);
    const late = await visitor(browser, sandbox);
    await late.page.goto(link);
    expect("a used link", await text(late.page), "has been used");
    await examine(late.page, "enrol-over");
    await late.close();
    if (button === "confirm") await inspectApplication(sandbox, person.page);
    await person.close();
  }
  await inspectAbsence(browser, sandbox, page);
  await inspectLapse(page);
  await remove(page);
}

/** Nobody does anything until shortly before the session ends. */
async function inspectLapse(page) {
  const sooner = await page.evaluateOnNewDocument(() => {
    const inTime = window.setTimeout;
    let waits = true;
    window.setTimeout = (act, milliseconds, ...rest) => {
      const shortened = waits && milliseconds === 12 * 60 * 1000;
      if (shortened) waits = false;
      return inTime(act, shortened ? 100 : milliseconds, ...rest);
    };
  });
  await page.reload();
  await page.waitForSelector("#idle:not([hidden])");
  await examine(page, "desk-idle");
  await page.focus("#stay");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#idle", { hidden: true });
  await page.removeScriptToEvaluateOnNewDocument(sooner.identifier);
}

/** While the service answers with an error, which is no stream: then the browser gives up, and the page does not. */
async function inspectAbsence(browser, sandbox, page) {
  let away = true;
  await page.setRequestInterception(true);
  const answer = (request) => {
    const refused = away && request.url().includes("/events");
    return refused ? request.respond({ status: 503, body: "away" }) : request.continue();
  };
  page.on("request", answer);
  const link = await issue(page, sandbox.origin);
  await page.waitForSelector("#connection:not([hidden])");
  await examine(page, "desk-away");
  await page.evaluate(() => (window.isTheSame = true));
  const person = await visitor(browser, sandbox);
  await open(person, link);
  expect("desk, away", await text(page), "Waiting for the link to be opened");
  away = false;
  await follows(page, "Waiting for the passkey");
  await page.waitForSelector("#connection", { hidden: true });
  expect("desk, back", await page.evaluate(() => window.isTheSame), "true");
  await person.close();
  page.off("request", answer);
  await page.setRequestInterception(false);
  await press(page, "#revoke");
  expect("desk, back", await text(page), "Taken back");
}

/** From an application to the sign-in, the choice of a role, and out again, by keyboard. */
async function inspectApplication({ origin, application, issuer }, page) {
  await page.goto(application);
  await examine(page, "application");
  await press(page, "main a.nhsuk-button");
  await examine(page, "login");
  await press(page, "#login button");
  expect("roles", await text(page), "Choose a role");
  await examine(page, "roles");
  await page.type("#search", "no such role");
  await press(page, "form[role=search] button");
  expect("roles, none found", await text(page), "0 of your roles match");
  await examine(page, "roles-none-found");
  await press(page, "main p[role=status] a");
  await press(page, "main form[method=post] button");
  expect("application", await text(page), "Assurance level 3");
  await examine(page, "application-signed-in");

  await page.goto(`${origin}/session`);
  await examine(page, "session");
  await page.goto(`${issuer}/connect/endSession`);
  expect("sign-out", await text(page), "Do you want to sign out?");
  await examine(page, "sign-out");
  await press(page, "main form button");
  await page.goto(`${issuer}/connect/endSession`);
  expect("signed out", await text(page), "You are signed out");
  await examine(page, "signed-out");

  await page.goto(`${issuer}/authorize?client_id=nobody`);
  expect("an unknown application", await text(page), "cannot sign you in");
  await examine(page, "openid-refused");
  await page.goto(`${application}/back?code=none&state=none`);
  await examine(page, "application-failed");
}

async function remove(page) {
  await press(page, ".nhsuk-back-link");
  await press(page, "#authenticators .nhsuk-card a");
  await press(page, "main .nhsuk-button--warning");
  expect("remove without a reason", await text(page), "Enter why the authenticator is removed");
  await examine(page, "desk-remove-problem");
  await page.type("#reason", "phone lost");
  await press(page, "main .nhsuk-button--warning");
  expect("remove", await text(page), "phone lost");
  await examine(page, "desk-removed");
}

/** Notes what a page must not do. */
function watch(page, sandbox) {
  page.on("pageerror", (error) => problems.push(`${page.url()}: ${error.message}`));
  page.on("requestfailed", (request) => {
    // A page that goes away takes its stream of events with it.
    if (!request.url().includes("/events")) problems.push(`${request.url()}: ${request.failure()?.errorText}`);
  });
  page.on("request", (request) => {
    const known = [sandbox.origin, sandbox.application].some((own) => request.url().startsWith(own));
    if (!known) problems.push(`a request to elsewhere: ${request.url()}`);
  });
  page.on("console", (message) => {
    // The browser's own word about an answer that is meant to be a refusal.
    const away = message.location().url?.includes("/events") && message.text().includes("status of 503");
    const expected = away || /status of (400|404|410|422)/.test(message.text());
    if (message.type() === "error" && !expected) problems.push(`${page.url()}: ${message.text()}`);
  });
}

if (options.screenshots) mkdirSync(options.screenshots, { recursive: true });
const sandbox = await startSandbox();
const browser = await puppeteer.launch({
  executablePath: chromium(),
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--no-proxy-server",
    `--ignore-certificate-errors-spki-list=${sandbox.spki}`,
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
  ],
});
try {
  const page = await browser.newPage();
  watch(page, sandbox);
  await inspect(page, sandbox.origin);
  const context = await browser.createBrowserContext();
  const desk = await context.newPage();
  watch(desk, sandbox);
  await inspectDesk(browser, sandbox, desk);
} finally {
  await browser.close();
  sandbox.stop();
}
for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? "The pages are in order." : `${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
