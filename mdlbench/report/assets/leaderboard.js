// Brings table and plots of each slice under one set of filters and one choice of rows in colour.

const PLOTS = { pareto: paretoPlot, curves: curvesPlot, ledger: ledgerPlot, adjusted: adjustedPlot };

starts.push(() => {
  const form = document.getElementById("filters");
  const parts = mdlData.leaderboard.map((part, i) => setUpSlice(part, document.getElementById(`slice-${i}`)));
  const apply = () => {
    hideTooltip();
    const wanted = {
      text: form.elements.text.value.trim().toLowerCase().split(/\s+/), corpus: form.elements.corpus.value,
      portability: form.elements.portability.value, baseline: form.elements.baseline.checked, published: form.elements.published.checked,
    };
    const counts = parts.map((part, i) => part.filter(wanted, wanted.corpus === "" || wanted.corpus === String(i)));
    const [shown, all] = counts.reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
    form.elements.count.textContent = shown === all ? `${whole(all)} rows` : `${whole(shown)} of ${whole(all)} rows`;
  };
  form.hidden = false;
  form.addEventListener("input", apply);
  form.addEventListener("submit", event => event.preventDefault());
  apply();
});

function setUpSlice(part, section) {
  const table = section.querySelector("table.board"), colours = new Map();
  part.rows.forEach((row, number) => { row.number = number; row.shown = true; });
  const view = {
    visible: () => part.rows.filter(row => row.shown),
    colour: row => (colours.has(row) ? SERIES[colours.get(row)] : null),
    coloured: () => part.rows.filter(row => row.shown && colours.has(row)),
    open: (row, opener) => openDetails(row, opener || document.activeElement),
    pick: row => {
      if (colours.has(row)) colours.delete(row); else give(row);
      boxes();
      draw();
    },
  };
  const give = row => {
    const free = SERIES.findIndex((_, i) => ![...colours.values()].includes(i));
    if (free >= 0) colours.set(row, free);
  };
  const boxes = () => part.rows.filter(row => row.box).forEach(row => {
    const full = colours.size === SERIES.length && !colours.has(row);
    row.box.checked = colours.has(row);
    row.box.disabled = full;
    row.box.title = full ? `At most ${SERIES.length} rows in colour: untick one first` : "Show in colour in the plots";
    row.box.style.backgroundColor = view.colour(row) || "";
    row.box.style.borderColor = view.colour(row) || "";
  });
  setUpTable(table, part, view);
  part.chosen.forEach(number => give(part.rows[number]));
  boxes();
  const plots = [...section.querySelectorAll("figure.chart")].map(figure => PLOTS[figure.dataset.chart](figure, part, view));
  const draw = () => { if (!section.hidden) plots.forEach(plot => plot()); };
  redraws.add(draw);
  const lines = new Map([...table.querySelectorAll("tr[data-row]")].map(line => [Number(line.dataset.row), line]));
  const matches = (row, wanted) => wanted.text.every(word => row.text.includes(word)) && (wanted.portability === "" || row.portability === wanted.portability) &&
    (wanted.baseline || !row.baseline) && (wanted.published || !row.published);
  const filter = (wanted, chosen) => {
    for (const row of part.rows) { row.shown = chosen && matches(row, wanted); lines.get(row.number).hidden = !row.shown; }
    const shown = view.visible().length;
    for (const divider of table.querySelectorAll(".divider")) divider.hidden = !part.rows.some(row => row.published && row.shown);
    section.hidden = !shown && (!chosen || part.rows.every(row => row.published && !wanted.published));
    draw();
    return [shown, part.rows.length];
  };
  return { filter };
}
