// Every way that the page can send a network through the compiled module, from which all that the page
// does not call was taken: one entry too many, and a lesson here stops with an error.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawn, open, until, withBrowser } from './browser.mjs';

const ACTIVATIONS = ['tanh', 'sigmoid', 'relu', 'leaky_relu', 'elu', 'softplus', 'silu', 'gelu', 'sin', 'identity'];
const OPTIMIZERS = ['sgd', 'momentum', 'nesterov', 'rms_prop', 'adam', 'adam_w'];
const HIDDEN = ['', '1', '3', '4', '7', '16', '17', '40', '256', '5, 3', '16, 16', '33, 20, 9', '2, 2, 2, 2'];
const POINTS = [2, 3, 33, 400, 5000];

/** Lessons that together have each value of each list, in several pairs. */
function lessons() {
  const all = [];
  const most = ACTIVATIONS.length * HIDDEN.length;
  for (let i = 0; i < most; i++) {
    all.push({
      activation: ACTIVATIONS[i % ACTIVATIONS.length], hidden: HIDDEN[i % HIDDEN.length],
      optimizer: OPTIMIZERS[(i * 5 + (i / 6 | 0)) % OPTIMIZERS.length], points: POINTS[(i * 3 + (i / 5 | 0)) % POINTS.length],
      rate: 0.01, scale: i % 7 === 0 ? '0.1' : 'auto',
    });
  }
  return all;
}

/** A table of that many classes and features. */
const table = (classes, features, rows = 60) => [
  [...Array.from({ length: features }, (_, k) => `f${k}`), 'label'].join(','),
  ...Array.from({ length: rows }, (_, i) => [...Array.from({ length: features }, (_, k) => Math.sin(i * (k + 1.3)).toFixed(3)), `c${i % classes}`].join(',')),
].join('\n');

test('every activation, optimiser, width and number of samples', { timeout: 300_000 }, () => withBrowser(async (context) => {
  const page = await open(context, '');
  await drawn(page);
  for (const lesson of lessons()) {
    await page.evaluate((fragment) => { location.hash = fragment; }, `#${new URLSearchParams({ ...lesson, steps: 2 })}`);
    await page.waitForFunction(([points, hidden]) => document.getElementById('now-step').textContent === '2'
      && document.getElementById('boundary').getAttribute('aria-label').includes(` of ${points} samples`)
      && document.getElementById('hidden').value === hidden, [lesson.points, lesson.hidden]);
    assert.equal(await page.textContent('#alert'), '', JSON.stringify(lesson));
    assert.match(await page.textContent('#now-cost'), /\d/);
    assert.deepEqual(page.wrong, []);
  }
}));

test('two to eight classes, two to many features', { timeout: 120_000 }, () => withBrowser(async (context) => {
  const page = await open(context, '#hidden=6&optimizer=adam&rate=0.05');
  await drawn(page);
  for (const [classes, features] of [[2, 2], [3, 2], [4, 5], [5, 17], [8, 3], [8, 40], [2, 200]]) {
    const name = `of-${classes}-${features}.csv`;
    await page.setInputFiles('#csv', { name, mimeType: 'text/csv', buffer: Buffer.from(table(classes, features)) });
    await page.waitForFunction((name) => document.getElementById('note').textContent.startsWith(name), name);
    await until(page, ({ step }) => step === 0);
    await page.click('#hundred');
    await until(page, ({ step }) => step === 100);
    assert.equal(await page.textContent('#alert'), '');
  }
  await page.setInputFiles('#csv', { name: 'nine.csv', mimeType: 'text/csv', buffer: Buffer.from(table(9, 2)) });
  await page.waitForFunction(() => document.getElementById('alert').textContent.includes('9 different values: expected 2 to 8 classes'));
  assert.deepEqual(page.wrong, []);
}));
