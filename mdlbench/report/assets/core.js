// Building elements, numbers as text, the theme, tooltips: what every section's script uses. Text only ever enters the page as
// text (textContent, attributes), never as markup.

const mdlData = JSON.parse(document.getElementById("data").textContent);
const starts = []; // functions that set a section up, run by start.js
const redraws = new Set(); // functions that draw a plot anew at the width it has now

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
}
const element = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const svgElement = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

const NONE = "–";
const whole = value => (value === null ? NONE : Math.round(value).toLocaleString("en"));
const digits = (value, n) =>
  value === null ? NONE : value.toLocaleString("en", { minimumFractionDigits: n, maximumFractionDigits: n }).replace("-", "−");

function inUnits(value, units = ["B", "kB", "MB", "GB", "TB", "PB"]) {
  if (value === null) return NONE;
  let step = 0;
  while (Math.abs(value) >= 999.5 && step < units.length - 1) [value, step] = [value / 1000, step + 1];
  return `${Number(value.toPrecision(3))} ${units[step]}`;
}
const speedText = value => (value === null ? NONE : `${inUnits(value)}/s`);
const shortened = (text, most) => {
  const signs = [...text];
  return signs.length <= most ? text : `${signs.slice(0, most - 7).join("")}…${signs.slice(-6).join("")}`;
};

const tooltip = document.getElementById("tooltip");
let anchor = null; // gives the rectangle that the tooltip stands beside
function showTooltip(place, title, lines) {
  tooltip.replaceChildren(element("b", {}, title), ...lines.map(([name, value, colour]) => {
    const label = element("span", {}, name);
    if (colour) label.prepend(swatch(colour));
    return element("div", { class: "line" }, label, element("span", {}, value));
  }));
  tooltip.hidden = false;
  anchor = place;
  followAnchor();
}
function followAnchor() {
  if (tooltip.hidden) return;
  const box = anchor();
  const { width, height } = tooltip.getBoundingClientRect();
  const left = box.right + 12 + width < innerWidth ? box.right + 12 : Math.max(6, box.left - 12 - width);
  tooltip.style.left = `${left}px`;
  tooltip.style.top = `${Math.max(6, Math.min(box.top, innerHeight - height - 6))}px`;
}
const hideTooltip = () => { tooltip.hidden = true; };

function swatch(colour) {
  const mark = element("span", { class: "swatch", "aria-hidden": "true" });
  if (colour) mark.style.backgroundColor = colour; else mark.classList.add("hollow");
  return mark;
}

function legend(box, entries) { // entries: [name, colour], colour null for a hollow mark
  box.replaceChildren(...entries.map(([name, colour]) => element("span", { role: "listitem" }, swatch(colour), name)));
}

function plainTable(caption, heads, rows) {
  const cell = (tag, scope) => text => element(tag, { scope, class: typeof text === "string" && !/^[−\d]/.test(text) ? null : "number" }, text);
  return element("div", { class: "table-box", role: "region", tabindex: 0, "aria-label": caption },
    element("table", {},
      element("caption", {}, caption),
      element("thead", {}, element("tr", {}, ...heads.map(head => element("th", { scope: "col" }, head)))),
      element("tbody", {}, ...rows.map(([first, ...rest]) => element("tr", {}, cell("th", "row")(first), ...rest.map(cell("td", null)))))));
}

function tableOnOpen(figure, make) { // a table that is made when it is asked for, and stays true to what is shown
  const box = figure.querySelector("details.data");
  const update = () => { if (box.open) box.querySelector(".holder").replaceChildren(make()); };
  box.addEventListener("toggle", update);
  return update;
}

function setUpTheme() {
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
}
