// What the pages look like: screenshots of each in both themes and two widths, to be looked at, and
// what can be said of their looks without looking.

import assert from "node:assert/strict";
import { mkdirSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { deadline, makeTree, narrow, openPage, screenshot, serve, wide } from "./support.js";

const demo = join(dirname(fileURLToPath(import.meta.url)), "../../share/demo");

// Like a directory that somebody has.
function exampleTree() {
  const files = {
    "2025 Lake survey/notes/9 spring.md": 1200, "2025 Lake survey/notes/10 summer.md": 340,
    "assets/logo.svg": 4100, "Drafts/readme.txt": 10,
  };
  const top = {
    "app.css": 8213, "app.js": 48_120, "boat-2.jpg": 2_113_000, "boat-10.jpg": 1_840_220,
    "crossing.mp4": 48_002_113, "données.csv": 96_004, "Grüße vom See.txt": 412,
    "manifest.webmanifest": 310, "README.md": 5120, "robots.txt": 0,
    "the-minutes-of-the-extraordinary-general-meeting-of-the-reed-cutters.pdf": 734_003,
  };
  const blank = Object.entries({ ...files, ...top }).map(([name, size]) =>
    [name, Buffer.alloc(size)]);
  const root = makeTree(Object.fromEntries(blank));
  mkdirSync(join(root, "empty"));
  [...Object.keys(top), "2025 Lake survey", "assets", "Drafts", "empty"].forEach((name, i) => {
    const then = Date.UTC(2026, 10, 22, 9, 30) / 1000 - i * 190_000;
    utimesSync(join(root, name), then, then);
  });
  return root;
}

// The colours of the page, and how far text stands out from its ground (WCAG 2.2, 1.4.3).
function looks(page) {
  return page.evaluate(() => {
    const channels = (colour) => colour.match(/[\d.]+/g).slice(0, 3).map(Number);
    const luminance = (colour) => channels(colour)
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = getComputedStyle(document.body).backgroundColor;
    const contrast = (element) => {
      const [low, high] = [ground, getComputedStyle(element).color].map(luminance)
        .sort((a, b) => a - b);
      return (high + 0.05) / (low + 0.05);
    };
    const texts = [...document.querySelectorAll("h1, p, a, td, th, footer, nav *, main *")]
      .filter((element) => element.checkVisibility() && !element.matches("pre, pre *, button"));
    return { ground, luminance: luminance(ground), contrast: Math.min(...texts.map(contrast)) };
  });
}

const places = {
  listing: (server) => server.url,
  deep: (server) => `${server.url}2025%20Lake%20survey/notes/`,
  empty: (server) => `${server.url}empty/`,
  404: (server) => `${server.url}notes/nowhere.html`,
};

// `ready` is an element that is there when the page is.
async function lookAt(name, address, ready) {
  for (const [width, device] of Object.entries({ wide, narrow })) {
    const page = await openPage({ ...device, timezoneId: "Europe/Berlin" });
    for (const theme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: theme });
      await page.goto(address);
      await page.locator(ready).waitFor();
      await screenshot(page, `${name}-${width}-${theme}`);
      const seen = await looks(page);
      assert.ok(seen.contrast >= 4.5, JSON.stringify(seen));
      assert.ok(theme === "light" ? seen.luminance > 0.8 : seen.luminance < 0.05, seen.ground);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(sideways <= 0, `${width}: ${sideways} pixels too wide`);
    }
    // The browser itself writes a line for the 404.
    const written = page.complaints.filter((text) => name !== "404" || !text.includes("404"));
    assert.deepEqual(written, []);
  }
}

for (const [name, address] of Object.entries(places)) {
  test(`${name} is readable by day, by night, and on a phone`, deadline, async () => {
    await lookAt(name, address(await serve(exampleTree())), "h1");
  });
}

test("the demo is readable by day, by night, and on a phone", deadline, async () => {
  await lookAt("demo", (await serve(demo)).url, "#hello:text('Hello')");
});

test("the demo gets its answers from the server", deadline, async () => {
  const page = await openPage();
  await page.goto((await serve(demo)).url);
  await page.locator("#hello", { hasText: "Hello" }).waitFor();
  await page.getByRole("button", { name: "Send" }).click();
  await page.locator("#answer", { hasText: "the same ones" }).waitFor();
  assert.deepEqual(page.complaints, []);
});

test("an error page leads to where there is something", deadline, async () => {
  const server = await serve(makeTree({ "a/b/file": "" }));
  const page = await openPage();
  const up = page.getByRole("link", { name: "Parent directory" });
  const response = await page.goto(`${server.url}a/b/missing?x=1#y`);
  assert.equal(response.status(), 404);
  assert.equal(await page.locator("h1").textContent(), "Not Found");
  await up.click();
  await page.waitForURL(`${server.url}a/b/`);
  await page.goto(`${server.url}a/b/missing/`);
  await up.click();
  await page.waitForURL(`${server.url}a/b/`);
  await page.goto(`${server.url}a/missing/other`);
  await page.getByRole("link", { name: "Start page" }).click();
  await page.waitForURL(server.url);
  for (const path of ["missing", "missing/"]) {
    await page.goto(server.url + path);
    assert.equal(await up.count(), 0);
  }
});
