// Adjusted size against the length of the corpus: rate * n + model, as a size or per byte of the corpus.

function adjustedPlot(figure, part, view) {
  const panel = figure.querySelector(".panel"), unit = figure.querySelector("[name=unit]");
  const usable = () => view.visible().filter(row => row.model !== null && row.rate !== null && row.bytes && !row.published);
  const table = tableOnOpen(figure, () => plainTable("Adjusted size", ["Model", "Bits per byte", "Code and weights, bytes", "Breaks even at, bytes", "Against"],
    usable().map(row => [row.spec, digits(row.rate, 4), whole(row.model), row.breakEven === null ? "never" : whole(row.breakEven), row.against || NONE])));
  unit.addEventListener("change", draw);
  const yardstick = part.rows.map(row => row.against).find(Boolean);
  if (yardstick) figure.querySelector(".yardstick").textContent = yardstick.replace("external:", "");
  function draw() {
    const rows = usable(), perByte = unit.value === "rate";
    legend(figure.querySelector(".legend"), rows.filter(view.colour).map(row => [row.label, view.colour(row)]));
    if (rows.length) drawAdjusted(panel, part, rows, perByte, view);
    else panel.replaceChildren(element("p", { class: "empty" }, "No row to show."));
    table();
  }
  return draw;
}

function drawAdjusted(panel, part, rows, perByte, view) {
  const height = 400, measured = part.bytes;
  const value = (row, n) => (perByte ? row.rate + row.modelBits / n : (row.bytes / measured) * n + row.model);
  const ends = rows.flatMap(row => [row.breakEven || measured, row.model || measured]);
  const span = [10 ** Math.floor(Math.log10(Math.max(1e3, Math.min(measured / 30, ...ends)))), 10 ** Math.ceil(Math.log10(Math.max(measured * 100, ...ends) * 3))];
  const size = canvas(panel, height, perByte ? "Adjusted bits per byte against length of the corpus" : "Adjusted size against length of the corpus",
    `${rows.length} lines. ${rows.filter(r => r.breakEven !== null).map(r => `${r.label} breaks even with ${r.against} at ${inUnits(r.breakEven)}`).slice(0, 12).join("; ")}.`);
  const colours = rows.filter(view.colour);
  const room = Math.min(150, Math.max(0, ...colours.map(row => textWidth(shortened(row.label, 20)) + 14)));
  const frame = { left: 56, right: size.width - room, top: 26, bottom: height - 46 };
  const x = scale("log", span, [frame.left, frame.right]);
  const all = rows.flatMap(row => [value(row, span[1]), value(row, span[0])]);
  const top = perByte ? Math.min(64, Math.max(...all)) : Math.max(...all); // beyond 64 bits per byte nothing is to be learnt
  const y = scale("log", [Math.min(...all) / 1.15, top * 1.1], [frame.bottom, frame.top]);
  axes(size.root, x, y, frame, { x: "length of the corpus, bytes", y: perByte ? "adjusted bits per byte" : "adjusted size, bytes",
    xText: v => inUnits(v), yText: v => (perByte ? Number(v.toPrecision(2)) : inUnits(v)) });
  line(size.root, x(measured), frame.top, x(measured), frame.bottom, { stroke: "var(--muted)", "stroke-dasharray": "2 3" });
  write(size.root, x(measured) + 5, frame.top + 10, "measured", { class: "quiet halo" });
  const steps = Array.from({ length: 161 }, (_, i) => span[0] * (span[1] / span[0]) ** (i / 160));
  for (const row of [...rows.filter(r => !view.colour(r)), ...colours.reverse()]) {
    const seen = steps.filter(n => value(row, n) <= top * 1.1);
    const d = seen.map((n, i) => `${i ? "L" : "M"}${x(n).toFixed(1)} ${y(value(row, n)).toFixed(1)}`).join("");
    if (d) size.root.append(svgElement("path", { d, fill: "none", stroke: view.colour(row) || "var(--grey)", "stroke-width": view.colour(row) ? 2 : 1, opacity: view.colour(row) ? 1 : 0.45 }));
  }
  const points = [];
  for (const row of colours) {
    if (value(row, measured) <= top * 1.1) mark("own", row, measured, "measured");
    if (row.breakEven && row.breakEven >= span[0] && value(row, row.breakEven) <= top * 1.1) mark("diamond", row, row.breakEven, `breaks even with ${row.against.replace("external:", "")}`);
  }
  function mark(shape, row, n, what) {
    marker(size.root, x(n), y(value(row, n)), shape, 4.5, { fill: view.colour(row), stroke: "var(--page)", "stroke-width": 1.25 });
    points.push({ x: x(n), y: y(value(row, n)), name: row.spec, open: () => view.open(row),
      lines: [[what, inUnits(n)], [perByte ? "adjusted bits per byte" : "adjusted size", perByte ? digits(value(row, n), 3) : inUnits(value(row, n))], ["code and weights", inUnits(row.model)]] });
  }
  endLabels(size.root, colours.map(row => ({ y: y(value(row, span[1])), text: shortened(row.label, 20), colour: view.colour(row) })), frame);
  hits(panel, size, points);
}

function endLabels(root, labels, frame) { // names at the lines' right ends, moved apart where they would overlap
  labels.sort((a, b) => a.y - b.y);
  let floor = frame.top;
  for (const label of labels) { label.at = Math.max(label.y, floor); floor = label.at + 15; }
  let ceiling = frame.bottom - 4;
  for (const label of [...labels].reverse()) { label.at = Math.min(label.at, ceiling); ceiling = label.at - 15; }
  for (const label of labels) {
    line(root, frame.right, label.y, frame.right + 8, label.at, { stroke: label.colour, "stroke-width": 1.25 });
    write(root, frame.right + 11, label.at + 4, label.text, {});
  }
}
