// Judges what kpid sends to Teams, Discord, Telegram and PagerDuty with what their makers publish: Adaptive Cards by
// Microsoft's own reader, Discord's and Telegram's payloads by the TypeScript compiler and their types. Lengths, which no
// type can say, are checked here.
//
//     node judge_cards.mjs PATH_TO_print_messages

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const problems = [];
const check = (isFine, text) => isFine || problems.push(text);
const length = (text) => [...text].length;

for (const name of ["adaptivecards", "discord-api-types/v10", "typescript"]) {
  try {
    require.resolve(name);
  } catch {
    console.error(`judges: the package ${name} is not installed; run \`npm ci\` in tests/servers`);
    process.exit(1);
  }
}
const cards = require(path.join(here, "node_modules/adaptivecards/dist/adaptivecards.js"));
const ts = require("typescript");

const sent = JSON.parse(execFileSync(process.argv[2], { encoding: "utf8", maxBuffer: 64 << 20 }));
const bodies = (type) =>
  sent.messages.flatMap(({ name, channels }) => channels[type].map((body, i) => [`${type} ${name}[${i}]`, JSON.parse(body), body]));

// ---- Teams

/** What Microsoft's reader says of a card. */
function complaints(json) {
  const card = new cards.AdaptiveCard();
  const context = new cards.SerializationContext(cards.Versions.v1_5);
  card.parse(json, context);
  const events = Array.from({ length: context.eventCount }, (_, i) => context.getEventAt(i).message);
  return [...events, ...card.validateProperties().validationEvents.map((event) => event.message)];
}

for (const [name, payload, body] of bodies("teams")) {
  const card = payload.attachments[0].content;
  check(payload.type === "message" && payload.attachments.length === 1, `${name}: not one card in a message`);
  check(Buffer.byteLength(body) <= 21_000, `${name}: ${Buffer.byteLength(body)} bytes`);
  problems.push(...complaints(card).map((text) => `${name}: ${text}`));
  check(card.body.length > 0, `${name}: an empty card`);
}
check(complaints({ type: "AdaptiveCard", version: "1.4", body: [{ type: "TextBlok", text: "x" }] }).length > 0, "the reader takes an element of no kind");

// ---- Discord and Telegram: types

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kpid-judges-"));
process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
fs.symlinkSync(path.join(here, "node_modules"), path.join(folder, "node_modules"));

function compilerSays(entries) {
  const file = path.join(folder, "payloads.ts");
  const lines = [
    'import type { RESTPostAPIWebhookWithTokenJSONBody } from "discord-api-types/v10";',
    'import type { ApiMethods } from "@telegraf/types";',
    'type Telegram = Parameters<ApiMethods<never>["sendMessage"]>[0];',
  ];
  entries.forEach(([name, payload, type], i) => lines.push(`// ${name}`, `export const p${i}: ${type} = ${JSON.stringify(payload)};`));
  fs.writeFileSync(file, lines.join("\n"));
  const program = ts.createProgram([file], { strict: true, noEmit: true, skipLibCheck: true, types: [], lib: ["lib.es2022.d.ts", "lib.dom.d.ts"], target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext });
  return ts.getPreEmitDiagnostics(program).map((found) => {
    const at = found.file?.getLineAndCharacterOfPosition(found.start ?? 0).line ?? 0;
    return `${lines[at - 1]?.slice(3) ?? "?"}: ${ts.flattenDiagnosticMessageText(found.messageText, " ")}`.slice(0, 400);
  });
}

const discord = bodies("discord").map(([name, payload]) => [name, payload, "RESTPostAPIWebhookWithTokenJSONBody"]);
const telegram = bodies("telegram").map(([name, payload]) => [name, payload, "Telegram"]);
problems.push(...compilerSays([...discord, ...telegram]));
check(compilerSays([["x", { content: 1 }, "RESTPostAPIWebhookWithTokenJSONBody"]]).length > 0, "the compiler takes a number for Discord's text");
check(compilerSays([["x", { chat_id: 1, text: "x", parse_mode: "Html" }, "Telegram"]]).length > 0, "the compiler takes Telegram's mode of no kind");

// ---- lengths

for (const [name, payload] of discord) {
  check(length(payload.content ?? "") <= 2000, `${name}: content of ${length(payload.content)}`);
  check((payload.embeds ?? []).length <= 10, `${name}: ${payload.embeds?.length} embeds`);
  check(payload.allowed_mentions.parse.length === 0, `${name}: it may mention people`);
  let sum = 0;
  for (const embed of payload.embeds ?? []) {
    const texts = [embed.title, embed.description, embed.footer?.text, ...embed.fields.flatMap((field) => [field.name, field.value])];
    sum += texts.reduce((all, text) => all + length(text ?? ""), 0);
    check(length(embed.title) <= 256 && length(embed.description) <= 4096, `${name}: a title or description that is too long`);
    check(embed.fields.length <= 25, `${name}: ${embed.fields.length} fields`);
    for (const field of embed.fields) check(length(field.name) <= 256 && length(field.value) <= 1024 && field.value, `${name}: a field of the wrong length`);
  }
  check(sum <= 6000, `${name}: ${sum} characters in embeds`);
}
for (const [name, payload] of telegram) check(length(payload.text) >= 1 && length(payload.text) <= 4096, `${name}: ${length(payload.text)} characters`);
for (const [name, event, body] of bodies("pagerduty")) {
  check(["trigger", "resolve"].includes(event.event_action), `${name}: ${event.event_action}`);
  check(/^[0-9a-f]{32}$/.test(event.routing_key) && event.dedup_key.length <= 255, `${name}: keys`);
  check(Buffer.byteLength(body) < 512_000, `${name}: ${body.length} bytes`);
  if (event.event_action === "trigger") {
    check(length(event.payload.summary) <= 1024 && event.payload.summary, `${name}: summary`);
    check(["critical", "error", "warning", "info"].includes(event.payload.severity), `${name}: ${event.payload.severity}`);
    check(event.payload.source && !Number.isNaN(Date.parse(event.payload.timestamp)), `${name}: source or time`);
  }
}
for (const [name, alert] of bodies("opsgenie")) {
  if (alert.message !== undefined) check(length(alert.message) <= 130 && alert.alias.length <= 512 && /^P[1-5]$/.test(alert.priority), `${name}: message, alias or priority`);
}

if (problems.length > 0) {
  console.error(problems.map((problem) => `judges: ${problem}`).join("\n"));
  process.exit(1);
}
console.log(`judges: ${sent.messages.length} messages as cards are fine`);
