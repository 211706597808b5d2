"use strict";

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
    input.removeAttribute("aria-invalid");
    box.querySelector(".wrong")?.remove();
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
  input.addEventListener("change", () => { moved(); clearTimeout(soon); record(control.path); run(FULL); });
  undo.addEventListener("click", () => { state.settings.delete(control.path); set(); record(); run(FULL); input.focus(); });
  levers.set(control.path, set);
  set();
  return box;
};

const board = (groups) => {
  levers = new Map();
  let number = 0;
  const sets = groups.map((group) => {
    const box = make("fieldset", "", {"data-kind": group.kind});
    const legend = make("legend", group.title);
    if (group.path) {
      box.dataset.entity = group.path;
      const out = make("button", "Leave out", {type: "button", class: "remove", "aria-label": `Leave out ${group.title}`});
      out.addEventListener("click", () => leaveOut(group));
      legend.append(out);
    }
    box.append(legend);
    if (group.says) box.append(make("p", group.says, {class: "says"}));
    if (group.note) box.append(make("p", group.note, {class: "words"}));
    box.append(...group.controls.map((control) => lever(control, number++)));
    return [group.kind, box];
  });
  const of = (kind) => sets.filter(([own]) => own === kind).map(([, box]) => box);
  const contracts = of("contract");
  at("reset").disabled = state.settings.size === 0;
  leftOut();
  kinds();
  consumers();
  const folded = make("details");
  folded.open = of("event").length === 0;
  if (contracts.length > 3) folded.append(make("summary", `${contracts.length} contracts`), ...contracts);
  at("levers").replaceChildren(...of("event"), ...(contracts.length > 3 ? [folded] : contracts), ...of("stock"), ...of("belief"));
};

/* Leaving out and putting back ------------------------------------------------------------------------------------ */

const listOf = (text) => (text ?? "").replace(/^\[|\]$/g, "").split(",").map((each) => each.trim()).filter(Boolean);
const titles = new Map();   // of what was left out, as long as the page is open

const without = (path) => new Map([...state.settings].filter(([own]) => own !== path && !own.startsWith(`${path}.`)));

const leaveOut = (group) => {
  titles.set(group.path, group.title);
  const settings = without(group.path);
  if (!state.settings.has(group.path)) {
    settings.set("remove", `[${[...listOf(settings.get("remove")), group.path].join(", ")}]`);
  }
  return restructure(settings);
};

const putBack = (path) => {
  const settings = new Map(state.settings);
  const rest = listOf(settings.get("remove")).filter((each) => each !== path);
  if (rest.length) settings.set("remove", `[${rest.join(", ")}]`); else settings.delete("remove");
  return restructure(settings);
};

const leftOut = () => {
  const paths = listOf(state.settings.get("remove"));
  at("removed").hidden = !paths.length;
  at("removed").replaceChildren(...paths.map((path) => {
    const title = titles.get(path) ?? path;
    const item = make("li", `Left out: ${title}`);
    const back = make("button", "Put back", {type: "button", class: "back", "aria-label": `Put back ${title}`});
    back.addEventListener("click", () => putBack(path));
    item.append(back);
    return item;
  }));
};

/* Adding an event or a contract ------------------------------------------------------------------------------------ */

const kinds = () => {
  const chosen = at("kind").value;
  options(at("kind"), about.forms.map((form) => [`${form.section}.${form.kind}`, form.label]), chosen || "events.export_ban");
  form();
};

const field = (given) => {
  const id = `field-${given.name}`;
  const box = make("div", "", {"data-field": given.name});
  const list = about.choices[given.takes];
  let input;
  if (given.takes === "regions" && given.many) {
    input = make("div", "", {class: "ticks", role: "group", id, "aria-label": given.label, tabindex: "-1"});
    input.append(...Object.entries(list).map(([value, text]) => tick(value, text, false)));
  } else if (list) {
    const known = Object.entries(list).filter(([value]) => given.takes !== "regions" || /^\w+$/.test(value) && value !== "others");
    input = make("select", "", {id});
    const first = given.takes === "products" && state.product in list ? state.product : known[0]?.[0];
    options(input, [...(given.required ? [] : [["", "\u2013"]]), ...known], given.required ? first : "");
  } else {
    input = make("input", "", {type: "text", id, maxlength: 60, placeholder: given.hint});
    input.value = given.value;
  }
  input.setAttribute("aria-describedby", `${id}-doc`);
  box.append(make("label", given.required ? given.label : `${given.label} (optional)`, {for: id}), input,
    make("p", given.doc, {class: "doc", id: `${id}-doc`}));
  return box;
};

const tick = (value, text, on) => {
  const label = make("label");
  const box = make("input", "", {type: "checkbox", value});
  box.checked = on;
  label.append(box, ` ${text}`);
  return label;
};

const form = () => {
  const chosen = about.forms.find((each) => `${each.section}.${each.kind}` === at("kind").value);
  at("does").textContent = chosen.does;
  at("add-fault").hidden = true;
  at("fields").replaceChildren(...chosen.fields.map(field));
  return chosen;
};

/* A value as the language reads it: a plain word, or a text in quotes whatever is in it. */
const written = (text) => /^[\w.%+][\w.%+/ -]*$/.test(text) ? text : JSON.stringify(text);
const given = (box) => {
  const ticks = [...box.querySelectorAll("input[type=checkbox]")];
  if (!ticks.length) return box.querySelector("input, select").value.trim();
  return ticks.filter((each) => each.checked).map((each) => each.value);
};

const unused = (section, kind) => {
  const plain = kind.replaceAll("_", "-");
  const taken = new Set([...state.settings.keys(), ...about.groups.map((group) => group.path), ...listOf(state.settings.get("remove"))]);
  for (let number = 1; ; number++) {
    const name = `${section}.${plain}${number > 1 ? `-${number}` : ""}`;
    if (!taken.has(name)) return name;
  }
};

/* A field that is missing is told at the entity's path, by its name. */
const fieldOf = (fault) => fault.path.split(".")[2] ?? /^needs '(\w+)'/.exec(fault.message)?.[1] ?? "";

const mark = (fault) => {
  const lever = at("levers").querySelector(`[data-path="${CSS.escape(fault.path)}"]`);
  const box = lever?.closest(".lever") ?? at("fields").querySelector(`[data-field="${CSS.escape(fieldOf(fault))}"]`);
  const input = lever ?? box?.querySelector("input, select");
  if (!box || box.querySelector(".wrong")) return;
  const id = `${input.id || "wrong"}-wrong`;
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-errormessage", id);
  box.append(make("p", fault.message, {class: "wrong", id}));
};

const unmark = () => {
  for (const wrong of at("fields").querySelectorAll(".wrong")) wrong.remove();
  for (const input of at("fields").querySelectorAll("[aria-invalid]")) input.removeAttribute("aria-invalid");
};

at("kind").addEventListener("change", form);
at("adding").addEventListener("toggle", () => { if (at("adding").open) form(); });   // of the product now looked at
at("add").addEventListener("submit", async (event) => {
  event.preventDefault();
  unmark();
  const [section, kind] = at("kind").value.split(".");
  const fields = [...at("fields").children].map((box) => [box.dataset.field, given(box)]).filter(([, value]) => value.length);
  const texts = fields.map(([name, value]) => `${name}: ${Array.isArray(value) ? `[${value.map(written).join(", ")}]` : written(value)}`);
  const path = unused(section, kind);
  const product = fields.find(([name]) => name === "product")?.[1] ?? "";
  const settings = new Map(state.settings).set(path, `{${[`kind: ${kind}`, ...texts].join(", ")}}`);
  const added = await restructure(settings, at("add-fault"), product ? {product, region: ""} : {});
  if (!added) { at("fields").querySelector("[aria-invalid]")?.focus(); return; }
  at("adding").open = false;
  at("levers").querySelector(`[data-entity="${CSS.escape(path)}"] input`)?.focus();
  say("Added");
});

/* Consumers -------------------------------------------------------------------------------------------------------- */

const consumers = () => {
  const now = Object.keys(about.regions);
  at("consuming-now").textContent = Object.values(about.regions).join(", ");
  const all = Object.entries(about.choices.regions).filter(([value]) => value !== "*" && value !== "others");
  at("consumers").replaceChildren(...all.map(([value, text]) => tick(value, text, now.includes(value))));
};

at("consumers").addEventListener("change", async (event) => {
  const value = event.target.value;
  const now = Object.keys(about.regions).filter((region) => region !== value);
  const kept = event.target.checked ? [...now, value] : now;
  const seen = state.region === value || event.target.checked ? {region: event.target.checked ? value : ""} : {};
  const done = await restructure(new Map(state.settings).set("consumers", `[${kept.join(", ")}]`), undefined, seen);
  if (!done) event.target.checked = !event.target.checked;
  at("consumers").querySelector(`[value="${CSS.escape(value)}"]`)?.focus();
});
