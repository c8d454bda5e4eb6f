// Real mails from kpid to a real mail server (npm's smtp-server, read by mailparser): TLS that is required, a login, an
// address that is refused beside one that is taken, one that is asked to wait.
//
//     node judge_mail.mjs PATH_TO_kpid

import { spawn } from "node:child_process";
import assert from "node:assert/strict";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { execFileSync } from "node:child_process";

const require = createRequire(import.meta.url);
let SMTPServer, simpleParser;
try {
  ({ SMTPServer } = require("smtp-server"));
  ({ simpleParser } = require("mailparser"));
} catch {
  console.error("judges: smtp-server and mailparser are not installed; run `npm ci` in tests/servers");
  process.exit(1);
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kpid-mail-"));
process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
const at = (name) => path.join(folder, name);
execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
  "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", at("key.pem"), "-out", at("cert.pem")], { stdio: "ignore" });

const mails = [];
const waits = new Map([["later@example.com", 1]]);

/** A server; `options` beside what all have. */
function serve(options) {
  const server = new SMTPServer({
    key: fs.readFileSync(at("key.pem")),
    cert: fs.readFileSync(at("cert.pem")),
    logger: false,
    onAuth: ({ username, password }, _session, done) =>
      username === "kpid" && password === "correct horse" ? done(null, { user: username }) : done(new Error("no such user")),
    onRcptTo: ({ address }, _session, done) => {
      if (address.startsWith("gone")) return done(Object.assign(new Error("no such mailbox"), { responseCode: 550 }));
      if ((waits.get(address) ?? 0) > 0) {
        waits.set(address, waits.get(address) - 1);
        return done(Object.assign(new Error("greylisted"), { responseCode: 451 }));
      }
      return done();
    },
    onData: (stream, session, done) => {
      const chunks = [];
      stream.on("data", (chunk) => chunks.push(chunk));
      stream.on("end", async () => {
        const raw = Buffer.concat(chunks);
        mails.push({ raw, to: session.envelope.rcptTo.map(({ address }) => address), secure: session.secure, user: session.user, mail: await simpleParser(raw) });
        done();
      });
    },
    ...options,
  });
  server.on("error", () => {}); // a client that does not trust the certificate
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve({ server, port: server.server.address().port })));
}

/** `kpid channel test mail` with these keys. */
function test(keys) {
  fs.writeFileSync(at("kpid.yaml"), `channels:\n  mail:\n    type: email\n    from: "KPI-vakt Åse <kpid@example.com>"\n    allow_private: [127.0.0.0/8]\n${keys}\nroutes: [{match: {}, to: [mail]}]\n`);
  return new Promise((resolve) => {
    const child = spawn(process.argv[2], ["channel", "test", "mail"], { cwd: folder, env: { PATH: process.env.PATH, SMTP_PASSWORD: keys.includes("wrong-user") ? "wrong" : "correct horse" } });
    let text = "";
    child.stdout.on("data", (chunk) => (text += chunk));
    child.stderr.on("data", (chunk) => (text += chunk));
    child.on("close", (code) => resolve({ code, text }));
  });
}

const login = (port, name = "kpid") => `    smtp: localhost:${port}\n    ca_file: cert.pem\n    username: ${name}\n    password: "\${env:SMTP_PASSWORD}"\n`;
const closed = [];
async function withServer(options, run) {
  const { server, port } = await serve(options);
  await run(port);
  closed.push(new Promise((resolve) => server.close(resolve)));
}

await withServer({}, async (port) => {
  const sent = await test(login(port) + "    to: [growth@example.com, gone@example.com, Anna <anna@example.com>]");
  assert.equal(sent.code, 3, "one address has not got it");
  assert.match(sent.text, /not delivered to all: refused for gone@example\.com: 550/, "the refused address is told");
  assert.equal(mails.length, 1);
  const { raw, to, secure, user, mail } = mails[0];
  assert.deepEqual(to, ["growth@example.com", "anna@example.com"]);
  assert.equal(secure, true);
  assert.equal(user, "kpid");
  assert.equal(mail.from.value[0].name, "KPI-vakt Åse");
  assert.match(mail.text, /messages for mail arrive here/);
  assert.match(mail.html, /messages for mail arrive here/);
  assert.equal(mail.headers.get("auto-submitted"), "auto-generated");
  assert.match(mail.messageId, /^<msg_[^@]+@example\.com>$/);
  assert.ok(mail.headers.get("list").unsubscribe.mail);
  assert.ok(Math.abs(mail.date - Date.now()) < 600_000);
  assert.ok(!/(^|[^\r])\n/.test(raw.toString("latin1")), "a bare line feed");

  waits.set("later@example.com", 1);
  const waiting = await test(login(port) + "    to: [later@example.com]");
  assert.equal(waiting.code, 3);
  assert.match(waiting.text, /not delivered, it would be tried again.*451/s);

  waits.set("later@example.com", 1);
  const partly = await test(login(port) + "    to: [growth@example.com, later@example.com]");
  assert.equal(partly.code, 3);
  assert.match(partly.text, /not delivered to all, the rest would be tried again: not yet for later@example\.com: 451/);

  const refused = await test(login(port, "wrong-user") + "    to: [growth@example.com]");
  assert.equal(refused.code, 3);
  assert.match(refused.text, /as everything else would be.*login/s);
  assert.ok(!refused.text.includes("wrong\n"), "a password is shown");

  const stranger = await test(login(port).replace("    ca_file: cert.pem\n", "") + "    to: [growth@example.com]");
  assert.equal(stranger.code, 3);
  assert.match(stranger.text, /certificate/i);
});

await withServer({ disabledCommands: ["STARTTLS"], authOptional: true }, async (port) => {
  const before = mails.length;
  const open = await test(`    smtp: localhost:${port}\n    to: [growth@example.com]`);
  assert.equal(open.code, 3, "mail left without TLS");
  assert.match(open.text, /tls: none/);
  assert.equal(mails.length, before);
  const allowed = await test(`    smtp: localhost:${port}\n    tls: none\n    to: [growth@example.com]`);
  assert.equal(allowed.code, 0, allowed.text);
});

await withServer({ secure: true }, async (port) => {
  const sent = await test(login(port).replace("smtp: ", "smtp: smtps://") + "    to: [growth@example.com]");
  assert.equal(sent.code, 0, sent.text);
});

await Promise.all(closed);
console.log(`judges: ${mails.length} mails arrived as they should`);
process.exit(0);
