// Looks at every page of the sandbox in a real browser, as a tester meets it: with a mouse-free
// keyboard, on a narrow phone, with a passkey that works and with one that is refused. Ends
// non-zero when axe-core finds a barrier, the browser's console shows an error, a page is wider
// than its window, or a ceremony does not end as expected.
//
//   npm ci && node check.mjs [--screenshots FOLDER]
//
// Needs a Chromium: CHROMIUM names it, otherwise it is looked for in the usual places.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";
import puppeteer from "puppeteer-core";

const { values: options } = parseArgs({ options: { screenshots: { type: "string" } } });
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
  const child = spawn("cargo", ["run", "--quiet", "--manifest-path", manifest, "--example", "serve"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const [origin, spki] = [(await lines.next()).value, (await lines.next()).value];
  if (!spki) throw new Error("The sandbox did not start.");
  return { origin, spki, stop: () => child.stdin.end() };
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
  page.on("pageerror", (error) => problems.push(`${page.url()}: ${error.message}`));
  page.on("requestfailed", (request) => problems.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(sandbox.origin)) problems.push(`a request to elsewhere: ${request.url()}`);
  });
  page.on("console", (message) => {
    // The browser's own word about an answer that is meant to be a refusal.
    const expected = /status of (400|404|422)/.test(message.text());
    if (message.type() === "error" && !expected) problems.push(`${page.url()}: ${message.text()}`);
  });
  await inspect(page, sandbox.origin);
} finally {
  await browser.close();
  sandbox.stop();
}
for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? "The pages are in order." : `${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
