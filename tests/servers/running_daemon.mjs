// A daemon over made-up data, with its page: what judge_page.mjs and judge_api.mjs look at. Titles, labels, owners and
// comments are hostile.

import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";

export const token = "a-token-of-more-than-sixteen-bytes";
export const hostile = `<img src=x onerror="window.pwned=1">'"&</script><script>window.pwned=1</script>`;

const day = (ago) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);

const configuration = (address) => `timezone: UTC
history: sqlite:history.db
listen: ${address}
token: "\${env:KPID_TOKEN}"
rules: [rules.yaml]
sources:
  web:
    plugin: csv
    path: web.csv
    every: 1h
    labels: {country: country}
    metrics: {visits: {kind: flow, unit: visits}, orders: {kind: flow, unit: orders}, score: {column: orders, kind: mean, unit: points, weight: visits}}
  gone: {plugin: csv, path: gone.csv, metrics: {leads: {kind: flow}}}
channels:
  terminal: {type: console}
  hook: {type: webhook, url: "http://127.0.0.1:9/", secret: "\${env:HOOK_SECRET}", allow_private: [127.0.0.0/8]}
routes: [{match: {}, to: [terminal, hook]}]
`;

const quoted = (text) => `'${text.replaceAll("'", "''")}'`;

const rules = `kpis:
  visits:
    title: Visits
    description: Visits of a day
    owner: growth
    objective: More people find the shop
    unit: visits
    value: web.visits
    split_by: [country]
    thresholds: {warning: 500}
    target: {from: 600, start: ${day(60)}, to: 2000, by: ${day(-60)}, judge: pace}
    no_data: {then: hold}
  conversion:
    title: Conversion rate
    owner: growth
    unit: "%"
    value: web.orders / web.visits
    over: 7 days
    thresholds: {warning: 3%, critical: 2%, for: 2 days}
    no_data: {then: hold}
  sold:
    title: Orders of the year
    owner: growth
    unit: orders
    value: web.orders
    thresholds: {warning: 40}
    target: {measure: total, from: 0, start: ${day(60)}, to: 5000, by: ${day(-60)}, judge: pace}
    no_data: {then: hold}
  score:
    title: Score
    owner: growth
    value: web.score
    thresholds: {warning: 10}
    no_data: {then: hold}
  hostile:
    title: ${quoted(hostile)}
    description: ${quoted(hostile)}
    owner: ${quoted(hostile)}
    objective: ${quoted(hostile)}
    value: web.orders
    thresholds: {warning: 1000}
    no_data: {then: hold}
${Array.from({ length: 60 }, (_, i) => `  extra_${i}: {title: Extra ${i}, value: web.visits, no_data: {then: hold}}\n`).join("")}`;

function rows() {
  let text = "date,country,visits,orders\n";
  for (let ago = 420; ago >= 1; --ago) {
    if (ago === 200) continue; // a gap
    const late = ago < 10 ? 0.3 : 1;
    text += `${day(ago)},SE,${700 - ago},${Math.round((40 - ago / 20) * late)}\n`;
    text += `${day(ago)},"<b>DK</b>",${300 + (ago % 7) * 10},${Math.round(12 * late)}\n`;
  }
  return text;
}

const freePort = () => new Promise((resolve) => {
  const server = net.createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

/// Resolves once it is ready. end() stops it and removes its folder; stop() and run() are a pause between.
export async function startDaemon(kpid, host = "127.0.0.1") {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kpid-page-"));
  const port = await freePort();
  fs.writeFileSync(path.join(folder, "kpid.yaml"), configuration(`${host}:${port}`));
  fs.writeFileSync(path.join(folder, "rules.yaml"), rules);
  fs.writeFileSync(path.join(folder, "web.csv"), rows());
  const env = { ...process.env, KPID_TOKEN: token, HOOK_SECRET: "whsec_a2FuYXJpZWZvZ2VsLXNvbS1pbnRlLWZhci1zeW5hcw==" };
  const url = `http://127.0.0.1:${port}`;
  let child;
  let ended;
  let said = "";
  const run = async () => {
    child = spawn(kpid, ["run"], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (data) => (said += data));
    child.stderr.on("data", (data) => (said += data));
    ended = new Promise((resolve) => child.on("exit", resolve));
    const deadline = Date.now() + 60_000;
    for (;;) {
      const ready = await fetch(`${url}/readyz`).then((answer) => answer.ok, () => false);
      if (ready) return;
      if (child.exitCode !== null || Date.now() > deadline) {
        console.error(`the daemon did not become ready:\n${said}`);
        process.exit(1);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  const end = async () => {
    await stop();
    fs.rmSync(folder, { recursive: true, force: true });
  };
  await run();
  return { url, port, folder, env, run, stop, end, signal: (name) => child.kill(name), said: () => said };
}

/// What went wrong, said at the end.
export class Findings {
  problems = [];
  checks = 0;

  expect(what, condition, more = "") {
    this.checks += 1;
    if (!condition) this.problems.push(`${what}${more ? `: ${more}` : ""}`);
  }

  finish(name) {
    for (const problem of this.problems) console.error(problem);
    console.log(`${name}: ${this.checks} checks, ${this.problems.length} failed`);
    process.exit(this.problems.length === 0 ? 0 : 1);
  }
}
