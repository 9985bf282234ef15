// The page: settings to the worker, frames from it to the pictures.

import { drawing } from './drawing.js';
import { files } from './files.js';
import { packPoints, fromAddress, LESSONS, toAddress, unpackPoints, widths } from './state.js';
import { onTheme } from './colours.js';
import { Stages } from './stages.js';
import { windowOf } from './boundary.js';

const $ = (id) => document.getElementById(id);
const worker = new Worker(URL.createObjectURL(new Blob([WORKER], { type: 'text/javascript' })));
const stages = new Stages($);
const calm = matchMedia('(prefers-reduced-motion: reduce)');

let lesson, points = []; // drawn ones
let file; // the table: { name, bytes, label }
let network; // what the worker said of data and layers
let last; // the last frame
let axes = [0, 1], ranges = [-5, 5, -5, 5];
let running = false, asked = false, stale = false, isMixed = false, spoken = 0;

const FIELDS = ['data', 'points', 'noise', 'seed', 'hidden', 'activation', 'scale', 'start', 'optimizer', 'rate', 'speed'];
const ANEW = new Set(['data', 'points', 'noise', 'seed', 'hidden', 'activation', 'scale', 'start']);

const say = (text) => { $('note').textContent = text; };
const warn = (text) => { $('alert').textContent = text; };

/** Shows the lesson's settings in the form. */
function fill() {
  for (const field of FIELDS) {
    const input = $(field);
    // An opened model or an address may have a scale, a speed that is not in the list.
    if (input.tagName === 'SELECT' && ![...input.options].some((o) => o.value === String(lesson[field]))) {
      input.append(new Option(lesson[field], lesson[field]));
    }
    input.value = lesson[field];
  }
  $('rate-slide').value = lesson.rate > 0 ? Math.log10(lesson.rate) : -4;
  sort();
}

/** Shows the settings that belong to the kind of data. */
function sort() {
  const kind = ['drawn', 'table'].includes(lesson.data) ? lesson.data : 'made';
  for (const box of document.querySelectorAll('[data-for]')) {
    if (box.dataset.for !== 'axes') box.hidden = box.dataset.for !== kind;
  }
  $('boundary').classList.toggle('drawing', kind === 'drawn');
}

/** Begins the lesson anew, and goes on to `steps`. */
function begin(steps = 0) {
  warn('');
  say('');
  const hidden = widths(lesson.hidden);
  if (!hidden) return warn(`Hidden units are “${lesson.hidden}”: expected whole numbers, such as 4 or 8, 8.`);
  if (lesson.data === 'table' && !file) return say('Choose a CSV file, or drop it on the page.');
  isMixed = false;
  const classes = new Set(points.map((p) => p[2]));
  if (lesson.data === 'drawn' && classes.size < 2) {
    stages.waiting(points, lesson);
    network = null;
    enable(false);
    return say('Draw points of both classes in the picture of the output.');
  }
  const table = file && lesson.data === 'table' ? file : undefined;
  worker.postMessage({ type: 'begin', lesson, hidden, points, file: table, steps });
  tune();
}

function tune() {
  worker.postMessage({ type: 'tune', optimizer: lesson.optimizer, rate: lesson.rate, speed: lesson.speed });
}

function enable(isOn) {
  for (const id of ['play', 'step', 'hundred', 'restart', 'save']) $(id).disabled = !isOn;
}

/** A setting was changed. */
function edit(field, value) {
  if (String(lesson[field]) === String(value)) return;
  lesson[field] = value;
  sort();
  remember();
  if (field === 'data') axes = [0, 1];
  if (ANEW.has(field)) { begin(); return; }
  if (last?.steps > 0 && field !== 'speed') isMixed = true;
  tune();
  stages.formulas(network, lesson);
}

function remember() {
  lesson.drawn = packPoints(points);
  lesson.steps = 0;
  history.replaceState(null, '', toAddress(lesson));
}

function load() {
  const { lesson: read, strange } = fromAddress(location.hash);
  lesson = read;
  const drawn = unpackPoints(lesson.drawn);
  points = drawn ?? [];
  if (!drawn) strange.push('drawn');
  fill();
  const steps = lesson.steps;
  begin(steps);
  if (strange.length) say(`The address has what this page does not know, and left it out: ${strange.join(', ')}.`);
}

// Frames: one is asked for at a time.

function ask() {
  if (!network) return;
  if (asked) { stale = true; return; }
  asked = true;
  worker.postMessage({ type: 'frame', axes, ranges, ...stages.wanted });
}

/** Draws the last frame, while the worker makes the next one. */
function show() {
  if (running && calm.matches) setTimeout(ask, 250);
  else if (running || stale) ask();
  stale = false;
  if (!network || !last) return;
  stages.draw(last, network);
  tell(last);
}

const listeners = {
  ready({ saturation }) {
    stages.saturation = saturation;
    load();
  },
  changed(what) {
    network = what;
    last = null; // a frame of the network before
    const count = what.features.length;
    if (axes.some((axis) => axis >= count)) axes = [0, 1];
    showAxes(count);
    place();
    stages.formulas(network, lesson);
    enable(true);
    $('level').textContent = `Kernels: ${what.level}.`;
  },
  frame(frame) {
    asked = false;
    last = frame;
    requestAnimationFrame(show);
  },
  stopped({ opened }) {
    running = false;
    $('play').textContent = 'Train';
    if (opened) {
      isMixed = true;
      say(`${opened} is open; training goes on with it.`);
      lesson.hidden = network.widths.join(', ');
      if (network.widths.length) [lesson.activation] = network.activations;
      fill();
    }
    spoken = 0;
    ask();
  },
  error({ text, fatal }) {
    running = false;
    warn(fatal ? `${text} - reload the page to go on.` : text);
  },
  note({ text }) { say(text); },
  saved({ bytes }) { keep.save(bytes); },
};
worker.onmessage = ({ data }) => listeners[data.type](data);
worker.onerror = (event) => warn(`The worker failed: ${event.message}`);

/** The state in words, for a screen reader: now and then while it trains. */
function tell({ steps, cost, accuracy }) {
  const now = Date.now();
  if (running && now - spoken < 4000) return;
  spoken = now;
  $('spoken').textContent = `Step ${steps}, cost ${cost.toPrecision(3)}, ${(100 * accuracy).toFixed(1)} percent right${running ? '' : ', paused'}.`;
}

/** Places the window of the pictures around the data. */
function place() {
  const { points: all, features } = network;
  ranges = windowOf(lesson.data === 'drawn' ? [-4.63, -4.63, 4.63, 4.63] : all, features.length, axes, lesson.data === 'table');
  stages.setSamples(network, axes, ranges);
}

function showAxes(count) {
  document.querySelector('[data-for=axes]').hidden = count < 3;
  for (const [id, k] of [['across', 0], ['up', 1]]) {
    $(id).replaceChildren(...network.features.map((name, i) => new Option(name, i, false, i === axes[k])));
  }
}

for (const [id, k] of [['across', 0], ['up', 1]]) {
  $(id).addEventListener('change', () => { axes[k] = Number($(id).value); place(); ask(); });
}

for (const field of FIELDS) {
  $(field).addEventListener('change', () => {
    const input = $(field);
    if (!input.checkValidity()) return warn(`${input.labels[0].textContent}: ${input.validationMessage}`);
    warn('');
    edit(field, input.type === 'number' ? Number(input.value) : input.value);
    if (field === 'rate' && lesson.rate > 0) $('rate-slide').value = Math.log10(lesson.rate);
  });
}
$('rate-slide').addEventListener('input', () => {
  const rate = Number((10 ** $('rate-slide').value).toPrecision(2));
  $('rate-slide').setAttribute('aria-valuetext', String(rate));
  $('rate').value = rate;
  edit('rate', rate);
});
$('settings').addEventListener('submit', (event) => event.preventDefault());

$('play').addEventListener('click', () => {
  warn('');
  if (running) { worker.postMessage({ type: 'pause' }); return; }
  running = true;
  $('play').textContent = 'Pause';
  worker.postMessage({ type: 'run' });
  ask();
});
const step = (steps) => { warn(''); worker.postMessage({ type: 'step', steps }); };
$('step').addEventListener('click', () => step(1));
$('hundred').addEventListener('click', () => step(100));
$('restart').addEventListener('click', () => begin());

$('link').addEventListener('click', async () => {
  const isWhole = !isMixed && lesson.data !== 'table';
  const address = toAddress({ ...lesson, steps: isWhole ? last?.steps ?? 0 : 0 });
  history.replaceState(null, '', address);
  const why = lesson.data === 'table' ? ' (without the table, which is not part of an address)'
    : isMixed ? ' (to its beginning: settings were changed while it was learning)' : ', to this very step';
  try {
    await navigator.clipboard.writeText(location.href);
    say(`The link is copied${why}.`);
  } catch {
    say(`The link is in the address bar${why}.`);
  }
});

$('lessons').append(...LESSONS.map(([name, changes]) => {
  const item = document.createElement('li'), link = document.createElement('a');
  link.textContent = name;
  link.href = toAddress({ ...fromAddress('').lesson, ...changes });
  link.addEventListener('click', (event) => {
    event.preventDefault();
    history.replaceState(null, '', link.href);
    load();
  });
  item.append(link);
  return item;
}));

const keep = files($, {
  table(given) {
    file = { ...given, label: $('label').value.trim() };
    lesson.data = 'table';
    axes = [0, 1];
    fill();
    remember();
    begin();
  },
  model: (name, bytes) => worker.postMessage({ type: 'open', name, bytes }, [bytes]),
  save: () => worker.postMessage({ type: 'save' }),
  warn,
});
$('label').addEventListener('change', () => {
  if (file) { file.label = $('label').value.trim(); begin(); }
});

drawing($, stages.boundary, {
  isOn: () => lesson.data === 'drawn',
  points: () => points,
  set(all) { points = all; remember(); begin(); },
  redraw: () => (network ? ask() : stages.waiting(points, lesson)),
});

addEventListener('hashchange', load);
addEventListener('resize', () => (network ? ask() : lesson && stages.waiting(points, lesson)));
onTheme(() => { stages.retint(); if (network) ask(); });

// What TensorFlow.js did in this browser, where bench/ has measured it.
try {
  const peer = JSON.parse(localStorage.getItem('shallownet-tfjs'));
  if (peer) {
    $('peer').hidden = false;
    $('now-peer').textContent = Math.round(peer.steps).toLocaleString('en');
  }
} catch { /* no storage, or none of ours */ }

// The compiled module, which the worker unpacks.
const { buffer } = Uint8Array.from(atob($('wasm').textContent.trim()), (c) => c.charCodeAt(0));
worker.postMessage({ type: 'wasm', packed: buffer }, [buffer]);
