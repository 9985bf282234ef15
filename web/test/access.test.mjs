// Who uses a keyboard, a screen reader, a dark room, a telephone.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { drawn, numbers, open, until, withBrowser } from './browser.mjs';

const shots = process.env.SCREENSHOTS; // a folder for pictures to look at
const onPage = (name, fragment, options, work) => test(name, { timeout: 120_000 }, () => withBrowser(async (context) => {
  const page = await open(context, fragment);
  await drawn(page);
  await work(page);
  assert.deepEqual(page.wrong, []);
}, options));
const shoot = async (page, name, fullPage = false) => {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  await page.screenshot({ path: `${shots}/${name}.png`, fullPage });
};

onPage('everything has a name, and the state is spoken', '', {}, async (page) => {
  const nameless = await page.evaluate(() => [...document.querySelectorAll('input, select, button, canvas, a, table')].filter((element) => {
    const text = element.getAttribute('aria-label') || element.labels?.[0]?.textContent || element.caption?.textContent
      || (['BUTTON', 'A'].includes(element.tagName) && element.textContent);
    return !text?.trim();
  }).map((element) => element.outerHTML.slice(0, 80)));
  assert.deepEqual(nameless, []);
  assert.match(await page.locator('#settings').ariaSnapshot(), /combobox "Optimiser"/);
  assert.match(await page.getAttribute('#boundary', 'aria-label'), /of 400 samples on their side/);
  const before = await page.textContent('#spoken');
  await page.click('#hundred');
  await page.waitForFunction((text) => document.getElementById('spoken').textContent !== text, before);
  assert.match(await page.textContent('#spoken'), /^Step 100, cost .* percent right, paused/);
});

test('the keyboard alone', { timeout: 120_000 }, () => withBrowser(async (context) => {
  const page = await open(context, '');
  await drawn(page);
  const reached = [];
  for (let k = 0; k < 60; k++) {
    await page.keyboard.press('Tab');
    const id = await page.evaluate(() => document.activeElement.id || document.activeElement.tagName);
    reached.push(id);
    if (id === 'play') break;
  }
  for (const id of ['data', 'points', 'hidden', 'activation', 'scale', 'optimizer', 'rate', 'speed', 'save', 'play']) {
    assert.ok(reached.includes(id), `${id} is not reached: ${reached}`);
  }
  await page.keyboard.press('Enter');
  await until(page, ({ step }) => step > 50);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.getElementById('play').textContent === 'Train');
  await page.selectOption('#data', 'drawn');
  await page.focus('#boundary');
  for (let k = 0; k < 6; k++) await page.keyboard.press('ArrowLeft');
  await page.keyboard.press(' ');
  await page.check('input[name=pen][value="1"]');
  await page.focus('#boundary');
  for (let k = 0; k < 6; k++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press(' ');
  await page.waitForFunction(() => !document.getElementById('play').disabled);
  assert.match(await page.evaluate(() => location.hash), /drawn=.{10}/);
  assert.deepEqual(page.wrong, []);
}));

/** Contrast of an element's text with what is behind it, as WCAG computes it. */
const contrast = (page, selector) => page.evaluate((selector) => {
  const parse = (text) => text.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const element = document.querySelector(selector);
  let behind = element;
  const paper = () => parse(getComputedStyle(behind).backgroundColor);
  while (paper()[3] === 0 && behind.parentElement) behind = behind.parentElement;
  const [a, b] = [light(parse(getComputedStyle(element).color)), light(paper())];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}, selector);

for (const colorScheme of ['light', 'dark']) {
  onPage(`${colorScheme}: text can be read`, '#steps=3000', { colorScheme, viewport: { width: 1440, height: 1000 } }, async (page) => {
    const [, g] = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor.match(/\d+/g).map(Number));
    assert.equal(g > 128, colorScheme === 'light');
    for (const selector of ['h1', 'header p', 'legend', 'form label', '.hint', '#play', '#step', 'dt', 'figcaption', 'nav a', 'caption', '.formula small', 'footer p']) {
      const ratio = await contrast(page, selector);
      assert.ok(ratio >= 4.5, `${selector}: ${ratio.toFixed(2)}`);
    }
    await shoot(page, `web-${colorScheme}`);
    await shoot(page, `web-${colorScheme}-whole`, true);
  });
}

for (const width of [320, 390, 820]) {
  onPage(`${width} pixels wide: nothing stands out`, '#hidden=16, 16&data=spiral&optimizer=adam&rate=0.02&scale=auto&steps=1500', { viewport: { width, height: 844 } }, async (page) => {
    const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
    assert.ok(wide <= width, `${wide} pixels`);
    await shoot(page, `web-${width}`, true);
  });
}

onPage('less motion: few pictures a second, the same training', '#speed=full', { reducedMotion: 'reduce' }, async (page) => {
  const frames = await page.evaluate(() => new Promise((resolve) => {
    let count = 0;
    new MutationObserver(() => count++).observe(document.getElementById('now-step'), { childList: true, characterData: true, subtree: true });
    document.getElementById('play').click();
    setTimeout(() => resolve(count), 2000);
  }));
  assert.ok(frames > 0 && frames <= 10, `${frames} in 2 s`);
  assert.ok((await numbers(page)).step > 1000);
});
