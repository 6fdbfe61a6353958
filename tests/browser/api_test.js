// What the API is for: a front-end that tries out how it copes, in a real browser.

import assert from "node:assert/strict";
import { test } from "node:test";

import { deadline, makeTree, openPage, otherSite, recordOf, serve } from "./support.js";

const site = () => makeTree({ "index.html": "<!DOCTYPE html><title>front-end</title>" });

async function openFrontEnd(server) {
  const page = await openPage();
  await page.goto(server.url);
  return page;
}

test("a page sees how its request arrives", deadline, async () => {
  const page = await openFrontEnd(await serve(site()));
  const json = await page.evaluate(async () => {
    const headers = { "Content-Type": "application/json", "X-Any": "1" };
    const options = { method: "PUT", body: '{"ä":1}', headers };
    return (await fetch("/api/request/a%20b?x=1+2&x=%26", options)).json();
  });
  assert.equal(json.method, "PUT");
  assert.equal(json.path, "/api/request/a b");
  assert.deepEqual(json.query.pairs, [["x", "1 2"], ["x", "&"]]);
  assert.deepEqual(json.content, { size: 8, text: '{"ä":1}' });
  const valueOf = (wanted) => json.fields.find(({ name }) => name.toLowerCase() === wanted).value;
  assert.equal(valueOf("x-any"), "1");
  assert.equal(valueOf("sec-fetch-site"), "same-origin");
  assert.deepEqual(page.complaints, []);
});

test("a script learns no cookie that its browser keeps from it", deadline, async () => {
  const server = await serve(site());
  const page = await openFrontEnd(server);
  await page.context().addCookies([
    { name: "session", value: "marker", url: server.url, httpOnly: true },
  ]);
  const texts = await page.evaluate(async () => {
    const fetched = await (await fetch("/api/request")).text();
    const posted = await (await fetch("/api/request", { method: "POST" })).text();
    const frame = document.createElement("iframe");
    frame.src = "/api/request";
    const loaded = new Promise((resolve) => { frame.onload = resolve; });
    document.body.append(frame);
    await loaded;
    return [fetched, posted, frame.contentDocument.body.innerText];
  });
  for (const text of texts) {
    assert.match(text, /"Cookie"/);
    assert.doesNotMatch(text, /marker/);
  }
});

test("a page copes with any status, without a dialog", deadline, async () => {
  const page = await openFrontEnd(await serve(site()));
  const seen = await page.evaluate(async () => {
    const statusOf = async (code) => (await fetch(`/api/status/${code}`)).status;
    const redirected = await fetch("/api/status/307", { method: "POST", body: "kept" });
    const { method, content } = await redirected.json();
    return [await statusOf(204), await statusOf(401), await statusOf(503), method, content.text];
  });
  assert.deepEqual(seen, [204, 401, 503, "POST", "kept"]);
});

test("with --cors a page of another origin uses any method", deadline, async () => {
  const server = await serve(site(), "--cors");
  const page = await openPage();
  await page.goto((await otherSite("app.test")).url);
  const methods = await page.evaluate((url) => Promise.all(["PUT", "PATCH", "DELETE"]
    .map(async (method) => (await (await fetch(`${url}api/request`, { method })).json()).method)),
  server.url);
  assert.deepEqual(methods, ["PUT", "PATCH", "DELETE"]);
  assert.deepEqual(page.complaints, []);
});

test("a page reads a stream as it comes", deadline, async () => {
  const page = await openFrontEnd(await serve(site()));
  // The second line is not waited for.
  const first = await page.evaluate(async () => {
    const reader = (await fetch("/api/stream/2?interval=10000")).body.getReader();
    const { value } = await reader.read();
    await reader.cancel();
    return new TextDecoder().decode(value).trim().split("\n").map((line) => JSON.parse(line).n);
  });
  assert.deepEqual(first, [1]);
  const all = await page.evaluate(async () => {
    const text = await (await fetch("/api/stream/3?interval=10")).text();
    return text.trim().split("\n").map((line) => JSON.parse(line).n);
  });
  assert.deepEqual(all, [1, 2, 3]);
});

test("a page hears events until it has had them all", deadline, async () => {
  const server = await serve(site());
  const page = await openFrontEnd(server);
  const heard = await page.evaluate(() => new Promise((resolve) => {
    const source = new EventSource("/api/events?interval=20&count=3");
    const ticks = [];
    source.addEventListener("tick", ({ data, lastEventId }) => {
      ticks.push([JSON.parse(data).n, lastEventId]);
    });
    // First the stream ends, and the browser connects again; then there is nothing more.
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) resolve(ticks);
    };
  }));
  assert.deepEqual(heard, [[1, "1"], [2, "2"], [3, "3"]]);
  await recordOf(server, ({ path, status }) => path === "/api/events" && status === 204);
});
