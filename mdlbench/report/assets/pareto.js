// Bits per byte against speed, with the front of what nothing beats on both.

const HOLLOW = { fill: "var(--page)", stroke: "var(--grey)", "stroke-width": 1.5 };
const CROWD = 40; // with more points than this only the front and the rows in colour are named
const FAR = 1.9; // rows of more than this many times the median rate stand at the upper edge, or the others would be squeezed

function paretoPlot(figure, part, view) {
  const panels = [...figure.querySelectorAll(".panel")];
  const rowsOf = speed => view.visible().filter(row => row[speed] && row.rate !== null);
  const table = tableOnOpen(figure, () => plainTable("Bits per byte and speed", ["Model", "Bits per byte", "Encode", "Decode", "On the front of"],
    view.visible().filter(row => row.rate !== null && (row.encode || row.decode)).map(row => [row.spec, digits(row.rate, 4), speedText(row.encode), speedText(row.decode),
      ["encode", "decode"].filter(speed => frontOf(rowsOf(speed), speed).includes(row)).join(", ") || NONE])));
  const key = (kind, name) => {
    const sign = svgElement("svg", { viewBox: "-7 -7 14 14", "aria-hidden": "true" });
    marker(sign, 0, 0, kind, 4.5, kind === "published" ? HOLLOW : { fill: "var(--grey)" });
    return element("span", { role: "listitem" }, sign, name);
  };
  const kinds = new Set(part.rows.filter(row => row.encode || row.decode).map(kindOf));
  figure.querySelector(".legend").append(...KINDS.filter(([kind]) => kinds.has(kind)).map(([kind, name]) => key(kind, name)));
  return () => { panels.forEach(panel => drawPareto(panel, rowsOf(panel.dataset.speed), panel.dataset.speed, view)); table(); };
}

function frontOf(rows, speed) { // fastest first; published figures come from other machines and take no part
  const front = [];
  for (const row of rows.filter(r => !r.published).sort((a, b) => b[speed] - a[speed] || a.rate - b.rate))
    if (!front.length || row.rate < front[front.length - 1].rate) front.push(row);
  return front;
}

function drawPareto(panel, rows, speed, view) {
  const name = `${speed === "encode" ? "Encoding" : "Decoding"} speed`;
  if (!rows.length) { panel.replaceChildren(element("p", { class: "empty" }, `${name}: no row to show.`)); return; }
  const front = frontOf(rows, speed), height = 400;
  const best = front.length ? front[front.length - 1] : null;
  const size = canvas(panel, height, `Bits per byte against ${name.toLowerCase()}`,
    `${rows.length} rows. On the Pareto front, from fastest to smallest: ${front.map(r => `${r.label} (${digits(r.rate, 3)}, ${speedText(r[speed])})`).join("; ")}.`);
  const frame = { left: 34, right: size.width - 8, top: 26, bottom: height - 46 };
  const speeds = rows.map(r => r[speed]), rates = rows.map(r => r.rate).sort((a, b) => a - b);
  const near = rates.filter(rate => rate <= FAR * rates[Math.floor(rates.length / 2)]);
  const [low, high] = [near[0], near[near.length - 1]], pad = (high - low) * 0.08 || 0.1;
  const x = scale("log", [Math.min(...speeds) / 1.7, Math.max(...speeds) * 1.7], [frame.left, frame.right]);
  const y = scale("linear", [Math.max(0, low - pad), high + pad], [frame.bottom, frame.top]);
  axes(size.root, x, y, frame, { x: `${name}, bytes per second`, y: "bits per byte", xText: v => inUnits(v), yText: v => digits(v, high - low > 2 ? 1 : 2) });
  if (best) {
    const steps = front.filter(r => r.rate <= high).map((r, i) => `${i ? "H" : "M"}${x(r[speed]).toFixed(1)}${i ? "V" : " "}${y(r.rate).toFixed(1)}`);
    size.root.append(svgElement("path", { d: steps.join("") || "M0 0", fill: "none", stroke: "var(--muted)", "stroke-width": 1.25, "stroke-dasharray": "4 3" }));
  }
  const up = row => (row.rate > high ? frame.top : y(row.rate));
  const weight = row => (front.includes(row) ? 2 : 0) + (view.colour(row) ? 3 : 0);
  const ordered = [...rows].sort((a, b) => weight(a) - weight(b) || b.rate - a.rate);
  for (const row of ordered) {
    const colour = view.colour(row), radius = colour ? 5.5 : 4;
    marker(size.root, x(row[speed]), up(row), kindOf(row), kindOf(row) === "baseline" ? radius * 0.88 : radius, row.published
      ? HOLLOW
      : { fill: colour || "var(--grey)", stroke: "var(--page)", "stroke-width": 1.25 });
  }
  const text = row => (rows.length > CROWD && !weight(row) ? "" : shortened(row.label, 26) + (row.rate > high ? ` (${digits(row.rate, 2)} ↑)` : ""));
  const points = ordered.reverse().map(row => ({ x: x(row[speed]), y: up(row), text: text(row), weight: view.colour(row) ? 600 : 400, row }));
  for (const label of placeLabels(points, { ...frame, right: size.width }))
    write(size.root, label.x, label.y, label.text, { class: weight(label.point.row) ? "halo" : "halo quiet", "font-weight": label.point.weight });
  hits(panel, size, points.map(p => ({ ...p, name: p.row.spec, open: () => view.open(p.row),
    lines: [["bits per byte", digits(p.row.rate, 4)], ["encode", speedText(p.row.encode)], ["decode", speedText(p.row.decode)]] })));
}
