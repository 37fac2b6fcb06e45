// Lines with points on common axes, drawn from plain data: what a panel with data-lines="section/key/..." names in mdlData.
//   {title, x: {name, kind, text}, y: {name, kind, digits}, series: [{name, x: [...], y: [...], dashed, points}]}

const LINE_SHAPES = ["own", "baseline", "environment", "diamond"];

function drawLines(panel, spec) {
  const shown = spec.series.map((series, i) => ({ ...series, colour: `var(--s${i % SERIES.length})`, shape: LINE_SHAPES[i % LINE_SHAPES.length],
    places: series.x.map((x, at) => [x, series.y[at]]).filter(([x, y]) => y !== null && (spec.y.kind !== "log" || y > 0) && (spec.x.kind !== "log" || x > 0)) }));
  const all = shown.flatMap(series => series.places);
  if (!all.length) { panel.replaceChildren(element("p", { class: "empty" }, `${spec.title}: nothing to show.`)); return; }
  const height = 300, size = canvas(panel, height, spec.title, spec.series.map(s => s.name).join("; "));
  const top = 26 + lineLegend(size.root, shown, size.width);
  const frame = { left: 62, right: size.width - 12, top: top + 18, bottom: height - 46 };
  const x = scale(spec.x.kind, padded(all.map(p => p[0]), spec.x), [frame.left, frame.right]);
  const y = scale(spec.y.kind, padded(all.map(p => p[1]), spec.y), [frame.bottom, frame.top]);
  if (all.every(([a]) => Number.isInteger(a))) x.ticks = x.ticks.filter(Number.isInteger);
  const step = y.ticks.length > 1 ? y.ticks[1] - y.ticks[0] : 1;
  const yText = v => (spec.y.kind === "log" ? power(v) : digits(v, Math.max(0, Math.min(6, -Math.floor(Math.log10(step) + 1e-9)))));
  axes(size.root, x, y, frame, { x: spec.x.name, y: spec.y.name, xText: v => (spec.x.kind === "log" ? inUnits(v, ["", "k", "M", "G"]).trim() : digits(v, 0)), yText });
  for (const series of shown) {
    const path = series.places.map(([a, b], i) => `${i ? "L" : "M"}${x(a).toFixed(1)} ${y(b).toFixed(1)}`).join("");
    if (!series.points && path) size.root.append(svgElement("path", { d: path, fill: "none", stroke: series.colour, "stroke-width": 1.6, "stroke-dasharray": series.dashed ? "5 4" : null }));
    for (const [a, b] of series.places) marker(size.root, x(a), y(b), series.shape, 3.2, { fill: series.colour, stroke: "var(--page)", "stroke-width": 1 });
  }
  const exact = v => (Math.abs(v) >= 1e-3 || v === 0 ? digits(v, spec.y.digits) : v.toExponential(2));
  hits(panel, size, shown.flatMap(series => series.places.map(([a, b]) => ({ x: x(a), y: y(b), name: series.name,
    lines: [[spec.x.name, spec.x.kind === "log" ? inUnits(a, ["", "k", "M", "G"]).trim() : digits(a, 0)], [spec.y.name, exact(b)]] }))));
}

function padded(values, axis) { // the range shown: a margin around what there is, from zero where the axis says so
  const [low, high] = values.length ? [Math.min(...values), Math.max(...values)] : [1, 2];
  if (axis.kind === "log") return [low / 1.4, high * 1.4];
  const margin = (high - low) * 0.05 || 0.5;
  return [axis.zero ? Math.min(0, low) : low - margin, high + margin];
}

const power = v => (v >= 0.01 && v < 1000 ? String(Number(v.toPrecision(3))) : v.toExponential(0).replace("e+", "e").replace("-", "−"));

function lineLegend(root, shown, width) { // names in rows above the plot; how much room they took
  let [left, row] = [0, 0];
  for (const series of shown) {
    const wide = textWidth(series.name) + 34;
    if (left && left + wide > width) [left, row] = [0, row + 1];
    const y = 12 + 18 * row;
    if (!series.points) line(root, left, y, left + 20, y, { stroke: series.colour, "stroke-width": 1.6, "stroke-dasharray": series.dashed ? "5 4" : null });
    marker(root, left + 10, y, series.shape, 3.6, { fill: series.colour, stroke: "var(--page)", "stroke-width": 1 });
    write(root, left + 26, y + 4, series.name);
    left += wide + 12;
  }
  return 18 * row;
}

starts.push(() => document.querySelectorAll("[data-lines]").forEach(panel => {
  const spec = panel.dataset.lines.split("/").reduce((value, key) => value[key], mdlData);
  panel.closest("figure").hidden = false;
  const draw = () => drawLines(panel, spec);
  redraws.add(draw);
  draw();
}));
