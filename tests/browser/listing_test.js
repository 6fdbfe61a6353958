// The listing as people use it: with a mouse, a keyboard, a phone, without scripts, with names that
// mean harm, and with very many files.

import assert from "node:assert/strict";
import { utimesSync, writeFileSync } from "node:fs";
import { test } from "node:test";

import { deadline, makeTree, narrow, openPage, screenshot, serve, wide } from "./support.js";

const names = (page) => page.locator("#entries tr:visible bdi").allTextContents();
const focused = (page) => page.evaluate(() => document.activeElement.textContent);

// Three files whose order differs by name, size and time, and two directories.
function smallTree() {
  const root = makeTree({
    "file10.txt": "x".repeat(20), "file2.txt": "x".repeat(3000), "Notes.md": "",
    "beta/deep/x": "", "alpha/x": "",
  });
  const days = { "file10.txt": 2, "file2.txt": 3, "Notes.md": 1, "beta": 5, "alpha": 4 };
  for (const [name, day] of Object.entries(days)) utimesSync(`${root}/${name}`, 0, day * 86_400);
  return root;
}

test("sorts by a click on a heading, directories first", deadline, async () => {
  const page = await openPage(wide);
  await page.goto((await serve(smallTree())).url);
  const heading = (name) => page.getByRole("columnheader", { name });
  assert.deepEqual(await names(page), ["alpha", "beta", "file2.txt", "file10.txt", "Notes.md"]);
  assert.equal(await heading("Name").getAttribute("aria-sort"), "ascending");

  await page.getByRole("button", { name: "Name" }).click();
  assert.deepEqual(await names(page), ["beta", "alpha", "Notes.md", "file10.txt", "file2.txt"]);
  assert.equal(await heading("Name").getAttribute("aria-sort"), "descending");

  await page.getByRole("button", { name: "Size" }).click();
  assert.deepEqual(await names(page), ["alpha", "beta", "file2.txt", "file10.txt", "Notes.md"]);
  assert.equal(await heading("Size").getAttribute("aria-sort"), "descending");
  assert.equal(await heading("Name").getAttribute("aria-sort"), null);
  await page.getByRole("button", { name: "Size" }).click();
  assert.deepEqual(await names(page), ["alpha", "beta", "Notes.md", "file10.txt", "file2.txt"]);

  await page.getByRole("button", { name: "Modified" }).click();
  assert.deepEqual(await names(page), ["beta", "alpha", "file2.txt", "file10.txt", "Notes.md"]);
  await page.reload();
  assert.deepEqual(await names(page), ["beta", "alpha", "file2.txt", "file10.txt", "Notes.md"]);
  assert.equal(await heading("Modified").getAttribute("aria-sort"), "descending");
  assert.deepEqual(page.complaints, []);
});

test("filters while one types, and counts", deadline, async () => {
  const page = await openPage(wide);
  await page.goto((await serve(smallTree())).url);
  assert.equal(await page.locator("#count").textContent(), "2 directories, 3 files, 3.0 kB");
  await page.keyboard.press("/");
  await page.keyboard.type("FILE");
  assert.deepEqual(await names(page), ["file2.txt", "file10.txt"]);
  assert.equal(await page.locator("#count").textContent(), "2 of 5");
  await page.keyboard.type(" 10");
  assert.deepEqual(await names(page), ["file10.txt"]);
  await page.keyboard.type("nothing");
  assert.deepEqual(await names(page), []);
  await page.keyboard.press("Escape");
  assert.equal((await names(page)).length, 5);
  assert.equal(await page.locator("#filter").inputValue(), "");
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.activeElement === document.body), true);
  assert.deepEqual(page.complaints, []);
});

test("is walked through by keyboard alone", deadline, async () => {
  const page = await openPage(wide);
  const server = await serve(smallTree());
  await page.goto(`${server.url}beta/`);
  await page.keyboard.press("/");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(page), "Parent directory");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(page), "deep/");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focused(page), "deep/");
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowUp");
  assert.equal(await page.evaluate(() => document.activeElement.id), "filter");
  await page.keyboard.type("dee");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/beta/deep/");
  await page.goBack();
  assert.equal(await page.locator("#filter").inputValue(), "dee");
  assert.deepEqual(page.complaints, []);
});

test("leads up by its crumbs and its first row", deadline, async () => {
  const page = await openPage(wide);
  const server = await serve(makeTree({ "a b/c%2F?/d#/file": "" }));
  const start = `${server.url}a%20b/c%252F%3F/d%23/`;
  await page.goto(start);
  assert.equal(await page.locator("h1").textContent(), `localhost:${server.port}/a b/c%2F?/d#/`);
  await page.getByRole("link", { name: "c%2F?" }).click();
  await page.waitForURL(`${server.url}a%20b/c%252F%3F/`);
  await page.getByRole("link", { name: "Parent directory" }).click();
  await page.waitForURL(`${server.url}a%20b/`);
  await page.goto(start);
  await page.getByRole("link", { name: "localhost" }).click();
  await page.waitForURL(server.url);
  assert.equal(await page.getByRole("link", { name: "Parent directory" }).count(), 0);
});

test("tells times where one is, and sizes to the byte", deadline, async () => {
  const page = await openPage({ ...wide, timezoneId: "Asia/Kolkata" });
  const root = makeTree({ "a.bin": "x".repeat(1234567) });
  utimesSync(`${root}/a.bin`, 0, Date.UTC(2026, 10, 22, 20, 15, 30) / 1000);
  await page.goto((await serve(root)).url);
  const time = page.locator("#entries time");
  assert.equal(await time.textContent(), "2026-11-23 01:45");
  assert.equal(await time.getAttribute("title"), "2026-11-23 01:45:30");
  const size = page.locator("#entries td").nth(1);
  assert.equal(await size.textContent(), "1.2 MB");
  assert.equal(await size.getAttribute("title"), "1,234,567 bytes");
});

test("is whole without scripts", deadline, async () => {
  const page = await openPage({ ...wide, javaScriptEnabled: false });
  const server = await serve(smallTree());
  await page.goto(server.url);
  assert.deepEqual(await names(page), ["alpha", "beta", "file2.txt", "file10.txt", "Notes.md"]);
  assert.equal(await page.locator("#filter").isVisible(), false);
  assert.equal(await page.getByRole("button").count(), 0);
  assert.equal(await page.locator("th").nth(2).textContent(), "Modified (UTC)");
  assert.equal(await page.locator("time").last().textContent(), "1970-01-02 00:00");
  await page.getByRole("link", { name: "beta/" }).click();
  await page.waitForURL(`${server.url}beta/`);
});

test("says so where there is nothing", deadline, async () => {
  const page = await openPage(wide);
  await page.goto((await serve(makeTree({}))).url);
  assert.match(await page.locator("main").innerText(), /This directory is empty/);
  assert.equal(await page.locator("#filter").isVisible(), false);
  assert.equal(await page.locator("thead").isVisible(), false);
  assert.deepEqual(page.complaints, []);
});

// The files hold their own names, so that following a link shows whether it was the right one.
const hostile = [
  "<script>alert(1)<⁄script>", "<img src=x onerror=alert(1)>", "\"onmouseover=\"alert(1)",
  "javascript:alert(1).txt", "data:text,x", "percent%41%2F%00.txt", "question?x=1.txt",
  "hash#x.txt", "new\nline", "tab\ttab", "bell\u0007", "\u001b[31mred", "gpj.\u202Etxt.exe",
  "\u2066isolate",
  "a&amp;b", "{{rows}}{{title}}", "${document.cookie}", "back\\slash", " leading", "trailing ",
  "two  spaces", "semi;colon",
  "מסמך 1.txt", "وثيقة.txt", "Grüße 🌾.txt", "e\u0301.txt", "*?|:.txt", "'", "%", "~", "-rf",
  "COM1", "a".repeat(200), "...three", "con\u00a0space",
];

test("leads to the right file whatever it is called", deadline, async () => {
  const page = await openPage(wide);
  const files = Object.fromEntries(hostile.map((name) => [name, `this is ${name}`]));
  const root = makeTree(files);
  const broken = Buffer.from([...Buffer.from(`${root}/broken-`), 0xff, 0xfe, 0xc3]);
  writeFileSync(broken, "this is broken");
  const server = await serve(root, "--dotfiles");
  await page.goto(server.url);
  assert.equal((await names(page)).length, hostile.length + 1);
  const links = page.locator("#entries a[href]");
  const found = [];
  for (const address of await links.evaluateAll((all) => all.map((link) => link.href))) {
    found.push(await (await page.request.get(address)).text());
  }
  const reachable = hostile.filter((name) => !/[\0-\x1f]/.test(name));
  assert.equal(hostile.length - reachable.length, 4);
  const expected = reachable.map((name) => files[name]);
  assert.deepEqual(found.sort(), [...expected, "this is broken"].sort());
  // A real click, on those that a browser might take for something else.
  for (const name of ["javascript", "percent", "question", "hash"]) {
    await links.filter({ hasText: name }).click();
    await page.waitForURL((url) => url.pathname !== "/");
    assert.match(await page.locator("body").innerText(), new RegExp(`^this is ${name}`));
    await page.goBack();
    await page.waitForURL(server.url);
  }
  assert.deepEqual(page.complaints, []);
});

test("shows what cannot be seen, and no name changes what stands beside it", deadline, async () => {
  const page = await openPage(wide);
  const root = makeTree(Object.fromEntries(hostile.map((name) => [name, ""])));
  writeFileSync(Buffer.from([...Buffer.from(`${root}/broken-`), 0xff, 0xfe, 0xc3]), "");
  await page.goto((await serve(root, "--dotfiles")).url);
  const shown = await names(page);
  for (const name of ["new\\nline", "bell\\x07", "\\x1B[31mred", "gpj.\\u202Etxt.exe",
    "broken-\\xFF\\xFE\\xC3", " leading", "trailing ", "two  spaces"]) {
    assert.ok(shown.includes(name), name);
  }
  assert.equal(await page.locator("#entries :is(script, img)").count(), 0);
  await screenshot(page, "names-wide-light");
});

test("of five thousand files is there at once", deadline, async () => {
  const files = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`file-${i}.txt`, ""]));
  const page = await openPage(wide);
  await page.goto((await serve(makeTree(files))).url);
  assert.equal(await page.locator("#entries tr").count(), 5000);
  const took = await page.evaluate(async () => {
    const filter = document.querySelector("#filter");
    const measure = async (action) => {
      const start = performance.now();
      action();
      document.body.offsetHeight;
      return Math.round(performance.now() - start);
    };
    const { domContentLoadedEventEnd } = performance.getEntriesByType("navigation")[0];
    return {
      load: Math.round(domContentLoadedEventEnd),
      sort: await measure(() => document.querySelectorAll("th button")[2].click()),
      filter: await measure(() => {
        filter.value = "file-4999";
        filter.dispatchEvent(new Event("input"));
      }),
    };
  });
  console.log(`5,000 files, in ms: ${JSON.stringify(took)}`);
  assert.deepEqual(await names(page), ["file-4999.txt"]);
  assert.deepEqual(page.complaints, []);
});

test("needs no scrolling sideways on a phone", deadline, async () => {
  const root = makeTree(Object.fromEntries(hostile.map((name) => [`sub/${name}`, ""])));
  const page = await openPage({ ...narrow, viewport: { width: 360, height: 640 } });
  const server = await serve(root, "--dotfiles");
  for (const path of ["", "sub/", "missing/page"]) {
    await page.goto(`${server.url}${path}`);
    const { content, window } = await page.evaluate(() => (
      { content: document.documentElement.scrollWidth, window: innerWidth }));
    assert.equal(window, 360);
    assert.ok(content <= 360, `${path} is ${content} pixels wide`);
  }
});
