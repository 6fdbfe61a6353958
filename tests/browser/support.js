// What the browser tests share: the built program as a child process, directories to serve, pages
// of a headless Chromium that remember their complaints, and other sites.
//
// From the environment, which tests/browser/run sets: TINYSERVE_PROGRAM, the program;
// TINYSERVE_BROWSER_DIR, where node_modules is and where screenshots go; CHROMIUM, the browser.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import net from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";

export const outputDir = process.env.TINYSERVE_BROWSER_DIR;
const { chromium } = createRequire(join(outputDir, "node_modules/"))("playwright-core");

export const deadline = { timeout: 60_000 };

// Every name but these two is another site, at this machine; nothing leaves it.
const resolver = "MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1";

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--disable-dev-shm-usage", "--disable-gpu", `--host-resolver-rules=${resolver}`],
});
after(() => browser.close());

// A page in a context of its own; `page.complaints` is what it wrote as warnings and errors, faults
// of its scripts, and violations of a Content-Security-Policy.
export async function openPage(options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (message) => {
    if (!["error", "warning"].includes(message.type())) return;
    const { url } = message.location();
    // Asked for once in a while, whatever the page says.
    if (!url.endsWith("/favicon.ico")) page.complaints.push(`${message.text()} ${url}`);
  });
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  after(() => context.close());
  return page;
}

export const narrow = {
  viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true,
};
export const wide = { viewport: { width: 1280, height: 800 } };

// A new directory with these files, by path; the directories on the way are made.
export function makeTree(files) {
  const root = mkdtempSync(join(tmpdir(), "tinyserve-browser-"));
  after(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

// The program serving `directory` on a port that is free. `records` grows by one for each request,
// a moment after its answer.
export async function serve(directory, ...flags) {
  const args = ["--port", "0", "--quiet", ...flags, directory];
  const stdio = ["ignore", "pipe", "inherit"];
  const child = spawn(process.env.TINYSERVE_PROGRAM, args, { stdio });
  after(async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
  const lines = createInterface({ input: child.stdout });
  const records = [];
  const port = await new Promise((resolve, reject) => {
    lines.on("line", (line) => {
      const record = JSON.parse(line);
      if (record.event === "listening") resolve(record.port);
      if (!record.event) records.push(record);
    });
    child.once("exit", (code) => reject(new Error(`the program ended with ${code}`)));
  });
  return { port, records, lines, url: `http://localhost:${port}/` };
}

// The first record that fulfils `wanted`, as soon as there is one.
export async function recordOf(server, wanted) {
  while (true) {
    const record = server.records.find(wanted);
    if (record) return record;
    await once(server.lines, "line");
  }
}

// Another site: a web server with one page, at `host`, which ends in .test. After leadTo(port) its
// name and port lead to what listens on that port of this machine, as a rebound DNS name would.
export async function otherSite(host, html = "<!DOCTYPE html><title>other</title>") {
  const site = createServer((request, response) => {
    response.writeHead(200, { "Content-Type": "text/html; charset=utf-8", Connection: "close" });
    response.end(html);
  });
  let destination = null;
  const door = net.createServer((client) => {
    client.on("error", () => client.destroy());
    if (destination === null) return site.emit("connection", client);
    const other = net.connect(destination, "127.0.0.1");
    other.on("error", () => client.destroy());
    client.pipe(other).pipe(client);
  });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  after(() => door.close());
  return {
    url: `http://${host}:${door.address().port}/`,
    leadTo: (port) => { destination = port; },
  };
}

export function screenshot(page, name) {
  return page.screenshot({ path: join(outputDir, `${name}.png`) });
}
