// Runs last: sets up what the sections registered (which draws it), and draws again when the width changes or the page is printed.

document.getElementById("scriptless").remove();
setUpTheme();
starts.forEach(start => start());
document.addEventListener("keydown", event => { if (event.key === "Escape") hideTooltip(); });
addEventListener("scroll", followAnchor, { passive: true, capture: true });

const redrawAll = () => redraws.forEach(redraw => redraw());
let lastWidth = document.body.clientWidth, waiting = 0;
new ResizeObserver(() => {
  if (printing || document.body.clientWidth === lastWidth) return;
  lastWidth = document.body.clientWidth;
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(redrawAll);
}).observe(document.body);

let opened = [];
addEventListener("beforeprint", () => {
  printing = true;
  opened = [...document.querySelectorAll("details.printed:not([open]), details.note:not([open])")];
  opened.forEach(box => { box.open = true; });
  redrawAll();
});
addEventListener("afterprint", () => {
  printing = false;
  opened.forEach(box => { box.open = false; });
  redrawAll();
});
