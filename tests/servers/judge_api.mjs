// The API by its own description: an independent validator reads the OpenAPI document, every operation is called with what
// its schemas allow and with nonsense, and every answer must be of the schema that is promised for it. promtool and a
// Prometheus read /metrics.
//
//     node judge_api.mjs PATH_TO_kpid

import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import net from "node:net";
import path from "node:path";
import { Findings, startDaemon, token } from "./running_daemon.mjs";

const require = createRequire(import.meta.url);
const kpid = path.resolve(process.argv[2]);

function load(name) {
  try {
    return require(name);
  } catch {
    console.error(`judge_api: the package ${name} is not installed; run \`npm ci\` in tests/servers`);
    process.exit(1);
  }
}

const Ajv = load("ajv/dist/2020");
const { Validator } = await import("@seriousme/openapi-schema-validator");
const found = new Findings();
const daemon = await startDaemon(kpid);

async function call(method, address, { body, headers = {}, authorised = true } = {}) {
  const answer = await fetch(daemon.url + address, {
    method,
    headers: { ...(authorised ? { Authorization: `Bearer ${token}` } : {}),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
    body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    signal: address.endsWith("/events") ? AbortSignal.timeout(300) : AbortSignal.timeout(30_000),
  });
  return answer;
}

const openapi = await (await call("GET", "/api/v1/openapi.json")).json();
const validation = await new Validator().validate(structuredClone(openapi));
found.expect("the OpenAPI document is valid", validation.valid, JSON.stringify(validation.errors));
found.expect("it is OpenAPI 3.1", openapi.openapi.startsWith("3.1."));

const ajv = new Ajv({ strict: false, validateFormats: false });
ajv.addSchema({ $id: "api", ...openapi });

/// Of the schema at this place of the document; the message when it is not.
function fault(pointer, value) {
  const check = ajv.getSchema(`api#${pointer}`) ?? ajv.compile({ $ref: `api#${pointer}` });
  return check(value) ? "" : ajv.errorsText(check.errors);
}

const escaped = (key) => key.replaceAll("~", "~0").replaceAll("/", "~1").replaceAll("{", "%7B").replaceAll("}", "%7D");

async function expectPromised(where, operation, pointer, answer) {
  const status = operation.responses[answer.status] ? String(answer.status) : "default";
  const content = operation.responses[status]?.content ?? {};
  const type = (answer.headers.get("content-type") ?? "").split(";")[0];
  found.expect(`${where} answers ${answer.status} with ${type}`, content[type], Object.keys(content).join(", "));
  const text = await answer.text();
  if (content[type]?.schema && type.includes("json")) {
    const place = `${pointer}/responses/${status}/content/${escaped(type)}/schema`;
    found.expect(`${where} answers ${answer.status} as promised`, fault(place, JSON.parse(text)) === "", fault(place, JSON.parse(text)));
  }
  return text;
}

// ---- What there is to ask about.

const alerts = (await (await call("GET", "/api/v1/alerts")).json()).alerts;
found.expect("something fires", alerts.length > 0);
const known = {
  "/api/v1/kpis/{id}": "visits", "/api/v1/kpis/{id}/history": "visits", "/api/v1/kpis/{id}/explain": "visits",
  "/api/v1/alerts/{id}/ack": alerts[0]?.id,
};
const bodies = {
  "/api/v1/alerts/{id}/ack": { by: "anna", until: "1 hour", comment: "looking" },
  "/api/v1/silences": { match: ["kpi=hostile"], by: "anna", until: "1 hour" },
  "/api/v1/reviews": { kpis: ["visits"], by: "anna", note: "fine" },
  "/api/v1/notes": { kpi: "visits", date: "2026-03-31", text: "a campaign", by: "anna" },
};
const nonsense = ["", "%00", "x".repeat(3000), "-1", "99999999999999999999", "<script>", "' OR 1=1 --", "\u{1f4a9}"];

for (const [address, item] of Object.entries(openapi.paths)) {
  for (const method of ["get", "post"]) {
    const operation = item[method];
    if (!operation || address === "/api/v1/reload" || address === "/api/v1/events") continue;
    const pointer = `/paths/${escaped(address)}/${method}`;
    const filled = (id) => address.replace("{id}", encodeURIComponent(id));
    const where = `${method} ${address}`;
    const send = (target, more) => call(method.toUpperCase(), target, more);
    // As it should be used.
    const answer = await send(filled(known[address] ?? "nothing"), { body: method === "post" ? bodies[address] : undefined });
    await expectPromised(where, operation, pointer, answer);
    found.expect(`${where} works`, answer.ok === (!address.includes("{id}") || address in known) || address === "/api/v1/entries",
      `${answer.status}`);
    // With nonsense in every parameter.
    for (const parameter of operation.parameters ?? []) {
      for (const value of nonsense) {
        const target = parameter.in === "path" ? address.replace("{id}", encodeURIComponent(value))
          : `${filled(known[address] ?? "nothing")}?${parameter.name}=${encodeURIComponent(value)}`;
        const odd = await send(target, { body: method === "post" ? bodies[address] : undefined });
        found.expect(`${where} ${parameter.name}=${value.slice(0, 20)}`, odd.status < 500 || odd.status === 503, `${odd.status}`);
        await odd.arrayBuffer();
      }
    }
    if (method === "post") {
      for (const body of ["", "{", "[]", "null", '{"by":1}', `{"match":${"[".repeat(2000)}}`, "x".repeat(2_000_000)]) {
        const odd = await send(filled(known[address] ?? "nothing"), { body }).catch(() => null);
        if (operation.requestBody) found.expect(`${where} refuses a bad body`, odd === null || (odd.status >= 400 && odd.status < 500), `${odd?.status}`);
        if (odd) await expectPromised(`${where} of ${body.slice(0, 10)}`, operation, pointer, odd);
      }
      const refused = await send(filled("nothing"), { body: bodies[address] ?? {}, authorised: false });
      found.expect(`${where} wants the token`, refused.status === 401, `${refused.status}`);
      await expectPromised(`${where} without the token`, operation, pointer, refused);
      const foreign = await send(filled("nothing"), { body: bodies[address] ?? {}, headers: { Origin: "https://evil.example" } });
      found.expect(`${where} refuses another site`, foreign.status === 403, `${foreign.status}`);
      await foreign.arrayBuffer();
    }
  }
}

// ---- A value that the description does not allow is refused, with those that it allows.

for (const [address, item] of Object.entries(openapi.paths)) {
  for (const { name, schema } of (item.get?.parameters ?? []).filter((parameter) => parameter.in === "query")) {
    const bad = schema.enum ? ["foo", `${schema.enum[0]}x`] : schema.maximum !== undefined
      ? ["-1", "many", "1.5", String(schema.maximum + 1), "99999999999999999999"] : [];
    for (const value of bad) {
      const answer = await call("GET", `${address}?${name}=${encodeURIComponent(value)}`);
      const title = (await answer.json()).title;
      found.expect(`${address} ${name}=${value} is refused`, answer.status === 400, `${answer.status}`);
      found.expect("it says what is allowed", schema.enum ? schema.enum.every((word) => title.includes(word)) : title.includes(`to ${schema.maximum}`), title);
    }
    for (const value of schema.enum ?? (schema.maximum !== undefined ? [schema.minimum, schema.maximum] : [])) {
      const answer = await call("GET", `${address}?${name}=${value}`);
      found.expect(`${address} ${name}=${value} is allowed`, answer.status === 200, `${answer.status}`);
      await answer.arrayBuffer();
    }
  }
}
for (const span of ["from=2026-03-31&to=2026-03-01", "from=soon", "segment=planet%3Dmars"]) {
  for (const address of ["/api/v1/kpis/visits/history", ...(span.startsWith("from=") ? ["/api/v1/report"] : [])]) {
    const answer = await call("GET", `${address}?${span}`);
    found.expect(`${address}?${span} is refused`, answer.status === 400, `${answer.status} ${await answer.text()}`);
  }
}

// ---- Pages of a list add up to the list; the report's formats say the same.

const pages = [];
for (let offset = 0, total = 1; offset < total; offset += 25) {
  const part = await (await call("GET", `/api/v1/kpis?limit=25&offset=${offset}`)).json();
  pages.push(...part.kpis.map((line) => `${line.id} ${JSON.stringify(line.segment)}`));
  total = part.total;
}
const status = await (await call("GET", "/api/v1/status")).json();
found.expect("the pages are the list", JSON.stringify(pages) === JSON.stringify(status.kpis.map((line) => `${line.id} ${JSON.stringify(line.segment)}`)));

const span = `from=${new Date(Date.now() - 60 * 864e5).toISOString().slice(0, 10)}&to=${new Date().toISOString().slice(0, 10)}`;
const report = await (await call("GET", `/api/v1/report?${span}&format=json`)).json();
for (const line of report.kpis) {
  found.expect(`${line.id} adds up`, line.met + line.missed + line.no_data + line.recorded === line.periods);
}
const csv = (await (await call("GET", `/api/v1/report?${span}&format=csv`)).text()).trim().split("\r\n");
found.expect("the CSV has a row for each line", csv.length === report.kpis.length + 1, `${csv.length} ${report.kpis.length}`);
found.expect("no cell of the CSV is a formula", !csv.some((row) => /(^|,)"?[=+@]/.test(row)));

// ---- Metrics.

const metrics = await (await call("GET", "/metrics")).text();
const checked = spawnSync("promtool", ["check", "metrics"], { input: metrics, encoding: "utf8" });
found.expect("promtool is there (the package prometheus)", checked.error === undefined);
found.expect("promtool is content", checked.status === 0 && checked.stderr.trim() === "", checked.stdout + checked.stderr);

const port = await new Promise((resolve) => {
  const server = net.createServer().listen(0, "127.0.0.1", () => {
    const { port: free } = server.address();
    server.close(() => resolve(free));
  });
});
fs.writeFileSync(path.join(daemon.folder, "prometheus.yml"), `global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - job_name: kpid
    static_configs: [{targets: ["127.0.0.1:${daemon.port}"]}]
`);
const prometheus = spawn("prometheus", [`--config.file=${daemon.folder}/prometheus.yml`, `--storage.tsdb.path=${daemon.folder}/tsdb`,
  `--web.listen-address=127.0.0.1:${port}`, "--log.level=error"], { stdio: "ignore" });
const ended = new Promise((resolve) => prometheus.on("exit", resolve));
const ask = (query) => fetch(`http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(query)}`)
  .then((answer) => answer.json()).catch(() => null);  // not there yet, or not ready
let up = null;
for (const end = Date.now() + 60_000; Date.now() < end && up !== "1"; ) {
  await new Promise((resolve) => setTimeout(resolve, 100));
  up = (await ask("up{job='kpid'}"))?.data?.result?.[0]?.value?.[1] ?? null;
}
found.expect("a Prometheus scrapes it", up === "1", `up is ${up}`);
const counted = (await ask("sum(kpid_kpis)"))?.data?.result?.[0]?.value?.[1];
found.expect("it has counted the KPIs", Number(counted) === status.kpis.length, `${counted} of ${status.kpis.length}`);
prometheus.kill("SIGTERM");
await ended;

// ---- Last: what stops or changes the daemon.

found.expect("reload answers", (await call("POST", "/api/v1/reload", { body: {} })).ok);
await daemon.end();
found.finish("judge_api");
