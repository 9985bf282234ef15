// The stages of a step: what a frame shows in each card.

import { Boundary, SIZE, windowOf } from './boundary.js';
import { number } from './canvas.js';
import { css, theme } from './colours.js';
import { formulas } from './formulas.js';
import { drawCurve, drawHistogram, MOST, TILE, Units } from './pictures.js';

const BINS = 40;
const SQUARES = new Set(['tanh', 'sigmoid']); // activations with two ends

export class Stages {
  constructor($) {
    this.$ = $;
    this.boundary = new Boundary($('boundary'));
    this.units = new Units($('units'));
    this.saturation = 0;
    this.widths = [];
    this.key = '';
  }

  /** What a frame has to hold. */
  get wanted() { return { size: SIZE, tile: TILE, most: MOST, bins: BINS }; }

  retint() {
    this.boundary.retint();
    this.units.retint();
    if (this.classes) this.legend(this.classes);
  }

  setSamples(network, axes, ranges) {
    const { points, labels, features, classes } = network;
    this.boundary.setSamples(points, labels, features.length, axes, ranges, axes.map((axis) => features[axis]));
    this.axes = axes;
    this.legend(classes);
    this.key = '';
  }

  /** Points alone, of which there are too few to learn from. */
  waiting(points, lesson) {
    if (lesson.data !== 'drawn') return;
    const window = windowOf([-4.63, -4.63, 4.63, 4.63], 2, [0, 1], false);
    const flat = Float64Array.from(points.flatMap((p) => [p[0], p[1]]));
    this.boundary.setSamples(flat, points.map((p) => p[2]), 2, [0, 1], window, ['x1', 'x2']);
    this.boundary.draw(new Float32Array(SIZE * SIZE).fill(0.5), 1);
    this.legend(['0', '1']);
  }

  legend(classes) {
    this.classes = classes;
    const colours = theme().classes;
    const shapes = ['<circle cx="5" cy="5" r="4"/>', '<path d="M5 0 10 5 5 10 0 5z"/>'];
    const items = classes.map((name, k) => {
      const item = document.createElement('span');
      item.innerHTML = `<svg viewBox="0 0 10 10" aria-hidden="true" fill="${css(colours[k % colours.length])}">${shapes[k % 2]}</svg>`;
      item.append(`class ${name}`);
      return item;
    });
    this.$('classes').replaceChildren(...items);
  }

  /** The formulas of a network; of the optimiser and rate of the lesson. */
  formulas(network, lesson) {
    if (!network) return;
    this.lesson = lesson;
    this.network = network;
    this.isFresh = true;
  }

  writeFormulas(sizes) {
    const { network, lesson } = this;
    const all = formulas({
      sizes, activations: network.activations, loss: network.loss, samples: network.labels.length,
      optimizer: lesson.optimizer, rate: lesson.rate,
    });
    for (const [stage, html] of Object.entries(all)) this.$(`f-${stage}`).innerHTML = html;
    this.isFresh = false;
  }

  /** Cards for layers of these widths. */
  build(widths, network) {
    this.widths = widths;
    this.units.build(widths);
    this.$('histograms').replaceChildren(...widths.map((_, layer) => {
      const figure = document.createElement('figure');
      figure.innerHTML = `<canvas role="img"></canvas><figcaption></figcaption>`;
      figure.firstChild.setAttribute('aria-label', `Histogram of the activations of hidden layer ${layer + 1}`);
      return figure;
    }));
    this.$('histograms').previousElementSibling.hidden = widths.length === 0;
    const names = network.activations.map((_, layer) => (layer < widths.length ? `${layer + 1}` : 'output'));
    this.$('norms').tBodies[0].replaceChildren(...names.map((name) => {
      const row = document.createElement('tr');
      row.innerHTML = `<th scope="row">${name}</th><td></td><td></td><td><i></i></td>`;
      return row;
    }));
  }

  draw(frame, network) {
    const { layers } = frame;
    const widths = network.activations.slice(0, -1).map((_, layer) => layers[9 * layer]);
    const key = `${widths} ${network.activations}`;
    if (this.key !== key) { this.build(widths, network); this.key = key; this.isFresh = true; }
    const outputs = layers[9 * widths.length];
    if (this.isFresh) this.writeFormulas([network.features.length, ...widths, outputs]);
    this.numbers(frame);
    this.boundary.draw(frame.boundary, outputs);
    const { canvas } = this.boundary;
    canvas.setAttribute('aria-label', `Decision boundary: ${(100 * frame.accuracy).toFixed(1)} % of ${network.labels.length} samples on their side`);
    drawCurve(this.$('curve'), frame.curve, frame.stride, frame.steps, frame.cost);
    this.$('curve').setAttribute('aria-label', `Cost curve: from ${number(frame.curve[0] ?? frame.cost)} at the start to ${number(frame.cost)} at step ${frame.steps}`);
    this.units.draw(frame.units, frame.spans, (layer, unit) => this.caption(frame, network, layer, unit));
    this.histograms(frame, network);
    this.norms(layers);
    this.weights(frame, network, widths, outputs);
  }

  numbers({ steps, cost, accuracy, rate }) {
    const { $ } = this;
    $('now-step').textContent = steps.toLocaleString('en');
    $('now-cost').textContent = cost < 1000 ? cost.toFixed(4) : number(cost);
    $('now-right').textContent = `${(100 * accuracy).toFixed(1)} %`;
    $('now-speed').textContent = rate ? Math.round(Number(rate.toPrecision(3))).toLocaleString('en') : '–';
    this.rate = rate;
  }

  /** A unit's name, and of the first layer its weights on the two axes and its bias. */
  caption({ parameters }, network, layer, unit) {
    const name = `unit ${unit + 1}`;
    if (layer > 0) return name;
    const n = network.features.length;
    const all = parameters[0];
    const w = this.axes.map((axis) => number(all[unit * n + axis]));
    return `${name}\nw ${w.join(', ')}\nb ${number(all[n * this.widths[0] + unit])}`;
  }

  histograms({ histograms, spans, layers }, network) {
    [...this.$('histograms').children].forEach((figure, layer) => {
      const [, mean, deviation, saturated, dead] = layers.subarray(9 * layer, 9 * layer + 9);
      const isSquare = SQUARES.has(network.activations[layer]);
      drawHistogram(figure.firstChild, histograms[layer], spans[layer], isSquare ? this.saturation : 0);
      const parts = [`mean ${number(mean)}, deviation ${number(deviation)}`];
      if (!Number.isNaN(saturated)) parts.push(`${(100 * saturated).toFixed(1)} % saturated`);
      if (!Number.isNaN(dead)) parts.push(`${(100 * dead).toFixed(0)} % of the units dead`);
      if (this.widths.length > 1) parts.unshift(`layer ${layer + 1}`);
      figure.lastChild.textContent = parts.join('; ');
    });
  }

  norms(layers) {
    [...this.$('norms').tBodies[0].rows].forEach((row, layer) => {
      const [w, , dw] = layers.subarray(9 * layer + 5, 9 * layer + 8);
      row.cells[1].textContent = number(w);
      row.cells[2].textContent = number(dw);
      // From 1e-6 (nothing) to 1 and more (all of it).
      const share = dw > 0 ? Math.max(0, Math.min(1, 1 + Math.log10(dw) / 6)) : 0;
      row.cells[3].firstChild.style.width = `${100 * share}%`;
    });
  }

  /** The weights themselves, of networks that are small enough to read. */
  weights({ parameters }, network, widths, outputs) {
    const sizes = [network.features.length, ...widths, outputs];
    const table = this.$('weights');
    const isSmall = sizes.every((size) => size <= 4) && sizes.length <= 3;
    table.hidden = !isSmall;
    if (!isSmall) return;
    const rows = parameters.flatMap((all, layer) => {
      const [n, units] = [sizes[layer], sizes[layer + 1]];
      return Array.from({ length: units }, (_, unit) => [
        `W[${layer + 1}]${units > 1 ? ` row ${unit + 1}` : ''}`,
        ...Array.from({ length: n }, (_, k) => number(all[unit * n + k])),
      ]);
    });
    const body = table.tBodies[0];
    const wide = Math.max(...rows.map((row) => row.length));
    while (body.rows.length > rows.length) body.deleteRow(-1);
    rows.forEach((cells, i) => {
      const row = body.rows[i] ?? body.insertRow();
      if (row.cells.length !== wide) {
        row.replaceChildren();
        const head = document.createElement('th');
        head.scope = 'row';
        row.append(head);
        for (let k = 1; k < wide; k++) row.insertCell();
      }
      for (let k = 0; k < wide; k++) row.cells[k].textContent = cells[k] ?? '';
    });
  }
}
