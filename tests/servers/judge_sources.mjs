// Judges what sources of kpid send, with programs that others wrote: the signed assertion of a service account is verified
// by `jose`, tokens are given, renewed and rotated by `oauth2-mock-server`, what is signed for Amazon is signed again by
// `aws4`. The whole program runs, over real connections.
//
//     node judge_sources.mjs PATH_TO_kpid

import { execFile } from "node:child_process";
import crypto from "node:crypto";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const require = createRequire(import.meta.url);
const run = promisify(execFile);
const problems = [];

function check(isFine, text) {
  if (!isFine) problems.push(text);
}

async function load(name) {
  try {
    return await import(require.resolve(name));
  } catch {
    console.error(`judges: the package ${name} is not installed; run \`npm ci\` in tests/servers (it needs the Debian packages nodejs and npm)`);
    process.exit(1);
  }
}

const jose = await import("jose").catch(() => load("jose"));
const { default: aws4 } = await import("aws4").catch(() => load("aws4"));
const { OAuth2Server } = await import("oauth2-mock-server").catch(() => load("oauth2-mock-server"));

function body(request) {
  return new Promise((resolve) => {
    let text = "";
    request.on("data", (piece) => (text += piece));
    request.on("end", () => resolve(text));
  });
}

// ---- A vendor with a token endpoint for service accounts, and a report behind it

const account = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
const tokens = { assertions: 0, run: 0, used: new Map() };
const day = (back) => new Date(Date.now() - back * 86400000).toISOString().slice(0, 10);
let issuer;

async function takeAssertion(request, response) {
  const form = new URLSearchParams(await body(request));
  check(form.get("grant_type") === "urn:ietf:params:oauth:grant-type:jwt-bearer", "the grant type of an assertion");
  try {
    const { payload, protectedHeader } = await jose.jwtVerify(form.get("assertion"), account.publicKey, {
      algorithms: ["RS256"], audience: `${vendor}/token`, issuer: "kpid@example.iam.gserviceaccount.com", maxTokenAge: "2m",
    });
    check(protectedHeader.kid === "k1", "the key's id stands in the header");
    check(payload.exp - payload.iat <= 3600, "an assertion lives for an hour at most");
    check(payload.scope === "https://www.googleapis.com/auth/analytics.readonly", "the scope of an assertion");
    tokens.assertions += 1;
    response.end(JSON.stringify({ access_token: "service", expires_in: 3599, token_type: "Bearer" }));
  } catch (error) {
    check(false, `jose refuses the assertion: ${error.message}`);
    response.writeHead(400).end(JSON.stringify({ error: "invalid_grant" }));
  }
}

async function report(request, response) {
  const asked = JSON.parse(await body(request));
  check(request.headers.authorization === "Bearer service", "a report is asked for with the token");
  const { startDate, endDate } = asked.dateRanges[0];
  check(endDate === day(1) && startDate <= endDate, `the window ${startDate} to ${endDate} ends yesterday`);
  response.end(JSON.stringify({
    dimensionHeaders: [{ name: "date" }], metricHeaders: asked.metrics,
    rows: [{ dimensionValues: [{ value: day(1).replaceAll("-", "") }], metricValues: [{ value: "1240" }] }], rowCount: 1,
    metadata: { timeZone: "UTC" },
  }));
}

async function followers(request, response) {
  try {
    const token = request.headers.authorization.replace("Bearer ", "");
    if ((tokens.used.get(token) ?? tokens.run) !== tokens.run) {
      response.writeHead(401).end(); // each run has to get a new one
      return;
    }
    tokens.used.set(token, tokens.run);
    await jose.jwtVerify(token, jose.createRemoteJWKSet(new URL(`${issuer}/jwks`)), { issuer });
    response.end(JSON.stringify({ n: 812 }));
  } catch (error) {
    check(false, `jose refuses the access token: ${error.message}`);
    response.writeHead(401).end();
  }
}

async function search(request, response) {
  const text = await body(request);
  const { authorization, host, ...headers } = request.headers;
  const signed = authorization.match(/SignedHeaders=([^,]*)/)[1].split(";");
  const again = aws4.sign({
    method: request.method, path: request.url, host, service: "es", region: "eu-north-1", body: text,
    extraHeadersToIgnore: { "content-length": true },
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => signed.includes(name))),
  }, { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "aws-s3cret", sessionToken: "session" });
  check(authorization === again.headers.Authorization, `signed ${authorization}, by aws4 ${again.headers.Authorization}`);
  check(headers["x-amz-security-token"] === "session", "the session's token");
  response.end(JSON.stringify({ n: 5 }));
}

const server = http.createServer((request, response) => {
  response.setHeader("content-type", "application/json");
  if (request.url === "/token") return takeAssertion(request, response);
  if (request.url.endsWith(":runReport")) return report(request, response);
  if (request.url.startsWith("/aws")) return search(request, response);
  return followers(request, response);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const vendor = `http://127.0.0.1:${server.address().port}`;

// ---- An authorization server that others wrote

const oauth = new OAuth2Server();
await oauth.issuer.keys.generate("RS256");
await oauth.start(0, "127.0.0.1");
oauth.issuer.url = `http://127.0.0.1:${oauth.address().port}`;
issuer = oauth.issuer.url;
const seen = [];
oauth.service.on("beforeTokenSigning", (token) => {
  token.payload.jti = crypto.randomUUID(); // two tokens of one second are two
});
oauth.service.on("beforeResponse", (answer, request) => {
  seen.push(request.body.refresh_token);
  answer.body.refresh_token = `rotated-${seen.length}`;
});

// ---- kpid

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kpid-sources-"));
fs.writeFileSync(path.join(folder, "key.json"), JSON.stringify({
  type: "service_account", client_email: "kpid@example.iam.gserviceaccount.com", private_key_id: "k1",
  private_key: account.privateKey.export({ type: "pkcs8", format: "pem" }),
}), { mode: 0o600 });
fs.writeFileSync(path.join(folder, "kpid.yaml"), `
sources:
  ga4:
    plugin: ga4
    property: 123
    key_file: "\${file:key.json}"
    base: "${vendor}"
    token_url: "${vendor}/token"
    allow_private: [127.0.0.0/8]
    metrics: {sessions: {unit: sessions}}
  followers:
    plugin: http
    auth: {type: oauth2_refresh, token_url: "${issuer}/token", client_id: c, client_secret: "\${env:JUDGE_SECRET}", refresh_token: "\${env:JUDGE_REFRESH}"}
    window: {lookback_days: 1, first_days: 1}
    fan_out: day
    request: {url: "${vendor}/followers", query: {day: "{{day}}"}}   # each run asks for it again
    rows: {kind: scalar, path: /n}
    allow_private: [127.0.0.0/8]
    metrics: {n: {kind: level, unit: followers}}
  orders:
    plugin: http
    auth: {type: aws_sigv4, access_key: AKIDEXAMPLE, secret_key: "\${env:JUDGE_AWS}", session_token: session, region: eu-north-1}
    params: {index: "a b/c"}
    request: {method: POST, url: "${vendor}/aws/{{index}}/_search", query: {z: "1 2", a: "x&y="}, json: {size: 0}}
    rows: {kind: scalar, path: /n}
    allow_private: [127.0.0.0/8]
    metrics: {n: {kind: level, unit: orders}}
rules: [rules.yaml]
`);
fs.writeFileSync(path.join(folder, "rules.yaml"), `
kpis:
  sessions: {value: ga4.sessions}
  followers: {value: followers.n}
  orders: {value: orders.n}
`);

const env = { ...process.env, JUDGE_SECRET: "s3cret", JUDGE_REFRESH: "first", JUDGE_AWS: "aws-s3cret" };
const config = path.join(folder, "kpid.yaml");
for (tokens.run = 1; tokens.run <= 3; ++tokens.run) {
  try {
    const { stdout, stderr } = await run(process.argv[2], ["run", "--once", "--config", config], { env });
    check(!(stdout + stderr).includes("s3cret"), "a secret is printed");
  } catch (error) {
    check(false, `kpid run --once ended with ${error.code}: ${error.stdout}${error.stderr}`);
  }
}
const status = JSON.parse((await run(process.argv[2], ["status", "--json", "--config", config], { env })).stdout);
const value = (id) => status.kpis.find((kpi) => kpi.id === id)?.value;
check(value("followers") === 812, `followers is ${value("followers")}`);
check(value("orders") === 5, `orders is ${value("orders")}`);
check(status.sources.every((source) => source.ok), `a source failed: ${JSON.stringify(status.sources)}`);
check(tokens.assertions === 1, `the token of the service account was fetched ${tokens.assertions} times, not kept over runs`);
check(JSON.stringify(seen) === JSON.stringify(["first", "rotated-1", "rotated-2"]), `refresh tokens sent: ${JSON.stringify(seen)}`);
const kept = path.join(folder, "history.db.credentials");
for (const name of fs.readdirSync(kept)) {
  check((fs.statSync(path.join(kept, name)).mode & 0o777) === 0o600, `${name} may be read by others`);
}

await oauth.stop();
server.close();
server.closeAllConnections();
fs.rmSync(folder, { recursive: true });
for (const problem of problems) console.error(`judges: ${problem}`);
console.log(problems.length === 0 ? "judges: the requests of sources are right" : `judges: ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
