// The cost curve, the hidden units' views, the histograms.

import { begin, image, number, ticks } from './canvas.js';
import { css, ramp, theme } from './colours.js';

/** The cost of the steps so far; `now` is the cost after the last of them. */
export function drawCurve(canvas, costs, stride, steps, now) {
  const { context, width, height } = begin(canvas);
  const edge = { left: 40, right: 12, top: 10, bottom: 22 };
  const [w, h] = [width - edge.left - edge.right, height - edge.top - edge.bottom];
  let high = Math.max(now, 0);
  for (const cost of costs) if (Number.isFinite(cost)) high = Math.max(high, cost);
  // A start beyond all others would flatten the rest: large costs are shown by their logarithm.
  const isLog = high > 20 * Math.max(now, 1e-4) && high > 5;
  let low = 0;
  if (isLog) {
    low = now > 0 ? now : high;
    for (const cost of costs) if (cost > 0) low = Math.min(low, cost);
    [low, high] = [Math.log10(low) - 0.1, Math.log10(high) + 0.1];
  } else high = high > 0 ? high * 1.05 : 1;
  const end = Math.max(steps, 1);
  const x = (step) => edge.left + step / end * w;
  const y = (v) => edge.top + (high - (isLog ? Math.log10(Math.max(v, 1e-12)) : v)) / (high - low) * h;
  const colours = theme();
  context.strokeStyle = colours.line;
  context.fillStyle = colours.soft;
  context.lineWidth = 1;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  const all = ticks(low, high, 5).filter((v) => !isLog || Number.isInteger(v));
  for (const v of all) {
    const py = y(isLog ? 10 ** v : v);
    context.beginPath();
    context.moveTo(edge.left, py);
    context.lineTo(width - edge.right, py);
    context.stroke();
    context.fillText(number(isLog ? 10 ** v : v), edge.left - 6, py);
  }
  context.textBaseline = 'top';
  context.textAlign = 'center';
  for (const v of ticks(0, end, 4)) {
    if (x(v) > width - edge.right - 34 || !Number.isInteger(v)) continue;
    context.fillText(v >= 1e4 ? `${number(v / 1000)}k` : v, x(v), height - edge.bottom + 6);
  }
  context.textAlign = 'right';
  context.fillText('step', width - edge.right, height - edge.bottom + 6);
  if (isLog) {
    context.textAlign = 'left';
    context.fillText('logarithmic', edge.left + 6, edge.top);
  }
  context.beginPath();
  costs.forEach((cost, i) => context.lineTo(x(i * stride), y(cost)));
  context.lineTo(x(steps), y(now));
  context.strokeStyle = colours.accent;
  context.lineWidth = 2;
  context.lineJoin = 'round';
  context.stroke();
  context.beginPath();
  context.arc(x(steps), y(now), 3.5, 0, 7);
  context.fillStyle = colours.accent;
  context.fill();
}

export const TILE = 36;
export const MOST = 16;

/** The hidden units' pictures: one canvas a unit, each as the unit's activation on the plane. */
export class Units {
  constructor(box) {
    this.box = box;
    this.retint();
  }

  retint() {
    this.ramp = ramp(0.9);
  }

  /** Makes the canvases for the widths of hidden layers. */
  build(widths) {
    this.box.replaceChildren();
    this.tiles = [];
    const shown = widths.reduce((sum, units) => sum + Math.min(units, MOST), 0);
    this.box.style.setProperty('--tile', shown > 8 ? '76px' : '96px');
    widths.forEach((units, layer) => {
      if (widths.length > 1 || units > MOST) {
        const head = document.createElement('h3');
        head.textContent = `Layer ${layer + 1}: ${units} units${units > MOST ? `, the first ${MOST} shown` : ''}`;
        this.box.append(head);
      }
      for (let unit = 0; unit < Math.min(units, MOST); unit++) {
        const figure = document.createElement('figure');
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [TILE, TILE];
        canvas.setAttribute('role', 'img');
        canvas.setAttribute('aria-label', `Activation of unit ${unit + 1} of layer ${layer + 1} on the plane`);
        const text = document.createElement('figcaption');
        figure.append(canvas, text);
        this.box.append(figure);
        const context = canvas.getContext('2d');
        this.tiles.push({ layer, unit, text, picture: image(TILE), context });
      }
    });
  }

  draw(units, spans, captions) {
    this.tiles.forEach(({ layer, unit, text, picture, context }, index) => {
      const [low, high] = spans[layer];
      // ReLU and its like: 0 is the middle of the colours.
      const base = low === 0 && high !== 1 ? -high : low;
      const factor = 255 / (high - base);
      const from = index * TILE * TILE;
      for (let i = 0; i < TILE * TILE; i++) {
        picture.pixels[i] = this.ramp[Math.max(0, Math.min(255, (units[from + i] - base) * factor | 0))];
      }
      picture.show();
      context.drawImage(picture.canvas, 0, 0);
      const caption = captions(layer, unit);
      if (text.textContent !== caption) text.textContent = caption;
    });
  }
}

/** A histogram of a layer's activations, the saturated ends marked. */
export function drawHistogram(canvas, counts, [low, high], ends) {
  const { context, width, height } = begin(canvas);
  const edge = { left: 4, right: 4, top: 6, bottom: 18 };
  const [w, h] = [width - edge.left - edge.right, height - edge.top - edge.bottom];
  const most = Math.max(1, ...counts);
  const step = w / counts.length;
  const colours = theme();
  if (ends > 0) {
    context.fillStyle = css(colours.classes[1], 0.18);
    const wide = Math.max(ends * w, step);
    context.fillRect(edge.left, edge.top, wide, h);
    context.fillRect(width - edge.right - wide, edge.top, wide, h);
  }
  counts.forEach((count, i) => {
    const isEnd = ends > 0 && (i === 0 || i === counts.length - 1);
    context.fillStyle = isEnd ? css(colours.classes[1]) : colours.accent;
    const tall = count / most * h;
    context.fillRect(edge.left + i * step + 0.5, edge.top + h - tall, Math.max(step - 1, 0.5), tall);
  });
  context.strokeStyle = colours.line;
  context.beginPath();
  context.moveTo(edge.left, edge.top + h + 0.5);
  context.lineTo(width - edge.right, edge.top + h + 0.5);
  context.stroke();
  context.fillStyle = colours.soft;
  context.textBaseline = 'top';
  [[low, 'left', edge.left], [(low + high) / 2, 'center', width / 2], [high, 'right', width - edge.right]].forEach(([v, align, x]) => {
    context.textAlign = align;
    context.fillText(number(v), x, height - edge.bottom + 4);
  });
}
