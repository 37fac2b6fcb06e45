(() => {
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const text = document.getElementById("text"), card = document.getElementById("card"), told = document.getElementById("told");
const items = text.children, count = data.bits.length;
const starts = new Float64Array(count + 1), before = new Float64Array(count + 1);
starts[0] = data.first;
for (let at = 0; at < count; at++) {
  starts[at + 1] = starts[at] + data.sizes[at];
  before[at + 1] = before[at] + data.bits[at];
  items[at].n = at;
}
const number = (value, digits) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const percent = (p) => {
  if (p >= 0.1 && p < 0.9995) return number(100 * p, 1) + " %";
  if (p >= 0.9995) return (p < 0.999995 ? number(100 * p, 3) : "100") + " %";
  return p >= 1e-6 ? (100 * p).toLocaleString("en", { maximumSignificantDigits: 2 }) + " %" : p > 0 ? p.toExponential(0) : "0 %";
};
const element = (tag, name, content) => {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (content !== undefined) made.textContent = content;
  return made;
};
const nameOf = (at) => {
  if (at in data.names) return data.names[at];
  const drawn = items[at].textContent.replaceAll("\n", "").replaceAll("\t", "");
  return drawn.replace(/^ +| +$/g, (spaces) => "␣".repeat(spaces.length));
};

function factsOf(at) {
  const bits = data.bits[at], size = data.sizes[at];
  return [
    ["code length", number(bits, 2) + " bits"],
    ["probability", percent(2 ** -bits)],
    ["bits per byte", size ? number(bits / size, 2) : "stands for no byte"],
    ["bytes", size > 1 ? number(starts[at], 0) + " – " + number(starts[at + 1] - 1, 0) : number(starts[at], 0)],
    ["up to here", number(before[at + 1], 0) + " bits"],
  ];
}

function alternativesOf(at) {
  const tops = data.tops[at] || [];
  if (!tops.length) return element("p", "none", data.note || "no alternatives: not predicted as a symbol of the model");
  const table = element("table"), own = nameOf(at);
  table.append(element("caption", "", "the model expected"));
  for (const [label, probability] of tops) {
    const row = element("tr", data.labels[label] === own ? "came" : ""), bar = element("div", "bar"), cell = element("td");
    bar.style.width = 100 * probability + "%";
    cell.append(bar);
    row.append(element("td", "", data.labels[label]), cell, element("td", "", percent(probability)));
    table.append(row);
  }
  return table;
}

let current = -1;
function leave() {
  if (current >= 0) items[current].classList.remove("on");
  current = -1;
  card.hidden = true;
}
function show(at, aloud) {
  if (at === current) return;
  leave();
  current = at;
  items[at].classList.add("on");
  const list = element("dl"), facts = factsOf(at);
  for (const [term, value] of facts) {
    const pair = element("div");
    pair.append(element("dt", "", term), element("dd", "", value));
    list.append(pair);
  }
  card.replaceChildren(element("div", "symbol", nameOf(at)), list, alternativesOf(at));
  card.hidden = false;
  place(items[at]);
  if (aloud) {
    const likely = (data.tops[at] || []).map(([label, p]) => data.labels[label] + " " + percent(p)).join(", ");
    told.textContent = nameOf(at) + ": " + facts.slice(0, 3).map((fact) => fact.join(" ")).join(", ") + (likely ? "; expected " + likely : "");
  }
}
function place(item) {
  const boxes = item.getClientRects(), box = boxes[boxes.length - 1] || item.getBoundingClientRect();
  const width = card.offsetWidth, height = card.offsetHeight, gap = 10;
  const below = box.bottom + gap + height < innerHeight;
  card.style.left = Math.max(8, Math.min(box.left, innerWidth - width - 8)) + "px";
  card.style.top = Math.max(8, below ? box.bottom + gap : box.top - gap - height) + "px";
}

text.addEventListener("pointerover", (event) => { if (event.target.n >= 0) show(event.target.n, false); });
text.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") leave(); });
text.addEventListener("click", (event) => { if (event.target.n >= 0) show(event.target.n, true); });
text.addEventListener("blur", leave);
text.addEventListener("focus", () => { if (count && current < 0 && text.matches(":focus-visible")) show(0, true); });
text.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 10, ArrowUp: -10, Home: -count, End: count }[event.key];
  if (event.key === "Escape") leave();
  if (!step || !count) return;
  event.preventDefault();
  const at = Math.max(0, Math.min(count - 1, Math.max(current, 0) + step));
  items[at].scrollIntoView({ block: "nearest" });
  show(at, true);
});
addEventListener("scroll", () => { if (current >= 0) place(items[current]); }, { passive: true });
document.getElementById("map").addEventListener("click", (event) => {
  const first = event.target.dataset.first;
  if (first !== undefined) items[first].scrollIntoView({ block: "center", behavior: "smooth" });
});
})();
