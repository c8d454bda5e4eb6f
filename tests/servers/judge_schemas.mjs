// Judges rules/schema/*.json: that they are what schema_keys.mjs and the plugins say, that the loader knows each of their
// keys and they each of the loader's, and, with ajv, that they take every YAML file of this project and refuse unknown keys.
//
//     node judge_schemas.mjs PATH_TO_kpid [--write]

import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { schemas } from "./schema_keys.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, "..", "..");
const folder = path.join(root, "rules", "schema");
const require = createRequire(import.meta.url);
const [program, mode] = process.argv.slice(2);
const kpid = path.resolve(program);
const problems = [];

function load(name) {
  try {
    return require(name);
  } catch {
    console.error(`judge_schemas: the package ${name} is not installed; run \`npm ci\` in tests/servers`);
    process.exit(1);
  }
}

const Ajv = load("ajv");
const YAML = load("yaml");

const builtIn = JSON.parse(execFileSync(kpid, ["plugins", "--json"], { encoding: "utf8" }));
const wanted = schemas(builtIn);
const printed = (schema) => `${JSON.stringify(schema, null, 1)}\n`;

for (const [name, schema] of Object.entries(wanted)) {
  const file = path.join(folder, name);
  if (mode === "--write") {
    fs.writeFileSync(file, printed(schema));
  } else if (!fs.existsSync(file) || fs.readFileSync(file, "utf8") !== printed(schema)) {
    problems.push(`rules/schema/${name} is not what the tables say; run: node tests/servers/judge_schemas.mjs build/dev/daemon/kpid --write`);
  }
}

// ---- Every key that the loader reads stands in a schema.

const inSchemas = new Set();
(function collect(node) {
  if (node === null || typeof node !== "object") return;
  for (const [key, value] of Object.entries(node)) {
    if (key === "properties") Object.keys(value).forEach((name) => inSchemas.add(name));
    collect(value);
  }
})(wanted);

const reads = /\b(?:map_?|parts)\.(?:optional|required|text|text_list|number|integer|span|date|zone|grain|choice|flag)\(\s*"([a-z_]+)"/g;
const readers = ["rules/load", "daemon/config"].flatMap((dir) =>
  fs.readdirSync(path.join(root, dir)).filter((name) => name.endsWith(".cpp")).map((name) => `${dir}/${name}`));
for (const file of [...readers, "daemon/cli/rule_test.cpp"]) {
  for (const [, key] of fs.readFileSync(path.join(root, file), "utf8").matchAll(reads)) {
    if (!inSchemas.has(key)) {
      problems.push(`${file} reads the key "${key}", which no schema has: add the line \`${key}: TYPE,\` to its map in tests/servers/schema_keys.mjs, and run judge_schemas.mjs with --write`);
    }
  }
}

// ---- The loader knows every key of the schemas.

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "kpid-schema-"));

function complaints(files, ...command) {
  for (const [name, content] of Object.entries(files)) {
    fs.writeFileSync(path.join(temporary, name), typeof content === "string" ? content : YAML.stringify(content));
  }
  const run = spawnSync(kpid, command, { cwd: temporary, encoding: "utf8" });
  return run.stdout + run.stderr;
}

/// A value with all keys that a schema has, each of no sensible value.
function everything(schema, defs) {
  if (schema.$ref) return everything(defs[schema.$ref.split("/").pop()], defs);
  for (const choice of schema.anyOf ?? []) {
    if (choice.type === "object" && choice.properties) return everything(choice, defs);
  }
  if (schema.const !== undefined) return schema.const;
  if (schema.type === "array") return [everything(schema.items, defs)];
  if (schema.type === "object" && schema.properties) {
    return Object.fromEntries(Object.entries(schema.properties).map(([key, value]) => [key, everything(value, defs)]));
  }
  if (schema.type === "object") return schema.additionalProperties ? { x: everything(schema.additionalProperties, defs) } : {};
  return "x";
}

function expectKnown(what, output) {
  for (const [, key, where] of output.matchAll(/unknown key "([^"]*)" in (.*)/g)) {
    problems.push(`${what}: the loader knows no key "${key}" in ${where}: take it out of tests/servers/schema_keys.mjs and run judge_schemas.mjs with --write`);
  }
}

const main = wanted["kpid.schema.json"];
for (const { then } of main.$defs.source.allOf) {
  const sources = { s: everything(then, {}) };
  expectKnown(`source ${then.properties.plugin.const}`, complaints({ "kpid.yaml": { sources } }, "check", "kpid.yaml"));
}
for (const { if: { properties }, then } of main.$defs.channel.allOf) {
  const channels = { c: { ...everything(then, {}), type: properties.type.const } };
  expectKnown(`channel ${properties.type.const}`, complaints({ "kpid.yaml": { channels } }, "check", "kpid.yaml"));
}
const { sources, channels, rules, ...others } = main.properties;
expectKnown("kpid.yaml", complaints({ "kpid.yaml": everything({ type: "object", properties: others }, {}) }, "check", "kpid.yaml"));
const kpi = everything(wanted["rules.schema.json"].$defs.kpi, {});
expectKnown("a KPI", complaints({ "kpid.yaml": "rules: [rules.yaml]\n", "rules.yaml": { kpis: { x: kpi } } }, "check", "kpid.yaml"));
const test = everything(wanted["test.schema.json"], {});
expectKnown("a test", complaints({ "a.test.yaml": { ...test, rules: "b.yaml" }, "b.yaml": "kpis: {}\n" }, "test", "a.test.yaml"));

// ---- The documents show every key, and what they show is right.

const reference = fs.readFileSync(path.join(root, "rules", "README.md"), "utf8");
const everyKey = reference.match(/```yaml\n(# rules\/every-key\.yaml\n[^]*?)```/)?.[1] ?? "";
const calendarOfExample = "rules: [every-key.yaml]\ncalendar: {events: {black_friday: [2026-11-27]}}\n";
const verdict = complaints({ "kpid.yaml": calendarOfExample, "every-key.yaml": everyKey }, "check", "kpid.yaml");
if (/error:/.test(verdict) || everyKey === "") problems.push(`the example of every key in rules/README.md is wrong: ${verdict}`);
(function show(schema, where) {
  for (const choice of schema.anyOf ?? []) show(choice, where);
  if (schema.items) show(schema.items, where);
  for (const [key, value] of Object.entries(schema.properties ?? {})) {
    if (!new RegExp(`\\b${key}:`).test(everyKey)) {
      problems.push(`rules/README.md: the example of every key lacks ${where}${key}: add it there`);
    }
    show(value, `${where}${key}.`);
  }
})(wanted["rules.schema.json"].$defs.kpi, "");
fs.rmSync(temporary, { recursive: true });

// ---- Every YAML file of the project fits, and with an unknown key in any map it does not.

const ajv = new Ajv({ strict: false, allErrors: true });
const validators = Object.fromEntries(Object.entries(wanted).map(([name, schema]) => [name, ajv.compile(schema)]));
const tracked = execFileSync("git", ["ls-files", "docs/*.yaml", "rules/library/*.yaml", "tests/spec/*.yaml"], { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean);
const parse = (content) => YAML.parse(content, { schema: "core" });
let checked = 0;

for (const file of tracked) {
  const content = fs.readFileSync(path.join(root, file), "utf8");
  const document = parse(content);
  const isMain = path.basename(file) === "kpid.yaml";
  const name = isMain ? "kpid.schema.json" : file.endsWith(".test.yaml") ? "test.schema.json"
    : document?.kpis || document?.sources ? "rules.schema.json" : null;
  if (name === null) continue;
  ++checked;
  const validate = validators[name];
  if (!validate(document)) {
    const said = validate.errors.map(({ instancePath, message, params }) =>
      `${instancePath} ${message} ${params.additionalProperty ?? ""}`).slice(0, 4);
    problems.push(`${file} does not fit rules/schema/${name}: ${said.join("; ")}`);
    continue;
  }
  document.zzunknown = 1;
  if (validate(document)) problems.push(`rules/schema/${name} takes an unknown key in ${file}`);
  delete document.zzunknown;
  for (const body of Object.values(document.kpis ?? {})) {
    for (const inner of [body, body.thresholds, body.target, body.no_data, body.alerts?.[0]].filter(Boolean)) {
      inner.zzunknown = 1;
      if (validate(document)) problems.push(`rules/schema/${name} takes an unknown key in a KPI of ${file}`);
      delete inner.zzunknown;
    }
  }
}
for (const file of ["README.md", "rules/README.md", "docs/sources.md"].filter((name) => fs.existsSync(path.join(root, name)))) {
  for (const [, block] of fs.readFileSync(path.join(root, file), "utf8").matchAll(/```yaml\n([^]*?)```/g)) {
    const shown = parse(block);
    const isSource = shown !== null && Object.values(shown).every((value) => value?.plugin !== undefined);
    const document = isSource ? { sources: shown } : shown;
    const name = document?.kpis ? "rules.schema.json" : document?.expect ? "test.schema.json" : "kpid.schema.json";
    const validate = validators[name];
    if (document !== null && !validate(document)) {
      const said = validate.errors.map(({ instancePath, message, params }) =>
        `${instancePath} ${message} ${params.additionalProperty ?? ""}`).slice(0, 3);
      problems.push(`${file}: the example that begins with "${block.split("\n")[0]}" does not fit rules/schema/${name}: ${said.join("; ")}`);
    }
  }
}
if (checked < 60) problems.push(`only ${checked} YAML files were found`);

for (const problem of problems) console.error(problem);
console.log(`${checked} files fit the schemas, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
