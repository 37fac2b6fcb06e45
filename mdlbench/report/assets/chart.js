// Scales, axes, points that can be reached with the keyboard, and labels that keep clear of each other.

const SERIES = [0, 1, 2, 3, 4, 5, 6].map(i => `var(--s${i})`);
let printing = false;
const alone = panel => !panel.parentElement.classList.contains("panels") || panel.parentElement.children.length === 1;
const widthOf = panel => (printing ? (alone(panel) ? 705 : 345) : Math.max(240, panel.clientWidth));

function scale(kind, [low, high], [from, to]) {
  const f = kind === "log" ? Math.log10 : value => value;
  const slope = (to - from) / (f(high) - f(low) || 1);
  const at = value => from + (f(value) - f(low)) * slope;
  at.back = place => { const x = f(low) + (place - from) / slope; return kind === "log" ? 10 ** x : x; };
  at.ticks = kind === "log" ? logTicks(low, high, Math.abs(to - from)) : linearTicks(low, high, Math.max(2, Math.abs(to - from) / 70));
  return at;
}

function linearTicks(low, high, most) {
  const rough = (high - low) / most || 1, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(n => n * power).find(s => s >= rough);
  const ticks = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(i * step || 0); // no −0
  return ticks;
}

function logTicks(low, high, room) {
  const [a, b] = [Math.log10(low), Math.log10(high)], ticks = [];
  const decade = room / (b - a || 1); // pixels
  const steps = decade >= 165 ? [1, 2, 5] : decade >= 100 ? [1, 3] : [1];
  const skip = Math.max(1, Math.ceil((b - a) / (room / 55)));
  for (let power = Math.floor(a); power <= b; power++) {
    if (steps.length === 1 && power % skip) continue;
    for (const step of steps) if (step * 10 ** power >= low * 0.999 && step * 10 ** power <= high * 1.001) ticks.push(step * 10 ** power);
  }
  return ticks;
}

let drawn = 0;
function canvas(panel, height, title, description) { // an empty picture as wide as its panel
  const width = widthOf(panel), id = `svg-${drawn++}`;
  const root = svgElement("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-labelledby": `${id}-t ${id}-d` },
    svgElement("title", { id: `${id}-t` }, title), svgElement("desc", { id: `${id}-d` }, description));
  root.querySelector("title").setAttribute("data-quiet", "");
  panel.replaceChildren(root);
  return { root, width, height };
}

const write = (root, x, y, text, attributes = {}) => {
  const node = svgElement("text", { x, y, ...attributes }, text);
  root.append(node);
  return node;
};
const line = (root, x1, y1, x2, y2, attributes) => root.append(svgElement("line", { x1, y1, x2, y2, ...attributes }));

function axes(root, x, y, frame, names) { // frame: {left, right, top, bottom}; names: {x, y, xText, yText}
  for (const tick of y.ticks) {
    line(root, frame.left, y(tick), frame.right, y(tick), { class: "grid" });
    write(root, frame.left - 8, y(tick) + 4, names.yText(tick), { class: "quiet", "text-anchor": "end" });
  }
  for (const tick of x.ticks) {
    line(root, x(tick), frame.top, x(tick), frame.bottom, { class: "grid" });
    write(root, x(tick), frame.bottom + 18, names.xText(tick), { class: "quiet", "text-anchor": "middle" });
  }
  line(root, frame.left, frame.bottom, frame.right, frame.bottom, { class: "axis" });
  write(root, (frame.left + frame.right) / 2, frame.bottom + 38, names.x, { class: "quiet", "text-anchor": "middle" });
  write(root, frame.left - 4, frame.top - 12, names.y, { class: "quiet", "text-anchor": "start", x: 0 });
}

const SHAPES = { // one shape for each kind of row, so that kinds can be told apart without colour
  own: r => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`,
  baseline: r => `M${-r} ${-r}H${r}V${r}H${-r}Z`,
  environment: r => `M0 ${-1.35 * r}L${1.25 * r} ${r}H${-1.25 * r}Z`,
  published: r => SHAPES.baseline(r),
  diamond: r => `M0 ${-1.4 * r}L${1.4 * r} 0L0 ${1.4 * r}L${-1.4 * r} 0Z`,
};
const KINDS = [["own", "own models"], ["environment", "language models of others"], ["baseline", "other programs"], ["published", "published figures"]];
const kindOf = row => (row.published ? "published" : row.spec.startsWith("external:") ? "baseline" : row.portability === "environment" ? "environment" : "own");
const marker = (root, x, y, shape, radius, attributes) =>
  root.append(svgElement("path", { d: SHAPES[shape](radius), transform: `translate(${x.toFixed(2)} ${y.toFixed(2)})`, ...attributes }));

const ruler = document.createElement("canvas").getContext("2d");
function textWidth(text, size = 12, weight = 400) {
  ruler.font = `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`;
  return ruler.measureText(text).width;
}

function placeLabels(points, frame) { // points: [{x, y, text, weight}], the most important first; gives those that found room a label: {x, y}
  const boxes = points.map(p => (p.text ? 6 : 3)).map((r, i) => [points[i].x - r, points[i].y - r, points[i].x + r, points[i].y + r]), placed = [];
  const clear = (box, own) => box[0] >= frame.left && box[2] <= frame.right && box[1] >= frame.top - 4 && box[3] <= frame.bottom &&
    boxes.every((other, i) => i === own || box[0] >= other[2] || box[2] <= other[0] || box[1] >= other[3] || box[3] <= other[1]);
  points.forEach((p, own) => {
    if (!p.text) return;
    const w = textWidth(p.text, 12, p.weight) + 6, h = 14;
    const places = [[9, -h / 2], [-9 - w, -h / 2], [-w / 2, -9 - h], [-w / 2, 9], [6, -8 - h], [6, 7], [-6 - w, -8 - h], [-6 - w, 7]];
    const found = places.map(([dx, dy]) => [p.x + dx, p.y + dy, p.x + dx + w, p.y + dy + h]).find(box => clear(box, own));
    if (!found) return;
    boxes.push(found);
    placed.push({ x: found[0] + 3, y: found[3] - 3, text: p.text, point: p });
  });
  return placed;
}

function hits(panel, size, points) { // buttons over the points: one stop for Tab, arrow keys from point to point; points: {x, y, name, lines}
  const box = element("div", { class: "hits", role: "group", "aria-label": "Points, from left to right; arrow keys move between them" });
  const ordered = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  const buttons = ordered.map((p, i) => {
    const show = () => showTooltip(() => buttons[i].getBoundingClientRect(), p.name, p.lines);
    const button = element("button", {
      type: "button", tabindex: i ? -1 : 0, "aria-label": `${p.name}: ${p.lines.map(l => `${l[0]} ${l[1]}`).join(", ")}`,
      onpointerenter: show, onpointerleave: hideTooltip, onfocus: show, onblur: hideTooltip, onclick: p.open,
      onkeydown: event => {
        const to = { ArrowRight: i + 1, ArrowDown: i + 1, ArrowLeft: i - 1, ArrowUp: i - 1, Home: 0, End: buttons.length - 1 }[event.key];
        if (event.key === "Escape") hideTooltip();
        if (!buttons[to]) return;
        event.preventDefault();
        buttons.forEach((b, j) => { b.tabIndex = j === to ? 0 : -1; });
        buttons[to].focus();
      },
    });
    button.style.left = `${(100 * p.x) / size.width}%`;
    button.style.top = `${(100 * p.y) / size.height}%`;
    return button;
  });
  box.append(...buttons);
  if (buttons.length) panel.append(box);
}
