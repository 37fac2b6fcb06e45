// Bits per byte along the file, aligned; underneath, who needs fewest bits where.

function curvesPlot(figure, part, view) {
  const panel = figure.querySelector(".panel"), against = figure.querySelector("[name=against]");
  const shown = () => view.coloured().filter(row => row.curve);
  const versus = () => shown().find(row => String(row.number) === against.value) || null;
  const value = (row, i) => row.curve[i] - (versus() ? versus().curve[i] : 0);
  const table = tableOnOpen(figure, () => plainTable("Bits per byte along the file", ["From byte", ...shown().map(row => row.label)],
    part.edges.slice(0, -1).map((edge, i) => [whole(edge), ...shown().map(row => digits(row.curve[i], 3))])));
  against.addEventListener("change", draw);
  function draw() {
    const rows = shown(), chosen = against.value;
    against.replaceChildren(element("option", { value: "" }, "bits per byte"),
      ...rows.map(row => element("option", { value: row.number }, `difference from ${row.label}`)));
    against.value = rows.some(row => String(row.number) === chosen) ? chosen : "";
    legend(figure.querySelector(".legend"), rows.map(row => [row.label, view.colour(row)]));
    if (rows.length) drawCurves(panel, part, rows, value, versus(), view);
    else panel.replaceChildren(element("p", { class: "empty" }, "No model in colour has a curve: tick one in the table."));
    figure.querySelector(".verdict").textContent = rows.length > 1 ? verdict(part, rows) : "";
    table();
  }
  return draw;
}

const winners = (part, rows) => part.edges.slice(1).map((_, i) => rows.reduce((best, row) => (row.curve[i] < best.curve[i] ? row : best)));

function verdict(part, rows) {
  const shares = new Map(rows.map(row => [row, 0]));
  winners(part, rows).forEach((row, i) => shares.set(row, shares.get(row) + part.edges[i + 1] - part.edges[i]));
  const total = part.edges[part.edges.length - 1];
  const won = [...shares].filter(([, share]) => share).sort((a, b) => b[1] - a[1]);
  return `Fewest bits: ${won.map(([row, share]) => `${row.label} on ${digits((100 * share) / total, share / total > 0.995 && share < total ? 1 : 0)} %`).join(", ")} of the file.`;
}

function drawCurves(panel, part, rows, value, reference, view) {
  const height = 380, last = part.edges[part.edges.length - 1];
  const size = canvas(panel, height, reference ? `Bits per byte along the file, less those of ${reference.label}` : "Bits per byte along the file",
    `${rows.length} curves over ${whole(last)} bytes. ${rows.length > 1 ? verdict(part, rows) : ""}`);
  const frame = { left: 44, right: size.width - 8, top: 26, bottom: height - 84 };
  const values = rows.flatMap(row => row.curve.map((_, i) => value(row, i)));
  const [low, high] = [Math.min(...values), Math.max(...values)], pad = (high - low) * 0.05 || 0.1;
  const x = scale("linear", [0, last], [frame.left, frame.right]);
  const y = scale("linear", [low - pad < 0 && low >= 0 ? 0 : low - pad, high + pad], [frame.bottom, frame.top]);
  const tickDigits = y.ticks.length > 1 && y.ticks[1] - y.ticks[0] < 0.1 ? 2 : 1;
  axes(size.root, x, y, { ...frame, bottom: frame.bottom }, { x: "", y: reference ? `bits per byte above ${shortened(reference.label, 30)}` : "bits per byte", xText: () => "", yText: v => digits(v, tickDigits) });
  drawFiles(size.root, part, x, frame);
  for (const row of [...rows].reverse()) {
    const path = row.curve.map((_, i) => `${i ? "L" : "M"}${x((part.edges[i] + part.edges[i + 1]) / 2).toFixed(1)} ${y(value(row, i)).toFixed(1)}`).join("");
    size.root.append(svgElement("path", { d: path, fill: "none", stroke: view.colour(row), "stroke-width": 1.4, "stroke-linejoin": "round" }));
  }
  const strip = frame.bottom + 14;
  const best = winners(part, rows);
  for (let i = 0, from = 0; i < best.length; i++) { // one bar for a stretch with one winner
    if (best[i] === best[i + 1]) continue;
    size.root.append(svgElement("rect", { x: x(part.edges[from]).toFixed(2), y: strip, height: 14, fill: view.colour(best[i]),
      width: (x(part.edges[i + 1]) - x(part.edges[from])).toFixed(2) }));
    from = i + 1;
  }
  for (const tick of x.ticks) write(size.root, x(tick), strip + 31, inUnits(tick), { class: "quiet", "text-anchor": "middle" });
  write(size.root, (frame.left + frame.right) / 2, strip + 51, "position in the file; the strip: who needs fewest bits", { class: "quiet", "text-anchor": "middle" });
  crosshair(panel, size, part, rows, x, { ...frame, bottom: strip + 14 }, view);
}

function drawFiles(root, part, x, frame) { // where one file of the corpus ends and the next begins
  if (part.files.length < 2) return;
  let free = frame.left;
  part.files.forEach(([name, start], i) => {
    if (i) line(root, x(start), frame.top, x(start), frame.bottom, { class: "axis", "stroke-dasharray": "2 3" });
    const text = shortened(name, 16), at = x(start) + 4;
    if (at < free || at + textWidth(text, 11) > frame.right) return;
    write(root, at, frame.top + 9, text, { class: "quiet halo", "font-size": 11 });
    free = at + textWidth(text, 11) + 6;
  });
}

function crosshair(panel, size, part, rows, x, frame, view) { // a slider for pointer and keyboard that reads the curves off
  const count = part.edges.length - 1;
  const mark = svgElement("line", { y1: frame.top, y2: frame.bottom, class: "axis", visibility: "hidden" });
  size.root.append(mark);
  const slider = element("div", { class: "slider", role: "slider", tabindex: 0, "aria-label": "Position in the file", "aria-valuemin": 0, "aria-valuemax": count - 1, "aria-valuenow": 0 });
  Object.assign(slider.style, { left: `${(100 * frame.left) / size.width}%`, top: `${(100 * frame.top) / size.height}%`,
    width: `${(100 * (frame.right - frame.left)) / size.width}%`, height: `${(100 * (frame.bottom - frame.top)) / size.height}%` });
  const readings = i => [...rows].sort((a, b) => a.curve[i] - b.curve[i]).map(row => [row.label, digits(row.curve[i], 3), view.colour(row)]);
  const describe = i => slider.setAttribute("aria-valuetext", `from byte ${whole(part.edges[i])}: ${readings(i).map(r => `${r[0]} ${r[1]}`).join(", ")}`);
  const at = i => {
    i = Math.max(0, Math.min(count - 1, i));
    const place = x((part.edges[i] + part.edges[i + 1]) / 2);
    for (const end of ["x1", "x2"]) mark.setAttribute(end, place);
    mark.setAttribute("visibility", "visible");
    slider.setAttribute("aria-valuenow", i);
    describe(i);
    const beside = () => {
      const box = slider.getBoundingClientRect(), left = box.left + ((place - frame.left) / (frame.right - frame.left)) * box.width;
      return { left, right: left, top: box.top };
    };
    showTooltip(beside, `bytes ${whole(part.edges[i])} to ${whole(part.edges[i + 1])}`, readings(i));
  };
  const leave = () => { mark.setAttribute("visibility", "hidden"); hideTooltip(); };
  slider.addEventListener("pointermove", event => {
    const box = slider.getBoundingClientRect();
    const byte = ((event.clientX - box.left) / box.width) * part.edges[count];
    at(part.edges.findIndex(edge => edge > byte) - 1);
  });
  slider.addEventListener("pointerleave", leave);
  slider.addEventListener("blur", leave);
  slider.addEventListener("keydown", event => {
    const now = Number(slider.getAttribute("aria-valuenow"));
    const to = { ArrowRight: now + 1, ArrowUp: now + 1, ArrowLeft: now - 1, ArrowDown: now - 1, PageUp: now + 16, PageDown: now - 16, Home: 0, End: count - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    at(to);
  });
  describe(0);
  panel.append(slider);
}
