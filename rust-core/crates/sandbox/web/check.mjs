// Looks at every page of the sandbox in a real browser, as a tester meets it: with a mouse-free
// keyboard, on a narrow phone, with a passkey that works and with one that is refused. Ends
// non-zero when axe-core finds a barrier, the browser's console shows an error, a page is wider
// than its window, or a ceremony does not end as expected.
//
//   npm ci && node check.mjs [--screenshots FOLDER] [--serve PROGRAM]
//
// Needs a Chromium: CHROMIUM names it, otherwise it is looked for in the usual places. --serve names
// the sandbox's example of that name where it has been built; otherwise cargo builds it.
import { existsSync, mkdirSync } from "node:fs";
import puppeteer from "puppeteer-core";

import { inspectDesk } from "./check/desk.mjs";
import {
  choose,
  examine,
  expect,
  fill,
  offered,
  options,
  plugIn,
  problems,
  startSandbox,
  submit,
  tick,
  watch,
} from "./check/tools.mjs";

function chromium() {
  const usual = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
  const found = process.env.CHROMIUM ?? usual.find(existsSync);
  if (!found) throw new Error("No Chromium was found. Install it (apt-get install chromium) or name it in CHROMIUM.");
  return found;
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

  await fill(page, "#userName", "clinician@example.org");
  await tick(page, "hybrid", false);
  // Nobody here vouches for the browser's own authenticator.
  await choose(page, "attestation-none");
  await choose(page, "userVerification-preferred");
  await choose(page, "residentKey-preferred");
  const [creation, registered] = await Promise.all([offered(page), submit(page)]);
  expect("register, verification chosen", creation.authenticatorSelection.userVerification, "preferred");
  expect("register, discoverable chosen", creation.authenticatorSelection.residentKey, "preferred");
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
  await fill(page, "#userName", "clinician@example.org");
  const listed = await submit(page);
  expect("sign in with the list", listed.heading, "Signed in and verified");

  await phone.verifies(false);
  const unverified = await submit(page);
  expect("sign in unverified", unverified.problem, "NotAllowedError");
  await examine(page, "signin-problem");

  // Now the browser's authenticator answers, and it is the sandbox that insists.
  await choose(page, "userVerification-discouraged");
  const [request, insisted] = await Promise.all([offered(page), submit(page)]);
  expect("sign in, verification chosen", request.userVerification, "discouraged");
  expect("sign in unverified, as chosen", insisted.problem, "its user was not verified");

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
  watch(page, sandbox);
  await inspect(page, sandbox.origin);
  await inspectDesk(browser, sandbox);
} finally {
  await browser.close();
  sandbox.stop();
}
for (const problem of problems) console.error(problem);
console.log(problems.length === 0 ? "The pages are in order." : `${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
