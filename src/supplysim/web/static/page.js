"use strict";

/* What a state of the page is: a scenario, settings laid over it (texts as for --set), and what is looked at. */
const state = {scenario: "", settings: new Map(), product: "", region: "", months: 0};
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
  months: state.months, draws, everything, client, ticket: ++ticket,
});

const complain = (error) => {
  if (error.superseded) return;
  const place = at("fault");
  place.replaceChildren(make("p", error instanceof Refused ? "The model cannot run this:" : "The server does not answer:"));
  const texts = error.faults?.length ? error.faults.map((fault) => fault.text) : [error.message];
  for (const text of texts) place.append(make("pre", text));
  place.hidden = false;
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
    const answer = await ask("/api/run", asked);
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

const named = (text, colours) => {
  if (text === "@months") return shown.months;
  if (text === "@landx") return look.land.x;
  if (text === "@landy") return look.land.y;
  const found = /^@(\w+)(?:\/([\d.]+))?$/.exec(text);
  return found && found[1] in colours ? rgba(colours[found[1]], found[2] ?? 1) : text;
};

const resolved = (value, colours) => {
  if (typeof value === "string") return value[0] === "@" ? named(value, colours) : value;
  if (Array.isArray(value)) return typeof value[0] === "number" ? value : value.map((item) => resolved(item, colours));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolved(item, colours)]));
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

const places = [...document.querySelectorAll(".plot")];
const visible = new Set();

const draw = (place) => {
  const figure = shown?.figures[place.dataset.figure];
  if (!figure || place.shownTicket === shown.ticket && !place.stale) return;
  const c = dark.matches ? look.dark : look.light;
  place.setAttribute("aria-label", figure.alt);
  Plotly.react(place, resolved(figure.data, c), layoutOf(resolved(figure.layout, c), c, place, figure.height),
    {displayModeBar: false, scrollZoom: false, doubleClick: false});
  place.shownTicket = shown.ticket;
  place.stale = false;
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
  at("why").textContent = answer.why;
  at("sample").textContent = `${answer.draws} draws; map and flows of ${answer.year}`;
  tiles(answer.tiles);
  fares(answer.fares);
  for (const place of document.querySelectorAll("[data-reading]")) {
    place.textContent = answer.figures[place.dataset.reading].reading;
  }
  for (const place of visible) draw(place);
  remember();
  requestAnimationFrame(() => setTimeout(() => {
    document.body.dataset.painted = answer.ticket;
    document.body.dataset.draws = draws;
    document.body.dataset.elapsed = Math.round(performance.now() - began);
    settle(answer.ticket);
  }));
};

const TREND = {worse: "✕ worse", better: "✓ better", higher: "▲ higher", lower: "▼ lower", same: "unchanged"};
const tiles = (found) => at("tiles").replaceChildren(...found.map((tile) => {
  const item = make("li", "", {"data-trend": tile.trend, "data-metric": tile.metric});
  const [, number, unit] = /^(\S+)\s*(.*)$/.exec(tile.value) ?? [null, tile.value, ""];
  const big = make("b", number, {class: "big"});
  big.append(" ", make("small", unit));
  const before = make("span");
  before.append(`baseline ${tile.baseline}`, make("b", TREND[tile.trend], {class: "trend"}));
  item.append(make("span", tile.label), big, make("span", tile.range || "\u00a0"), before);
  return item;
}));

const fares = (found) => {
  for (const [mineral, fare] of Object.entries(found)) {
    const tab = at("minerals").querySelector(`[data-mineral="${CSS.escape(mineral)}"]`);
    if (!tab) continue;
    tab.querySelector("i").dataset.level = fare.level;
    tab.querySelector("small").textContent = `${fare.price}, ${fare.short} short`;
    tab.title = `Worst for any consumer of ${fare.product}: price at ${fare.price} the base year's, ${fare.short} short`;
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

/* Sliders -------------------------------------------------------------------------------------------------------- */

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const pad = (number, width) => String(number).padStart(width, "0");
const year = (month) => Math.floor(month / 12);

/* How each unit is written in a setting, read from one, and told to people. */
const UNITS = {
  percent: {write: (v) => `${v}%`, read: parseFloat, tell: (v) => `${v} %`},
  months: {write: (v) => `${v} months`, read: parseFloat, tell: (v) => `${v} month${v === 1 ? "" : "s"}`},
  date: {
    write: (v) => `${pad(year(v), 4)}-${pad((v % 12) + 1, 2)}`, tell: (v) => `${MONTHS[v % 12]} ${year(v)}`,
    read: (text) => { const [y, m] = text.split("-").map(Number); return 12 * y + m - 1; },
  },
  rate: {write: (v) => `${v} t/yr`, read: parseFloat, tell: (v) => `${v.toLocaleString("en")} t/yr`},
  mass: {write: (v) => `${v} t`, read: parseFloat, tell: (v) => `${v.toLocaleString("en")} t`},
  factor: {write: (v) => `${v}x`, read: parseFloat, tell: (v) => `× ${v}`},
  number: {write: (v) => `${v}`, read: parseFloat, tell: (v) => `× ${v}`},
};

const lever = (control, number) => {
  const id = `lever-${number}`;
  const unit = UNITS[control.unit];
  const box = make("div", "", {class: "lever"});
  const line = make("div", "", {class: "line"});
  const told = make("output", "", {for: id});
  const undo = make("button", "↺", {type: "button", class: "undo", "aria-label": `Reset ${control.label}`});
  const right = make("span");
  right.append(told, undo);
  line.append(make("label", control.label, {for: id}), right);
  const input = make("input", "", {
    type: "range", id, min: control.low, max: control.high, step: control.step, "data-path": control.path,
  });
  box.append(line, input);
  if (control.drawn) box.append(make("div", `Drawn: ${control.drawn}`, {class: "drawn"}));

  const tell = () => {
    const value = Number(input.value);
    told.textContent = unit.tell(value);
    input.setAttribute("aria-valuetext", told.textContent);
    box.classList.toggle("moved", state.settings.has(control.path));
    at("reset").disabled = state.settings.size === 0;
  };
  const set = () => {
    const written = state.settings.get(control.path);
    input.value = written === undefined ? control.value : unit.read(written);
    tell();
  };
  const moved = () => {
    state.settings.set(control.path, unit.write(Number(input.value)));
    tell();
  };
  input.addEventListener("input", () => { moved(); clearTimeout(soon); soon = setTimeout(run, SOON, DRAGGING); });
  input.addEventListener("change", () => { moved(); clearTimeout(soon); run(FULL); });
  undo.addEventListener("click", () => { state.settings.delete(control.path); set(); run(FULL); input.focus(); });
  levers.set(control.path, set);
  set();
  return box;
};

const board = (groups) => {
  levers = new Map();
  let number = 0;
  const sets = groups.map((group) => {
    const box = make("fieldset", "", {"data-kind": group.kind});
    box.append(make("legend", group.title));
    if (group.note) box.append(make("p", group.note, {class: "words"}));
    box.append(...group.controls.map((control) => lever(control, number++)));
    return [group.kind, box];
  });
  const of = (kind) => sets.filter(([own]) => own === kind).map(([, box]) => box);
  const contracts = of("contract");
  const folded = make("details");
  folded.open = of("event").length === 0;
  if (contracts.length > 3) folded.append(make("summary", `${contracts.length} contracts`), ...contracts);
  at("levers").replaceChildren(...of("event"), ...(contracts.length > 3 ? [folded] : contracts), ...of("stock"), ...of("belief"));
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
  state.settings = new Map(words.getAll("set").filter((text) => text.includes("=")).map((text) => {
    const cut = text.indexOf("=");
    return [text.slice(0, cut), text.slice(cut + 1)];
  }));
  return true;
};

/* Opening a scenario ---------------------------------------------------------------------------------------------- */

const open = async () => {
  clearTimeout(soon);
  document.body.dataset.state = "busy";
  at("scenario").value = state.scenario;
  try {
    about = await ask("/api/open", {scenario: state.scenario, months: 120, client});
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
  await run(FULL);
};

const afresh = (scenario) => {
  Object.assign(state, {scenario, product: "", region: "", months: 0, settings: new Map()});
  say("");
  return open();
};

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
  state.settings.clear();
  for (const set of levers.values()) set();
  run(FULL);
});

at("scenario").addEventListener("change", (event) => afresh(event.target.value));
at("months").addEventListener("change", (event) => { state.months = Number(event.target.value); run(FULL); });
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

begin().catch(complain);
