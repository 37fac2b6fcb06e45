// What a page does beyond standing there: draws charts, sorts and filters tables, opens details, moves through stages.
// Text only ever enters the page as text (textContent, attributes), never as markup.
(() => {
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const element = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value); else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
};
document.getElementById("scriptless").remove();

// ---- theme
const button = document.getElementById("theme"), root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const remembered = () => { try { return localStorage.getItem("mdlbench-theme"); } catch { return null; } };
const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
const label = () => { button.textContent = isDark() ? "Light" : "Dark"; button.setAttribute("aria-label", `Use the ${isDark() ? "light" : "dark"} theme`); };
if (["light", "dark"].includes(remembered())) root.dataset.theme = remembered();
button.hidden = false;
button.addEventListener("click", () => {
  root.dataset.theme = isDark() ? "light" : "dark";
  try { localStorage.setItem("mdlbench-theme", root.dataset.theme); } catch { /* a page that may store nothing still turns dark */ }
  label();
});
dark.addEventListener("change", label);
label();

// ---- charts: those in sight first, the others when there is time; what is folded once it is opened
const isFolded = box => box.closest("details:not([open])") !== null;
const views = new Map(), waiting = new Set(all(".chart"));
async function draw(box) {
  if (!waiting.has(box) || isFolded(box) || !box.clientWidth) return;
  waiting.delete(box);
  const { view } = await vegaEmbed(box, data.charts[box.id], {
    mode: "vega-lite", config: data.configuration, ast: true, actions: false, renderer: "svg", defaultStyle: false, tooltip: { disableDefaultStyle: true, theme: "page" },
  });
  views.set(box.id, view);
}
const sight = new IntersectionObserver(entries => entries.forEach(entry => { if (entry.isIntersecting) draw(entry.target); }), { rootMargin: "300px" });
waiting.forEach(box => sight.observe(box));
const idle = window.requestIdleCallback || (work => setTimeout(work, 50));
const drawNext = () => {
  const box = [...waiting].find(one => !isFolded(one) && one.clientWidth);
  if (box) { draw(box); idle(drawNext); }
};
idle(drawNext);
document.addEventListener("toggle", () => { dispatchEvent(new Event("resize")); idle(drawNext); }, true);

// ---- a link to what is folded opens it
const reveal = hash => {
  const target = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
  for (let node = target; node; node = node.parentElement) if (node.tagName === "DETAILS") node.open = true;
  if (target) target.scrollIntoView();
};
document.addEventListener("click", event => {
  const link = event.target.closest("a[href^='#']");
  if (link) setTimeout(() => reveal(link.getAttribute("href")));
});
reveal(location.hash);

for (const legend of all(".legend")) {
  legend.addEventListener("click", event => {
    const chosen = event.target.closest("button"), view = views.get(legend.dataset.of);
    if (!chosen || !view) return;
    const pressed = chosen.getAttribute("aria-pressed") === "true";
    all("button", legend).forEach(one => one.setAttribute("aria-pressed", one === chosen && !pressed));
    view.signal("pick", pressed ? null : chosen.dataset.series).runAsync();
  });
}

const TITLES = { s: "series", b: "bar" }, INTERNAL = new Set(["x", "y", "n", "a", "z", "v", "l", "low", "high"]);
for (const box of all("details.data")) {
  box.addEventListener("toggle", () => {
    if (!box.open || box.querySelector("table")) return;
    const rows = data.charts[box.dataset.of].layer.flatMap(layer => layer.data.values).filter(row => row.s);
    const unique = [...new Map(rows.map(row => [JSON.stringify(row), row])).values()];
    const heads = [...new Set(unique.flatMap(row => Object.keys(row)))].filter(head => !INTERNAL.has(head));
    box.append(plainTable("Every figure of the chart", heads.map(head => TITLES[head] ?? head), unique.map(row => heads.map(head => row[head] ?? ""))));
  });
}

function plainTable(caption, heads, rows) {
  const cell = text => element("td", /^[−\d]/.test(text) ? { class: "number" } : {}, text);
  return element("div", { class: "table-box", role: "region", tabindex: 0, "aria-label": caption },
    element("table", {}, element("caption", {}, caption),
      element("thead", {}, element("tr", {}, ...heads.map(head => element("th", { scope: "col" }, head)))),
      element("tbody", {}, ...rows.map(row => element("tr", {}, ...row.map(cell))))));
}

// ---- tables: sorting, details
const valueOf = (line, column) => {
  const cell = line.cells[column];
  if (!cell.classList.contains("number")) return cell.querySelector(".name")?.textContent ?? cell.textContent;
  return cell.dataset.value === undefined ? (cell.classList.contains("rank") ? Number(cell.textContent) || null : null) : Number(cell.dataset.value);
};
function sortBy(table, heads, column) {
  const head = heads[column], now = head.getAttribute("aria-sort");
  const down = now ? now === "ascending" : head.dataset.better === "more"; // first the better end
  heads.forEach(other => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  for (const body of table.tBodies) {
    const lines = [...body.rows].filter(line => !line.classList.contains("divider"));
    const order = (one, other) => {
      const [a, b] = [valueOf(one, column), valueOf(other, column)];
      if (a === null || b === null) return (a === null) - (b === null); // what is not known stands last
      return (down ? -1 : 1) * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true }));
    };
    body.append(...lines.sort(order));
  }
  if (table.dataset.printed) all("tbody tr:not(.divider)", table).forEach((line, n) => line.classList.toggle("beyond", n >= Number(table.dataset.printed)));
}
for (const table of all("main table")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const sorter = element("button", { type: "button", onclick: () => sortBy(table, heads, column) }, ...[...head.childNodes].map(node => node.cloneNode(true)));
    head.dataset.label = head.textContent; // for print: Chromium repeats no head on every page that holds a button
    head.replaceChildren(sorter);
  });
}

const dialog = document.getElementById("details");
document.addEventListener("click", event => {
  const opener = event.target.closest("[data-details]");
  if (!opener) return;
  const { title, groups, tables } = data.details[opener.dataset.details];
  const close = element("button", { type: "button", onclick: () => dialog.close() }, "Close");
  dialog.replaceChildren(element("div", { class: "sheet" },
    element("header", {}, element("h2", { id: "details-title" }, title), close),
    ...groups.map(([name, pairs]) => element("section", {}, element("h3", {}, name), element("dl", {},
      ...pairs.flatMap(([term, text]) => [element("dt", {}, term), element("dd", {}, text)])))),
    ...tables.map(([name, heads, rows]) => plainTable(name, heads, rows))));
  dialog.onclick = inner => { if (inner.target === dialog) dialog.close(); };
  dialog.onclose = () => opener.focus();
  dialog.showModal();
  dialog.scrollTop = 0;
  close.focus();
});

// ---- filters: each narrows the tables of its section
for (const form of all("form.toolbar")) {
  const section = form.closest("section"), lines = all("tbody tr:not(.divider)", section).filter(line => Object.keys(line.dataset).some(key => key.startsWith("facet")));
  const text = new Map(lines.map(line => [line, line.textContent.toLowerCase()]));
  const selects = all("select", form);
  const apply = () => {
    const words = form.elements.text.value.trim().toLowerCase().split(/\s+/);
    let shown = 0;
    for (const line of lines) {
      const fits = words.every(word => text.get(line).includes(word)) &&
        selects.every(select => !select.value || line.getAttribute(`data-facet-${select.name}`) === select.value);
      line.hidden = !fits;
      shown += fits;
    }
    for (const box of all(".table-box", section)) {
      const own = lines.filter(line => box.contains(line));
      box.hidden = own.length > 0 && shown > 0 && own.every(line => line.hidden);
      for (const divider of all("tr.divider", box)) divider.hidden = all("tr:not(.divider)", divider.parentElement).every(line => line.hidden);
    }
    form.querySelector("output").textContent = shown === lines.length ? `${shown.toLocaleString("en")} rows` : `${shown.toLocaleString("en")} of ${lines.length.toLocaleString("en")} rows`;
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", event => event.preventDefault());
  apply();
}

// ---- stages
for (const box of all(".stages")) {
  const slider = box.querySelector("input"), stages = all(":scope > .stage", box);
  slider.addEventListener("input", () => {
    stages.forEach((stage, n) => { stage.hidden = n !== Number(slider.value); });
    const name = stages[slider.value].dataset.name;
    box.querySelector("output").textContent = name;
    slider.setAttribute("aria-valuetext", name);
    dispatchEvent(new Event("resize"));
  });
}
})();
