// The plane: what the network believes of every point, the decision boundary, the samples.

import { begin, image, number, ticks } from './canvas.js';
import { classRamps, css, ramp, theme } from './colours.js';

export const SIZE = 96;
const EDGE = { left: 34, right: 8, top: 8, bottom: 22 };

/** The window of a picture around points: [left, right, bottom, top], the same scale on both axes of the plane. */
export function windowOf(points, width, [across, up], isTable) {
  const ends = [across, up].map((axis) => {
    let [low, high] = [Infinity, -Infinity];
    for (let i = axis; i < points.length; i += width) [low, high] = [Math.min(low, points[i]), Math.max(high, points[i])];
    if (!(low < high)) [low, high] = Number.isFinite(low) ? [low - 1, low + 1] : [-5, 5];
    const margin = 0.08 * (high - low);
    return [low - margin, high + margin];
  });
  if (isTable) return ends.flat();
  const half = Math.max(...ends.flat().map(Math.abs));
  return [-half, half, -half, half];
}

export class Boundary {
  constructor(canvas) {
    this.canvas = canvas;
    this.image = image(SIZE);
    this.cross = null;
    this.retint();
  }

  /** Takes the colours of light or dark. */
  retint() {
    [this.ramp, this.classes, this.samples] = [ramp(), classRamps(8), null];
  }

  /** The samples to show: features one sample after another, and classes. */
  setSamples(points, labels, width, axes, ranges, names) {
    Object.assign(this, { points, labels, width, axes, ranges, names, samples: null });
  }

  /** From features to pixels, and back. */
  place(x, y) {
    const [left, right, bottom, top] = this.ranges;
    const { w, h } = this.plot;
    return [EDGE.left + (x - left) / (right - left) * w, EDGE.top + (top - y) / (top - bottom) * h];
  }

  point(px, py) {
    const [left, right, bottom, top] = this.ranges;
    const { w, h } = this.plot;
    return [left + (px - EDGE.left) / w * (right - left), top - (py - EDGE.top) / h * (top - bottom)];
  }

  draw(outputs, count) {
    const { context, width, height } = begin(this.canvas);
    this.plot = { w: width - EDGE.left - EDGE.right, h: height - EDGE.top - EDGE.bottom };
    if (this.plot.w <= 0 || this.plot.h <= 0) return;
    this.field(outputs, count);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = 'high';
    context.drawImage(this.image.canvas, EDGE.left, EDGE.top, this.plot.w, this.plot.h);
    if (count === 1) this.line(context, outputs);
    this.axis(context, width, height);
    this.dots(context, width, height);
    if (this.cross) this.drawCross(context);
  }

  /** One pixel a cell. */
  field(outputs, count) {
    const { pixels } = this.image;
    for (let cell = 0; cell < SIZE * SIZE; cell++) {
      if (count === 1) { pixels[cell] = this.ramp[(outputs[cell] * 255) | 0]; continue; }
      let [best, at] = [-1, 0];
      for (let k = 0; k < count; k++) {
        const a = outputs[cell * count + k];
        if (a > best) [best, at] = [a, k];
      }
      const sure = (best - 1 / count) / (1 - 1 / count);
      pixels[cell] = this.classes[at][Math.min(15, sure * 16 | 0)];
    }
    this.image.show();
  }

  /** Where the output is 1/2: marching squares between the cells' middles. */
  line(context, a) {
    const [sx, sy] = [this.plot.w / SIZE, this.plot.h / SIZE];
    context.beginPath();
    for (let row = 0; row < SIZE - 1; row++) {
      for (let column = 0; column < SIZE - 1; column++) {
        const i = row * SIZE + column;
        const corners = [a[i] - 0.5, a[i + 1] - 0.5, a[i + SIZE + 1] - 0.5, a[i + SIZE] - 0.5];
        const above = corners.map((v) => v > 0);
        if (above.every((v) => v === above[0])) continue;
        const ends = [];
        for (let side = 0; side < 4; side++) {
          const next = (side + 1) % 4;
          if (above[side] === above[next]) continue;
          const t = corners[side] / (corners[side] - corners[next]);
          const [dx, dy] = [[t, 0], [1, t], [1 - t, 1], [0, 1 - t]][side];
          ends.push([EDGE.left + (column + 0.5 + dx) * sx, EDGE.top + (row + 0.5 + dy) * sy]);
        }
        for (let e = 0; e + 1 < ends.length; e += 2) {
          context.moveTo(...ends[e]);
          context.lineTo(...ends[e + 1]);
        }
      }
    }
    context.strokeStyle = theme().ink;
    context.lineWidth = 1.6;
    context.stroke();
  }

  axis(context, width, height) {
    const [left, right, bottom, top] = this.ranges;
    context.fillStyle = theme().soft;
    context.textAlign = 'center';
    context.textBaseline = 'top';
    const last = width - EDGE.right - context.measureText(this.names[0]).width;
    for (const v of ticks(left, right, 6)) {
      const [px] = this.place(v, top);
      if (px < last - 16 && px > EDGE.left) context.fillText(number(v), px, height - EDGE.bottom + 6);
    }
    context.textAlign = 'right';
    context.fillText(this.names[0], width - EDGE.right, height - EDGE.bottom + 6);
    context.textBaseline = 'middle';
    for (const v of ticks(bottom, top, 6)) {
      const [, py] = this.place(left, v);
      if (py > EDGE.top + 20 && py < height - EDGE.bottom - 4) context.fillText(number(v), EDGE.left - 5, py);
    }
    context.textBaseline = 'top';
    const name = this.names[1];
    context.textAlign = 'left';
    context.fillText(name.length > 4 ? `${name.slice(0, 4)}…` : name, 2, EDGE.top);
  }

  /** Samples: a circle for even classes, a diamond for odd ones, kept as a picture of their own. */
  dots(context, width, height) {
    const scale = devicePixelRatio || 1;
    const key = `${width} ${height} ${scale}`;
    if (!this.samples || this.samples.key !== key) {
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [width * scale, height * scale];
      const own = canvas.getContext('2d');
      own.scale(scale, scale);
      own.lineWidth = 1;
      own.strokeStyle = theme().paper[0] > 128 ? '#fff' : '#0c0f14';
      const r = this.labels.length > 1500 ? 2.2 : 3.6;
      const { classes } = theme();
      for (let i = 0; i < this.labels.length; i++) {
        const at = this.place(this.points[i * this.width + this.axes[0]], this.points[i * this.width + this.axes[1]]);
        own.fillStyle = css(classes[this.labels[i] % classes.length]);
        mark(own, at, this.labels[i], r);
      }
      this.samples = { key, canvas };
    }
    context.drawImage(this.samples.canvas, 0, 0, width, height);
  }

  drawCross(context) {
    const [x, y] = this.place(...this.cross);
    context.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      context.moveTo(x + dx * 4, y + dy * 4);
      context.lineTo(x + dx * 13, y + dy * 13);
    }
    context.strokeStyle = theme().ink;
    context.lineWidth = 2;
    context.stroke();
  }
}

function mark(context, [x, y], kind, r) {
  context.beginPath();
  if (kind % 2 === 0) context.arc(x, y, r, 0, 7);
  else {
    const d = r * 1.3;
    context.moveTo(x, y - d);
    context.lineTo(x + d, y);
    context.lineTo(x, y + d);
    context.lineTo(x - d, y);
    context.closePath();
  }
  context.fill();
  context.stroke();
}
