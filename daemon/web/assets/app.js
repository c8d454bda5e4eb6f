// The page: reads the API, writes through it, and draws. No framework: nodes are made with el(), so that no text from
// outside is ever parsed as HTML.
"use strict";
(() => {
  const main = document.getElementById("main");
  const lostLine = document.getElementById("lost");
  const noteLine = document.getElementById("note");
  const api = "/api/v1/";
  const page = 50;

  const el = (tag, attributes = {}, ...children) => {
    const svg = ["svg", "path", "title"].includes(tag);
    const node = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
      else if (value === true) node.setAttribute(name, "");
      else if (value !== false && value != null) node.setAttribute(name, value);
    }
    node.append(...children.flat(9).filter((child) => child != null && child !== false));
    return node;
  };

  // Words are in the daemon's language; what they are in English is their key.
  let language = "en";
  const t = (text, values = {}) => {
    const words = (kpidWords[language] || {})[text] || text;
    return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  };
  const name = (word) => t(word === "thresholds" ? "limit" : String(word).replaceAll("_", " "));  // of a state, a severity, a status, a rule
  const types = {"alert.firing": "alert", "alert.resolved": "alert over", "alert.reminder": "reminder", "alert.escalated": "escalation", "alert.flapping": "flapping",
    "alert.no_data": "no data", "target.status": "target", "target.reminder": "target reminder", "source.error": "source fails", "source.recovered": "source works again",
    "config.error": "configuration error", "delivery.failed": "delivery failed"};
  const typeName = (type) => t(types[type] || type);
  const dress = () => {  // what stands around the pages
    document.documentElement.lang = language;
    for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
    document.getElementById("by").placeholder = t("name");
    document.querySelector("nav").setAttribute("aria-label", t("Pages"));
  };

  const say = (text) => {
    noteLine.textContent = text;
    clearTimeout(say.timer);
    say.timer = setTimeout(() => (noteLine.textContent = ""), 6000);
  };

  // Who acts, and the token for writing: kept for this tab only.
  for (const id of ["by", "token"]) {
    const input = document.getElementById(id);
    input.value = sessionStorage.getItem(id) || "";
    input.addEventListener("input", () => sessionStorage.setItem(id, input.value));
  }
  document.getElementById("who").addEventListener("submit", (event) => event.preventDefault());
  const stored = (id) => sessionStorage.getItem(id) || "";

  const headers = () => (stored("token") ? {Authorization: "Bearer " + stored("token")} : {});

  // The answer to a request; an error has its status, 0 where there was none.
  const ask = async (path, options = {}) => {
    const answer = await fetch(api + path, {...options, headers: {...options.headers, ...headers()}})
      .catch(() => { throw Object.assign(new Error(t("no answer")), {status: 0}); });
    if (!answer.ok) {
      const body = await answer.json().catch(() => ({}));
      throw Object.assign(new Error(body.title || answer.statusText), {status: answer.status});
    }
    return answer;
  };
  const get = async (path) => (await ask(path)).json();

  // `form`: the name of the one it is sent from. What it held is gone from it once it is taken; what was written meanwhile stays.
  const post = async (path, body, form) => {
    const sent = new Map([...fields()].filter(([key]) => key.startsWith(form + " ")).map(([key, field]) => [key, field.value]));
    try {
      const answer = await ask(path, {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)});
      say((await answer.json()).text);
    } catch (error) {
      return say(error.message);
    }
    for (const [key, field] of fields()) if (field.defaultValue != null && field.value === sent.get(key)) field.value = field.defaultValue;
    show(true);
  };

  const tones = {ok: "good", met: "good", on_track: "good", achieved: "good", pending: "warn", at_risk: "warn", no_data: "warn",
    warning: "warn", firing: "bad", error: "bad", off_track: "bad", missed: "bad", critical: "bad", dead: "bad", sent: "good"};
  const chip = (word) => word && el("span", {class: "chip " + (tones[word] || "")}, name(word));
  const stateChip = (line) => chip(line.state === "firing" ? line.severity || "firing" : line.state);
  const segmentText = (segment) => Object.entries(segment || {}).map(([name, value]) => `${name}=${value}`).join(", ");
  // For people: "DK" where the segment has one label only.
  const segmentName = (segment) => { const values = Object.values(segment || {}); return values.length === 1 ? String(values[0]) : segmentText(segment); };
  // The API writes English ("1,401 visits", "2.21%", "140,000 visits in total"); people read it as their messages write it.
  const forms = [[/^at most (.+) in total$/, "at most {goal} in total"], [/^(.+) in total$/, "{goal} in total"],
    [/^(.+) on average$/, "{goal} on average"], [/^(.+) of periods met$/, "{goal} of periods met"]];
  const plain = (text) => {
    if (!text || language === "en") return text || "";
    for (const [pattern, words] of forms) {
      const found = String(text).match(pattern);
      if (found) return t(words, {goal: plain(found[1])});
    }
    return String(text).replace(/^([-−]?)(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?(%?)/, (whole, sign, number, rest, percent) =>
      sign + number.replaceAll(",", language === "da" ? "." : "\u00a0") + (rest ? "," + rest : "") + (percent && "\u00a0%"))
      .replace(/(\d) (points?)\b/, (whole, digit, unit) => digit + " " + t(unit));
  };
  // Times and days are those of the daemon's zone, as in messages and reports.
  let zone;
  const learn = async () => {
    if (zone) return;
    const found = await get("kpis?limit=0").catch(() => ({}));
    zone = found.timezone;
    language = found.language || "en";
    dress();
  };
  // "29 November 2026", as messages write a day; "29 November 2026, 03:15".
  const locale = () => (language === "en" ? "en-GB" : language);
  const when = (text) => (text ? date(day(text)) + ", " + new Date(text).toLocaleTimeString(locale(), {timeStyle: "short", timeZone: zone}) : "–");
  // The start of a day is that day: what is judged by the day began on it, at no hour.
  const since = (text) => {
    if (!text || new Date(text).toLocaleTimeString("sv-SE", {timeStyle: "short", timeZone: zone}) !== "00:00") return when(text);
    return date(day(text));
  };
  // Of a day as the API names it; what has an hour too keeps it.
  const date = (text) => {
    if (!/^\d{4}-\d\d-\d\d/.test(text || "")) return text || "–";
    return new Date(text.slice(0, 10) + "T00:00Z").toLocaleDateString(locale(), {day: "numeric", month: "long", year: "numeric", timeZone: "UTC"}) + text.slice(10);
  };
  const day = (text) => new Date(text).toLocaleDateString("sv-SE", {timeZone: zone});
  // Whether the page follows along, and what it shows if it does not.
  let heard;                 // when something last came
  let reconnect = () => {};  // now, or after the usual pause
  const lose = ({status, message}) => {
    const why = status === 401 ? t("the token is wanted") : status ? message : t("no answer");
    const text = heard ? t("Not connected: {why}. The states are of {when}.", {why, when: when(heard.toISOString())}) : t("Not connected: {why}.", {why});
    if (lostLine.textContent !== text) lostLine.textContent = text;  // said once by a screen reader
  };
  // On a phone a row of many cells is a list of them, each behind its head; see app.css.
  const table = (heads, rows, caption, kind = heads.length > 4 ? "stacked" : "") => {
    for (const row of rows) [...row.children].forEach((cell, i) => { cell.dataset.head = heads[i][0]; });
    return el("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": caption},
    el("table", {class: kind || null}, el("thead", {}, el("tr", {}, heads.map(([text, kind]) => el("th", {scope: "col", class: kind}, text)))),
      el("tbody", {}, rows)));
  };
  const kpiLink = (id, segment) => "#/kpi/" + encodeURIComponent(id) + (segment ? "?segment=" + encodeURIComponent(segment) : "");

  const spark = (values) => {
    const known = (values || []).filter((value) => value != null);
    const low = Math.min(...known), high = Math.max(...known);
    if (known.length < 2 || !Number.isFinite(high - low)) return null;
    let pen = "M", path = "";
    values.forEach((value, i) => {
      if (value == null) { pen = "M"; return; }
      path += `${pen}${(2 + (116 * i) / (values.length - 1)).toFixed(1)} ${(25 - (22 * (value - low)) / (high - low || 1)).toFixed(1)}`;
      pen = "L";
    });
    return el("svg", {class: "spark", viewBox: "0 0 120 28", "aria-hidden": "true"}, el("path", {d: path}));
  };

  const overview = async (query) => {
    const asked = new URLSearchParams(query);
    const offset = Number(asked.get("offset") || 0);
    const found = await get(`kpis?spark=1&limit=${page}&offset=${offset}&q=${encodeURIComponent(asked.get("q") || "")}` +
      `&state=${asked.get("state") || ""}&owner=${encodeURIComponent(asked.get("owner") || "")}`);
    const go = (changes) => {
      for (const [name, value] of Object.entries(changes)) value ? asked.set(name, value) : asked.delete(name);
      location.hash = "#/?" + asked;
    };
    const search = el("input", {id: "q", type: "search", value: asked.get("q") || "", placeholder: t("name, owner, segment")});
    const states = el("select", {id: "state", onchange: (event) => go({q: search.value, state: event.target.value, offset: ""})},
      ["", "firing", "error", "no_data", "pending", "ok"].map((state) => el("option", {value: state, selected: state === (asked.get("state") || "")},
        state ? `${name(state)} (${found.states[state] || 0})` : t("every state"))));
    const rows = found.kpis.map((line) => {
      const segment = segmentText(line.segment);
      const target = line.target;
      return el("tr", {class: segment ? "segment" : ""},
        el("th", {scope: "row"}, el("a", {href: kpiLink(line.id, segment)}, segmentName(line.segment) || line.title), el("br"), el("small", {class: "soft"}, segment ? line.title : line.owner || "")),
        el("td", {class: "number"}, el("b", {}, plain(line.formatted) || "–")),
        el("td", {class: "wide"}, spark(line.spark)),
        el("td", {}, stateChip(line), line.since && line.state !== "ok" ? el("small", {class: "soft wide"}, t(" since {day}", {day: date(day(line.since))})) : null,
          target && el("span", {class: "narrow"}, chip(target.status))),
        el("td", {class: "wide"}, target && [chip(target.status), el("small", {class: "soft wide"}, t(" goal {goal}", {goal: plain(target.formatted_goal || target.goal)}))]));
    });
    return [el("h1", {}, t("KPIs")),
      found.config && !found.config.ok && el("p", {class: "card critical"}, t("The files were refused: an older configuration runs."), " ", el("a", {href: "#/config"}, t("Configuration"))),
      el("p", {class: "soft"}, found.total === 1 ? t("{n} KPI or segment; as of {when}", {n: 1, when: when(found.now)})
        : t("{n} KPIs and segments; as of {when}", {n: found.total, when: when(found.now)})),
      el("p", {class: "chips"}, ["firing", "error", "no_data", "pending", "ok"].filter((state) => found.states[state]).map((state) =>
        el("a", {class: "chip " + tones[state], href: "#/?state=" + state}, `${found.states[state]} ${name(state)}`))),
      el("form", {class: "filters", role: "search", "data-name": "filters", onsubmit: (event) => { event.preventDefault(); go({q: search.value, offset: ""}); }},
        el("label", {for: "q"}, t("Search "), search), el("label", {for: "state"}, t("State "), states), el("button", {}, t("Show"))),
      rows.length ? table([[t("KPI")], [t("Value"), "number"], [t("Last periods"), "wide"], [t("State")], [t("Target"), "wide"]], rows, t("KPIs"), "kpis") : el("p", {}, t("Nothing matches.")),
      el("div", {class: "pager"},
        el("button", {disabled: offset === 0, onclick: () => go({offset: Math.max(0, offset - page)})}, t("Earlier")),
        el("span", {class: "soft"}, found.total ? t("{from}–{to} of {n}", {from: offset + 1, to: Math.min(found.total, offset + page), n: found.total}) : ""),
        el("button", {disabled: offset + page >= found.total, onclick: () => go({offset: offset + page})}, t("Later")))];
  };

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const share = (part) => new Intl.NumberFormat(language, {style: "percent"}).format(part);

  // As messages say it: no forecast is certain, but of a share of met periods that can be reached no more.
  const likelihood = ({probability, formatted_goal: goal}) => {
    if (probability < 0.005 && !(probability === 0 && / of periods met$/.test(goal))) return t("under {share}", {share: share(0.01)});
    return probability >= 0.995 ? t("over {share}", {share: share(0.99)}) : share(probability);
  };

  // Behind the values: alerts as bands, a line for each note's day.
  const behind = (rows, times, notes, episodes) => (plot) => {
    const {left, top, width, height} = plot.bbox;
    const at = (time) => Math.min(left + width, Math.max(left, Math.round(plot.valToPos(time, "x", true))));
    plot.ctx.save();
    for (const alert of episodes) {
      const from = at(Date.parse(alert.since) / 1000), to = alert.resolved ? at(Date.parse(alert.resolved) / 1000) : left + width;
      if (to <= left || from >= left + width) continue;
      plot.ctx.fillStyle = colour(alert.severity === "critical" ? "--bad-bg" : "--warn-bg");
      plot.ctx.fillRect(from, top, Math.max(2, to - from), height);
    }
    plot.ctx.strokeStyle = colour("--soft");
    plot.ctx.setLineDash([3, 4]);
    for (const note of notes) {
      const row = rows.findIndex((one) => one.date.slice(0, 10) >= note.date);
      if (row < 0 || note.date < rows[0].date.slice(0, 10)) continue;
      plot.ctx.beginPath();
      plot.ctx.moveTo(at(times[row]), top);
      plot.ctx.lineTo(at(times[row]), top + height);
      plot.ctx.stroke();
    }
    plot.ctx.restore();
  };

  // A bare number in the KPI's unit, as far as a chart or a table of them needs it.
  const figure = (unit) => {
    const form = new Intl.NumberFormat(language, unit === "%" ? {style: "percent", maximumFractionDigits: 2} : {maximumSignificantDigits: 6});
    return (value) => (value == null ? "–" : form.format(value));
  };

  // Below the axis: days of the daemon's zone, whatever the viewer's is.
  const dates = (splits, step) => splits.map((at, i) => {
    const moment = new Date(at * 1000), form = (options) => moment.toLocaleDateString(locale(), {...options, timeZone: zone});
    if (step < 86400) return moment.toLocaleTimeString(locale(), {hour: "2-digit", minute: "2-digit", timeZone: zone});
    if (step < 27 * 86400) return form({day: "numeric", month: "short"});
    return form(i === 0 || form({month: "numeric"}) === "1" ? {month: "short", year: "numeric"} : {month: "short"});
  });

  // Lines over the periods: [{label, of, stroke, dash, dots}].
  const chart = (rows, lines, text, words, {notes = [], episodes = [], height = 280} = {}) => {
    const box = el("div", {class: "chart", role: "img", "aria-label": words});
    if (rows.length < 2 || typeof uPlot === "undefined") return box;
    const times = rows.map((row) => Date.parse(row.period.start) / 1000);
    const shown = lines.filter((line) => rows.some((row) => line.of(row) != null));
    const series = [{label: t("Period"), value: (_, at) => (at == null ? "–" : since(new Date(at * 1000).toISOString()))},
      ...shown.map((line) => ({label: line.label, value: (_, value) => text(value), stroke: line.stroke, width: line.dash ? 1 : 2, dash: line.dash, spanGaps: false,
        ...(line.dots ? {paths: () => null, points: {show: true, size: 5, fill: line.stroke}} : {})}))];
    const data = [times, ...shown.map((line) => rows.map((row) => line.of(row) ?? null))];
    const axis = {stroke: colour("--soft"), grid: {stroke: colour("--line")}, ticks: {stroke: colour("--line")}};
    requestAnimationFrame(() => {  // once it stands on the page and has a width
      new uPlot({width: Math.max(280, box.clientWidth), height, series, tzDate: (at) => uPlot.tzDate(new Date(at * 1000), zone || "UTC"),
        axes: [{...axis, values: (_, splits, axisIndex, space, step) => dates(splits, step)}, {...axis, size: 70, values: (_, values) => values.map(text)}], cursor: {y: false},
        hooks: {drawClear: [behind(rows, times, notes, episodes)]}}, data, box);
    });
    return box;
  };

  // What a sum of periods had come to after each of them: a target's path begins anew where the next one starts.
  const sums = (rows) => {
    let sum = null, before = null;
    return new Map(rows.map((row) => {
      const due = row.target ? row.target.expected : null;
      if (due == null) sum = null;
      else sum = (sum == null || due < before ? 0 : sum) + (row.value || 0);
      before = due;
      return [row, sum];
    }));
  };

  // The chart of the values; beside a goal that adds up, or is a share, one of the way there: another axis.
  const charts = (kpi, line, history, notes, episodes, text) => {
    const rows = history.slice(-400);
    const known = rows.filter((row) => row.value != null), values = known.map((row) => row.value);
    const count = (verdict) => rows.filter((row) => row.verdict === verdict).length;
    const goal = (line.target && line.target.formatted_goal) || "";
    const isTotal = / in total$/.test(goal), isShare = / of periods met$/.test(goal);
    const path = {label: t("target path"), of: (row) => row.target && row.target.expected, stroke: colour("--good"), dash: [6, 4]};
    const words = known.length ? t("{title}: {n} periods, from {first} to {last}, lowest {low}, highest {high}; {missed} missed, {gaps} without data", {title: kpi.title, n: rows.length,
      first: text(values[0]), last: text(values[values.length - 1]), low: text(values.reduce((a, b) => Math.min(a, b))), high: text(values.reduce((a, b) => Math.max(a, b))),
      missed: count("missed"), gaps: count("no_data")}) : kpi.title;
    const found = [chart(rows, [{label: t("value"), of: (row) => row.value, stroke: colour("--accent")}, {label: t("limit"), of: (row) => row.limit, stroke: colour("--bad"), dash: [2, 4]},
      ...(isTotal || isShare ? [] : [path]), {label: t("missed"), of: (row) => (row.verdict === "missed" ? row.value : null), stroke: colour("--bad"), dots: true}], text, words, {notes, episodes})];
    if (isTotal) {
      const so = sums(history), last = rows[rows.length - 1], way = rows.slice(rows.findIndex((row) => so.get(row) != null));
      found.push(el("h2", {}, t("Towards the goal")), chart(way, [{label: t("so far"), of: (row) => so.get(row), stroke: colour("--accent")}, path], text,
        t("{title}: {actual} so far, {expected} due by now", {title: kpi.title, actual: text(last && so.get(last)), expected: text(last && path.of(last))}), {height: 200}));
    }
    return found;
  };

  // Lines of an explanation, what does not fit beneath the text it continues.
  const hung = (text) => text.trimEnd().split("\n").map((line) => {
    const [head, label] = line.match(/^ *(\S+ {2,})?/);
    const node = el("div", {}, line);
    const hang = head.length + (label ? 0 : 2);
    node.style.paddingLeft = `${hang}ch`;
    node.style.textIndent = `-${hang}ch`;
    return node;
  });

  const kpiPage = async (id, query) => {
    const segment = new URLSearchParams(query).get("segment") || "";
    const chosen = "segment=" + encodeURIComponent(segment || "total");
    const [kpi, history, alerts, notes, reviews] = await Promise.all([get("kpis/" + encodeURIComponent(id)),
      get(`kpis/${encodeURIComponent(id)}/history?${chosen}`), get("alerts?all&kpi=" + encodeURIComponent(id)), get("notes?kpi=" + encodeURIComponent(id)), get("reviews?kpi=" + encodeURIComponent(id))]);
    const why = el("pre", {tabindex: "0", lang: "en", class: "why"}, "…");  // comes by itself: it is worked out anew, over all of the history
    ask(`kpis/${encodeURIComponent(id)}/explain?${chosen}`).then((answer) => answer.text()).then((words) => why.replaceChildren(...hung(words)), (error) => why.replaceChildren(error.message));
    const line = kpi.lines.find((one) => segmentText(one.segment) === segment) || kpi.lines[0] || {};
    const rows = history.rows.slice(-400);
    const text = figure(kpi.unit);
    const target = line.target;
    const fact = (name, value, more) => el("div", {}, el("dt", {}, name), el("dd", {}, value || "–", more && el("small", {class: "soft"}, more)));
    const episodes = alerts.alerts.filter((alert) => alert.kpi === id && segmentText(alert.segment) === segment).slice(0, 20);
    const note = el("input", {size: 40, placeholder: t("what was said"), "aria-label": t("Review note")});
    const noteDay = el("input", {type: "date", value: day(new Date()), required: true, "aria-label": t("Day of the note")});
    const noteText = el("input", {size: 40, placeholder: t("what happened that day"), required: true, "aria-label": t("Text of the note")});
    const newest = (list) => [...list].reverse().slice(0, 20);
    return [el("p", {}, el("a", {href: "#/"}, t("All KPIs"))),
      el("h1", {}, kpi.title, segment ? " · " + segmentName(line.segment) : "", " ", stateChip(line)),
      el("p", {class: "soft"}, kpi.description),
      el("dl", {class: "facts"}, fact(t("Value"), plain(line.formatted), line.period && date(day(line.period.start))),
        target && fact(t("Target"), plain(String(target.formatted_goal || target.goal)), t("by {date}, {status}", {date: date(target.deadline), status: name(target.status)})),
        target && target.pace != null && fact(t("Pace"), share(target.pace), target.probability != null ? t("probability {share}", {share: likelihood(target)}) : ""),
        fact(t("Owner"), kpi.owner), fact(t("Objective"), kpi.objective)),
      charts(kpi, line, history.rows, notes.notes, episodes, text),
      kpi.lines.length > 1 && [el("h2", {}, t("Segments")), table([[t("Segment")], [t("Value"), "number"], [t("State")]], kpi.lines.map((one) => {
        const label = segmentText(one.segment);
        return el("tr", {}, el("th", {scope: "row"}, el("a", {href: kpiLink(id, label)}, segmentName(one.segment) || t("total"))), el("td", {class: "number"}, plain(one.formatted) || "–"), el("td", {}, stateChip(one)));
      }), t("Segments"))],
      episodes.length > 0 && [el("h2", {}, t("Alerts")), table([[t("Rule")], [t("Severity")], [t("Since")], [t("Ended")]], episodes.map((alert) => el("tr", {},
        el("td", {}, name(alert.rule)), el("td", {}, chip(alert.severity)), el("td", {}, since(alert.since)), el("td", {}, alert.resolved ? since(alert.resolved) : t("open")))), t("Alerts of this KPI"), "stacked")],
      el("h2", {}, t("Why")), language !== "en" && el("p", {class: "soft"}, t("The explanation is in English.")), why,
      el("h2", {}, t("Last periods")), table([[t("Period")], [t("Value"), "number"], [t("Limit"), "number"], [t("Verdict")]], rows.slice(-14).reverse().map((row) => el("tr", {},
        el("th", {scope: "row"}, date(row.date)), el("td", {class: "number"}, text(row.value)),
        el("td", {class: "number"}, text(row.limit)), el("td", {}, chip(row.verdict)))), t("Last periods")),
      el("h2", {}, t("Notes")), notes.notes.length > 0 && table([[t("Date")], [t("Note")], [t("By")]], newest(notes.notes).map((one) => el("tr", {},
        el("th", {scope: "row"}, date(one.date)), el("td", {}, one.text), el("td", {}, one.by))), t("Notes"), "stacked"),
      el("form", {class: "filters", "data-name": "note", onsubmit: (event) => { event.preventDefault(); post("notes", {kpi: id, date: noteDay.value, text: noteText.value, by: stored("by")}, "note"); }},
        noteDay, noteText, el("button", {}, t("Write"))),
      el("h2", {}, t("Review")), reviews.reviews.length ? table([[t("When")], [t("By")], [t("Note")]], newest(reviews.reviews).map((one) => el("tr", {},
        el("th", {scope: "row"}, when(one.at)), el("td", {}, one.by), el("td", {}, one.note))), t("Reviews"), "stacked") : el("p", {class: "soft"}, t("Nobody has reviewed it yet.")),
      el("form", {class: "filters", "data-name": "review", onsubmit: (event) => { event.preventDefault(); post("reviews", {kpis: [id], by: stored("by"), note: note.value}, "review"); }},
        note, el("button", {class: "main"}, t("Mark reviewed")))];
  };

  // What a silence of the alert's labels holds back, before it is asked for: every rule, and of a total its segments too.
  const reach = (alert, what) => {
    if (!alert.lines) return "";
    const others = alert.lines - 1;
    if (others === 0) return t("Silence holds back every alert of {what}: this one line.", {what});
    return segmentText(alert.segment) ? t("Silence holds back every alert of {what}: {n} segments.", {what, n: others + 1})
      : others === 1 ? t("Silence holds back every alert of {what}: the total and its segment.", {what})
      : t("Silence holds back every alert of {what}: the total and its {n} segments.", {what, n: others});
  };

  const alertsPage = async () => {
    const [alerts, silences] = await Promise.all([get("alerts"), get("silences")]);
    const most = 100;
    const grave = ["critical", "warning", "info"];  // those of one severity as they come: the newest first
    const cards = [...alerts.alerts].sort((a, b) => grave.indexOf(a.severity) - grave.indexOf(b.severity)).slice(0, most).map((alert) => {
      const until = el("input", {value: "4 hours", size: 8, "aria-label": t("Until")});
      const comment = el("input", {placeholder: t("comment"), size: 20, "aria-label": t("Comment")});
      const segment = segmentText(alert.segment);
      const matchers = ["kpi=" + alert.kpi, ...Object.entries(alert.segment || {}).map(([name, value]) => `${name}=${value}`)];
      const act = (event, silence) => {
        event.preventDefault();
        if (silence) post("silences", {match: matchers, until: until.value, by: stored("by"), comment: comment.value}, alert.id);
        else post(`alerts/${encodeURIComponent(alert.id)}/ack`, {until: until.value, by: stored("by"), comment: comment.value}, alert.id);
      };
      return el("article", {class: "card " + alert.severity},
        el("h2", {}, alert.kpi ? el("a", {href: kpiLink(alert.kpi, segment)}, (alert.title || alert.kpi) + (segment ? " · " + segmentName(alert.segment) : "")) : alert.source || name(alert.rule), " ", chip(alert.severity)),
        el("p", {}, [plain(alert.formatted), alert.error, name(alert.rule)].filter(Boolean).join(" · ")),
        el("p", {class: "soft"}, t("since {when}", {when: since(alert.since)}) + " · " + alert.id,
          alert.acknowledged ? " · " + t("{by} has it until {when}", {by: alert.acknowledged.by, when: when(alert.acknowledged.until)}) : ""),
        alert.kpi && el("form", {"data-name": alert.id, onsubmit: (event) => act(event, false)}, until, comment, el("button", {class: "main"}, t("Acknowledge")),
          el("button", {type: "button", "aria-describedby": "silences-" + alert.id, onclick: (event) => act(event, true)}, t("Silence")),
          el("small", {class: "soft reach", id: "silences-" + alert.id}, reach(alert, matchers.join(", ")))));
    });
    return [el("h1", {}, t("Alerts")), cards.length ? cards : el("p", {}, t("Nothing fires.")),
      alerts.alerts.length > most && el("p", {}, t("and {n} more: ", {n: alerts.alerts.length - most}), el("a", {href: "#/?state=firing"}, t("every KPI that fires"))),
      el("h2", {}, t("Silences")), silences.silences.length ? table([[t("What")], [t("Until")], [t("By")], [t("Action")]], silences.silences.map((silence) => el("tr", {},
        el("td", {}, (silence.match || []).map((one) => one.label + (one.negated ? "!=" : "=") + one.values.join("|")).join(", ")),
        el("td", {}, when(silence.until)), el("td", {}, silence.by + (silence.comment ? ": " + silence.comment : "")),
        el("td", {}, el("button", {onclick: () => post(`silences/${encodeURIComponent(silence.id)}/end`, {})}, t("End"))))), t("Silences"), "stacked") : el("p", {class: "soft"}, t("None."))];
  };

  const deliveryPage = async () => {
    const [channels, dead, recent] = await Promise.all([get("channels"), get("notifications?state=dead"), get("notifications?limit=50")]);
    const list = (rows, resend, caption) => table([[t("Created")], [t("Channel")], [t("Type")], [t("State")], [t("Attempts"), "number"], [t("Error")], [t("Action")]], rows.map((row) => el("tr", {},
      el("td", {}, when(row.created)), el("td", {}, row.channel), el("td", {title: row.type}, typeName(row.type)), el("td", {}, chip(row.state)), el("td", {class: "number"}, String(row.attempts)),
      el("td", {}, row.last_error), el("td", {}, resend && el("button", {onclick: () => post(`notifications/${encodeURIComponent(row.id)}/resend`, {})}, t("Send again"))))), caption);
    return [el("h1", {}, t("Delivery")), table([[t("Channel")], [t("Waiting"), "number"], [t("Dead"), "number"]], channels.channels.map((channel) => el("tr", {},
      el("th", {scope: "row"}, channel.name, (channel.refused || []).map((one) => el("div", {class: "soft"}, `${one.address}: ${one.error}`))), el("td", {class: "number"}, String(channel.queued)), el("td", {class: "number"}, String(channel.dead)))), t("Channels")),
      el("h2", {}, t("Dead letters")), dead.notifications.length ? list(dead.notifications, true, t("Dead letters")) : el("p", {class: "soft"}, t("None.")),
      el("h2", {}, t("Last messages")), recent.notifications.length ? list(recent.notifications, false, t("Last messages")) : el("p", {class: "soft"}, t("None."))];
  };

  const sourcesPage = async () => {
    const found = await get("sources");
    return [el("h1", {}, t("Sources")), table([[t("Source")], [t("State")], [t("Last poll")], [t("Last success")], [t("Left alone until")], [t("Remarks")]], found.sources.map((source) => el("tr", {},
      el("th", {scope: "row"}, source.name), el("td", {}, chip(source.ok ? "ok" : source.ok == null ? "pending" : "error")), el("td", {}, when(source.last_poll)),
      el("td", {}, when(source.last_success)), el("td", {}, source.next_poll ? when(source.next_poll) : ""),
      el("td", {}, [source.error, source.late, ...(source.quota || [])].filter(Boolean).join("; ")))), t("Sources"))];
  };

  const reviewsPage = async () => {
    const found = await get("reviews");
    return [el("h1", {}, t("Reviews")), el("p", {}, el("a", {href: api + "report?format=html", target: "_blank", rel: "noopener"}, t("The review of the last quarter"))),
      found.reviews.length ? table([[t("When")], [t("KPI")], [t("By")], [t("Note")]], [...found.reviews].reverse().map((review) => el("tr", {},
        el("td", {}, when(review.at)), el("td", {}, el("a", {href: kpiLink(review.kpi)}, review.kpi)), el("td", {}, review.by), el("td", {}, review.note))), t("Reviews"), "stacked") : el("p", {class: "soft"}, t("Nobody has reviewed a KPI yet."))];
  };

  // Of thousands of KPIs it takes a while; who asks meanwhile comes again.
  const checked = async () => {
    for (let turn = 1; ; ++turn) {
      try {
        return await get("check");
      } catch (error) {
        if (error.status !== 503 || turn === 60 || !location.hash.startsWith("#/config")) throw error;
        await new Promise((resolve) => setTimeout(resolve, 2000));
      }
    }
  };

  const configPage = async () => {
    const found = await checked();
    return [el("h1", {}, t("Configuration"), " ", chip(found.ok ? "ok" : "error")),
      found.refused && [el("h2", {}, t("The last reload was refused")), el("pre", {tabindex: "0"}, found.refused)],
      el("h2", {}, t("The files as they are")), el("pre", {tabindex: "0"}, found.diagnostics || t("nothing to say")),
      el("p", {}, el("button", {class: "main", onclick: () => post("reload", {})}, t("Reload")))];
  };

  const routes = [[/^\/kpi\/([^?]+)\??(.*)$/, (id, query) => kpiPage(decodeURIComponent(id), query)], [/^\/alerts/, alertsPage],
    [/^\/delivery/, deliveryPage], [/^\/sources/, sourcesPage], [/^\/reviews/, reviewsPage], [/^\/config/, configPage],
    [/^\/?\??(.*)$/, (query) => overview(query)]];

  // A button that is replaced between press and release gets no click: what is drawn waits until the finger is up.
  let released;
  main.addEventListener("pointerdown", () => {
    released = new Promise((resolve) => {
      for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => setTimeout(resolve), {once: true});
    });
  });

  // The fields of all forms by form and place. What was written into those from before, and where the cursor stood, is put
  // into those that took their place.
  const fields = () => new Map([...main.querySelectorAll("form")].flatMap((form) =>
    [...form.elements].map((field, place) => [form.dataset.name + " " + place, field])));
  const isWritten = (field) => (field.options ? ![...field.options].every((one) => one.selected === one.defaultSelected)
    : field.defaultValue != null && field.value !== field.defaultValue);
  const putBack = (before, active) => {
    const height = scrollY;
    for (const [key, field] of fields()) {
      const old = before.get(key);
      if (old && isWritten(old)) field.value = old.value;
      if (!old || old !== active) continue;
      field.focus({preventScroll: true});
      if (old.selectionStart != null) field.setSelectionRange(old.selectionStart, old.selectionEnd, old.selectionDirection);
      requestAnimationFrame(() => scrollTo(0, height));  // the charts have their height by now
    }
  };

  const show = async (quietly = false) => {
    // A link of a message names the path itself: /kpis/ID?segment=…
    const fromPath = location.pathname.match(/^\/kpis\/(.+)$/);
    const path = location.hash.slice(1) || (fromPath ? "/kpi/" + fromPath[1] + location.search : "/");
    for (const link of document.querySelectorAll("nav a")) {
      const here = link.hash === "#/" ? /^\/(\?|kpi\/|$)/.test(path) : path.startsWith(link.hash.slice(1));
      here ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
    }
    const [pattern, make] = routes.find(([known]) => known.test(path));
    const turn = (show.turn = (show.turn || 0) + 1);
    const isFirst = turn === 1;
    const slow = setTimeout(() => !quietly && turn === show.turn && main.replaceChildren(el("p", {class: "soft"}, t("Loading…"))), 400);
    try {
      await learn();
      const nodes = [await make(...path.match(pattern).slice(1))].flat(9).filter(Boolean);
      await released;
      if (turn !== show.turn) return;
      const before = fields(), active = document.activeElement;
      main.replaceChildren(...nodes);
      if (main.dataset.view === "#" + path) putBack(before, active);
      main.dataset.view = "#" + path;
      heard = new Date();
      document.title = (main.querySelector("h1")?.textContent || "kpid") + " – kpid";
    } catch (error) {
      const isCurrent = turn === show.turn;
      if (isCurrent && quietly && main.dataset.view === "#" + path && [0, 401].includes(error.status)) {
        lose(error);  // what is shown stays, and is said to be old
        reconnect(false);
      } else if (isCurrent) {
        delete main.dataset.view;
        main.replaceChildren(el("h1", {}, t("This cannot be shown")), el("p", {}, error.message),
          el("p", {class: "soft"}, t("If the page asks for the token, write it into the field above.")));
        document.title = t("This cannot be shown") + " – kpid";
      }
    } finally {
      clearTimeout(slow);
    }
    if (!quietly && !isFirst) {  // who has just come begins at the top: "Skip to content" first
      main.focus({preventScroll: true});
      scrollTo(0, 0);
    }
  };

  addEventListener("hashchange", () => show());
  document.getElementById("token").addEventListener("change", () => { show(true); reconnect(true); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show(true));

  // A step of the daemon: look again. Who is just writing, or choosing from a list, is left alone for half a minute.
  const step = async () => {
    if (step.waits) return;
    const field = document.activeElement;
    if (main.contains(field) && ["INPUT", "SELECT"].includes(field.tagName)) {
      step.waits = true;
      await new Promise((resolve) => { field.addEventListener("blur", resolve, {once: true}); setTimeout(resolve, 30_000); });
      step.waits = false;
    }
    show(true);
  };

  // The daemon's steps as they come, until there are no more. It sends a line every 15 s at least: after 40 s of silence
  // it is gone.
  const hear = async (stream, connected) => {
    let patience;
    const wait = () => { clearTimeout(patience); patience = setTimeout(() => stream.abort(), 40_000); };
    try {
      wait();
      const answer = await ask("events", {signal: stream.signal});
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      connected();
      for (let rest = "";;) {
        const {value, done} = await reader.read();
        if (done) return;
        wait();
        heard = new Date();
        const events = (rest + value).split("\n\n");
        rest = events.pop();
        if (events.some((event) => event.startsWith("event: step"))) step();
      }
    } finally {
      clearTimeout(patience);
    }
  };

  // By fetch: an EventSource cannot send the token, which must not stand in an address. Who is not connected is told so,
  // and of when the states are.
  const follow = async () => {
    for (let pause = 0, isFirst = true;; isFirst = false) {
      await new Promise((resolve) => { reconnect = (isAtOnce) => isAtOnce && resolve(); setTimeout(resolve, pause); });
      pause = Math.min(30_000, Math.max(1000, 2 * pause));
      const stream = new AbortController();
      let isRenewed = false;
      reconnect = (isAtOnce) => {
        isRenewed = true;
        pause = isAtOnce ? 0 : pause;
        stream.abort();
      };
      const connected = () => {
        pause = 1000;
        lostLine.textContent = "";
        if (!isFirst) show(true);  // what was missed meanwhile
      };
      await hear(stream, connected).catch((error) => isRenewed || lose(error));
    }
  };
  show();
  follow();
})();
