// Containers as stacked bars: whole, and enlarged without the ideal code length.

const BODY = ["ideal", "payloads", "raw_blocks"]; // what the second picture leaves out
const LEDGER_ROWS = 16; // bars drawn before the reader asks for all, unless few more are left

function ledgerPlot(figure, part, view) {
  const names = part.parts.map(([key]) => key);
  const extra = names.filter(key => !BODY.includes(key));
  const fills = Object.fromEntries([["ideal", "var(--body)"], ["payloads", null], ["raw_blocks", "var(--grey)"], ...extra.map((key, i) => [key, SERIES[i]])]);
  const [whole_, overhead] = figure.querySelectorAll(".panel"), more = figure.querySelector(".more");
  const table = figure.querySelector("details.data tbody");
  let all = false;
  more.addEventListener("click", () => { all = !all; draw(); });
  function draw() {
    const rows = view.visible().filter(row => row.parts && row.bytes !== null).sort((a, b) => a.bytes - b.bytes);
    const few = rows.length <= LEDGER_ROWS * 1.25;
    const shown = (all && !printing) || few ? rows : rows.slice(0, LEDGER_ROWS);
    more.hidden = few;
    more.textContent = all ? `Show the smallest ${LEDGER_ROWS} only` : `Show all ${rows.length} rows`;
    figure.querySelector(".verdict").textContent = shown.length < rows.length ? `The smallest ${shown.length} of ${rows.length} containers; the table has all.` : "";
    const kept = names.filter(key => shown.some(row => row.parts[names.indexOf(key)]));
    legend(figure.querySelector(".legend"), part.parts.filter(([key]) => kept.includes(key)).map(([key, name]) => [name, fills[key]]));
    const parts = row => names.map((key, i) => ({ key, value: row.parts[i] }));
    drawBars(whole_, shown, { title: "Containers by part", axis: "container, bytes", parts, fills, view, total: row => whole(row.bytes), names: part.parts });
    drawBars(overhead, shown, { title: "Containers without their ideal code length", axis: "overhead, bytes", fills, view, names: part.parts,
      parts: row => parts(row).filter(({ key }) => extra.includes(key)),
      total: row => (row.parts[names.indexOf("payloads")] ? "+ unsplit payload" : `${digits(row.parts.reduce((sum, value, i) => (extra.includes(names[i]) ? sum + value : sum), 0), 0)}`) });
    const numbers = new Set(view.visible().map(row => row.number));
    for (const line of table.rows) line.hidden = !numbers.has(Number(line.dataset.row));
  }
  return draw;
}

function drawBars(panel, rows, { title, axis, parts, fills, total, names, view }) {
  if (!rows.length) { panel.replaceChildren(element("p", { class: "empty" }, "No row to show.")); return; }
  const step = 34, top = 8, height = top + rows.length * step + 44;
  const label = Object.fromEntries(names);
  const size = canvas(panel, height, title, `${rows.length} bars: ${rows.slice(0, 20).map(row => `${row.label} ${total(row)}`).join("; ")}. The ledger table has every figure.`);
  const sums = rows.map(row => parts(row).reduce(([less, more], { value }) => (value < 0 ? [less + value, more] : [less, more + value]), [0, 0]));
  const low = Math.min(0, ...sums.map(s => s[0])), high = Math.max(1, ...sums.map(s => s[1]));
  const frame = { left: 2, right: size.width - 12, top, bottom: height - 40 };
  const x = scale("linear", [low, high], [frame.left + (low < 0 ? 2 : 0), frame.right]);
  for (const tick of x.ticks.filter((_, i, ticks) => i % Math.ceil(ticks.length / (size.width / 75)) === 0)) {
    line(size.root, x(tick), frame.top, x(tick), frame.bottom, { class: "grid" });
    write(size.root, x(tick), frame.bottom + 16, inUnits(tick).replace("-", "−"), { class: "quiet", "text-anchor": tick === low || x(tick) < 20 ? "start" : "middle" });
  }
  rows.forEach((row, i) => {
    const y = top + i * step;
    const name = write(size.root, x(0) + 5, y + 11, shortened(row.label, Math.floor(size.width / 11)), { class: "halo" });
    if (view.colour(row)) { name.setAttribute("font-weight", 600); }
    write(size.root, frame.right, y + 11, total(row), { class: "halo quiet", "text-anchor": "end" });
    let [less, more] = [0, 0];
    for (const { key, value } of parts(row)) {
      if (!value) continue;
      const [a, b] = value < 0 ? [less + value, less] : [more, more + value];
      if (value < 0) less = a; else more = b;
      const bar = svgElement("rect", { x: x(a).toFixed(2), y: y + 16, width: Math.max(0.4, x(b) - x(a)).toFixed(2), height: 11, ...(fills[key] ? { fill: fills[key] } : { fill: "none", stroke: "var(--grey)" }) });
      bar.append(svgElement("title", {}, `${row.label}, ${label[key]}: ${digits(value, 1)} bytes`));
      size.root.append(bar);
    }
  });
  line(size.root, x(0), frame.top, x(0), frame.bottom, { class: "axis" });
  write(size.root, (frame.left + frame.right) / 2, frame.bottom + 34, axis, { class: "quiet", "text-anchor": "middle" });
}
