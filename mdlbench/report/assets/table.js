// Sorting, and the parts of a table that only a script makes useful: boxes that colour a row, names that open its details.

function setUpTable(table, part, view) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = element("button", { type: "button", onclick: () => sortBy(table, heads, column) }, head.textContent);
    head.dataset.label = head.textContent; // for print: Chromium repeats no head on every page that holds a button
    head.replaceChildren(button);
  });
  for (const line of table.querySelectorAll("tr[data-row]")) {
    const row = part.rows[Number(line.dataset.row)], name = line.querySelector(".name");
    const open = element("button", { type: "button", class: "open", "aria-haspopup": "dialog", onclick: event => { event.stopPropagation(); view.open(row, open); } }, name.textContent);
    name.replaceChildren(open);
    if (!row.published) {
      row.box = element("input", { type: "checkbox", class: "pick", title: "Show in colour in the plots", "aria-label": `Show ${row.spec} in colour in the plots`,
        onclick: event => event.stopPropagation(), onchange: () => view.pick(row) });
      name.before(row.box); // its place is beside the name, not in the line
    }
    line.addEventListener("click", event => {
      if (event.target.closest("input, button") || String(getSelection())) return; // selecting text is not opening
      view.open(row, open);
    });
  }
}

function sortBy(table, heads, column) {
  const head = heads[column], numeric = head.classList.contains("number");
  const now = head.getAttribute("aria-sort");
  const down = now ? now === "ascending" : ["Ratio", "Encode", "Decode"].includes(head.textContent); // first the better end
  heads.forEach(other => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  for (const body of table.tBodies) {
    const lines = [...body.rows].filter(line => line.dataset.row !== undefined);
    const key = line => { const cell = line.cells[column]; return numeric ? (cell.dataset.value === undefined ? null : Number(cell.dataset.value)) : (cell.querySelector(".name") || cell).textContent; };
    const order = (a, b) => (numeric ? a - b : a.localeCompare(b, "en", { numeric: true }));
    lines.map(line => [key(line), line])
      .sort(([a], [b]) => (a === null || b === null ? (a === null) - (b === null) : down ? order(b, a) : order(a, b)))
      .forEach(([, line]) => body.append(line));
  }
}
