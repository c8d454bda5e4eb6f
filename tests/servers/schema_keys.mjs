// The keys of kpid's YAML files and their types: the one table that rules/schema/*.json are written from. A new key of
// the loader goes here, into the map that it stands in; then
//
//     node tests/servers/judge_schemas.mjs build/dev/daemon/kpid --write
//
// The keys of plugins and channels come from `kpid plugins --json`.

const text = { type: "string" };
const scalar = { type: ["string", "number", "boolean"] };
const number = { type: ["number", "string"] }; // 12, 1.5k, 2%, 10:1
const expression = { type: ["string", "number"] };
const span = { type: "string", pattern: "^-?[0-9.]+ ?[a-z]+$" };
const noSpan = { anyOf: [span, { const: 0 }] };
const date = { type: "string", pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" };
const flag = { type: "boolean" };
const integer = { type: "integer", minimum: 1 };
const words = { anyOf: [text, { type: "array", items: scalar }] };
const names = { anyOf: [scalar, { type: "array", items: scalar }] };
const grain = { type: "string" };
const oneOf = (...choices) => ({ enum: choices });
const mapOf = (value) => ({ type: "object", additionalProperties: value });
const listOf = (items) => ({ type: "array", items });
const map = (properties, ...required) => ({ type: "object", properties, additionalProperties: false, required });
const ref = (name) => ({ $ref: `#/$defs/${name}` });
const severity = oneOf("info", "warning", "critical");
const severityOrNone = oneOf("none", "info", "warning", "critical");
const day = { type: "string" };
const days = { anyOf: [day, listOf(day)] };
const match = { anyOf: [{ const: "total" }, mapOf(names)] };
const limits = { warning: expression, critical: expression, recover: expression };
const period = oneOf("", "month", "quarter", "year");

const path = {
  anyOf: [oneOf("linear", "compound", "s-curve", "seasonal"), map({ steps: mapOf(number) }, "steps")],
};

const targetKeys = {
  from: number,
  to: { anyOf: [number, mapOf(number)] },
  start: date,
  by: text,
  measure: oneOf("level", "total", "average", "share_met"),
  path,
  each: period,
  judge: oneOf("forecast", "pace"),
  on_track: number,
  at_risk: number,
  severity: map({ at_risk: severityOrNone, off_track: severityOrNone, missed: severityOrNone, achieved: severityOrNone }),
  remind: { anyOf: [span, listOf(span)] },
  segments: listOf(map({ match, from: number, to: number }, "match", "to")),
  changes: listOf(map({ date, to: number, by: date, path, why: text }, "date", "why")),
};

const kpiKeys = {
  title: text,
  description: text,
  owner: text,
  objective: text,
  runbook: text,
  reviewed: date,
  labels: mapOf(scalar),
  value: expression,
  parts: mapOf(expression),
  unit: scalar,
  better: { anyOf: [oneOf("higher", "lower"), map({ within: listOf(number) }, "within")] },
  every: grain,
  over: span,
  complete: number,
  timezone: text,
  split_by: { anyOf: [text, listOf({ anyOf: [text, listOf(text)] })] },
  expect: mapOf(names),
  max_segments: integer,
  retire: span,
  min_sample: mapOf(number),
  thresholds: map({
    ...limits,
    for: noSpan,
    recover_for: noSpan,
    confidence: number,
    segments: listOf(map({ match, ...limits, for: noSpan, recover_for: noSpan }, "match")),
    when: listOf(map({ days, event: text, match, ...limits })),
  }),
  alerts: listOf(map({
    name: text,
    when: text,
    severity,
    for: noSpan,
    recover_for: noSpan,
    message: text,
    runbook: text,
    labels: mapOf(scalar),
  }, "name", "when")),
  target: map(targetKeys),
  targets: listOf(map({ name: text, ...targetKeys }, "name")),
  no_data: map({ after: span, then: oneOf("alert", "hold", "ok"), severity }),
  inhibits: { anyOf: [text, listOf(text)] },
  was: { anyOf: [text, listOf(text)] },
};

const hoursKeys = {
  days,
  start: text,
  end: text,
  holidays: { anyOf: [flag, { const: "only" }] },
};

const calendar = map({
  week_starts: oneOf("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"),
  year_starts: text,
  holidays: words,
  events: mapOf({ anyOf: [date, listOf(date)] }),
  hours: mapOf(map(hoursKeys)),
});

const metricKeys = {
  kind: oneOf("flow", "level", "mean", "distinct"),
  across: oneOf("sum", "mean", "min", "max", "none"),
  weight: text,
  unit: { anyOf: [scalar, map({ column: text }, "column")] },
  convert: map({ to: text, rates: text }, "to", "rates"),
  scale: { const: "percent" },
};

const sourceKeys = {
  plugin: text,
  every: span,
  grain,
  timezone: text,
  settle: noSpan,
  missing: oneOf("unknown", "zero", "last"),
  stale: span,
  since: date,
  labels: mapOf(scalar),
  rename: mapOf(mapOf(scalar)),
};

const language = oneOf("en", "sv", "da", "nb");
const channelKeys = { type: text, rate: text, concurrency: integer, fallback: text, language, timezone: text, template: text };

const routeKeys = {
  match: mapOf(names),
  to: words,
  continue: flag,
  group_by: words,
  wait: noSpan,
  interval: noSpan,
  repeat: noSpan,
  only: text,
  mute: words,
  escalate: listOf(map({ after: text, to: words }, "after", "to")),
};

const digestKeys = {
  every: oneOf("day", "week", "month", "quarter"),
  at: text,
  kpis: mapOf(names),
  to: words,
  attach: { const: "review" },
};

const packKeys = { use: text, sources: mapOf(text), metrics: mapOf(text), only: words, change: mapOf({ type: "object" }) };

/// A key's type as `kpid plugins --json` names it.
function optionType(name) {
  if (name.startsWith("one of ")) {
    const choices = name.slice("one of ".length).matchAll(/"([^"]*)"|([^",\s]+)/g);
    return { enum: [...choices].map(([, quoted, bare]) => quoted ?? bare) };
  }
  const types = {
    text: scalar, path: text, number, flag, duration: span, list: words, secret: text, secrets: words, reference: text,
  };
  return types[name] ?? {};
}

/// [{key: "date.format", …}] as properties; a dot is a map inside.
function optionProperties(keys) {
  const properties = {};
  for (const { key, type } of keys) {
    const [outer, inner] = key.split(".");
    if (inner === undefined) {
      properties[outer] = optionType(type);
    } else {
      properties[outer] ??= map({});
      properties[outer].properties[inner] = optionType(type);
    }
  }
  return properties;
}

function schemaOf(title, properties, required, defs) {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title,
    ...map(properties, ...required),
    $defs: defs,
  };
}

/// {file name: schema}. `builtIn` is what `kpid plugins --json` prints.
export function schemas(builtIn) {
  const sourceOf = (own, ownOfMetrics, plugin) => map({
    ...sourceKeys,
    ...plugin,
    metrics: mapOf({ anyOf: [{ type: "null" }, map({ ...metricKeys, ...ownOfMetrics })] }),
    ...own,
  }, ...(plugin.plugin ? ["plugin", "metrics"] : ["metrics"]));
  // The file that `preset` names, or `params`, declares keys of its own.
  const opened = (schema) => ({
    ...schema,
    properties: {
      request: {}, steps: {}, version: {}, params: { type: "object" }, ...schema.properties, preset: text, metrics: mapOf({ type: ["object", "null"] }),
    },
    additionalProperties: true,
  });
  const source = {
    type: "object",
    required: ["plugin", "metrics"],
    properties: { plugin: { enum: builtIn.sources.map(({ name }) => name) } },
    allOf: builtIn.sources.map(({ name, keys, metric_keys: ofMetrics }) => ({
      if: { properties: { plugin: { const: name } }, required: ["plugin"] },
      then: (name === "http" ? opened : (schema) => schema)(
        sourceOf(optionProperties(keys), optionProperties(ofMetrics ?? []), { plugin: { const: name } })),
    })),
  };
  const channel = {
    type: "object",
    required: ["type"],
    properties: { type: { enum: builtIn.channels.map(({ name }) => name) } },
    allOf: builtIn.channels.map(({ name, keys }) => ({
      if: { properties: { type: { const: name } }, required: ["type"] },
      then: map({ ...channelKeys, ...optionProperties(keys) }, "type"),
    })),
  };
  const kpi = map(kpiKeys, "value");
  const time = { type: "string" };
  const testSource = sourceOf({}, { column: scalar }, {});
  return {
    "kpid.schema.json": schemaOf("kpid.yaml", {
      timezone: text,
      language,
      public_url: text,
      listen: text,
      token: text,
      calendar,
      history: { anyOf: [text, map({ path: text, export_copy: text, every: span })] },
      retention: map({ samples: span, notifications: span }),
      rules: words,
      packs: listOf(map(packKeys, "use")),
      sources: mapOf(ref("source")),
      channels: mapOf(ref("channel")),
      routes: listOf(map(routeKeys, "match", "to")),
      mutes: mapOf(map(hoursKeys)),
      digests: listOf(map(digestKeys, "every", "to", "kpis")),
      fallback: text,
      anomalies: map({ false_alarms: text }),
      heartbeat: map({ url: text, every: span, allow_private: words }, "url"),
    }, [], { source, channel }),
    "rules.schema.json": schemaOf("kpid rule file", { sources: mapOf(ref("source")), kpis: mapOf(ref("kpi")) }, [],
      { source, kpi }),
    "test.schema.json": schemaOf("kpid rule test", {
      rules: words,
      timezone: text,
      calendar,
      sources: mapOf(testSource),
      data: mapOf(map({ from: time, every: grain, values: scalar }, "from", "values")),
      expect: listOf(map({
        at: time,
        kpi: text,
        segment: { anyOf: [scalar, mapOf(scalar)] },
        value: number,
        state: { enum: ["ok", "pending", "no_data", "error", "firing"] },
        verdict: { enum: ["met", "missed", "no_data", "recorded", "provisional"] },
        severity: { enum: ["none", "info", "warning", "critical"] },
        reason: text,
        target: { enum: ["not_started", "on_track", "at_risk", "off_track", "achieved", "missed"] },
        formatted: text,
        sent: listOf(map({ to: text, type: text, contains: words })),
      }, "at")),
    }, ["rules", "data", "expect"], {}),
  };
}
