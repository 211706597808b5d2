"use strict";

/* What a state of the page is: a scenario, settings laid over it (texts as for --set), what is looked at, and a second
   scenario with its settings to put beside it. */
const state = {scenario: "", settings: new Map(), product: "", region: "", months: 0, against: null};
const FIRST = "china-ree-halt-with-c5";
const FULL = 50;
const DRAGGING = 8;
const SOON = 30;        // a key sends input and change at once: only the latter is asked for then
const FARES_AFTER = 350;
const PATIENCE = 30;    // times that a busy server is asked again
const client = Math.random().toString(36).slice(2) || "page";
const dark = matchMedia("(prefers-color-scheme: dark)");

const at = (id) => document.getElementById(id);
const make = (name, text = "", attributes = {}) => {
  const node = document.createElement(name);
  if (text) node.textContent = text;
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
};
/* A number stays with its unit at a line's end. */
const glued = (text) => text.replace(/(\d) (?=(?:%|\u00d7|points|[kM]?t|months?|times|m|bn)(?![\w]))/g, "$1\u00a0");
const say = (text) => { at("said").textContent = text; };

let look = null;      // palettes and land, the same for all figures
let about = null;     // the scenario as it is before anything is moved
let shown = null;     // the last answer
let ticket = 0;
let painted = 0;
let levers = new Map();

/* Talking to the server ------------------------------------------------------------------------------------------ */

class Refused extends Error {
  constructor(answer) { super(answer.error); this.faults = answer.faults ?? []; this.superseded = answer.superseded; }
}

const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));
const ask = async (address, body) => {
  const options = body && {method: "POST", headers: {"content-type": "application/json"}, body: JSON.stringify(body)};
  let response = await fetch(address, options);
  for (let again = 0; response.status === 429 && again < PATIENCE; again++) {
    await pause(Number(response.headers.get("retry-after")) || 1);
    response = await fetch(address, options);
  }
  const found = await response.json();
  if (!response.ok || found.superseded) throw new Refused(found);
  return found;
};

const question = (draws, everything = false) => ({
  scenario: state.scenario, settings: Object.fromEntries(state.settings), product: state.product, region: state.region,
  months: state.months, draws, everything, client, ticket: ++ticket, figures: inSight(),
  ...(state.against && !everything ? {against: side(state.against)} : {}),
});
const side = (other) => ({scenario: other.scenario, settings: Object.fromEntries(other.settings)});

const complain = (error, place = at("fault")) => {
  if (error.superseded) return;
  place.replaceChildren(make("p", error instanceof Refused ? "The model cannot run this:" : "The server does not answer:"));
  const texts = error.faults?.length ? error.faults.map((fault) => fault.text) : [error.message];
  for (const text of texts) place.append(make("pre", text));
  place.hidden = false;
  for (const fault of error.faults ?? []) mark(fault);
};

/* One question at a time: while one is under way only the newest next one is kept. A final one does not wait. */
let under = 0;
let soon = 0;
let next = null;

const run = async (draws) => {
  if (under && draws === DRAGGING) { next = draws; return; }
  next = null;
  clearTimeout(later);
  const began = performance.now();
  const asked = question(draws);
  under = asked.ticket;
  document.body.dataset.state = "busy";
  try {
    const asking = ask("/api/run", asked);
    plotly();
    const answer = await asking;
    if (answer.ticket >= painted) show(answer, draws, began);
  } catch (error) {
    if (!error.superseded) { complain(error); settle(asked.ticket); }
  }
  if (under !== asked.ticket) return;
  under = 0;
  if (next) run(next);
};

const settle = (number) => {
  if (number !== ticket || next) return;
  document.body.dataset.state = "ready";
  if (about && about.minerals.length > 1) later = setTimeout(compare, FARES_AFTER);
};

let later = 0;
let compared = "";
const compare = async () => {
  const key = JSON.stringify([state.scenario, state.months, ...state.settings]);
  if (key === compared) return;
  try {
    const answer = await ask("/api/run", question(FULL, true));
    fares(answer.fares);
    compared = key;
  } catch (error) {
    if (!error.superseded) complain(error);
  }
};

/* Drawing -------------------------------------------------------------------------------------------------------- */

const rgba = (hex, opacity) => `rgba(${[1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16)).join(",")},${opacity})`;

const named = (text, colours, months) => {
  if (text === "@months") return months;
  if (text === "@landx") return look.land.x;
  if (text === "@landy") return look.land.y;
  const found = /^@(\w+)(?:\/([\d.]+))?$/.exec(text);
  return found && found[1] in colours ? rgba(colours[found[1]], found[2] ?? 1) : text;
};

const resolved = (value, ...known) => {
  if (typeof value === "string") return value[0] === "@" ? named(value, ...known) : value;
  if (Array.isArray(value)) return typeof value[0] === "number" ? value : value.map((item) => resolved(item, ...known));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolved(item, ...known)]));
};

const layoutOf = (layout, c, place, height) => {
  const axis = {gridcolor: c.line, zerolinecolor: c.faint, linecolor: c.faint, tickcolor: c.faint, fixedrange: true};
  const full = {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", hovermode: "x unified", dragmode: false,
    font: {family: getComputedStyle(document.body).fontFamily, size: 12, color: c.soft},
    hoverlabel: {bgcolor: c.paper, bordercolor: c.faint, font: {color: c.ink}}, width: place.clientWidth, height,
    xaxis: {}, yaxis: {}, ...layout, margin: {l: 48, r: 14, t: 40, b: 36, ...layout.margin},
    legend: {orientation: "h", x: 0, y: 1.02, yanchor: "bottom", ...layout.legend},
  };
  for (const key of Object.keys(full)) if (/^[xy]axis\d*$/.test(key)) full[key] = {...axis, ...full[key]};
  return full;
};

/* Plotly is large: it is compiled while the server works on the first answer. */
let compiled = null;
const plotly = () => compiled ??= new Promise((done, failed) => {
  const script = make("script", "", {src: "/plotly.js"});
  script.addEventListener("load", done);
  script.addEventListener("error", () => failed(new Error("the figures' script cannot be loaded")));
  document.head.append(script);
});

/* Each figure has a place for this state and one, hidden until there is something beside it, for the other. */
const halves = [...document.querySelectorAll("[data-pair]")].flatMap((pair) => ["a", "b"].map((own) => {
  const half = make("div", "", {class: "half"});
  const name = make("p", own.toUpperCase(), {class: "side"});
  const plot = make("div", "", {class: "plot", "data-shows": pair.dataset.pair, "data-side": own, role: "img"});
  if (own === "b") plot.dataset.figure = pair.dataset.pair;
  half.append(name, plot);
  half.hidden = own === "a";
  name.hidden = true;
  pair.append(half);
  return half;
}));
const places = halves.map((half) => half.lastChild);
const visible = new Set();
const inSight = () => [...new Set(["prices", ...[...visible].map((place) => place.dataset.shows)])];

/* Figures are asked for when they come into sight; what has been computed is still there, so this is quick. */
let waiting = 0;
const unseen = () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => { if (under || next) unseen(); else run(FULL); }, SOON);
};

const draw = (place) => {
  const from = place.dataset.side === "a" ? shown?.against : shown;
  const figure = from?.figures[place.dataset.shows];
  if (from && !figure) unseen();
  if (!figure || !window.Plotly || place.parentNode.hidden || place.shownTicket === shown.ticket && !place.stale) return;
  const c = dark.matches ? look.dark : look.light;
  place.setAttribute("aria-label", shown.against ? `${place.dataset.side.toUpperCase()}: ${figure.alt}` : figure.alt);
  const known = [c, from.months];
  Plotly.react(place, resolved(figure.data, ...known), layoutOf(resolved(figure.layout, ...known), c, place, figure.height),
    {displayModeBar: false, scrollZoom: false, doubleClick: false});
  place.shownTicket = shown.ticket;
  place.stale = false;
  if (shown.against) level(place.dataset.shows);
};

/* Two figures side by side have the same scales. */
const LEVELLED = ["prices", "shares", "stocks"];
const level = (figure) => {
  const pair = places.filter((place) => place.dataset.shows === figure);
  if (!LEVELLED.includes(figure) || pair.some((place) => place.shownTicket !== shown.ticket)) return;
  const [a, b] = pair.map((place) => place._fullLayout);
  const common = {};
  for (const key of Object.keys(a)) {
    if (!/^yaxis\d*$/.test(key) || !b[key] || a[key].type === "category") continue;
    const ends = [...a[key].range, ...b[key].range];
    common[`${key}.range`] = [Math.min(...ends), Math.max(...ends)];
  }
  for (const place of pair) Plotly.relayout(place, common);
};

const watch = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) { visible.add(entry.target); draw(entry.target); } else visible.delete(entry.target);
  }
}, {rootMargin: "80px"});

const redraw = () => {
  for (const place of places) place.stale = true;
  for (const place of visible) draw(place);
};

const show = (answer, draws, began) => {
  shown = answer;
  painted = answer.ticket;
  at("fault").hidden = true;
  state.product = answer.product;
  state.region = answer.region;
  views(answer);
  at("why").textContent = glued(answer.why);
  sides(answer);
  at("sample").textContent = `${answer.draws} draws; map and flows of ${answer.year}`;
  tiles(answer.tiles);
  brief(answer.tiles);
  fares(answer.fares);
  for (const place of document.querySelectorAll("[data-reading]")) {
    const figure = answer.figures[place.dataset.reading];
    if (figure) place.textContent = `${answer.against ? "B: " : ""}${glued(figure.reading)}`;
  }
  remember();
  plotly().then(() => {
    if (shown !== answer) return;
    for (const place of visible) draw(place);
    requestAnimationFrame(() => setTimeout(() => {
      document.body.dataset.painted = answer.ticket;
      document.body.dataset.draws = draws;
      document.body.dataset.elapsed = Math.round(performance.now() - began);
      settle(answer.ticket);
    }));
  }).catch(complain);
};

const TREND = {worse: "✕ worse", better: "✓ better", higher: "▲ higher", lower: "▼ lower", same: "unchanged"};
const tiles = (found) => at("tiles").replaceChildren(...found.map((tile) => {
  const item = make("li", "", {"data-trend": tile.trend, "data-metric": tile.metric});
  const [, number, unit] = /^(\S+)\s*(.*)$/.exec(tile.value) ?? [null, tile.value, ""];
  const told = number === "at";   // words instead of a number
  const big = make("b", told ? tile.value : number, {class: told ? "big told" : "big"});
  if (!told) big.append(" ", make("small", unit));
  const before = make("span");
  before.append(`baseline ${tile.baseline}`, make("b", TREND[tile.trend], {class: "trend"}));
  item.append(make("span", tile.label), big, make("span", glued(tile.range) || "\u00a0"), before);
  return item;
}));

/* A phone shows the answer's numbers at its foot while the answer itself is out of sight. */
const brief = (found) => {
  at("brief").textContent = found.slice(0, 2).map((tile) => `${tile.label} ${tile.value}`).join(" \u00b7 ");
};
new IntersectionObserver(([entry]) => { at("brief").hidden = entry.isIntersecting; }).observe(at("picture"));

const sides = (answer) => {
  const other = answer.against;
  at("sides").hidden = !other;
  at("tiles").hidden = at("why").hidden = Boolean(other);
  document.body.toggleAttribute("data-sides", Boolean(other));
  for (const half of halves) {
    if (half.lastChild.dataset.side === "a") half.hidden = !other;
    half.firstChild.hidden = !other;
    if (other) half.lastChild.stale = true;
  }
  if (!other) return;
  const title = about.title || about.name;
  at("why-a").textContent = `A${other.title === title ? "" : `, ${other.title}`}: ${glued(other.why)}`;
  at("why-b").textContent = `B${other.title === title ? "" : `, ${title}`}: ${glued(answer.why)}`;
  at("numbers").replaceChildren(...other.numbers.map((row) => {
    const line = make("tr", "", {"data-metric": row.metric});
    const [change, range] = row.change.split(" (");
    const last = make("td", change);
    if (range) last.append(make("small", range.replace(")", "")));
    line.append(make("th", row.label, {scope: "row"}), make("td", row.a), make("td", row.b), last);
    return line;
  }));
  at("sides-note").textContent = !other.same
    ? "A says nothing about this product and consumer: it shows what it has, and nothing is compared."
    : other.paired ? "Differences are medians over the same draws, with the 5 % and 95 % quantiles; of prices they are of the inner band."
      : "Their draws are not the same: differences are of medians.";
};

const fares = (found) => {
  for (const [mineral, fare] of Object.entries(found)) {
    const tab = at("minerals").querySelector(`[data-mineral="${CSS.escape(mineral)}"]`);
    if (!tab) continue;
    tab.querySelector("i").dataset.level = fare.level;
    tab.querySelector("small").textContent = `${fare.price}, ${fare.short} short`;
    tab.title = `${fare.product}, the worst of any consumer: peak price (outer band) ${fare.price}, ${fare.short} of need short`;
  }
};

const options = (place, pairs, chosen) => {
  place.replaceChildren(...pairs.map(([value, text]) => make("option", text, {value})));
  place.value = chosen;
};

const views = (answer) => {
  const mineral = about.minerals.find((each) => each.products.some((product) => product.id === answer.product));
  options(at("product"), mineral.products.map((product) => [product.id, product.name]), answer.product);
  options(at("region"), answer.regions.map((region) => [region, about.regions[region]]), answer.region);
  for (const tab of at("minerals").children) tab.setAttribute("aria-pressed", tab.dataset.mineral === mineral.id);
};

const tabs = () => at("minerals").replaceChildren(...about.minerals.map((mineral) => {
  const tab = make("button", "", {type: "button", "data-mineral": mineral.id, "aria-pressed": "false"});
  tab.append(make("i"), mineral.name, make("small"));
  tab.addEventListener("click", () => { state.product = `${mineral.id}.`; state.region = ""; run(FULL); });
  return tab;
}));

/* The state in the address ---------------------------------------------------------------------------------------- */

const remember = () => {
  const words = new URLSearchParams({s: state.scenario, p: state.product, r: state.region, m: state.months});
  for (const [path, value] of state.settings) words.append("set", `${path}=${value}`);
  if (state.against) {
    words.set("a", state.against.scenario);
    for (const [path, value] of state.against.settings) words.append("aset", `${path}=${value}`);
  }
  history.replaceState(null, "", `#${words}`);
};

const recall = () => {
  const words = new URLSearchParams(location.hash.slice(1));
  if (!words.get("s")) return false;
  state.scenario = words.get("s");
  state.product = words.get("p") ?? "";
  state.region = words.get("r") ?? "";
  const months = Number(words.get("m"));
  state.months = [36, 60, 120].includes(months) ? months : 0;
  const settings = (name) => new Map(words.getAll(name).filter((text) => text.includes("=")).map((text) => {
    const cut = text.indexOf("=");
    return [text.slice(0, cut), text.slice(cut + 1)];
  }));
  state.settings = settings("set");
  state.against = words.get("a") ? {scenario: words.get("a"), settings: settings("aset")} : null;
  return true;
};

/* Undo and redo ---------------------------------------------------------------------------------------------------- */

const past = [];
let place = -1;
let lately = "";
let clock = 0;
const AT_ONCE = 1000;   // moves of one slider that come faster are one step

const taken = () => JSON.stringify([state.scenario, state.months, [...state.settings],
  state.against && [state.against.scenario, [...state.against.settings]]]);

const record = (path = "") => {
  const now = taken();
  if (past[place] === now) return;
  const same = path && path === lately && performance.now() - clock < AT_ONCE && place > 0;
  past.length = same ? place : place + 1;
  past.push(now);
  place = past.length - 1;
  lately = path;
  clock = performance.now();
  steps();
};

const steps = () => {
  at("undo").disabled = place <= 0;
  at("redo").disabled = place >= past.length - 1;
};

const step = (by) => {
  if (!past[place + by]) return;
  place += by;
  lately = "";
  const [scenario, months, settings, other] = JSON.parse(past[place]);
  const against = other && {scenario: other[0], settings: new Map(other[1])};
  Object.assign(state, {scenario, months, settings: new Map(settings), against});
  steps();
  say(by < 0 ? "Undone" : "Done again");
  open();
};

at("undo").addEventListener("click", () => step(-1));
at("redo").addEventListener("click", () => step(1));
addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || event.target.type === "text") return;
  event.preventDefault();
  step(event.shiftKey ? 1 : -1);
});

/* Opening a scenario ---------------------------------------------------------------------------------------------- */

const open = async (found) => {
  clearTimeout(soon);
  document.body.dataset.state = "busy";
  at("scenario").value = state.scenario;
  try {
    about = found ?? await ask("/api/open", {scenario: state.scenario, settings: Object.fromEntries(state.settings), months: 120, client});
  } catch (error) {
    complain(error);
    document.body.dataset.state = "ready";
    return;
  }
  if (!state.months) state.months = about.look;
  at("months").value = state.months;
  document.title = `${about.title || about.name}: what if?`;
  at("title").textContent = about.title || about.name;
  at("question").textContent = about.question;
  at("fault").hidden = true;
  compared = "";
  tabs();
  board(about.groups);
  besides();
  record();
  await run(FULL);
};

const afresh = (scenario) => {
  Object.assign(state, {scenario, product: "", region: "", months: 0, settings: new Map()});
  say("");
  return open();
};

/* Another structure of the scenario (more events, fewer contracts, other consumers), unless the language refuses it. */
const restructure = async (settings, fault = at("fault"), seen = {}) => {
  let found;
  fault.hidden = true;
  try {
    found = await ask("/api/open", {scenario: state.scenario, settings: Object.fromEntries(settings), months: 120, client});
  } catch (error) {
    complain(error, fault);
    return false;
  }
  Object.assign(state, {settings}, seen);
  await open(found);
  return true;
};

/* What stands beside: nothing, this state kept as it is, or another scenario. */
const THIS = "@this";
const besides = () => {
  const names = [...at("scenario").options].map((option) => [option.value, `A: ${option.textContent}`]);
  const kept = state.against?.settings.size ? [["@kept", "A: the state kept"]] : [];
  options(at("against"), [["", "Nothing"], [THIS, "This state, kept as A"], ...kept, ...names],
    !state.against ? "" : kept.length ? "@kept" : state.against.scenario);
};

at("against").addEventListener("change", (event) => {
  const chosen = event.target.value;
  if (chosen === "@kept") return;
  state.against = !chosen ? null
    : chosen === THIS ? {scenario: state.scenario, settings: new Map(state.settings)} : {scenario: chosen, settings: new Map()};
  besides();
  record();
  run(FULL);
});

const busy = async (button, text, work) => {
  button.disabled = true;
  say(text);
  try { await work(); } catch (error) { say(""); complain(error); } finally { button.disabled = false; }
};

const now = () => ({scenario: state.scenario, settings: Object.fromEntries(state.settings), client});

at("save").addEventListener("click", (event) => busy(event.target, "", async () => {
  const file = await ask("/api/yaml", now());
  const address = URL.createObjectURL(new Blob([file.text], {type: "application/yaml"}));
  make("a", "", {href: address, download: file.name}).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
  say(`${file.name} saved`);
}));

at("link").addEventListener("click", async () => {
  remember();
  try {
    await navigator.clipboard.writeText(location.href);
    say("Link copied");
  } catch {
    say(location.href);
  }
});

at("report").addEventListener("click", (event) => busy(event.target, "Running the whole scenario for the report…", async () => {
  const made = await ask("/api/report", now());
  const link = make("a", "Open the report", {href: made.address, target: "_blank", rel: "noopener"});
  say("");
  at("said").append(link);
  link.focus();
}));

at("reset").addEventListener("click", () => {
  state.settings = new Map();
  open();
});

at("scenario").addEventListener("change", (event) => afresh(event.target.value));
at("months").addEventListener("change", (event) => { state.months = Number(event.target.value); record(); run(FULL); });
at("product").addEventListener("change", (event) => { state.product = event.target.value; run(FULL); });
at("region").addEventListener("change", (event) => { state.region = event.target.value; run(FULL); });
at("levers").addEventListener("submit", (event) => event.preventDefault());
dark.addEventListener("change", redraw);
addEventListener("resize", () => { clearTimeout(redraw.timer); redraw.timer = setTimeout(redraw, 150); });
addEventListener("hashchange", () => { if (recall()) open(); });

const begin = async () => {
  const [found, common] = await Promise.all([ask("/api/scenarios"), ask("/api/look")]);
  look = common;
  const known = found.scenarios.filter((row) => row.draws > 0);
  options(at("scenario"), known.map((row) => [row.name, row.shipped ? row.name : `${row.name} (here)`]), "");
  for (const place of places) watch.observe(place);
  const first = known.find((row) => !row.shipped) ?? known.find((row) => row.name === FIRST) ?? known[0];
  if (!recall()) state.scenario = first.name;
  await open();
};

addEventListener("DOMContentLoaded", () => begin().catch(complain));   // when levers.js is there, too
