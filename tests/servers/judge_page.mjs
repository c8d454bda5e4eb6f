// Chromium looks at the page and at a report as people do: clicks, filters, acknowledges, silences, reviews, in light and
// dark, on a desk, a phone and paper. axe-core judges what it sees, and hostile text must stay text.
//
//     node judge_page.mjs PATH_TO_kpid [FOLDER_FOR_PICTURES]

import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { Findings, hostile, startDaemon, token } from "./running_daemon.mjs";

const require = createRequire(import.meta.url);
const [program, pictures] = process.argv.slice(2);
const kpid = path.resolve(program);

function load(name) {
  try {
    return require(name);
  } catch {
    console.error(`judge_page: the package ${name} is not installed; run \`npm ci\` in tests/servers`);
    process.exit(1);
  }
}

const { chromium } = load("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((file) => fs.existsSync(file));
if (!browserPath) {
  console.error("judge_page: chromium is not installed; it is in tests/packages/test.txt");
  process.exit(1);
}

const found = new Findings();
const daemon = await startDaemon(kpid);
const browser = await chromium.launch({
  executablePath: browserPath,
  args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync"],
});

/// A page whose complaints (of the Content-Security-Policy too) and requests to other hosts are findings. `refused` are the
/// complaints to be expected where the daemon does not answer, or not without the token.
async function opened(options, address, refused = /^$/) {
  const context = await browser.newContext({ bypassCSP: false, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("pageerror", (error) => found.expect(`${address}: a script failed`, false, error.message));
  page.on("console", (message) => found.expect(`${address}: the console complains`,
    message.type() !== "error" || refused.test(message.text()), message.text()));
  page.on("request", (request) => {
    found.expect(`${address}: the token is in an address`, !decodeURIComponent(request.url()).includes(token), request.url());
    const { hostname, protocol } = new URL(request.url());
    found.expect(`${address}: a request elsewhere`, protocol === "file:" || protocol === "data:" || hostname === "127.0.0.1", request.url());
  });
  await page.goto(address);
  return page;
}

/// No violation of WCAG 2.1 AA or of axe's own best practices.
async function judge(page, what) {
  // Evaluated by the debugger, which no policy of the page binds.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const text = violations.map(({ id, nodes }) => `${id} ${nodes[0].target} ${nodes[0].failureSummary}`).join("; ");
  found.expect(`${what}: axe finds`, violations.length === 0, text);
  // Not the window's innerWidth, which on a phone grows with what is too wide.
  const width = [await page.evaluate(() => document.documentElement.scrollWidth), page.viewportSize().width];
  found.expect(`${what}: wider than the window`, width[0] <= width[1], `${width}`);
  if (width[1] < 700) {
    const cut = await page.evaluate(() => [...document.querySelectorAll(".scroll")].filter((box) => box.scrollWidth > box.clientWidth + 1)
      .map((box) => box.querySelector("th")?.textContent));
    found.expect(`${what}: a table is cut on a phone`, cut.length === 0, cut.join(", "));
  }
  found.expect(`${what}: hostile text was run`, await page.evaluate(() => window.pwned === undefined));
  if (pictures) await page.screenshot({ path: path.join(pictures, `${what.replace(/[^a-z0-9]+/gi, "-")}.png`), fullPage: true });
}

const views = ["#/", "#/kpi/visits", "#/kpi/hostile", "#/alerts", "#/delivery", "#/sources", "#/reviews", "#/config"];

async function lookAtViews(name, options, wanted = views) {
  const page = await opened(options, `${daemon.url}/`);
  for (const view of wanted) {
    await page.evaluate((hash) => { location.hash = hash; }, view);
    await page.waitForFunction((hash) => location.hash === hash && document.querySelector("main h1") &&
      document.querySelector("main").dataset.view === hash, view);
    await judge(page, `${name} ${view}`);
    if (view === "#/alerts") {
      const ids = await page.getByText(/\bep_[0-9A-Z]{26}\b/).count();
      found.expect(`${name} ${view}: the ids of alerts are there`, ids > 0);
    }
  }
  await page.context().close();
}

async function useIt() {
  const page = await opened({ viewport: { width: 1280, height: 900 } }, `${daemon.url}/`);
  await page.fill("#by", "Anna");
  await page.fill("#token", token);
  // Paging and searching. A button that is pressed while the page is drawn anew (a step ended, the token was changed) still does
  // what it is for.
  await page.getByRole("button", { name: "Later" }).hover();
  await page.mouse.down();
  const drawn = page.waitForResponse(/\/kpis\?/);
  await page.evaluate(() => document.getElementById("token").dispatchEvent(new Event("change")));
  await (await drawn).finished();
  await page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); }));
  await page.mouse.up();
  await page.getByText(/51–\d+ of \d+/).waitFor();
  await page.getByLabel("Search").fill("conversion");
  await page.getByRole("button", { name: "Show" }).click();
  await page.getByText("1 KPI or segment").waitFor();
  // Filtering, then a KPI: its chart, and why it fires.
  await page.getByLabel("Search").fill("");
  await page.getByRole("button", { name: "Show" }).click();
  await page.getByLabel("State").selectOption("firing");
  await page.waitForFunction(() => [...document.querySelectorAll("main tbody tr")].length < 20);
  await page.getByRole("link", { name: "Conversion rate" }).click();
  await page.getByRole("heading", { name: /Conversion rate/ }).waitFor();
  await page.locator(".uplot canvas").waitFor();
  await page.locator("pre", { hasText: "orders" }).waitFor();
  // A note of a day, and a review, both of which the KPI's page shows.
  await page.getByLabel("Text of the note").fill("a campaign");
  await page.getByRole("button", { name: "Write" }).click();
  await page.getByRole("cell", { name: "a campaign" }).waitFor();
  await page.getByLabel("Review note").fill(hostile);
  await page.getByRole("button", { name: "Mark reviewed" }).click();
  await page.getByRole("cell", { name: hostile }).waitFor();
  await page.getByRole("link", { name: "Reviews" }).click();
  await page.getByRole("heading", { name: /Conversion rate/ }).waitFor({ state: "detached" }); // it had her name too
  await page.getByRole("cell", { name: "Anna" }).first().waitFor();
  found.expect("a note is text", await page.getByText(hostile, { exact: true }).count() === 1);
  // Acknowledged and silenced.
  await page.getByRole("link", { name: "Alerts" }).click();
  const card = page.locator("article", { has: page.getByRole("link", { name: "Conversion rate" }) });
  await card.getByLabel("Comment").fill("looking");
  await card.getByRole("button", { name: "Acknowledge" }).click();
  await page.getByText("Anna has it until").first().waitFor();
  await card.getByRole("button", { name: "Silence" }).click();
  await page.getByRole("button", { name: "End" }).first().click();
  await page.getByRole("button", { name: "End" }).waitFor({ state: "detached" });
  // A wrong token is said, and does nothing.
  await page.fill("#token", "nobody's token at all");
  await page.getByRole("link", { name: "Configuration" }).click();
  await page.context().close();
}

/// Whoever looks from elsewhere sees the daemon's days; a sum has a chart of its own; what others do arrives by itself.
async function lookFromElsewhere() {
  const page = await opened({ viewport: { width: 1280, height: 900 }, timezoneId: "America/New_York" }, `${daemon.url}/#/kpi/sold`);
  const charts = page.locator(".chart .uplot");
  await charts.nth(1).waitFor();
  await page.getByRole("heading", { name: "Towards the goal" }).waitFor();
  const box = await charts.first().locator(".u-over").boundingBox();
  await page.mouse.move(box.x + box.width - 1, box.y + 20);
  const newest = await page.locator("table", { hasText: "Verdict" }).locator("tbody th").first().textContent();
  const legend = await charts.first().locator(".u-legend .u-value").first().textContent();
  found.expect("the chart's last day is the table's", legend === newest, `${legend} and ${newest}`);
  const series = await charts.first().locator(".u-legend .u-label").allTextContents();
  found.expect("a sum's path is not on the axis of its parts", !series.includes("target path") && series.includes("missed"), series.join());
  const names = await page.locator(".chart").evaluateAll((boxes) => boxes.map((one) => one.getAttribute("aria-label")));
  found.expect("charts say what they show", /lowest .+ missed/.test(names[0]) && /so far, .+ due by now/.test(names[1]), names.join("; "));
  await page.getByText("probability under 1%", { exact: true }).waitFor();
  await page.getByText("with a probability of under 1%").waitFor();
  const written = await writeNote(daemon, "written elsewhere");
  found.expect("the note is taken", written.ok, `${written.status}`);
  await page.getByRole("cell", { name: "written elsewhere" }).waitFor();
  await page.context().close();
}

const writeNote = (daemon, text) => fetch(`${daemon.url}/api/v1/notes`, { method: "POST", headers: { "Content-Type": "application/json",
  Authorization: `Bearer ${token}` }, body: JSON.stringify({ kpi: "sold", date: newestDay(), text, by: "Bo" }) });

/// Beyond loopback reading wants the token too. The page follows along with it, and says so when it cannot; what was written
/// into it is not lost meanwhile.
async function followBeyondLoopback() {
  const far = await startDaemon(kpid, "0.0.0.0");
  const page = await opened({ viewport: { width: 1280, height: 900 } }, "about:blank", /^Failed to load resource: /);
  await page.clock.install();
  const lost = page.locator("#lost");
  const connected = () => page.waitForFunction(() => document.getElementById("lost").textContent === "");
  await page.goto(`${far.url}/#/kpi/sold`);
  await lost.getByText("Not connected: the token is wanted.", { exact: true }).waitFor();
  await judge(page, "token wanted");
  await page.fill("#by", "Anna");
  await page.fill("#token", token);
  await page.keyboard.press("Tab");
  await page.getByRole("heading", { name: "Orders of the year" }).waitFor();
  await connected();
  await writeNote(far, "seen from afar");
  await page.getByRole("cell", { name: "seen from afar" }).waitFor();
  // The daemon is gone, then there again: it is said, and what happened meanwhile is seen.
  const note = page.getByLabel("Text of the note");
  await note.fill("half a sen");
  await page.locator("#by").focus();
  await far.stop();
  await lost.getByText(/^Not connected: no answer\. The states are of \d+ \w+ \d{4}, \d\d:\d\d\.$/).waitFor();
  found.expect("what was seen stays", await page.getByRole("cell", { name: "seen from afar" }).count() === 1);
  await judge(page, "daemon gone");
  await page.evaluate(() => { location.hash = "#/alerts"; });
  await page.getByText("no answer", { exact: true }).waitFor();
  await page.evaluate(() => { location.hash = "#/kpi/sold"; });
  await far.run();
  await page.clock.fastForward(30_000);
  await connected();
  await page.getByRole("cell", { name: "seen from afar" }).waitFor();
  // It hangs: it is gone, too.
  await note.fill("half a sentence");
  await page.locator("#by").focus();
  far.signal("SIGSTOP");
  await page.clock.fastForward(41_000);
  await lost.getByText("Not connected: no answer.").waitFor();
  far.signal("SIGCONT");
  await page.clock.fastForward(41_000);
  await connected();
  // A token that is not the right one any more.
  await page.fill("#token", "nobody's token at all");
  await page.keyboard.press("Tab");
  await lost.getByText("Not connected: the token is wanted. The states are of").waitFor();
  await page.fill("#token", token);
  await page.keyboard.press("Tab");
  await connected();
  await writeNote(far, "and again");
  await page.getByRole("cell", { name: "and again" }).waitFor();
  found.expect("a note outlives it", await note.inputValue() === "half a sentence", await note.inputValue());
  await page.context().close();
  await far.end();
}

/// What was written into a row, and the cursor, are still there when the page is drawn anew, and what is seen is what is sent.
async function writeMeanwhile() {
  const page = await opened({ viewport: { width: 1280, height: 900 } }, `${daemon.url}/#/alerts`, /^Failed to load resource: .* 401 /);
  const card = page.locator("article", { has: page.getByRole("link", { name: "Orders of the year" }) });
  const until = card.getByLabel("Until"), comment = card.getByLabel("Comment"), acknowledge = card.getByRole("button", { name: "Acknowledge" });
  // A mark of what is drawn now: the next drawing has it no more.
  const mark = () => page.evaluate(() => { document.querySelector("main h1").id = "drawn"; });
  const drawn = () => page.waitForFunction(() => document.querySelector("main h1") && !document.getElementById("drawn"));
  const sent = page.waitForRequest((request) => request.url().endsWith("/ack"));
  await until.fill("2 days");
  await comment.fill("Bo looks at it");
  await acknowledge.click();
  await sent;
  await page.locator("#note", { hasText: "token" }).waitFor();
  // The token, and a step while the name is written.
  await mark();
  await page.fill("#token", token);
  await page.locator("#by").focus();
  await drawn();
  await mark();
  await page.keyboard.type("Bo");
  await writeNote(daemon, "a step");
  await drawn();
  // While the cursor is in the row: it stays where it was, with what was marked.
  await comment.focus();
  await page.evaluate(() => document.activeElement.setSelectionRange(3, 8));
  await mark();
  await page.evaluate(() => document.getElementById("token").dispatchEvent(new Event("change")));
  await drawn();
  await page.keyboard.type("sees to");
  const shown = [await until.inputValue(), await comment.inputValue()];
  found.expect("what was written stays", shown.join() === "2 days,Bo sees to at it", shown.join());
  const second = page.waitForRequest((request) => request.url().endsWith("/ack"));
  await acknowledge.click();
  const body = (await second).postDataJSON();
  found.expect("what is shown is sent", body.until === shown[0] && body.comment === shown[1] && body.by === "Bo", JSON.stringify(body));
  await card.getByText("Bo has it until").waitFor();
  const after = [await until.inputValue(), await comment.inputValue()];
  found.expect("what was sent is gone", after.join() === "4 hours,", after.join());
  // A note and a review of a KPI.
  await page.evaluate(() => { location.hash = "#/kpi/sold"; });
  await page.getByLabel("Text of the note").fill("sold out");
  await page.getByLabel("Day of the note").fill("2026-01-02");
  await page.getByLabel("Review note").fill("as planned");
  await page.locator("#by").focus();
  await writeNote(daemon, "another step");
  await page.getByRole("cell", { name: "another step" }).waitFor();
  await page.getByRole("button", { name: "Write" }).click();
  const row = page.getByRole("row", { name: /sold out/ });
  await row.waitFor();
  found.expect("the note is of its day", /2 January 2026/.test(await row.textContent()), await row.textContent());
  await page.getByRole("button", { name: "Mark reviewed" }).click();
  await page.getByRole("cell", { name: "as planned" }).waitFor();
  found.expect("the note was sent once", await page.getByLabel("Text of the note").inputValue() === "");
  await page.context().close();
}

/// What is written while an answer is under way stays; what was sent is gone from its form, and from that one alone.
async function writeWhileItIsSent() {
  const page = await opened({ viewport: { width: 1280, height: 900 } }, `${daemon.url}/#/alerts`);
  await page.fill("#by", "Cleo");
  await page.fill("#token", token);
  const card = (name) => page.locator("article", { has: page.getByRole("link", { name, exact: true }) }).first();
  const comment = (name) => card(name).getByLabel("Comment");
  let answer;
  const asked = new Promise((resolve) => {
    page.route("**/ack", async (route) => {
      const answered = new Promise((let_through) => { answer = let_through; });
      resolve();
      await answered;
      await route.continue();
    }, { times: 1 });
  });
  await comment("Orders of the year").fill("first");
  await card("Orders of the year").getByRole("button", { name: "Acknowledge" }).click();
  await asked;
  await comment("Orders of the year").fill("second");
  await card("Orders of the year").getByLabel("Until").fill("3 days");
  await comment("Conversion rate").fill("of another");
  answer();
  await card("Orders of the year").getByText("Cleo has it until").waitFor();
  const kept = [await comment("Orders of the year").inputValue(), await card("Orders of the year").getByLabel("Until").inputValue(),
    await comment("Conversion rate").inputValue()];
  found.expect("what was written meanwhile stays", kept.join() === "second,3 days,of another", kept.join());
  await page.context().close();
}

/// Before it is pressed a silence says what it holds back: of a total its segments too.
async function knowWhatASilenceTakes() {
  const page = await opened({ viewport: { width: 1280, height: 900 } }, `${daemon.url}/#/alerts`);
  for (const [name, says] of [["Visits", "kpi=visits: the total and its 2 segments."], ["Visits · <b>DK</b>", "kpi=visits, country=<b>DK</b>: this one line."],
    ["Orders of the year", "kpi=sold: this one line."]]) {
    const card = page.locator("article", { has: page.getByRole("link", { name, exact: true }) }).first();
    const button = card.getByRole("button", { name: "Silence" });
    await button.waitFor();
    const told = await button.evaluate((one) => document.getElementById(one.getAttribute("aria-describedby"))?.textContent);
    found.expect(`a silence of ${name} says what it takes`, told === `Silence holds back every alert of ${says}`, `${told}`);
  }
  await page.context().close();
}

const newestDay = () => new Date(Date.now() - 864e5).toISOString().slice(0, 10);

/// Every text of the page is in every catalogue, and a page in another language has no English left in what it is made of.
async function speakLanguages() {
  const text = async (address) => (await fetch(daemon.url + address)).text();
  const script = await text("/app.js");
  const texts = new Set([...script.matchAll(/\bt\("([^"]+)"/g), ...script.matchAll(/"(?:alert|target|source|config|delivery)\.\w+": "([^"]+)"/g),
    ...(await text("/")).matchAll(/data-t="([^"]+)"/g)].map((found) => found[1]));
  const words = new Function(`${await text("/words.js")}; return kpidWords;`)();
  found.expect("there are texts", texts.size > 80, `${texts.size}`);
  for (const [language, catalogue] of Object.entries(words)) {
    const lacks = [...texts].filter((one) => !catalogue[one]);
    found.expect(`${language} has every text`, lacks.length === 0, lacks.join("; "));
    const names = (one) => (one.match(/\{\w+\}/g) ?? []).sort().join();
    const odd = Object.entries(catalogue).filter(([key, value]) => names(key) !== names(value));
    found.expect(`${language} fills in the same`, odd.length === 0, odd.join("; "));
    const page = await (await browser.newContext({ viewport: { width: 360, height: 800 } })).newPage();
    await page.route("**/api/v1/kpis?*", async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...await answer.json(), language } });
    });
    await page.goto(`${daemon.url}/#/alerts`);
    await page.getByRole("heading", { level: 1, name: catalogue.Alerts, exact: true }).waitFor();
    found.expect(`${language}: the document says so`, await page.evaluate(() => document.documentElement.lang) === language);
    await judge(page, `${language} alerts`);
    for (const view of ["#/", "#/kpi/sold"]) {
      await page.evaluate((hash) => { location.hash = hash; }, view);
      await page.waitForFunction((hash) => document.querySelector("main").dataset.view === hash, view);
      const numbers = await page.evaluate(() => [...document.querySelectorAll("td.number, .facts dd, .kpis small")].map((node) => node.textContent));
      const english = numbers.filter((number) => /\d,\d{3}(?!\d)|\d\.\d+%|\d%| in total/.test(number) || /\d{4}-\d\d-\d\d/.test(number));
      found.expect(`${language} ${view}: numbers and days are not English`, numbers.length > 5 && english.length === 0, english.join("; "));
    }
    await page.evaluate(() => { location.hash = "#/kpi/score"; });
    await page.locator(".facts dd", { hasText: new RegExp(`^\\d+(,\\d+)? ${catalogue.points}`) }).waitFor();
    await page.getByText(catalogue["The explanation is in English."], { exact: true }).waitFor();
    await page.context().close();
  }
}

async function lookAtReport() {
  const file = path.join(daemon.folder, "report.html");
  const made = spawnSync(kpid, ["report", "--from", new Date(Date.now() - 90 * 864e5).toISOString().slice(0, 10), "--to",
    new Date().toISOString().slice(0, 10), "--out", file], { cwd: daemon.folder, env: daemon.env, encoding: "utf8" });
  found.expect("the report is made", made.status === 0, made.stderr);
  for (const [name, options] of [["report", { viewport: { width: 1280, height: 900 } }], ["report dark", { colorScheme: "dark" }],
    ["report phone", { viewport: { width: 360, height: 800 } }], ["report small phone", { viewport: { width: 320, height: 640 } }]]) {
    const page = await opened(options, `file://${file}`);
    await judge(page, name);
    if (name === "report") {
      await page.emulateMedia({ media: "print" });
      await page.setViewportSize({ width: 690, height: 1000 }); // A4 without its margins
      const cut = await page.evaluate(() => [...document.querySelectorAll(".scroll")].filter((box) => box.scrollWidth > box.clientWidth + 1)
        .map((box) => box.querySelector("th")?.textContent));
      found.expect("tables fit on A4", cut.length === 0, cut.join(", "));
      if (pictures) await page.screenshot({ path: path.join(pictures, "report-print.png"), fullPage: true });
      const pdf = await page.pdf({ format: "A4", printBackground: true });
      if (pictures) fs.writeFileSync(path.join(pictures, "report.pdf"), pdf);
      const sheets = (pdf.toString("latin1").match(/\/Type\s*\/Page\b/g) ?? []).length;
      found.expect("a sheet for each KPI and one before them", sheets >= 4, `${sheets} sheets`);
    }
    await page.context().close();
  }
}

try {
  await lookAtViews("desk", { viewport: { width: 1280, height: 900 } });
  await lookAtViews("dark", { viewport: { width: 1280, height: 900 }, colorScheme: "dark" });
  await lookAtViews("phone", { viewport: { width: 360, height: 800 }, isMobile: true, hasTouch: true });
  await lookAtViews("small phone", { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true });
  await knowWhatASilenceTakes();
  await useIt();
  await lookFromElsewhere();
  await writeMeanwhile();
  await writeWhileItIsSent();
  await followBeyondLoopback();
  await speakLanguages();
  await lookAtReport();
} catch (error) {
  found.expect("the page could be used", false, error.message);
} finally {
  await browser.close();
  await daemon.end();
}
found.finish("judge_page");
