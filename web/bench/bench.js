// Costs compared, then rounds that take turns: see run.mjs.

import init, { Lesson } from '../dist/pkg/shallownet_web.js';
import { Peer, prepare } from './tfjs.js';

const CASES = [
  { name: 'flower 2-4-1, gradient descent', data: 'flower', hidden: [4], optimizer: 'sgd', rate: 1.2, scale: 0.01 },
  { name: 'flower 2-4-1, Adam', data: 'flower', hidden: [4], optimizer: 'adam', rate: 0.02, scale: 0.5 },
  { name: 'spiral 2-16-16-1, Adam', data: 'spiral', hidden: [16, 16], optimizer: 'adam', rate: 0.01, scale: 0.5 },
];
const SAMPLES = 400, COMPARED = 100, ROUNDS = 7, ROUND_MS = 400, CLOSE = 1e-3;

const pause = () => new Promise((resolve) => setTimeout(resolve));
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const say = (text) => { document.getElementById('state').textContent = text; };

/** Steps a second over about a round. */
async function timed(step, finish) {
  const begin = performance.now();
  let [steps, spent] = [0, 0];
  while (spent < ROUND_MS) {
    steps += step();
    spent = performance.now() - begin;
  }
  await finish();
  return steps / (performance.now() - begin) * 1000;
}

async function compare(of) {
  const lesson = new Lesson();
  lesson.make(of.data, SAMPLES, 1, 1);
  lesson.build(Uint32Array.from(of.hidden), 'tanh', of.scale, 1);
  lesson.tune(of.optimizer, of.rate);
  const sizes = [2, ...of.hidden, 1];
  const parameters = sizes.slice(1).map((_, layer) => lesson.parameters(layer));
  const peer = new Peer({ ...of, sizes, parameters, x: Float32Array.from(lesson.points()), y: Float32Array.from(lesson.labels()) });
  const costs = [];
  for (const steps of [0, COMPARED]) {
    if (steps) lesson.train(steps);
    for (let k = 0; k < steps; k++) peer.step();
    const [ours, theirs] = [lesson.cost(), await peer.cost()];
    if (!(Math.abs(ours - theirs) <= CLOSE * theirs)) throw new Error(`${of.name}: after ${steps} steps the costs are ${ours} and ${theirs}`);
    costs.push([ours, theirs]);
  }
  const rates = [[], []];
  for (let round = 0; round <= ROUNDS; round++) {
    const ours = await timed(() => { lesson.train(50); return 50; }, () => lesson.cost());
    await pause();
    const theirs = await timed(() => { peer.step(); return 1; }, () => peer.cost());
    await pause();
    if (round > 0) { rates[0].push(ours); rates[1].push(theirs); } // the first is to warm up
  }
  peer.dispose();
  lesson.free();
  const [ours, theirs] = rates.map(median);
  return { name: of.name, costs, ours, theirs, ratio: ours / theirs };
}

async function run() {
  await init({ module_or_path: 'module.wasm' });
  const version = await prepare();
  const results = [];
  for (const of of CASES) {
    say(`Measuring: ${of.name}`);
    await pause();
    const result = await compare(of);
    results.push(result);
    const row = document.getElementById('rows').insertRow();
    for (const text of [result.name, ...[result.ours, result.theirs].map((v) => Math.round(v).toLocaleString('en')), `${result.ratio.toFixed(1)} times`]) row.insertCell().textContent = text;
  }
  say(`Medians of ${ROUNDS} rounds of ${ROUND_MS} ms; ${SAMPLES} samples; costs agree to ${CLOSE} after ${COMPARED} steps. TensorFlow.js ${version}.`);
  // The lesson's page shows it beside its own, if the browser lets it.
  try { localStorage.setItem('shallownet-tfjs', JSON.stringify({ steps: results[0].theirs, ratio: results[0].ratio })); } catch { /* no storage */ }
  window.results = { version, results };
}

run().catch((error) => {
  say(`Failed: ${error.message ?? error}`);
  window.failed = String(error.message ?? error);
});
