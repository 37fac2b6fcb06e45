// Where a source's beliefs lie: the graph of its mixed states where they are few, a scatter of beliefs where they are not.

function drawMixedStates(panel, part) {
  const xs = part.places.map(p => p[0]), ys = part.places.map(p => p[1]);
  const size = canvas(panel, 300, "Mixed states", `${part.places.length} mixed states, ${part.recurrent.length} of them recurrent`);
  const symbols = [...new Set(part.edges.map(edge => edge[2]))].sort((a, b) => a - b);
  const entries = [...symbols.map(symbol => ({ name: `symbol ${symbol}`, colour: symbolColour(symbol) })), { name: "recurrent", fill: "var(--ink)" }, { name: "transient", fill: "var(--page)" }];
  let [left, row] = [0, 12];
  for (const entry of entries) {
    const wide = textWidth(entry.name) + 28;
    if (left && left + wide > size.width) [left, row] = [0, row + 18];
    if (entry.colour) line(size.root, left, row, left + 20, row, { stroke: entry.colour, "stroke-width": 2 });
    else marker(size.root, left + 10, row, "own", 5, { fill: entry.fill, stroke: "var(--ink)", "stroke-width": 1.2 });
    write(size.root, left + 26, row + 4, entry.name);
    left += wide + 12;
  }
  const x = scale("linear", [Math.min(...xs), Math.max(...xs)], Math.min(...xs) === Math.max(...xs) ? [size.width / 2, size.width / 2] : [34, size.width - 34]);
  const y = scale("linear", [Math.min(...ys) - 0.5, Math.max(...ys) + 0.5], [size.height - 18, row + 32]);
  const at = part.places.map(([a, b]) => [x(a), y(b)]);
  const radius = part.places.length > 20 ? 4.5 : 7;
  for (const [from, to, symbol, p] of part.edges) size.root.append(arrow(at[from], at[to], symbol, p, radius));
  at.forEach(([a, b], i) => marker(size.root, a, b, "own", radius, { fill: part.recurrent.includes(i) ? "var(--ink)" : "var(--page)", stroke: "var(--ink)", "stroke-width": 1.2 }));
  write(size.root, at[0][0], at[0][1] - radius - 5, "start", { class: "quiet halo", "text-anchor": "middle" });
  hits(panel, size, at.map(([a, b], i) => ({ x: a, y: b, name: part.recurrent.includes(i) ? "recurrent mixed state" : "transient mixed state",
    lines: [["belief", part.beliefs[i].map(v => digits(v, 3)).join("  ")], ...part.edges.filter(edge => edge[0] === i).map(edge => [`symbol ${edge[2]}`, digits(edge[3], 3), symbolColour(edge[2])])] })));
}

const symbolColour = symbol => `var(--s${(symbol + 1) % SERIES.length})`;

function arrow([x1, y1], [x2, y2], symbol, p, radius) { // a bent arrow between two states, a loop above one
  const colour = symbolColour(symbol), width = 0.6 + 1.2 * p;
  if (x1 === x2 && y1 === y2) {
    const reach = 26 + 8 * symbol;
    return svgElement("path", { d: `M${x1 - 4} ${y1 - radius}C${x1 - reach} ${y1 - reach} ${x1 + reach} ${y1 - reach} ${x1 + 4} ${y1 - radius}`, fill: "none", stroke: colour, "stroke-width": width });
  }
  const length = Math.hypot(x2 - x1, y2 - y1), [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  const bend = length * (0.12 + 0.06 * symbol), [cx, cy] = [(x1 + x2) / 2 - uy * bend, (y1 + y2) / 2 + ux * bend];
  const back = Math.hypot(x2 - cx, y2 - cy) || 1, [vx, vy] = [(x2 - cx) / back, (y2 - cy) / back];
  const [tx, ty] = [x2 - vx * (radius + 2), y2 - vy * (radius + 2)], h = 5.5;
  const head = `M${tx} ${ty}L${tx - h * vx - 0.5 * h * vy} ${ty - h * vy + 0.5 * h * vx}L${tx - h * vx + 0.5 * h * vy} ${ty - h * vy - 0.5 * h * vx}Z`;
  return svgElement("g", { fill: colour, stroke: colour, "stroke-width": width },
    svgElement("path", { d: `M${x1 + ux * radius} ${y1 + uy * radius}Q${cx} ${cy} ${tx} ${ty}`, fill: "none" }), svgElement("path", { d: head, stroke: "none" }));
}

function drawBeliefCloud(panel, part) {
  const width = widthOf(panel), height = 300, sharp = Math.max(devicePixelRatio, printing ? 2 : 1);
  const pen = element("canvas", { role: "img", "aria-label": part.name, width: width * sharp, height: height * sharp });
  Object.assign(pen.style, { display: "block", width: "100%", height: `${height}px` });
  panel.replaceChildren(pen, element("p", { class: "facts" }, part.name));
  const draw = pen.getContext("2d");
  draw.scale(sharp, sharp);
  const corners = part.triangle ? [[0, 0], [1, 0], [0.5, Math.sqrt(0.75)]] : [];
  const points = [...part.places, ...corners], range = axis => [Math.min(...points.map(p => p[axis])), Math.max(...points.map(p => p[axis]))];
  const [[x0, x1], [y0, y1]] = [range(0), range(1)], fit = Math.min((width - 24) / (x1 - x0 || 1), (height - 24) / (y1 - y0 || 1));
  const [sx, sy] = part.triangle ? [fit, fit] : [(width - 24) / (x1 - x0 || 1), (height - 24) / (y1 - y0 || 1)];
  const at = ([a, b]) => [width / 2 + (a - (x0 + x1) / 2) * sx, height / 2 - (b - (y0 + y1) / 2) * sy];
  if (corners.length) {
    draw.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--grey");
    draw.beginPath();
    corners.forEach((corner, i) => (i ? draw.lineTo(...at(corner)) : draw.moveTo(...at(corner))));
    draw.closePath();
    draw.stroke();
  }
  part.places.forEach((place, i) => {
    const [a, b] = at(place);
    draw.fillStyle = `#${part.colours[i]}`;
    if (part.line) draw.fillRect(a - 0.7, b - 35, 1.4, 70); // two states: marks along a line
    else draw.fillRect(a - 0.9, b - 0.9, 1.8, 1.8);
  });
}

starts.push(() => document.querySelectorAll("[data-beliefs]").forEach(panel => {
  const part = mdlData.sources[Number(panel.dataset.beliefs)].beliefs;
  const draw = () => (part.edges ? drawMixedStates(panel, part) : drawBeliefCloud(panel, part));
  redraws.add(draw);
  draw();
}));
