// Pages of other sites, open in the same browser, get nothing out of the served directory: not by
// fetch, not as a script or another part of their page, and not under a name of theirs that comes
// to lead to the server.

import assert from "node:assert/strict";
import { test } from "node:test";

import { deadline, makeTree, openPage, otherSite, recordOf, serve } from "./support.js";

const secret = "the secret of the directory";

function secretTree() {
  return makeTree({
    "secret.txt": secret,
    "secret.json": JSON.stringify([secret]),
    "secret.js": `window.stolen = ${JSON.stringify(secret)};`,
    "secret.css": `:root { --stolen: "${secret}"; }`,
    "secret.svg": `<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"/>`,
    "secret.html": `<!DOCTYPE html><p>${secret}`,
  });
}

// A page of another site and the server it is after.
async function strangerAndServer() {
  const server = await serve(secretTree());
  const page = await openPage();
  await page.goto((await otherSite("evil.test")).url);
  return { page, server };
}

// What a page gets by fetch: text, or that it failed.
function fetched(page, address, options) {
  return page.evaluate(async ([address, options]) => {
    try {
      return await (await fetch(address, options)).text();
    } catch (error) {
      return error.name;
    }
  }, [address, options]);
}

// Whether an element that refers to `address` loads or fails, once it is in the page.
function loaded(page, element, attribute, address) {
  return page.evaluate(([element, attribute, address]) => new Promise((resolve) => {
    const part = document.createElement(element);
    part.onload = () => resolve("load");
    part.onerror = () => resolve("error");
    if (element === "link") part.rel = "stylesheet";
    part[attribute] = address;
    document.body.append(part);
  }), [element, attribute, address]);
}

for (const host of ["localhost", "127.0.0.1"]) {
  test(`a page of another site fetches nothing from ${host}`, deadline, async () => {
    const { page, server } = await strangerAndServer();
    const address = `http://${host}:${server.port}/secret.json`;
    assert.equal(await fetched(page, address), "TypeError");
    assert.equal(await fetched(page, address, { headers: { "X-Any": "1" } }), "TypeError");
    assert.equal(await fetched(page, address, { credentials: "include" }), "TypeError");
    // Allowed to ask, it still sees nothing of the answer.
    assert.equal(await fetched(page, address, { mode: "no-cors" }), "");
    const record = await recordOf(server, ({ path }) => path === "/secret.json");
    assert.equal(record.status, 403);
    assert.equal(record.via, "cross-site");
    assert.equal(server.records.some(({ status }) => status === 200), false);
  });
}

test("a page of another site includes no script, style, picture or frame", deadline, async () => {
  const { page, server } = await strangerAndServer();
  const parts = [["script", "src", "secret.js"], ["script", "src", "secret.json"],
    ["link", "href", "secret.css"], ["img", "src", "secret.svg"],
    ["object", "data", "secret.html"]];
  for (const [element, attribute, name] of parts) {
    assert.equal(await loaded(page, element, attribute, server.url + name), "error", name);
    const record = await recordOf(server, ({ path }) => path === `/${name}`);
    assert.equal(record.status, 403, name);
  }
  assert.equal(await page.evaluate(() => window.stolen), undefined);

  await loaded(page, "iframe", "src", `${server.url}secret.html`);
  const frame = page.frames().find((each) => each.url().includes("secret.html"));
  assert.doesNotMatch(await frame?.content() ?? "", new RegExp(secret));
  assert.equal(server.records.some(({ status }) => status === 200), false);
});

test("a name that comes to lead to the server gets nothing but a refusal", deadline, async () => {
  const server = await serve(secretTree());
  const page = await openPage();
  const site = await otherSite("rebound.test");
  await page.goto(site.url);
  // For the browser the server is the page's own origin from now on.
  site.leadTo(server.port);
  const answer = await fetched(page, "/secret.txt");
  assert.match(answer, /^403 Forbidden/);
  assert.doesNotMatch(answer, new RegExp(secret));
  assert.equal(await loaded(page, "script", "src", "/secret.js"), "error");
  assert.equal(await page.evaluate(() => window.stolen), undefined);
  const record = await recordOf(server, ({ path }) => path === "/secret.txt");
  assert.equal(record.via, "bad-host");

  await page.goto(`${site.url}secret.html`);
  assert.match(await page.locator("body").innerText(), /--allow-host/);
  assert.doesNotMatch(await page.content(), new RegExp(secret));
});

test("a link from another site to a page is followed", deadline, async () => {
  const server = await serve(secretTree());
  const page = await openPage();
  const link = `<!DOCTYPE html><a href="${server.url}secret.html">look</a>`;
  await page.goto((await otherSite("friend.test", link)).url);
  await page.getByRole("link", { name: "look" }).click();
  await page.waitForURL(`${server.url}secret.html`);
  assert.equal(await page.locator("p").innerText(), secret);
});
