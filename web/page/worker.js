// The lesson itself, away from the page: it trains in slices of some milliseconds, and between them
// answers what the page asks.

import init, { Lesson, saturation } from '../dist/pkg/shallownet_web.js';
import { restoreTables } from './tables.js';

const SLICE = 6; // ms of training between two looks at the messages
let lesson, running = false, perSecond = Infinity, began = 0, owed = 0;
let rate = 0, counted = 0, clocked = 0; // steps a second of training, from so many steps and ms
const soon = new MessageChannel();
soon.port1.onmessage = slice;

function slice() {
  if (!running) return;
  const now = performance.now();
  if (perSecond !== Infinity) {
    owed = Math.min(owed + (now - began) / 1000 * perSecond, perSecond / 10 + 1);
    began = now;
  }
  if (attempt(() => trainFor(SLICE, perSecond === Infinity ? Infinity : Math.floor(owed)))) {
    if (perSecond === Infinity) soon.port2.postMessage(0); else setTimeout(slice, 4);
  } else stop();
}

/** At most `most` steps and about `milliseconds`. */
function trainFor(milliseconds, most) {
  const begin = performance.now();
  let done = 0, spent = 0;
  while (done < most && spent < milliseconds) {
    // Some steps a call, so that neither the call nor the clock is what takes the time.
    const chunk = Math.max(1, Math.min(rate * 0.002, 5000, most - done)) | 0;
    lesson.train(chunk);
    done += chunk;
    spent = performance.now() - begin;
  }
  [counted, clocked] = [counted + done, clocked + spent];
  if (clocked > 5) {
    const measured = counted / clocked * 1000;
    rate = rate ? rate + 0.1 * (measured - rate) : measured;
    [counted, clocked] = [0, 0];
  }
  if (perSecond !== Infinity) owed -= done;
}

function stop() {
  running = false;
  postMessage({ type: 'stopped' });
}

/** Whether `work` was done; what it throws is told. */
function attempt(work) {
  try {
    work();
    return true;
  } catch (error) {
    postMessage({ type: 'error', text: String(error?.message ?? error), fatal: typeof error !== 'string' });
    return false;
  }
}

function changed() {
  const layers = lesson.layers();
  postMessage({
    type: 'changed', widths: lesson.activations().slice(0, -1).map((_, layer) => layers[9 * layer]), points: lesson.points(), labels: lesson.labels(), features: lesson.features(),
    classes: lesson.classes(), activations: lesson.activations(), loss: lesson.loss(), level: lesson.level(),
  });
}

const answers = {
  async wasm({ packed }) {
    // LZMA's decoder stands before this script, and PLACES comes from there, too: see pack.mjs.
    const module = Uint8Array.from(LZMA.decompress(new Int8Array(packed)));
    await init({ module_or_path: restoreTables(module, PLACES) });
    lesson = new Lesson();
    postMessage({ type: 'ready', saturation: saturation() });
  },

  /** A lesson from its beginning. */
  begin({ lesson: l, hidden, points, file, steps }) {
    attempt(() => {
      running = false;
      [rate, counted, clocked] = [0, 0, 0];
      if (l.data === 'drawn') lesson.draw(Float64Array.from(points.flat()));
      else if (l.data === 'table') {
        if (file) postMessage({ type: 'note', text: lesson.read(file.name, new Uint8Array(file.bytes), file.label) });
      } else lesson.make(l.data, l.points, l.noise, l.seed);
      lesson.build(Uint32Array.from(hidden), l.activation, l.scale === 'auto' ? NaN : Number(l.scale), l.start);
      lesson.tune(l.optimizer, l.rate);
      changed();
      if (steps > 0) lesson.train(steps);
    });
    postMessage({ type: 'stopped' });
  },

  tune({ optimizer, rate: learningRate, speed }) {
    attempt(() => lesson.tune(optimizer, learningRate));
    perSecond = speed === 'full' ? Infinity : Number(speed);
  },

  run() {
    [running, began, owed] = [true, performance.now(), 1];
    slice();
  },

  pause: stop,

  step({ steps }) {
    attempt(() => lesson.train(steps));
    postMessage({ type: 'stopped' });
  },

  /** Everything that a frame shows. */
  frame({ axes, ranges, size, tile, most, bins }) {
    attempt(() => {
      const [across, window] = [Uint32Array.from(axes), Float64Array.from(ranges)];
      const layers = lesson.layers();
      const names = lesson.activations();
      const hidden = names.slice(0, -1);
      const shown = hidden.map((name, layer) => span(name, layers[9 * layer + 1], layers[9 * layer + 2]));
      const frame = {
        type: 'frame', running, rate, steps: lesson.steps, cost: lesson.cost(), accuracy: lesson.accuracy(),
        curve: lesson.curve(), stride: lesson.curve_stride, layers, spans: shown,
        boundary: lesson.boundary(across, window, size), units: lesson.units(across, window, tile, most),
        histograms: shown.map(([low, high], layer) => lesson.histogram(layer, bins, low, high)),
        parameters: names.map((_, layer) => lesson.parameters(layer)),
      };
      const buffers = [frame.curve, layers, frame.boundary, frame.units, ...frame.histograms, ...frame.parameters];
      postMessage(frame, buffers.map((array) => array.buffer));
    });
  },

  save() {
    attempt(() => postMessage({ type: 'saved', bytes: lesson.save() }));
  },

  open({ name, bytes }) {
    const isOpen = attempt(() => {
      running = false;
      lesson.open(name, new Uint8Array(bytes));
      changed();
    });
    postMessage({ type: 'stopped', opened: isOpen ? name : undefined });
  },
};

/** The range of a histogram: the activation's own, or what the values take. */
function span(name, mean, deviation) {
  if (name === 'tanh' || name === 'sin') return [-1, 1];
  if (name === 'sigmoid') return [0, 1];
  const reach = Math.max(3 * deviation, 1e-6);
  return name === 'relu' || name === 'softplus' ? [0, mean + reach] : [mean - reach, mean + reach];
}

onmessage = ({ data }) => answers[data.type](data);
