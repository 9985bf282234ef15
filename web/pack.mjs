// Packs compiled module, scripts and style into one page: see build.sh.

import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { restoreTables, TABLES } from './page/tables.js';

const BUDGET = 300_000; // bytes of the page, compressed
const here = new URL('.', import.meta.url).pathname;
const require = createRequire(import.meta.url);
const wants = (flag) => process.argv.includes(flag);

/** A script of several modules as one text. */
async function bundle(entry, define = {}) {
  const { outputFiles: [file] } = await build({
    entryPoints: [here + entry], bundle: true, minify: true, format: 'iife', target: 'es2022', write: false,
    define: { 'import.meta.url': '""', ...define }, legalComments: 'none', logLevel: 'warning',
  });
  return file.text;
}

const [raw, small] = ['dist/pkg/shallownet_web_bg.wasm', 'dist/pkg/module.lzma'].map((path) => here + path);
const wasm = readFileSync(raw);
const places = TABLES.map((make) => wasm.indexOf(make()));
const rest = new Uint8Array(wasm);
TABLES.forEach((make, k) => { if (places[k] >= 0) rest.fill(0, places[k], places[k] + make().length); });
if (!wasm.equals(restoreTables(rest.slice(), places))) throw new Error('the tables that were taken out do not come back');

// LZMA packs a module a third smaller than gzip does, and its decoder has 7 KB. It takes some seconds, so
// it is done again only when the module is new, or this.
const { decompress, compress } = { ...require('lzma/src/lzma-c.js').LZMA, ...require('lzma/src/lzma-d.js').LZMA };
if (!existsSync(small) || [raw, `${here}pack.mjs`, `${here}page/tables.js`].some((path) => statSync(path).mtimeMs > statSync(small).mtimeMs)) {
  writeFileSync(small, Int8Array.from(compress(new Int8Array(rest.buffer), 9)));
}
if (!Buffer.from(decompress(new Int8Array(readFileSync(small)))).equals(rest)) throw new Error('dist/pkg/module.lzma is of another module');
const decoder = readFileSync(require.resolve('lzma/src/lzma-d-min.js'), 'utf8');
const worker = `${decoder}\n${await bundle('page/worker.js', { PLACES: JSON.stringify(places) })}`;
const main = await bundle('page/main.js', { WORKER: JSON.stringify(worker) });
const { outputFiles: [style] } = await build({ entryPoints: [here + 'page/style.css'], minify: true, write: false });

// In base64, as text has to be, but packed before: base64 of the module itself would pack badly.
const packed = readFileSync(small).toString('base64');
const script = (text) => text.replaceAll('</script', '<\\/script');
const page = readFileSync(here + 'page/index.html', 'utf8')
  .replace('<!-- style -->', () => `<style>${style.text}</style>`)
  .replace('<!-- script -->', () => `<script type="text/plain" id="wasm">${packed}</script>\n<script>${script(main)}</script>`);
mkdirSync(here + 'dist', { recursive: true });
writeFileSync(here + 'dist/index.html', page);

const gzipped = gzipSync(page, { level: 9 }).length;
console.log(`module ${wasm.length} bytes, page ${page.length}; page with gzip -9 ${gzipped}, with brotli ${brotliCompressSync(page).length}`);
if (gzipped > BUDGET) {
  console.error(`the page has ${gzipped} bytes with gzip -9: expected at most ${BUDGET}`);
  process.exitCode = 1;
}

if (wants('--bench')) {
  mkdirSync(here + 'dist/bench', { recursive: true });
  writeFileSync(here + 'dist/bench/module.wasm', wasm);
  writeFileSync(here + 'dist/bench/bench.js', await bundle('bench/bench.js'));
  cpSync(here + 'bench/index.html', here + 'dist/bench/index.html');
  for (const file of ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm-threaded-simd.wasm']) {
    cpSync(require.resolve(`@tensorflow/tfjs-backend-wasm/dist/${file}`), `${here}dist/bench/${file}`);
  }
}
