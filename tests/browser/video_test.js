// Seeking in a video: the browser asks for the part it needs, and gets it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { deadline, makeTree, openPage, recordOf, screenshot, serve, wide } from "./support.js";

const seconds = 60;
const frameMs = 500;

// Pictures that are hard to compress, each of one grey on the whole and darker than the one before
// it, as VP8 key frames: that is what a lossy WebP holds.
async function drawFrames(page, count) {
  const webps = await page.evaluate((count) => {
    const canvas = document.createElement("canvas");
    canvas.width = 320;
    canvas.height = 180;
    const context = canvas.getContext("2d", { alpha: false });
    return Array.from({ length: count }, (_, i) => {
      const image = context.createImageData(320, 180);
      for (let at = 0; at < image.data.length; at += 4) {
        const grey = 235 - i * 190 / count + (Math.random() - 0.5) * 40;
        image.data.set([grey, grey, grey, 255], at);
      }
      context.putImageData(image, 0, 0);
      return canvas.toDataURL("image/webp", 0.95).split(",")[1];
    });
  }, count);
  return webps.map((webp) => vp8Of(Buffer.from(webp, "base64")));
}

// The chunk "VP8 " of a RIFF file (RFC 9649).
function vp8Of(webp) {
  for (let at = 12; at < webp.length;) {
    const size = webp.readUInt32LE(at + 4);
    if (webp.toString("latin1", at, at + 4) === "VP8 ") return webp.subarray(at + 8, at + 8 + size);
    at += 8 + size + size % 2;
  }
  throw new Error("no lossy picture");
}

// An element of Matroska (RFC 9559): its identifier, its size in eight bytes, what it holds.
function element(id, ...parts) {
  const content = Buffer.concat(parts.map((part) => (
    typeof part === "number" ? uint(part) : Buffer.from(part))));
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE((1n << 56n) | BigInt(content.length));
  return Buffer.concat([Buffer.from(id.toString(16), "hex"), size, content]);
}

function uint(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function float(value) {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

// A WebM film in which every frame is a cluster of its own, with an index in front.
function filmOf(frames) {
  const ebml = element(0x1a45dfa3,
    element(0x4286, 1), element(0x42f7, 1), element(0x42f2, 4), element(0x42f3, 8),
    element(0x4282, "webm"), element(0x4287, 2), element(0x4285, 2));
  const info = element(0x1549a966, element(0x2ad7b1, 1_000_000),
    element(0x4489, float(frames.length * frameMs)), element(0x4d80, "test"),
    element(0x5741, "test"));
  const video = element(0xe0, element(0xb0, 320), element(0xba, 180));
  const tracks = element(0x1654ae6b, element(0xae,
    element(0xd7, 1), element(0x73c5, 1), element(0x83, 1), element(0x86, "V_VP8"), video));
  const clusters = frames.map((frame, i) => element(0x1f43b675, element(0xe7, i * frameMs),
    element(0xa3, Buffer.from([0x81, 0, 0, 0x80]), frame)));
  const indexOf = (start) => {
    let place = start;
    return element(0x1c53bb6b, ...clusters.map((cluster, i) => {
      const cue = element(0xbb, element(0xb3, i * frameMs),
        element(0xb7, element(0xf7, 1), element(0xf1, place)));
      place += cluster.length;
      return cue;
    }));
  };
  const front = info.length + tracks.length;
  const index = indexOf(front + indexOf(0).length);
  return Buffer.concat([ebml, element(0x18538067, info, tracks, index, ...clusters)]);
}

test("a video can be sought in", deadline, async () => {
  const page = await openPage(wide);
  const film = filmOf(await drawFrames(page, seconds * 1000 / frameMs));
  const server = await serve(makeTree({
    "film.webm": film,
    "index.html": `<!DOCTYPE html><title>film</title><video src="film.webm" controls muted
      width="640" preload="metadata"></video>`,
  }));
  const parts = [];
  page.on("response", (response) => parts.push(response.headers()["content-range"]));
  await page.goto(server.url);
  const { duration, end } = await page.evaluate(async () => {
    const video = document.querySelector("video");
    if (video.readyState < 1) {
      await new Promise((resolve, reject) => {
        video.onloadedmetadata = resolve;
        video.onerror = () => reject(new Error(video.error.message));
      });
    }
    return { duration: video.duration, end: video.seekable.end(0) };
  });
  assert.equal(duration, seconds);
  assert.equal(end, seconds);

  // Forwards, backwards, and nearly to the end: the picture tells which frame it is.
  for (const to of [45.2, 10.2, 59.7]) {
    const { time, grey } = await page.evaluate(async (to) => {
      const video = document.querySelector("video");
      const sought = new Promise((resolve) => { video.onseeked = resolve; });
      video.currentTime = to;
      await sought;
      const canvas = new OffscreenCanvas(1, 1);
      const context = canvas.getContext("2d");
      context.imageSmoothingQuality = "high";
      context.drawImage(video, 0, 0, 1, 1);
      return { time: video.currentTime, grey: context.getImageData(0, 0, 1, 1).data[0] };
    }, to);
    assert.equal(time, to);
    const expected = 235 - to / seconds * 190;
    assert.ok(Math.abs(grey - expected) < 12, `at ${to} s it is ${grey}, not ${expected}`);
  }
  await screenshot(page, "video-wide-light");

  // Not read from the start to the end, but where it was sought.
  assert.ok(parts.some((part) => /^bytes [1-9]/.test(part)), `${parts}`);
  const record = await recordOf(server, ({ path }) => path === "/film.webm");
  assert.equal(record.status, 206);
  assert.deepEqual(page.complaints, []);
});
