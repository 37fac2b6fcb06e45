// Scatter of beliefs beside a network's image of them, with a slider through the checkpoints.

const thousandths = (text, width) => {
  const flat = text.split(" "), rows = [];
  for (let at = 0; at + width <= flat.length; at += width) rows.push(flat.slice(at, at + width).map(value => value / 1000));
  return rows;
};

class BeliefScatter {
  constructor(box, part) {
    this.box = box;
    this.names = part.stages.map(stage => stage.name);
    this.lengths = part.lengths.split(" ").map(Number);
    this.beliefs = thousandths(part.beliefs, part.states);
    this.images = part.stages.map(stage => thousandths(stage.image, part.states));
    this.colours = part.colours.split(" ");
    this.corners = part.states === 3;
    const place = part.place;
    this.where = rows => rows.map((row, i) => (place
      ? [0, 1].map(axis => row.reduce((sum, value, state) => sum + value * place[state][axis], 0))
      : [row[0], this.lengths[i] / Math.max(...this.lengths)]));
    this.truth = this.where(this.beliefs);
    this.places = this.images.map(this.where);
    this.frame = this.corners ? [-0.06, 1.06, -0.08, 0.95] : this.extent([...this.truth, ...this.places.at(-1)]);
    this.slider = box.querySelector("input");
    this.chosen = null;
    this.setUp();
  }

  extent(points) { // leaves out the farthest hundredth
    const part = (axis, share) => {
      const sorted = points.map(point => point[axis]).sort((a, b) => a - b);
      return sorted[Math.round(share * (sorted.length - 1))];
    };
    const ends = [part(0, 0.005), part(0, 0.995), part(1, 0.005), part(1, 0.995)];
    const [dx, dy] = [0.08 * (ends[1] - ends[0] || 1), 0.08 * (ends[3] - ends[2] || 1)];
    return [ends[0] - dx, ends[1] + dx, ends[2] - dy, ends[3] + dy];
  }

  setUp() {
    this.panels = [...this.box.querySelectorAll(".panel")].map((panel, side) => {
      const canvas = element("canvas", { role: "img" });
      panel.append(canvas);
      canvas.addEventListener("pointermove", event => this.point(event, side));
      canvas.addEventListener("pointerleave", () => { this.chosen = null; hideTooltip(); this.draw(); });
      return { panel, canvas };
    });
    this.slider.max = this.images.length - 1;
    this.slider.value = this.images.length - 1;
    this.slider.closest("p").hidden = this.images.length < 2;
    this.slider.addEventListener("input", () => this.draw());
    const figure = this.box.querySelector("figure");
    figure.hidden = false;
    redraws.add(() => this.draw());
    new MutationObserver(() => this.draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
    this.draw();
  }

  get stage() { return Number(this.slider.value); }
  pointsOf(side) { return side ? this.places[this.stage] : this.truth; }

  toScreen(panel) {
    const [left, right, low, high] = this.frame, width = widthOf(panel);
    const scaled = width / (right - left), height = this.corners ? (high - low) * scaled : width * 0.8;
    const tall = height / (high - low);
    return { width, height, at: ([x, y]) => [(x - left) * scaled, height - (y - low) * tall] };
  }

  point(event, side) {
    const { panel, canvas } = this.panels[side], { at } = this.toScreen(panel), box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let best = null, least = 14 ** 2;
    this.pointsOf(side).forEach((point, i) => {
      const [px, py] = at(point), far = (px - x) ** 2 + (py - y) ** 2;
      if (far < least) [best, least] = [i, far];
    });
    if (best === this.chosen) return;
    this.chosen = best;
    this.draw();
    if (best === null) { hideTooltip(); return; }
    const text = row => row.map(value => digits(value, 2)).join("  ");
    const corner = at(this.pointsOf(side)[best]);
    const place = () => {
      const now = canvas.getBoundingClientRect(), [px, py] = corner;
      return { right: now.left + px + 4, left: now.left + px - 4, top: now.top + py };
    };
    showTooltip(place, `a prefix of ${whole(this.lengths[best])} symbols`, [
      ["belief", text(this.beliefs[best])], ["image", text(this.images[this.stage][best])],
    ]);
  }

  draw() {
    const style = getComputedStyle(document.documentElement);
    const dark = !printing && style.getPropertyValue("color-scheme").trim().startsWith("dark");
    const tint = hex => (dark ? `#${hex.match(/../g).map(part => Math.round(90 + 0.65 * parseInt(part, 16)).toString(16).padStart(2, "0")).join("")}` : `#${hex}`);
    const colours = this.colours.map(tint);
    this.slider.nextElementSibling.textContent = this.names[this.stage];
    this.slider.setAttribute("aria-valuetext", this.names[this.stage]);
    this.panels.forEach(({ panel, canvas }, side) => {
      const { width, height, at } = this.toScreen(panel), sharp = Math.max(devicePixelRatio, printing ? 2 : 1);
      [canvas.width, canvas.height] = [width * sharp, height * sharp];
      canvas.style.height = `${height}px`;
      canvas.setAttribute("aria-label", side ? `Image of the beliefs in the network: ${this.names[this.stage]}` : "Beliefs of the Bayes filter");
      const pen = canvas.getContext("2d");
      pen.scale(sharp, sharp);
      if (this.corners) this.triangle(pen, at, style);
      const radius = this.beliefs.length > 1500 ? 1.3 : 2;
      this.pointsOf(side).forEach((point, i) => this.dot(pen, at(point), radius, colours[i]));
      if (this.chosen !== null) {
        pen.strokeStyle = style.getPropertyValue("--ink");
        pen.lineWidth = 1.5;
        this.dot(pen, at(this.pointsOf(side)[this.chosen]), 5, colours[this.chosen]);
        pen.stroke();
      }
    });
  }

  triangle(pen, at, style) {
    pen.strokeStyle = style.getPropertyValue("--grey");
    pen.lineWidth = 1;
    pen.beginPath();
    [[0, 0], [1, 0], [0.5, Math.sqrt(0.75)], [0, 0]].forEach((corner, i) => (i ? pen.lineTo(...at(corner)) : pen.moveTo(...at(corner))));
    pen.stroke();
  }

  dot(pen, [x, y], radius, colour) {
    pen.fillStyle = colour;
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fill();
  }
}

starts.push(() => mdlData.beliefs.runs.forEach((part, i) => new BeliefScatter(document.getElementById(`belief-${i}`), part)));
