// What every check does: the sandbox's start, the keyboard, axe-core, and what was found.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { createRequire } from "node:module";
import { parseArgs } from "node:util";

export const { values: options } = parseArgs({
  options: { screenshots: { type: "string" }, serve: { type: "string" } },
});
// Evaluated through the debugger: as a script element the pages' own policy would refuse it.
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const WINDOWS = { desktop: { width: 1280, height: 900 }, phone: { width: 320, height: 640 } };
export const problems = [];

/** Starts the sandbox and reads where it listens. It ends when its standard input does. */
export async function startSandbox() {
  const manifest = fileURLToPath(new URL("../../Cargo.toml", import.meta.url));
  const build = ["cargo", "run", "--quiet", "--locked", "--manifest-path", manifest, "--example", "serve"];
  const [program, ...given] = options.serve ? [options.serve] : build;
  const child = spawn(program, given, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const [origin, spki] = [(await lines.next()).value, (await lines.next()).value];
  const [application, issuer] = [(await lines.next()).value, (await lines.next()).value];
  const setUp = (await lines.next()).value;
  if (!setUp) throw new Error("The sandbox did not start.");
  return {
    origin,
    spki,
    application,
    issuer,
    setUp,
    /** Every registration's time is over from now on. */
    expire: async () => {
      child.stdin.write('{"expire": true}\n');
      await lines.next();
    },
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
export async function plugIn(page, behaviour = {}) {
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

export async function examine(page, name) {
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

export function expect(name, found, wanted) {
  if (!String(found).includes(wanted)) problems.push(`${name}: “${wanted}” was expected, “${found}” was found`);
}

/** Comes to an element as somebody does who has no mouse: one stop of the keyboard after the other. */
export async function reach(page, selector) {
  await page.waitForSelector(selector);
  for (let stops = 0; stops < 200; stops += 1) {
    const key = await page.evaluate((wanted) => {
      const [target, here] = [document.querySelector(wanted), document.activeElement];
      if (here === target) return undefined;
      // Radio buttons of one name are one stop; the arrows go from one to the next.
      const isOfItsGroup = target.type === "radio" && here.type === "radio" && here.name === target.name;
      return isOfItsGroup ? "ArrowDown" : "Tab";
    }, selector);
    if (!key) return;
    await page.keyboard.press(key);
  }
  throw new Error(`${page.url()}: the keyboard does not come to ${selector}`);
}

/** Types into a field by keyboard alone. */
export async function fill(page, selector, text) {
  await reach(page, selector);
  await page.keyboard.type(text);
}

/** Sends the form by keyboard alone, and waits for what comes of it. */
export async function submit(page) {
  await reach(page, "#ceremony button[type=submit]");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#result:not([hidden]), #problem:not([hidden])", { timeout: 10_000 });
  return page.evaluate(() => ({
    heading: document.activeElement.id === "result-heading" ? document.activeElement.textContent : "",
    problem: document.activeElement.classList.contains("nhsuk-error-summary") ? document.activeElement.textContent : "",
    text: document.querySelector("main").innerText,
  }));
}

/** What the sandbox has the browser ask for in the next ceremony. */
export async function offered(page) {
  const isOffer = (response) => response.url().endsWith("/options");
  const response = await page.waitForResponse(isOffer, { timeout: 10_000 });
  return (await response.json()).publicKey;
}

export async function tick(page, id, wanted) {
  const checked = await page.$eval(`#${id}`, (element) => element.checked);
  if (checked !== wanted) {
    await reach(page, `#${id}`);
    await page.keyboard.press("Space");
  }
}

/** Chooses one of several by keyboard. */
export async function choose(page, id) {
  await reach(page, `#${id}`);
  await page.keyboard.press("Space");
}

/** Presses what is found there by keyboard alone, and waits for the page that follows. */
export async function press(page, selector) {
  await reach(page, selector);
  // What is said to be a button is pressed like one, whatever it is made of.
  const isCalledButton = await page.$eval(selector, (element) => element.getAttribute("role") === "button");
  const next = page.waitForNavigation({ timeout: 10_000 });
  await page.keyboard.press(isCalledButton ? "Space" : "Enter");
  await next;
}

export const text = (page) => page.evaluate(() => document.querySelector("main").innerText);

/** Notes what a page must not do. */
export function watch(page, sandbox) {
  page.on("pageerror", (error) => problems.push(`${page.url()}: ${error.message}`));
  page.on("requestfailed", (request) => {
    // A page that goes away takes with it what it asks each second, and its stream of events; an answer without
    // content counts as broken off.
    const isLeft = request.url().endsWith("/status") && request.failure()?.errorText === "net::ERR_ABORTED";
    const isFine = isLeft || request.url().includes("/events") || request.response()?.status() === 204;
    if (!isFine) problems.push(`${request.url()}: ${request.failure()?.errorText}`);
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
