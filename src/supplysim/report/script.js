(async () => {
  "use strict";
  const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;,=>?@^_`{|}~";

  const bytesOf = (letters) => {
    const values = new Uint8Array(128);
    for (let k = 0; k < LETTERS.length; k++) values[LETTERS.charCodeAt(k)] = k;
    const blocks = Math.ceil(letters.length / 5);
    const bytes = new DataView(new ArrayBuffer(4 * blocks));
    for (let block = 0; block < blocks; block++) {
      let number = 0;
      for (let k = 5 * block; k < 5 * block + 5; k++) number = number * 85 + (k < letters.length ? values[letters.charCodeAt(k)] : 84);
      bytes.setUint32(4 * block, number);
    }
    return bytes.buffer.slice(0, 4 * blocks - (5 * blocks - letters.length));
  };

  const unpacked = (id) => {
    const stream = new Blob([bytesOf(document.getElementById(id).textContent)]).stream();
    return new Response(stream.pipeThrough(new DecompressionStream("gzip"))).text();
  };

  const {plots, numbers, shared, themes, regions} = JSON.parse(await unpacked("report-data"));
  const code = document.createElement("script");
  code.textContent = await unpacked("plotly");
  document.head.append(code);
  const product = document.getElementById("product");
  const region = document.getElementById("region");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const PRINT_WIDTH = 680;
  const NARROW = 560;
  const NARROW_END = 100;  // what a phone leaves for the names at the lines' ends
  const PRINT_HEIGHT = 720;
  let printing = false;

  const palette = () => (dark.matches && !printing ? themes.dark : themes.light);

  const colour = (hex, opacity) => {
    const [r, g, b] = [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
    return `rgba(${r},${g},${b},${opacity})`;
  };

  const named = (text, colours) => {
    if (text in shared) return shared[text];
    const found = /^@(\w+)(?:\/([\d.]+))?$/.exec(text);
    if (!found || !(found[1] in colours)) return text;
    return colour(colours[found[1]], found[2] ?? 1);
  };

  const resolved = (value, colours) => {
    if (typeof value === "string") return named(value, colours);
    if (Array.isArray(value)) return value.map((item) => resolved(item, colours));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolved(item, colours)]));
  };

  const layoutOf = (layout, c, place) => {
    const axis = {gridcolor: c.line, zerolinecolor: c.faint, linecolor: c.faint, tickcolor: c.faint, fixedrange: true};
    const full = {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", hovermode: "x unified", dragmode: false,
      font: {family: getComputedStyle(document.body).fontFamily, size: 12, color: c.soft},
      hoverlabel: {bgcolor: c.paper, bordercolor: c.faint, font: {color: c.ink}},
      height: place.clientHeight, xaxis: {}, yaxis: {}, ...layout,
      margin: {l: 52, r: 18, t: 44, b: 40, ...layout.margin},
      legend: {orientation: "h", x: 0, y: 1.02, yanchor: "bottom", ...layout.legend},
    };
    for (const key of Object.keys(full)) {
      if (/^[xy]axis\d*$/.test(key)) full[key] = {...axis, ...full[key]};
      if (place.clientWidth < NARROW && key[0] === "x" && ["date", "category"].includes(full[key]?.type)) {
        full[key] = {tickformat: full[key].type === "date" ? "%b\n%Y" : "", ...full[key], nticks: 4, tickangle: 0};
      }
    }
    if (place.clientWidth < NARROW) full.margin.r = Math.min(full.margin.r, NARROW_END);
    if (place.clientWidth < NARROW && full.annotations) {
      full.annotations = full.annotations.map((note) => ({...note, font: {...note.font, size: Math.min(note.font?.size ?? 12, 13) - 3}}));
    }
    if (printing) full.width = PRINT_WIDTH;
    else full.autosize = true;
    return full;
  };

  const fitted = (trace, narrow) => {
    const {narrow: changes, ...own} = trace;
    for (const [key, value] of Object.entries(narrow && changes ? changes : {})) {
      own[key] = Array.isArray(value) ? value : {...own[key], ...value};
    }
    return own;
  };

  const draw = (place) => {
    const c = palette();
    const {data, layout, height, scaled} = plots[place.id];
    const width = printing ? PRINT_WIDTH : place.clientWidth;
    const most = printing ? PRINT_HEIGHT : height;
    place.style.height = `${Math.round(Math.min(most, scaled ? height * Math.max(width, 520) / 1000 : height))}px`;
    const traces = data.map((trace) => fitted(trace, width < NARROW));
    Plotly.react(place, resolved(traces, c), layoutOf(resolved(layout, c), c, place),
      {displayModeBar: false, responsive: !scaled, staticPlot: printing, scrollZoom: false, doubleClick: false});
    place.dataset.drawn = "yes";
  };

  const places = [...document.querySelectorAll(".plot")];
  const redraw = (wanted) => places.filter((place) => place.offsetParent && wanted(place)).forEach(draw);

  const drawNext = () => {
    const place = places.find((candidate) => candidate.offsetParent && !candidate.dataset.drawn);
    if (!place) return;
    draw(place);
    setTimeout(drawNext);
  };

  const show = () => {
    const keys = new Set(["", product.value, `${product.value}|${region.value}`]);
    for (const part of document.querySelectorAll("[data-key]")) part.hidden = !keys.has(part.dataset.key);
    for (const part of document.querySelectorAll("[data-key]:not([hidden]) [data-numbers]:empty")) {
      part.innerHTML = numbers[part.dataset.numbers];
    }
    drawNext();
  };

  const offer = () => {
    const known = regions[product.value];
    for (const option of region.options) option.hidden = option.disabled = !known.includes(option.value);
    if (!known.includes(region.value)) region.value = known[0];
    show();
  };

  const save = (href, name) => Object.assign(document.createElement("a"), {href, download: name}).click();

  const picture = (name) => {
    const place = document.getElementById(name);
    const {data, layout} = plots[name];
    const size = {width: Math.max(place.clientWidth, 900), height: place.clientHeight};
    const full = {...layoutOf(resolved(layout, themes.light), themes.light, place), ...size, paper_bgcolor: themes.light.paper};
    const whole = {data: resolved(data.map((trace) => fitted(trace, false)), themes.light), layout: full};
    Plotly.toImage(whole, {format: "png", scale: 2, ...size}).then((image) => save(image, `${name}.png`));
  };

  const cells = (row) => [...row.children].map((cell) => `"${cell.textContent.replaceAll('"', '""')}"`).join(",");

  const sheet = (button) => {
    const rows = [...button.closest("figure").querySelectorAll("tr")].map(cells).join("\r\n");
    const file = URL.createObjectURL(new Blob(["\ufeff", rows, "\r\n"], {type: "text/csv"}));
    save(file, `${button.dataset.csv}.csv`);
    setTimeout(() => URL.revokeObjectURL(file), 1000);
  };

  addEventListener("click", ({target}) => {
    if (target.dataset?.png) picture(target.dataset.png);
    if (target.dataset?.csv) sheet(target);
  });

  if (product) {
    product.addEventListener("change", offer);
    region.addEventListener("change", show);
  }
  let settling = 0;
  addEventListener("resize", () => {
    clearTimeout(settling);
    settling = setTimeout(() => redraw((place) => plots[place.id].scaled && place.dataset.drawn), 200);
  });
  dark.addEventListener("change", () => redraw((place) => place.dataset.drawn));
  addEventListener("beforeprint", () => { printing = true; redraw(() => true); });
  addEventListener("afterprint", () => { printing = false; redraw((place) => place.dataset.drawn); });
  if (product) offer();
  else drawNext();  // a page without a choice shows all it has
})();
