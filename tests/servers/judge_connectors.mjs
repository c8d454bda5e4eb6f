// Judges the recorded exchanges of connectors with the vendors' own clients: a server plays a recording, the client asks
// it for the same thing, and must send the very request that is recorded (method, address with its escapes, body) and
// read the recorded answer. What the connector sends is compared with the same recording by the unit tests.
//
//     node judge_connectors.mjs

import assert from "node:assert";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const problems = [];

function load(name) {
  try {
    return require(name);
  } catch {
    console.error(`judges: the package ${name} is not installed; run \`npm ci\` in tests/servers (it needs the Debian packages nodejs and npm)`);
    process.exit(1);
  }
}

const YAML = load("yaml");
const { analyticsdata } = load("@googleapis/analyticsdata");
const { searchconsole } = load("@googleapis/searchconsole");
const { sheets } = load("@googleapis/sheets");
const { Client: HubSpot } = load("@hubspot/api-client");

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/// Plays what is recorded of a connector; remembers what was asked and not recorded.
async function play(name) {
  const file = path.join(here, "../unit/plugins/connectors/recorded", `${name}.yaml`);
  const recording = YAML.parse(fs.readFileSync(file, "utf8"));
  const exchanges = recording.exchanges.map((exchange) => {
    const [method, url] = exchange.request.split(" ");
    return { ...exchange, method, target: url.replace(/^https?:\/\/[^/]*/, "") };
  });
  let asked = 0;
  const server = http.createServer((request, response) => {
    let text = "";
    request.on("data", (piece) => (text += piece));
    request.on("end", () => {
      const fits = (exchange) => {
        if (exchange.method !== request.method || exchange.target !== request.url) return false;
        try {
          assert.deepStrictEqual(parsed(text), exchange.body ? parsed(exchange.body) : parsed(text));
          return true;
        } catch {
          return false;
        }
      };
      const exchange = exchanges.find(fits);
      if (exchange) asked += 1;
      else problems.push(`${name}: the vendor's client asks ${request.method} ${request.url} ${text}, which is not recorded`);
      response.setHeader("content-type", "application/json");
      response.writeHead(exchange ? exchange.status ?? 200 : 404).end(exchange ? exchange.answer : "{}");
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    base: `http://127.0.0.1:${server.address().port}`, recording, exchanges,
    bodies: exchanges.filter((exchange) => exchange.body?.startsWith("{")).map((exchange) => JSON.parse(exchange.body)),
    end(count) {
      if (asked !== count) problems.push(`${name}: ${asked} recorded requests were asked by the vendor's client, not ${count}`);
      server.close();
      server.closeAllConnections();
    },
  };
}

function equal(name, actual, wanted) {
  try {
    assert.deepStrictEqual(actual, wanted);
  } catch {
    problems.push(`${name}: ${JSON.stringify(actual)} instead of ${JSON.stringify(wanted)}`);
  }
}

async function judge(name, count, drive) {
  const stage = await play(name);
  try {
    equal(name, (await drive(stage)).sort(), stage.recording.samples);
  } catch (error) {
    problems.push(`${name}: ${error.message}`);
  }
  stage.end(count);
}

await judge("ga4", 2, async ({ base, bodies }) => {
  const api = analyticsdata({ version: "v1beta", rootUrl: `${base}/` });
  const samples = [];
  for (const requestBody of bodies) {
    const { data } = await api.properties.runReport({ property: "properties/123456789", requestBody });
    for (const row of data.rows) {
      const date = row.dimensionValues[0].value.replace(/(....)(..)(..)/, "$1-$2-$3");
      samples.push(`sessions ${date} ${row.metricValues[0].value}`, `users ${date} ${row.metricValues[1].value}`);
    }
  }
  return samples;
});

await judge("search_console", 1, async ({ base, bodies }) => {
  const api = searchconsole({ version: "v1", rootUrl: `${base}/` });
  const { data } = await api.searchanalytics.query({ siteUrl: "sc-domain:example.com", requestBody: bodies[0] });
  const whole = data.rows.filter((row) => row.keys[0] < data.metadata.firstIncompleteDate);
  return whole.flatMap((row) => [`clicks ${row.keys[0]} ${row.clicks}`, `position ${row.keys[0]} ${row.position}`]);
});

await judge("google_sheets", 1, async ({ base }) => {
  const api = sheets({ version: "v4", rootUrl: `${base}/` });
  const { data } = await api.spreadsheets.values.get({
    spreadsheetId: "1AbC", range: "KPI!A:C", valueRenderOption: "UNFORMATTED_VALUE", majorDimension: "ROWS",
  });
  const day = (serial) => new Date(Date.UTC(1899, 11, 30) + serial * 86400000).toISOString().slice(0, 10);
  return data.values.slice(1).map((row) => `revenue ${day(row[0])} ${row[1]}`);
});

await judge("hubspot", 3, async ({ base, bodies }) => {
  const client = new HubSpot({ accessToken: "hubspot-secret", basePath: base });
  const samples = [];
  for (const body of bodies) {
    const { total } = await client.crm.contacts.searchApi.doSearch(body);
    const start = Number(body.filterGroups[0].filters[0].value);
    samples.push(`leads ${new Date(start).toISOString().slice(0, 10)} ${total}`);
  }
  return samples;
});

for (const problem of problems) console.error(`judges: ${problem}`);
console.log(problems.length === 0 ? "judges: the recorded exchanges are the vendors' own" : `judges: ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
