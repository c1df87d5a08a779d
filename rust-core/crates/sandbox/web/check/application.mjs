// An application, the sign-in, the choice of a role, and out again.
import { choose, examine, expect, fill, press, text } from "./tools.mjs";

/** From an application to the sign-in, the choice of a role, and out again, by keyboard. */
export async function inspectApplication({ origin, application, issuer }, page) {
  await page.goto(application);
  await examine(page, "application");
  await press(page, "main a.nhsuk-button");
  await examine(page, "login");
  await press(page, "#login button");
  expect("roles", await text(page), "Choose a role");
  await examine(page, "roles");
  await fill(page, "#search", "no such role");
  await press(page, "form[role=search] button");
  expect("roles, none found", await text(page), "0 of your roles match");
  await examine(page, "roles-none-found");
  await press(page, "main p[role=status] a");
  // Nothing is chosen beforehand.
  await press(page, "main form[method=post] button");
  expect("roles, none chosen", await text(page), "There is a problem");
  await examine(page, "roles-problem");
  await choose(page, await page.$eval("input[name=role]", (first) => first.id));
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
