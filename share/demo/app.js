// Shows what the two endpoints of the server answer.

const hello = document.querySelector("#hello");
const form = document.querySelector("#echo");
const answer = document.querySelector("#answer");

async function greet() {
  const response = await fetch("/api/");
  hello.textContent = response.ok ? await response.text() : `${response.status}`;
}

async function echo(text) {
  const sent = new TextEncoder().encode(text);
  const start = performance.now();
  const response = await fetch("/api/echo", { method: "POST", body: sent });
  const received = new Uint8Array(await response.arrayBuffer());
  const elapsed = (performance.now() - start).toFixed(1);
  const same = received.length === sent.length && received.every((byte, i) => byte === sent[i]);
  if (!same) return `${response.status}, and not the same bytes`;
  return `${received.length} bytes, the same ones, in ${elapsed} ms`;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    answer.textContent = await echo(form.elements.message.value);
  } catch {
    answer.textContent = "no answer: has the server stopped?";
  }
});

greet().catch(() => { hello.textContent = "no answer"; });
