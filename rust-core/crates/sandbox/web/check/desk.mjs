// The registration desk and the pages behind its links, with each end a registration can have.
import { inspectApplication } from "./application.mjs";
import { authority, follows, isAt, issue, make, open, signIn, tryToMake, visitor } from "./people.mjs";
import { examine, expect, fill, press, reach, text } from "./tools.mjs";

/** Ends of a registration other than a comparison, and trouble on the way. */
async function inspectEnds(browser, sandbox, page) {
  const ends = [
    ["refused", "The phone was refused", (made) => ({ ...made, response: { ...made.response, attestationObject: "AAAA" } })],
    ["failed", "The registration failed", (made) => ({ ...made, type: "password" })],
  ];
  for (const [end, heading, bend] of ends) {
    const person = await visitor(browser, sandbox);
    await open(person, await issue(page, sandbox.origin));
    person.bends(bend);
    await tryToMake(person);
    await follows(page, heading);
    await examine(page, `desk-${end}`);
    await isAt(person, end);
    await examine(person.page, `enrol-${end}`);
    await person.close();
  }

  const person = await visitor(browser, sandbox);
  await open(person, await issue(page, sandbox.origin));
  person.bends(() => ({ refusal: "NotAllowedError" }));
  await tryToMake(person);
  await person.page.waitForSelector("#problem:not([hidden])");
  await examine(person.page, "enrol-problem");
  await page.waitForSelector("#trouble");
  expect("trouble", await text(page), "press the button again");
  expect("trouble, told to a screen reader", await page.$eval("#announcement", (told) => told.textContent), "press the button again");
  await examine(page, "desk-trouble");
  await press(page, "#revoke");
  expect("taken back", await text(page), "Taken back");
  await examine(page, "desk-revoked");
  await isAt(person, "revoked");
  await examine(person.page, "enrol-revoked");
  await person.close();

  const late = await visitor(browser, sandbox);
  await open(late, await issue(page, sandbox.origin));
  await sandbox.expire();
  await follows(page, "The time is over");
  await examine(page, "desk-expired");
  await isAt(late, "expired");
  await examine(late.page, "enrol-expired");
  await late.close();
}

/** The link can be copied, and going back does not leave two of them. */
async function inspectLink(browser, sandbox, page) {
  const link = await issue(page, sandbox.origin);
  await reach(page, "#copy");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.getElementById("copied").textContent !== "");
  expect("copy link", await page.$eval("#copied", (told) => told.textContent), "Copied.");
  expect("copy link", await page.evaluate(() => navigator.clipboard.readText()), link);
  const there = page.waitForNavigation();
  await page.goBack();
  await there.catch(() => undefined);
  expect("back at the desk", page.url(), "/issue/passkey");
  // A page that was kept remembers the press before, and takes no second one within a second.
  await page.reload();
  await press(page, "form[action$=registrations] button");
  const person = await visitor(browser, sandbox);
  await person.page.goto(link);
  expect("the first of two links", await text(person.page), "was taken back");
  await person.close();
  await press(page, "#revoke");
}

/** A sign-in that does not succeed, and one that does. */
async function inspectSignIn({ page, bends }, origin) {
  bends(() => ({ refusal: "NotAllowedError" }));
  await page.goto(`${origin}/desk`);
  await reach(page, "#login button");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#problem:not([hidden])");
  await examine(page, "login-problem");
  bends((response) => response);
  await signIn(page, origin);
  await examine(page, "desk-home");
}

/** Somebody whose link is of the service itself compares alone, and finds their own profile at the desk. */
async function inspectSetUp(browser, sandbox) {
  const person = await visitor(browser, sandbox);
  await open(person, sandbox.setUp);
  await tryToMake(person);
  await isAt(person, "made");
  expect("set-up", await person.page.$eval("#witness", (shown) => shown.textContent), person.code());
  await examine(person.page, "enrol-compare");
  await reach(person.page, "#same");
  await person.page.keyboard.press("Enter");
  await isAt(person, "active");
  await examine(person.page, "enrol-set-up");
  await signIn(person.page, sandbox.origin);
  await fill(person.page, "#q", "authority B");
  await press(person.page, "main form[role=search] button");
  await press(person.page, ".desk-list a");
  expect("own profile", await text(person.page), "This is your own profile");
  await examine(person.page, "desk-own-profile");
  await person.close();
}

/** The registration desk and the pages behind its links, by keyboard. */
export async function inspectDesk(browser, sandbox) {
  const { origin } = sandbox;
  const mine = await authority(browser, sandbox, "authority@example.org");
  const { page } = mine;
  await inspectSignIn(mine, origin);
  await inspectSetUp(browser, sandbox);
  const another = (await authority(browser, sandbox, "another@example.org")).page;
  await signIn(another, origin);
  await page.bringToFront();
  await inspectLink(browser, sandbox, page);
  await inspectEnds(browser, sandbox, page);

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
    await another.goto(page.url());
    expect("another authority", await text(another), "You did not issue it");
    await examine(another, "desk-watching");
    await press(page, `#${button}`);
    expect(button, await text(page), end);
    await examine(page, `desk-${button}`);
    await isAt(person, button === "differ" ? "differed" : "active");
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
  await inspectNobody(browser, sandbox, page);
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
  await reach(page, "#stay");
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

/** Somebody without a role at an application that asks for one. */
async function inspectNobody(browser, sandbox, page) {
  const person = await visitor(browser, sandbox);
  await open(person, await issue(page, sandbox.origin, "no role"));
  await make(person);
  await follows(page, "Compare the codes");
  await press(page, "#confirm");
  await person.page.goto(sandbox.application);
  await press(person.page, "main a.nhsuk-button");
  await press(person.page, "#login button");
  expect("no role", await text(person.page), "You have no role");
  await examine(person.page, "roles-none");
  await person.close();
}

async function remove(page) {
  await press(page, ".nhsuk-back-link");
  await press(page, "#authenticators .nhsuk-card a");
  await press(page, "main .nhsuk-button--warning");
  expect("remove without a reason", await text(page), "Enter why the authenticator is removed");
  await examine(page, "desk-remove-problem");
  await fill(page, "#reason", "phone lost");
  await press(page, "main .nhsuk-button--warning");
  expect("remove", await text(page), "phone lost");
  await examine(page, "desk-removed");
}
