// Judges the recorded exchanges of connectors with the vendors' own clients: a server plays a recording, the client asks
// it for the same thing, and must send the request that is recorded and read the recorded answer. What the connector
// sends is compared with the same recording by the unit tests. Method, path and body are the very same; so is the query,
// but for its order, and for parameters that a case names because only the client adds them.
//
//     node judge_connectors.mjs

import assert from "node:assert";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const problems = [];
const played = new Set();

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
const { Client: Elasticsearch } = load("@elastic/elasticsearch");
const { Client: OpenSearch } = load("@opensearch-project/opensearch");
const { Octokit } = load("@octokit/core");
const { createAdminApiClient } = load("@shopify/admin-api-client");
const { InfluxDB: Influx2 } = load("@influxdata/influxdb-client");
const { InfluxDB: Influx1 } = load("influx");
const { TwitterApi } = load("twitter-api-v2");
const { FacebookAdsApi, AdAccount } = load("facebook-nodejs-business-sdk");
const WooCommerce = load("@woocommerce/woocommerce-rest-api").default;
const mailchimp = load("@mailchimp/mailchimp_marketing");
const jsforce = load("jsforce");
const Stripe = load("stripe");
const { RestliClient } = load("linkedin-api-client");
const { BigQuery } = load("@google-cloud/bigquery");
const { OAuth2Client } = load("google-auth-library");
const protobuf = load("protobufjs");
const { fromProto3JSON, toProto3JSON } = load("proto3-json-serializer");
const WordPress = load("wpapi");
const analyticsTypes = protobuf.Root.fromJSON(load("@google-analytics/data/build/protos/protos.json"));
const adsTypes = protobuf.Root.fromJSON(asInJson(load("google-ads-node/build/protos/protos.json")));

/// A definition whose fields are named as JSON has them: cost_micros is costMicros there.
function asInJson(types) {
  if (types === null || typeof types !== "object" || Array.isArray(types)) return types;
  return Object.fromEntries(Object.entries(types).map(([key, value]) => {
    if (key !== "fields") return [key, asInJson(value)];
    const named = Object.entries(value).map(([name, field]) => [name.replace(/_([a-z0-9])/g, (_, c) => c.toUpperCase()), field]);
    return [key, Object.fromEntries(named)];
  }));
}

/// Where clients that know their host's name only are led instead.
let stageOfAll;
const request = http.request;
https.request = (...given) => {
  const options = given.find((one) => typeof one === "object" && !(one instanceof URL)) ?? {};
  const url = given.find((one) => typeof one === "string" || one instanceof URL);
  const target = url ? new URL(url).pathname + new URL(url).search : options.path;
  const { port } = new URL(stageOfAll);
  return request({ method: options.method, headers: options.headers, path: target, host: "127.0.0.1", port },
    given.find((one) => typeof one === "function"));
};
https.get = (...given) => {
  const asked = https.request(...given);
  asked.end();
  return asked;
};

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/// A target as its path and its query in order, without what only the client adds.
function target(text, ignored) {
  const url = new URL(text, "http://x");
  const query = [...url.searchParams].filter(([name]) => !ignored.includes(name)).map((pair) => pair.join("=")).sort();
  return JSON.stringify([url.pathname, query]);
}

/// Plays what is recorded of a connector; remembers what was asked and not recorded.
async function play(name, { ignored = [], headers = {}, body = (sent) => sent }) {
  played.add(name);
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
        if (exchange.method !== request.method) return false;
        if (target(exchange.target, ignored) !== target(request.url, ignored)) return false;
        try {
          assert.deepStrictEqual(parsed(body(text)), exchange.body ? parsed(exchange.body) : parsed(text));
          return true;
        } catch {
          return false;
        }
      };
      const exchange = exchanges.find(fits);
      if (exchange) asked += 1;
      else problems.push(`${name}: the vendor's client asks ${request.method} ${request.url} ${text}, which is not recorded`);
      const isJson = exchange === undefined || /^[{[]/.test(exchange.answer);
      response.setHeader("content-type", isJson ? "application/json" : "text/csv");
      for (const [header, value] of Object.entries({ ...exchange?.headers, ...headers })) response.setHeader(header, value);
      response.writeHead(exchange ? exchange.status ?? 200 : 404).end(exchange ? exchange.answer : "{}");
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  stageOfAll = `http://127.0.0.1:${server.address().port}`;
  return {
    base: stageOfAll, recording, exchanges,
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

async function judge(name, count, drive, differences = {}) {
  const stage = await play(name, differences);
  try {
    equal(name, (await drive(stage)).sort(), stage.recording.samples);
  } catch (error) {
    problems.push(`${name}: ${error.message}`);
  }
  stage.end(count);
}

/// What Google's own definition of the type makes of it is the same again: every field is known, and of its type.
function goesRound(name, known, json) {
  const texts = (value) => JSON.parse(JSON.stringify(value, (_, item) => (typeof item === "number" ? `${item}` : item)));
  equal(`${name}: ${known.name}`, texts(toProto3JSON(fromProto3JSON(known, json))), texts(json));
}

await judge("ga4", 2, async ({ base, bodies, exchanges }) => {
  const type = (name) => analyticsTypes.lookupType(`google.analytics.data.v1beta.${name}`);
  for (const body of bodies) goesRound("ga4", type("RunReportRequest"), body);
  for (const { answer } of exchanges.slice(1)) goesRound("ga4", type("RunReportResponse"), JSON.parse(answer));
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

// The clients of this one speak gRPC to a host of their own; what they speak is defined, and so is the address of its JSON.
{
  const { bodies, exchanges, end } = await play("google_ads", {});
  const service = "google.ads.googleads.v24.services";
  const asked = exchanges.filter((exchange) => exchange.body?.startsWith("{"));
  const { post } = adsTypes.lookupService(`${service}.GoogleAdsService`).methods.Search.parsedOptions
    .find((option) => "(google.api.http)" in option)["(google.api.http)"];
  const row = adsTypes.lookupType(`${service}.GoogleAdsRow`);
  for (const [at, body] of bodies.entries()) {
    equal("google_ads", asked[at].target, post.replace("{customer_id=*}", "1234567890"));
    goesRound("google_ads", adsTypes.lookupType(`${service}.SearchGoogleAdsRequest`), body);
    goesRound("google_ads", adsTypes.lookupType(`${service}.SearchGoogleAdsResponse`), JSON.parse(asked[at].answer));
    for (const field of body.query.match(/(?<=[ ,])(segments|metrics)\.\w+/g)) {
      const [part, name] = field.replace(/_([a-z])/g, (_, c) => c.toUpperCase()).split(".");
      equal(`google_ads: ${field}`, name in row.fields[part].resolve().resolvedType.fields, true);
    }
  }
  end(0);
}

await judge("search_console", 2, async ({ base, bodies }) => {
  const api = searchconsole({ version: "v1", rootUrl: `${base}/` });
  const whole = [];
  for (const requestBody of bodies) {
    const { data } = await api.searchanalytics.query({ siteUrl: "sc-domain:example.com", requestBody });
    whole.push(...(data.rows ?? []).filter((row) => row.keys[0] < data.metadata.firstIncompleteDate));
  }
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

const search = async ({ bodies }, ask) => {
  const { buckets } = (await ask({ index: "orders", body: bodies[0] })).aggregations.d;
  return buckets.map((bucket) => `revenue ${bucket.key_as_string.slice(0, 10)} ${bucket.v.value}`);
};
await judge("elasticsearch", 1, (stage) => {
  const client = new Elasticsearch({ node: stage.base, auth: { apiKey: "es-secret" } });
  return search(stage, (asked) => client.search(asked));
}, { headers: { "x-elastic-product": "Elasticsearch" } });
await judge("opensearch", 1, (stage) => {
  const client = new OpenSearch({ node: stage.base, auth: { username: "kpid", password: "os-secret" } });
  return search(stage, async (asked) => (await client.search(asked)).body);
});

await judge("github", 1, async ({ base }) => {
  const { data } = await new Octokit({ baseUrl: base, auth: "gh-secret" }).request("GET /repos/{owner}/{repo}", {
    owner: "example", repo: "product",
  });
  return [`stars 2026-11-20 ${data.stargazers_count}`];
});

await judge("shopify", 2, async ({ base, bodies }) => {
  const client = createAdminApiClient({
    storeDomain: "example.myshopify.com", apiVersion: "2026-10", accessToken: "shop-secret",
    customFetchApi: (url, init) => fetch(base + new URL(url).pathname, init),
  });
  let revenue = 0;
  let orders = 0;
  for (const { query, variables } of bodies) {
    const { data, errors } = await client.request(query, { variables });
    if (errors) throw new Error(errors.message);
    orders += data.orders.nodes.length;
    for (const node of data.orders.nodes) revenue += Number(node.totalPriceSet.shopMoney.amount);
  }
  return [`orders 2026-11-20 ${orders}`, `revenue 2026-11-20 ${revenue}`];
});

await judge("stripe", 2, async ({ base }) => {
  const { hostname: host, port } = new URL(base);
  const stripe = new Stripe("rk_secret", { host, port, protocol: "http", telemetry: false });
  const paid = {};
  for await (const charge of stripe.charges.list({ created: { gte: 1794960000, lt: 1795219200 }, limit: 100 })) {
    if (charge.paid) (paid[charge.currency] ??= []).push(charge.amount_captured / (charge.currency === "jpy" ? 1 : 100));
  }
  return Object.entries(paid).flatMap(([currency, amounts]) => [
    `payments 2026-11-20 currency=${currency} ${amounts.length}`,
    `revenue 2026-11-20 currency=${currency} ${amounts.reduce((sum, amount) => sum + amount)}`]);
});

await judge("salesforce", 2, async ({ base, exchanges }) => {
  const client = new jsforce.Connection({ instanceUrl: base, accessToken: "00D.t", version: "62.0" });
  const records = await client.query(new URL(exchanges[1].target, base).searchParams.get("q"), { autoFetch: true });
  return records.records.map((record) => `leads ${record.d} ${record.n}`);
});

await judge("mailchimp", 1, async () => {
  mailchimp.setConfig({ apiKey: "mc-secret-us21", server: "us21" });
  const { reports } = await mailchimp.reports.getAllCampaignReports({
    sinceSendTime: "2026-11-18T00:00:00Z", beforeSendTime: "2026-11-21T00:00:00Z", count: 1000, offset: 0,
  });
  const sum = (value) => reports.reduce((total, report) => total + value(report), 0);
  return [`opened 2026-11-20 ${sum((one) => one.opens.unique_opens)}`, `sent 2026-11-20 ${sum((one) => one.emails_sent)}`];
});

await judge("woocommerce", 1, async () => {
  const client = new WooCommerce({
    url: "https://shop.example.com", consumerKey: "ck_1", consumerSecret: "cs_secret", version: "wc/v3",
  });
  const { data } = await client.get("reports/sales", { date_min: "2026-11-18", date_max: "2026-11-20" });
  return Object.entries(data[0].totals).flatMap(([date, { sales, orders }]) => [
    `orders ${date} ${orders}`, `sales ${date} ${Number(sales)}`]);
});

await judge("wordpress", 1, async ({ base }) => {
  const posts = await new WordPress({ endpoint: `${base}/wp-json` }).posts().perPage(1);
  return [`posts 2026-11-20 ${posts._paging.total}`];
}, { headers: { "x-wp-totalpages": "812" } });

await judge("x", 1, async () => {
  const { data } = await new TwitterApi("x-secret").v2.tweetCountRecent("acme -is:retweet", {
    granularity: "day", start_time: "2026-11-18T00:00:00Z", end_time: "2026-11-21T00:00:00Z",
  });
  return data.map((count) => `mentions ${count.start.slice(0, 10)} ${count.tweet_count}`);
});

await judge("meta", 2, async ({ base }) => {
  const api = FacebookAdsApi.init("meta-secret");
  api.constructor.GRAPH ?? (() => { throw new Error("the client has no address"); })();
  Object.defineProperty(api.constructor, "GRAPH", { get: () => base });
  let page = await new AdAccount("act_123").getInsights(["spend", "actions"], {
    level: "account", time_increment: 1, time_range: { since: "2026-11-18", until: "2026-11-20" }, limit: 500,
  });
  const days = [...page];
  while (page.hasNext()) days.push(...(page = await page.next()));
  return [...new Set(days)].flatMap((day) => [
    `purchases ${day.date_start} ${day.actions.find((action) => action.action_type === "purchase").value}`,
    `spend ${day.date_start} ${Number(day.spend)}`]);
}, { ignored: ["access_token"] });

await judge("linkedin", 1, async () => {
  const day = (number) => ({ year: 2026, month: 11, day: number });
  const { data } = await new RestliClient().finder({
    resourcePath: "/adAnalytics", finderName: "analytics", accessToken: "AQ.t", versionString: "202609",
    queryParams: {
      pivot: "ACCOUNT", timeGranularity: "DAILY", dateRange: { start: day(18), end: day(20) },
      accounts: ["urn:li:sponsoredAccount:512345678"], fields: "dateRange,clicks,costInLocalCurrency",
    },
  });
  return data.elements.flatMap(({ dateRange: { start }, clicks, costInLocalCurrency }) =>
    [`clicks ${start.year}-${start.month}-${start.day} ${clicks}`, `cost ${start.year}-${start.month}-${start.day} ${Number(costInLocalCurrency)}`]);
});

// The client names its requests and wants times as integers; both are its own, and so is waiting no longer than it likes.
await judge("bigquery", 3, async ({ base }) => {
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: "ya29.t", expiry_date: Date.now() + 3600e3 });
  const client = new BigQuery({ projectId: "p", apiEndpoint: base, authClient });
  const params = { start: BigQuery.date("2026-11-18"), end: BigQuery.date("2026-11-20") };
  const [rows] = await client.query({ query: "SELECT 1", location: "EU", params });
  return rows.map((row) => `revenue ${row.date.value} ${row.revenue}`);
}, {
  ignored: ["formatOptions.useInt64Timestamp", "prettyPrint", "timeoutMs"],
  body(sent) {
    const { requestId, formatOptions, parameterMode, ...rest } = parsed(sent || "{}");
    return sent ? { ...rest, timeoutMs: 20000, parameterMode: parameterMode.toUpperCase() } : sent;
  },
});

await judge("influxdb", 1, async ({ base, exchanges }) => {
  const { hostname: host, port } = new URL(base);
  const client = new Influx1({ host, port: Number(port), database: "shop", username: "kpid", password: "influx-secret" });
  const query = new URL(exchanges[0].target, base).searchParams.get("q");
  const rows = await client.query(query, { precision: "s" });
  return [...rows].map((row) => `visits ${row.time.toISOString().slice(0, 10)} ${row.value}`);
}, { ignored: ["u", "p", "rp", "params"] });

await judge("influxdb2", 1, async ({ base, recording }) => {
  const asked = recording.exchanges[0].body;
  const rows = await new Influx2({ url: base, token: "influx-secret" }).getQueryApi("acme").collectRows(asked);
  return rows.map((row) => `visits ${row._time.slice(0, 10)} ${row._value}`);
}, { body: (sent) => JSON.parse(sent).query });

// Every connector has a judge here or beside here, or a reason why nobody's code reads its recording.
const elsewhere = {
  prometheus: "the server, judge_prometheus.py", clickhouse: "the server, judge_clickhouse.py",
  snowflake: "its driver speaks another protocol than the SQL API", mixpanel: "its client only writes",
  tableau: "its client signs in with XML and asks another service", rule: "its client is in no registry",
  semrush: "no client", kissmetrics: "no client that reads, and no published answer",
  plausible: "its client only writes", matomo: "its clients only write",
};
const recorded = fs.readdirSync(path.join(here, "../unit/plugins/connectors/recorded")).map((file) => file.replace(".yaml", ""));
equal("connectors", [...played, ...Object.keys(elsewhere)].sort(), recorded.sort());

for (const problem of problems) console.error(`judges: ${problem}`);
console.log(problems.length === 0 ? "judges: the recorded exchanges are the vendors' own" : `judges: ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
