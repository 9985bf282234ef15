// Prints the steps a second of both, measured in headless Chromium: `web/build.sh --bench` first, then
// `node bench/run.mjs [--at-least 30]`; with the option it fails where a ratio of the lecture's network is below.

import { open, served, WEB, withBrowser } from '../test/browser.mjs';

const at = process.argv.indexOf('--at-least');
const least = at < 0 ? 0 : Number(process.argv[at + 1]);
await served(`${WEB}dist/`, (url) => withBrowser(async (context) => {
  const page = await open(context, 'bench/', url);
  await page.waitForFunction(() => window.results || window.failed, null, { timeout: 110_000 });
  const { failed, results } = await page.evaluate(() => ({ failed: window.failed, results: window.results }));
  if (failed) throw new Error(failed);
  console.log(`${context.browser()?.version() ? `Chromium ${context.browser().version()}; ` : ''}TensorFlow.js ${results.version}`);
  for (const { name, costs, ours, theirs, ratio } of results.results) {
    console.log(`${name}: shallownet ${ours.toFixed(0)} steps/s, TensorFlow.js ${theirs.toFixed(0)}, ratio ${ratio.toFixed(1)}; costs after 100 steps ${costs[1].map((c) => c.toFixed(6)).join(' and ')}`);
    if (name.startsWith('flower') && ratio < least) process.exitCode = 1;
  }
  if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/web-bench.png` });
}));
