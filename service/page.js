// What the page's form does: it posts one row to predict and shows what the service answers.
"use strict";
const model = JSON.parse(document.getElementById("model").textContent);
const url = new URL("predict", document.baseURI).href;
const form = document.getElementById("form");
const answer = document.getElementById("answer");
const locked = document.getElementById("locked");
const key = document.getElementById("key");
const stored = "ekiben-service-key";

function made(name, text, className) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (className) element.className = className;
  return element;
}

// The row that the form holds. Emptied inputs are null; a column may be called __proto__.
function row() {
  return Object.fromEntries(model.columns.map(([name, kind], n) => [name, value(control(n), kind)]));
}

function control(n) {
  return document.getElementById("c" + n);
}

function value(input, kind) {
  if (input.value === "") return null;
  if (kind === "numeric") return Number(input.value);
  return kind === "boolean" ? input.value === "true" : input.value;
}

function unreadable() {
  return model.columns.findIndex((column, n) => control(n).validity.badInput);
}

async function predict(event) {
  event.preventDefault();
  clear();
  const wrong = unreadable();
  if (wrong >= 0) return point(wrong, "This cannot be read as a " + (model.columns[wrong][1] === "numeric" ? "number." : "date."));
  const button = document.getElementById("go");
  button.setAttribute("aria-busy", "true");
  try {
    await ask();
  } catch (problem) {
    fail("The service did not answer: " + problem.message);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

async function ask() {
  const headers = { "Content-Type": "application/json" };
  if (key.value) headers.Authorization = "Bearer " + key.value;
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ rows: [row()] }) });
  const text = await response.text();
  const said = parsed(text);
  if (response.status === 401) return unlock(said);
  remember();
  if (response.ok && said) return show(said, text);
  refuse(said, response.status);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

// Show an error: beside the input that it names, or else in place of the answer.
function refuse(said, status) {
  const error = (said && said.error) || { message: "The service answered with status " + status + "." };
  const n = model.columns.findIndex(([name]) => name === error.column);
  return n >= 0 ? point(n, error.message) : fail(error.message);
}

function point(n, message) {
  const wrong = document.getElementById("e" + n);
  wrong.textContent = message;
  wrong.hidden = false;
  control(n).setAttribute("aria-invalid", "true");
  fail(message);
  control(n).focus();
}

function fail(message) {
  answer.replaceChildren(made("p", message, "failure"));
}

function clear() {
  for (const wrong of document.querySelectorAll(".wrong:not([hidden])")) wrong.hidden = true;
  for (const input of document.querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
}

function unlock(said) {
  const tried = key.value !== "";
  locked.hidden = false;
  fail(tried ? "This is not the service's key." : (said && said.error && said.error.message) || "This service needs its key.");
  write();
  key.focus();
}

// The key stays in this tab; where the browser keeps nothing, it stays in the input.
function remember() {
  try {
    if (key.value) sessionStorage.setItem(stored, key.value);
  } catch {}
}

function recall() {
  try {
    key.value = sessionStorage.getItem(stored) || "";
  } catch {}
  locked.hidden = key.value === "";
}

function show(said, text) {
  const parts = [made("h2", model.target), ...prediction(said.predictions[0])];
  if (said.probabilities) parts.push(...bars(said.probabilities[0]));
  if (said.warnings.length) parts.push(warnings(said.warnings));
  parts.push(raw(text));
  answer.replaceChildren(...parts);
  if (answer.getBoundingClientRect().bottom > window.innerHeight) answer.scrollIntoView({ block: "nearest" });
}

// A label as it is; a number as people read it, with all of its digits below.
function prediction(value) {
  const text = typeof value === "number" ? value.toLocaleString("en", { maximumSignificantDigits: 6 }) : String(value);
  const parts = [made("p", text, "prediction")];
  if (text.replaceAll(",", "") !== String(value)) parts.push(made("p", "exactly " + value, "exactly"));
  return parts;
}

// The likeliest label first; beyond ten the rest is folded away.
function bars(probabilities) {
  const sorted = Object.entries(probabilities).sort((one, other) => other[1] - one[1]);
  const shown = list(sorted.slice(0, 10));
  if (sorted.length <= 10) return [shown];
  const more = made("details");
  more.append(made("summary", sorted.length - 10 + " more"), list(sorted.slice(10)));
  return [shown, more];
}

function list(entries) {
  const found = made("ul", undefined, "bars");
  found.append(...entries.map(([label, probability]) => bar(label, probability)));
  return found;
}

function bar(label, probability) {
  const line = made("li");
  const number = made("data", (100 * probability).toFixed(1) + " %");
  number.value = probability;
  number.title = String(probability);
  const track = made("div", undefined, "track");
  track.setAttribute("aria-hidden", "true");
  const fill = made("div", undefined, "fill");
  fill.style.width = 100 * probability + "%";
  track.append(fill);
  line.append(made("span", label), number, track);
  return line;
}

function warnings(found) {
  const shown = made("ul", undefined, "warnings");
  shown.append(...found.map((warning) => made("li", warning.column + ": " + warning.message)));
  return shown;
}

function raw(text) {
  const details = made("details");
  details.append(made("summary", "The answer as JSON"), made("pre", text));
  return details;
}

function json() {
  return JSON.stringify({ rows: [row()] }, null, 2);
}

// A Python literal: JSON's texts and numbers are Python's, its three words are not.
function python(thing, indent) {
  if (thing === null) return "None";
  if (typeof thing === "boolean") return thing ? "True" : "False";
  if (typeof thing !== "object") return JSON.stringify(thing);
  const lines = Object.entries(thing).map(([name, inner]) => indent + "    " + JSON.stringify(name) + ": " + python(inner) + ",\n");
  return "{\n" + lines.join("") + indent + "}";
}

// A JavaScript literal is JSON, but for a column of the one name that would set a prototype.
function javascript(thing) {
  return JSON.stringify(thing, null, 2).replace(/^  "__proto__":/m, '  ["__proto__"]:');
}

const calls = {
  curl: (keyed) =>
    "curl '" + url + "' \\\n" +
    (keyed ? '  -H "Authorization: Bearer $EKIBEN_SERVICE_KEY" \\\n' : "") +
    "  -H 'Content-Type: application/json' \\\n" +
    "  --data-raw '" + json().replaceAll("'", "'\\''") + "'\n",
  python: (keyed) =>
    "import json\n" + (keyed ? "import os\n" : "") + "import urllib.request\n\nrow = " + python(row(), "") + "\n" +
    "request = urllib.request.Request(\n    " + JSON.stringify(url) + ",\n" +
    '    data=json.dumps({"rows": [row]}).encode(),\n    headers={\n        "Content-Type": "application/json",\n' +
    (keyed ? '        "Authorization": f"Bearer {os.environ[\'EKIBEN_SERVICE_KEY\']}",\n' : "") +
    "    },\n)\nwith urllib.request.urlopen(request) as response:\n    print(json.load(response))\n",
  javascript: (keyed) =>
    "const row = " + javascript(row()) + ";\n" +
    "const response = await fetch(" + JSON.stringify(url) + ", {\n" +
    '  method: "POST",\n  headers: {\n    "Content-Type": "application/json",\n' +
    (keyed ? "    Authorization: `Bearer ${key}`,\n" : "") +
    "  },\n  body: JSON.stringify({ rows: [row] }),\n});\nconsole.log(await response.json());\n",
};

function write() {
  const language = document.querySelector("input[name=language]:checked").value;
  document.getElementById("call").textContent = calls[language](!locked.hidden);
}

async function copy() {
  const call = document.getElementById("call");
  try {
    await navigator.clipboard.writeText(call.textContent);
  } catch {
    getSelection().selectAllChildren(call); // not offered on a page without https
    document.execCommand("copy");
  }
  const button = document.getElementById("copy");
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

form.addEventListener("submit", predict);
form.addEventListener("input", write);
form.addEventListener("reset", () => setTimeout(() => (clear(), recall(), write())));
for (const radio of document.querySelectorAll("input[name=language]")) radio.addEventListener("change", write);
document.getElementById("copy").addEventListener("click", copy);
recall();
write();
