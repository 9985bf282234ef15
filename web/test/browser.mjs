// Chromium without a window, and what the tests ask of it.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';

export const WEB = new URL('..', import.meta.url).pathname;
export const PAGE = `file://${WEB}dist/index.html`;
const FLAGS = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];

/** Runs `work` with a browser of its own, which ends with it. CHROMIUM names another program. */
export async function withBrowser(work, options = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'shallownet-'));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS,
    viewport: { width: 1280, height: 900 }, acceptDownloads: true, ...options,
  });
  try {
    return await work(context);
  } finally {
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Opens the page at an address's fragment; what goes wrong in it, or asks for a network, is noted. */
export async function open(context, fragment = '', url = PAGE) {
  const page = await context.newPage();
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
  page.on('console', (message) => {
    // That pictures are read is the tests' own doing.
    if (['error', 'warning'].includes(message.type()) && !message.text().includes('willReadFrequently')) wrong.push(message.text());
  });
  page.on('request', (request) => {
    if (!/^(file|blob|data):/.test(request.url()) && !request.url().startsWith(url)) wrong.push(`asked for ${request.url()}`);
  });
  await page.goto(url + fragment);
  return Object.assign(page, { wrong });
}

/** Waits until the page has drawn a network. */
export const drawn = (page) => page.waitForFunction(() => document.getElementById('now-right').textContent.endsWith('%'), null, { timeout: 60_000 });

/** Waits until `what` of the page's numbers holds: ({ step, cost, right, speed }) => boolean. */
export async function until(page, what, timeout = 60_000) {
  await page.waitForFunction((source) => {
    const text = (id) => Number(document.getElementById(`now-${id}`).textContent.replace(/[^0-9.e+-]/g, ''));
    return eval(source)({ step: text('step'), cost: text('cost'), right: text('right'), speed: text('speed') });
  }, `(${what})`, { timeout });
}

export const numbers = (page) => page.evaluate(() => Object.fromEntries(['step', 'cost', 'right', 'speed'].map((id) =>
  [id, Number(document.getElementById(`now-${id}`).textContent.replace(/[^0-9.e+-]/g, ''))])));

/** Serves a folder on this machine alone while `work` runs. */
export async function served(folder, work) {
  const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
  const server = createServer(async (request, response) => {
    const path = normalize(join(folder, new URL(request.url, 'http://x').pathname));
    try {
      if (!path.startsWith(normalize(folder))) throw new Error('outside');
      const body = await readFile(path.endsWith('/') ? `${path}index.html` : path);
      response.writeHead(200, { 'content-type': types[extname(path)] ?? 'text/html' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await work(`http://127.0.0.1:${server.address().port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
