// What the flags for sites promise, as a browser sees it: client-side routes, other origins, and
// isolation for SharedArrayBuffer.

import assert from "node:assert/strict";
import { test } from "node:test";

import { deadline, makeTree, openPage, otherSite, recordOf, serve } from "./support.js";

const app = `<!DOCTYPE html><title>app</title><script src="/app.js"></script>`;
const appTree = () => makeTree({
  "index.html": app,
  "app.js": `document.title = "app at " + location.pathname;`,
  "about.html": "<!DOCTYPE html><title>about</title>",
});

test("--spa answers the routes of an app with its page", deadline, async () => {
  const server = await serve(appTree(), "--spa");
  const page = await openPage();
  const response = await page.goto(`${server.url}users/7?tab=2`);
  assert.equal(response.status(), 200);
  assert.equal(await page.title(), "app at /users/7");
  await page.reload();
  assert.equal(await page.title(), "app at /users/7");
  const record = await recordOf(server, ({ path }) => path === "/users/7");
  assert.equal(record.via, "spa");
  await page.goto(`${server.url}about.html`);
  assert.equal(await page.title(), "about");
  assert.deepEqual(page.complaints, []);
});

test("--spa leaves missing scripts and data missing", deadline, async () => {
  const server = await serve(appTree(), "--spa");
  const page = await openPage();
  await page.goto(server.url);
  const statuses = await page.evaluate(() => Promise.all([
    fetch("/missing.js"), fetch("/api-of-mine/users", { headers: { Accept: "application/json" } }),
    fetch("/users/7", { method: "POST", headers: { Accept: "text/html" } }),
  ].map(async (answer) => (await answer).status)));
  assert.deepEqual(statuses, [404, 404, 405]);
  assert.equal((await page.goto(`${server.url}missing.html`)).status(), 404);
});

test("--spa=FILE answers with that file", deadline, async () => {
  const server = await serve(appTree(), "--spa=about.html");
  const page = await openPage();
  await page.goto(`${server.url}users/7`);
  assert.equal(await page.title(), "about");
});

// What a page of another site gets, by a request that needs a preflight and asks for a part.
function fetchPart(page, address) {
  return page.evaluate(async (address) => {
    try {
      const headers = { "X-Any": "1", Range: "bytes=2-4" };
      const answer = await fetch(address, { headers });
      const fields = ["Content-Range", "Accept-Ranges", "Content-Length", "ETag"];
      return {
        status: answer.status, text: await answer.text(),
        fields: fields.filter((name) => answer.headers.has(name)),
        range: answer.headers.get("Content-Range"),
      };
    } catch (error) {
      return error.name;
    }
  }, address);
}

test("without --cors a page of another origin reads nothing", deadline, async () => {
  const server = await serve(makeTree({ "data.txt": "0123456789" }));
  const page = await openPage();
  await page.goto((await otherSite("app.test")).url);
  assert.equal(await fetchPart(page, `${server.url}data.txt`), "TypeError");
});

test("with --cors it reads what it asks for", deadline, async () => {
  const server = await serve(makeTree({ "data.txt": "0123456789" }), "--cors");
  const page = await openPage();
  await page.goto((await otherSite("app.test")).url);
  assert.deepEqual(await fetchPart(page, `${server.url}data.txt`), {
    status: 206, text: "234", range: "bytes 2-4/10",
    fields: ["Content-Range", "Accept-Ranges", "Content-Length", "ETag"],
  });
  const preflight = await recordOf(server, ({ method }) => method === "OPTIONS");
  assert.equal(preflight.via, "preflight");
  const posted = await page.evaluate(async (address) => {
    const answer = await fetch(address, {
      method: "POST", body: "{}", headers: { "Content-Type": "application/json" },
    });
    return answer.text();
  }, `${server.url}api/echo`);
  assert.equal(posted, "{}");
  assert.deepEqual(page.complaints, []);
});

test("--cors=ORIGIN is for that origin alone", deadline, async () => {
  const friend = await otherSite("friend.test");
  const stranger = await otherSite("stranger.test");
  const origin = new URL(friend.url).origin;
  const server = await serve(makeTree({ "data.txt": "0123456789" }), `--cors=${origin}`);
  const page = await openPage();
  await page.goto(friend.url);
  assert.equal((await fetchPart(page, `${server.url}data.txt`)).text, "234");
  await page.goto(stranger.url);
  assert.equal(await fetchPart(page, `${server.url}data.txt`), "TypeError");
});

const isolation = () => [crossOriginIsolated, typeof SharedArrayBuffer];

test("--isolate gives a page SharedArrayBuffer", deadline, async () => {
  const page = await openPage();
  await page.goto((await serve(appTree(), "--isolate")).url);
  assert.deepEqual(await page.evaluate(isolation), [true, "function"]);
  assert.equal(await page.title(), "app at /");
  assert.deepEqual(page.complaints, []);
  await page.goto((await serve(appTree())).url);
  assert.deepEqual(await page.evaluate(isolation), [false, "undefined"]);
});
