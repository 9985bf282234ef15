// The page in Chromium, as its user has it: opened from a file, without a server or a network.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { drawn, numbers, open, until, withBrowser, WEB } from './browser.mjs';

const onPage = (name, fragment, work, options) => test(name, { timeout: 120_000 }, () => withBrowser(async (context) => {
  const page = await open(context, fragment);
  await drawn(page);
  await work(page, context);
  assert.deepEqual(page.wrong, []);
}, options));

/** Shares of a canvas's pixels that are bluer than red, redder than blue, and how many colours it has. */
const colours = (page, selector) => page.evaluate((selector) => {
  const canvas = document.querySelector(selector);
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let [blue, red, all] = [0, 0, 0];
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] < 255) continue;
    all++;
    seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
    if (data[i + 2] - data[i] > 60) blue++;
    if (data[i] - data[i + 2] > 60) red++;
  }
  return { blue: blue / all, red: red / all, all, seen: seen.size };
}, selector);

const tiles = (page) => page.evaluate(() => [...document.querySelectorAll('#units canvas')].map((canvas) => canvas.toDataURL()));
const give = (page, name, text) => page.setInputFiles('#csv', { name, mimeType: 'text/csv', buffer: Buffer.from(text) });
const alert = (page) => page.textContent('#alert');

onPage('trains the flower to 90 %, and the picture shows it', '#speed=full', async (page) => {
  const before = await colours(page, '#boundary');
  assert.ok(before.blue < 0.1 && before.red < 0.1, `${JSON.stringify(before)}: nothing is decided yet`);
  await page.click('#play');
  await until(page, ({ right }) => right >= 90);
  await page.click('#play');
  await page.waitForFunction(() => document.getElementById('play').textContent === 'Train');
  const after = await colours(page, '#boundary');
  assert.ok(after.blue > 0.2 && after.red > 0.2 && after.seen > before.seen, JSON.stringify({ before, after }));
  const units = await tiles(page);
  assert.equal(new Set(units).size, 4, 'four units see four things');
  const curve = await colours(page, '#curve');
  assert.ok(curve.all > 300 && curve.blue > 0.2, `a curve is drawn: ${JSON.stringify(curve)}`);
  const { step, cost, speed } = await numbers(page);
  assert.ok(cost < 0.4 && speed > 1000, JSON.stringify({ step, cost, speed }));
});

onPage('from weights of 0 all units stay the same', '#scale=0&steps=500', async (page) => {
  assert.equal((await numbers(page)).step, 500);
  assert.equal(new Set(await tiles(page)).size, 1);
});

onPage('weights of 100 saturate', '#scale=100', async (page) => {
  const share = Number(/([\d.]+) % saturated/.exec(await page.textContent('#histograms'))[1]);
  assert.ok(share > 80, `${share} %`);
});

onPage('a lesson is a link: the same step has the same numbers', '#data=moons&hidden=6&optimizer=adam&rate=0.05&steps=300', async (page) => {
  const there = await numbers(page);
  assert.equal(there.step, 300);
  await page.click('#restart');
  await until(page, ({ step }) => step === 0);
  for (let k = 1; k <= 3; k++) {
    await page.click('#hundred');
    await until(page, new Function('{ step }', `return step === ${100 * k}`).toString().replace('anonymous', ''));
  }
  assert.deepEqual(await numbers(page), { ...there, speed: (await numbers(page)).speed });
  await page.click('#link');
  assert.match(await page.evaluate(() => location.hash), /data=moons.*steps=300/);
  await page.selectOption('#activation', 'relu');
  assert.match(await page.evaluate(() => location.hash), /activation=relu/);
});

onPage('what an address holds that can not be is told', '#data=rose&rate=fast&colour=1', async (page) => {
  assert.match(await page.textContent('#note'), /colour, rate=fast|rate=fast, colour/);
});

onPage('a table is learned, and a broken one is named by line and column', '', async (page) => {
  const rows = Array.from({ length: 90 }, (_, i) => `${i % 30},${(i * 7) % 11},${['a', 'b', 'c'][i % 3]},${i / 30 | 0}`);
  await give(page, 'three.csv', `height,width,kind,class\n${rows.map((row) => row.replace(/[abc],/, `${row.length},`)).join('\n')}`);
  await page.waitForFunction(() => document.getElementById('note').textContent.includes('three.csv'));
  assert.match(await page.textContent('#note'), /90 samples of 3 features; "class" is the label, with the classes 0, 1, 2/);
  assert.deepEqual(await page.locator('#across option').allTextContents(), ['height', 'width', 'kind']);
  await give(page, 'broken.csv', 'a,b,label\n1,2,0\n1,x,1\n');
  await page.waitForFunction(() => document.getElementById('alert').textContent !== '');
  assert.equal(await alert(page), 'broken.csv: line 3, column 2 ("b"): "x" is not a number');
});

onPage('a gzipped table is unpacked, and a damaged one is refused', '', async (page) => {
  const rows = Array.from({ length: 200 }, (_, i) => `${Math.sin(i)},${Math.cos(7 * i)},${i % 2}`);
  const packed = gzipSync(`a,b,label\n${rows.join('\n')}\n`);
  await give(page, 'packed.csv.gz', packed);
  await page.waitForFunction(() => document.getElementById('note').textContent.startsWith('packed.csv.gz: 200 samples of 2 features'));
  assert.equal(await alert(page), '');
  packed[packed.length - 8] ^= 1; // the checksum
  await give(page, 'damaged.csv.gz', packed);
  await page.waitForFunction(() => document.getElementById('alert').textContent.startsWith('damaged.csv.gz:'));
});

onPage('what can not be is refused in words, and the page goes on', '', async (page) => {
  await page.fill('#hidden', '4, x');
  await page.press('#hidden', 'Enter');
  await page.waitForFunction(() => document.getElementById('alert').textContent.includes('expected whole numbers'));
  await page.fill('#hidden', '9999');
  await page.press('#hidden', 'Tab');
  await page.waitForFunction(() => document.getElementById('alert').textContent.includes('9999 hidden units: expected 1 to 256'));
  await page.fill('#hidden', '5');
  await page.press('#hidden', 'Tab');
  await page.waitForFunction(() => document.querySelectorAll('#units canvas').length === 5);
  assert.equal(await alert(page), '');
  await page.fill('#rate', '-1');
  await page.press('#rate', 'Tab');
  await page.waitForFunction(() => document.getElementById('alert').textContent.startsWith('Learning rate:'));
  await page.selectOption('#activation', 'relu');
  await page.fill('#rate', '1e38');
  await page.press('#rate', 'Tab');
  await page.click('#hundred');
  await page.waitForFunction(() => /the cost is .* at step .*: training stopped/.test(document.getElementById('alert').textContent));
});

onPage('a model is saved and opened again', '#steps=400', async (page) => {
  const trained = await numbers(page);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
  const bytes = readFileSync(await download.path());
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE())).toString());
  assert.deepEqual(header['layers.0.weight'].shape, [4, 2]);
  await page.click('#restart');
  await until(page, ({ step }) => step === 0);
  const model = { name: 'model.safetensors', mimeType: '', buffer: bytes };
  await page.setInputFiles('#model', model);
  await page.waitForFunction(() => document.getElementById('note').textContent.includes('is open'));
  await page.waitForFunction((cost) => document.getElementById('now-cost').textContent === cost, trained.cost.toFixed(4));
  await page.setInputFiles('#model', { ...model, buffer: bytes.subarray(0, 200) });
  await page.waitForFunction(() => document.getElementById('alert').textContent.startsWith('model.safetensors:'));
});

/** The classes of a command line's predictions. */
const predicted = (text) => text.trim().split('\n').slice(1).map((line) => line.split(',')[0].trim());

const cli = process.env.SHALLOWNET_CLI;
if (cli) onPage('models go to the command line and come from it', '#data=circles&points=200&steps=2000&optimizer=adam&rate=0.05', async (page) => {
  const folder = mkdtempSync(join(tmpdir(), 'shallownet-'));
  try {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
    const model = join(folder, 'page.safetensors');
    await download.saveAs(model);
    writeFileSync(join(folder, 'new.csv'), 'x1,x2\n3.5,0\n0,1.5\n-1.5,0\n0,-3.5\n');
    const told = execFileSync(cli, ['predict', '--model', model, '--data', join(folder, 'new.csv')], { encoding: 'utf8' });
    assert.deepEqual(predicted(told), ['0', '1', '1', '0'], told);
    // And back: a table, a model that the program learned from it, the same share of right answers.
    const table = join(WEB, '../tests/data/planar.csv'), theirs = join(folder, 'model.safetensors');
    execFileSync(cli, ['train', '--data', table, '--label', 'label', '--hidden', '8', '--activation', 'tanh', '--precision', 'f32', '--out', folder]);
    await page.setInputFiles('#csv', table);
    await page.waitForFunction(() => document.getElementById('note').textContent.includes('planar.csv'));
    await page.setInputFiles('#model', theirs);
    await page.waitForFunction(() => document.getElementById('note').textContent.includes('is open'));
    const rows = readFileSync(table, 'utf8').trim().split('\n').slice(1).map((row) => row.split(','));
    const points = join(folder, 'points.csv');
    writeFileSync(points, `x1,x2\n${rows.map(([x, y]) => `${x},${y}`).join('\n')}\n`);
    const theirClasses = predicted(execFileSync(cli, ['predict', '--model', theirs, '--data', points], { encoding: 'utf8' }));
    const right = rows.filter((row, i) => row[2].trim() === theirClasses[i]).length / rows.length;
    await page.waitForFunction((text) => document.getElementById('now-right').textContent === text, `${(100 * right).toFixed(1)} %`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
