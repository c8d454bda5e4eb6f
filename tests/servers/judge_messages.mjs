// Judges what kpid sends with programs that others wrote: the signatures with `standardwebhooks`, the Slack payloads with
// the TypeScript compiler and the types Slack publishes. What types cannot say (lengths) is checked here.
//
//     node judge_messages.mjs PATH_TO_print_messages

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const problems = [];

function check(isFine, text) {
  if (!isFine) problems.push(text);
}

function load(name) {
  try {
    return require(name);
  } catch {
    console.error(`judges: the package ${name} is not installed; run \`npm ci\` in tests/servers (it needs the Debian packages nodejs and npm)`);
    process.exit(1);
  }
}

const { Webhook } = load("standardwebhooks");
const ts = load("typescript");
load("@slack/types");

const sent = JSON.parse(execFileSync(process.argv[2], { encoding: "utf8", maxBuffer: 64 << 20 }));
check(sent.messages.length >= 10, `only ${sent.messages.length} messages were printed`);

// ---- Signatures

function isAccepted(webhook, body, headers) {
  try {
    webhook.verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

const keys = {
  base64: new Webhook(sent.base64_key),
  raw: new Webhook(sent.raw_key, { format: "raw" }),
};
const stranger = new Webhook(Buffer.alloc(32, 7).toString("base64"));

for (const { name, headers, body } of sent.messages) {
  for (const [kind, webhook] of Object.entries(keys)) {
    check(isAccepted(webhook, body, headers), `${name}: the signature of the ${kind} key is refused`);
    check(!isAccepted(webhook, body.replace("{", "{ "), headers), `${name}: an altered body passes`);
    check(!isAccepted(webhook, body, { ...headers, "webhook-id": "msg_other" }), `${name}: another id passes`);
    const later = String(Number(headers["webhook-timestamp"]) + 1);
    check(!isAccepted(webhook, body, { ...headers, "webhook-timestamp": later }), `${name}: another time passes`);
  }
  check(!isAccepted(stranger, body, headers), `${name}: the signature passes with a key it was not made with`);
  check(!headers["webhook-id"].includes("."), `${name}: there is a dot in the id`);
  check(headers["content-type"] === "application/json", `${name}: the content type is ${headers["content-type"]}`);
}

// ---- Slack: types

const payloads = new Map();
for (const { name, slack } of sent.messages) {
  const golden = path.join(here, "../golden/slack", `${name}.json`);
  const payload = JSON.parse(slack);
  payloads.set(name, payload);
  const expected = JSON.parse(fs.readFileSync(golden, "utf8"));
  check(JSON.stringify(payload) === JSON.stringify(expected), `${name}: what is sent is not what ${golden} has`);
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kpid-judges-"));
process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
fs.symlinkSync(path.join(here, "node_modules"), path.join(folder, "node_modules"));

/** What `tsc --strict` says of these payloads, one line per complaint. */
function complaints(entries) {
  const file = path.join(folder, "payloads.ts");
  const lines = ['import type { KnownBlock } from "@slack/types";', "type Payload = { text: string; blocks: KnownBlock[] };"];
  entries.forEach(([name, payload], i) => lines.push(`// ${name}`, `export const p${i}: Payload = ${JSON.stringify(payload)};`));
  fs.writeFileSync(file, lines.join("\n"));
  const program = ts.createProgram([file], {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.CommonJS,
    moduleResolution: ts.ModuleResolutionKind.Node10,
  });
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const at = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0;
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, " ");
    return `${lines[at - 1]?.slice(3) ?? "?"}: ${text}`.slice(0, 500);
  });
}

problems.push(...complaints([...payloads]));

// The judge itself is judged: wrong payloads must be found wrong.
const section = { type: "section", text: { type: "mrkdwn", text: "x" } };
const wrong = {
  "a block of no kind": { text: "x", blocks: [{ ...section, type: "sektion" }] },
  "a field nobody knows": { text: "x", blocks: [{ ...section, colour: "red" }] },
  "a text of the wrong kind": { text: "x", blocks: [{ type: "header", text: { type: "mrkdwn", text: "x" } }] },
  "a number for a text": { text: 1, blocks: [section] },
};
for (const [name, payload] of Object.entries(wrong)) {
  check(complaints([[name, payload]]).length > 0, `the compiler accepts ${name}`);
}

// ---- Slack: lengths, from the comments of @slack/types

const length = (text) => [...text].length;

function checkText(where, object, limit) {
  check(length(object.text) >= 1 && length(object.text) <= limit, `${where}: ${length(object.text)} characters, at most ${limit}`);
}

const checksByType = {
  header: (where, block) => checkText(where, block.text, 150),
  section: (where, block) => {
    if (block.text) checkText(where, block.text, 3000);
    check(block.text || block.fields?.length, `${where}: neither text nor fields`);
    check((block.fields ?? []).length <= 10, `${where}: more than 10 fields`);
    for (const field of block.fields ?? []) checkText(`${where}.fields`, field, 2000);
    if (block.accessory) checksByType.button(`${where}.accessory`, block.accessory);
  },
  actions: (where, block) => {
    check(block.elements.length >= 1 && block.elements.length <= 25, `${where}: ${block.elements.length} elements`);
    for (const element of block.elements) checksByType.button(`${where}.button`, element);
  },
  button: (where, button) => {
    checkText(where, button.text, 75);
    check(length(button.url) <= 3000 && /^https?:\/\//.test(button.url), `${where}: not a web address of at most 3000`);
  },
  context: (where, block) => {
    check(block.elements.length >= 1 && block.elements.length <= 10, `${where}: ${block.elements.length} elements`);
    for (const element of block.elements) checkText(where, element, 2000);
  },
  divider: () => {},
};

function allText(value) {
  if (Array.isArray(value)) return value.reduce((sum, item) => sum + allText(item), 0);
  if (value === null || typeof value !== "object") return 0;
  const own = typeof value.text === "string" ? length(value.text) : 0;
  return own + Object.values(value).reduce((sum, item) => sum + allText(item), 0);
}

for (const [name, payload] of payloads) {
  check(payload.blocks.length >= 1 && payload.blocks.length <= 50, `${name}: ${payload.blocks.length} blocks`);
  check(allText(payload.blocks) <= 12_000, `${name}: ${allText(payload.blocks)} characters in all blocks`);
  check(length(payload.text) <= 4000, `${name}: a fallback of ${length(payload.text)} characters`);
  payload.blocks.forEach((block, i) => checksByType[block.type](`${name}.blocks[${i}]`, block));
}

if (problems.length > 0) {
  console.error(problems.map((problem) => `judges: ${problem}`).join("\n"));
  process.exit(1);
}
console.log(`judges: ${sent.messages.length} messages, signatures and payloads are fine`);
