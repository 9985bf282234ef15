// Takes out of a compiled module what the page never calls: `node snip.mjs FROM.wasm TO.wasm`.
//
// A network's calls go through tables of functions, so that the compiler has to keep all of them:
// Jacobians, populations, Levenberg-Marquardt, noise, losses of the caller's own, single samples, the
// portable backend. They are four fifths of the module. Here the bodies of those entries become
// `unreachable`, as the tool wasm-snip does it, and what only they called is dropped. Should the page
// come upon one all the same, the lesson stops and says so; test/paths.test.mjs takes every way there is.

import { readFileSync, writeFileSync } from 'node:fs';
import binaryen from 'binaryen';
import { clearPlaces } from './places.mjs';

/** Calls of the library that the page does not make, by the names of src/engine, and the one-sample paths. */
const NEVER = [
  // Methods of `Passes` and `Elementwise` (src/engine/passes.rs), on any backend.
  /(Passes|Elementwise)\b.*[0-9:](backward_from|backward_with|propagate_dropped|sum_tiles|input_derivatives|directions|predict_tiny|cost_tiny|backward_tiny|step_tiny|groups|noise|squares|apply)(17h|$)/,
  // The portable backend, which only holds a model file's parameters until they are copied.
  /GemmOps.*Passes\b.*[0-9:](predict|propagate|sum_weights|forward)(17h|$)/,
  /GemmOps.*Elementwise\b.*[0-9:](optimize|sum_of_squares)(17h|$)/,
  /GemmOps.*LayerOps/,
  // Whole rooms of the engine.
  /6engine(6groups|11derivatives|7squares|5noise|7dropped|6single|13single_custom|8own_loss)/,
  /engine\.\.(groups|derivatives|squares|noise|dropped|single|single_custom|own_loss)\.\./,
  /6engine13narrow_custom.*(14there_and_back|13backward_kept)/,
  /LayerOps.*9curvature|6curves(13run_curvature|11run_dropout)/,
  // Threads: every network that the page computes with is `Parallelism::Serial` (src/network.rs).
  /10rayon_core(?!.*19current_num_threads)|5rayon4iter|rayon(_core)?\.\.|15crossbeam_(deque|epoch)|crossbeam_(deque|epoch)\.\./,
];
/** What a panic calls, which never comes back: here it stops the lesson without a message. */
const PANICS = /4core9panicking\d+(panic|assert)|4core6(option|result)\d+(expect|unwrap)_failed|(slice_error|slice_index|len_mismatch)_fail|panic_(on_ord_violation|access_error|already|cannot)|raw_vec\d+(handle_error|capacity_overflow)|handle_alloc_error|rust_begin_unwind/;
const LEAST = 40; // functions that must have been found

/** What the compiler uses, and all browsers have since 2023. */
const FEATURES = ['MutableGlobals', 'NontrappingFPToInt', 'SIMD128', 'BulkMemory', 'SignExt', 'ReferenceTypes', 'Multivalue', 'BulkMemoryOpt', 'CallIndirectOverlong']
  .reduce((all, name) => all | (binaryen.Features[name] ?? 0), 0);

function read(bytes) {
  const module = binaryen.readBinary(bytes);
  module.setFeatures(FEATURES);
  return module;
}

/** Which functions call which, what is exported or stands in tables, how many instructions each has. */
function graph(module) {
  const calls = new Map(), roots = new Set(), size = new Map();
  let current;
  for (const line of module.emitText().split('\n')) {
    const begun = /^ \(func \$(\S+)/.exec(line);
    if (begun) calls.set(current = begun[1], new Set());
    else if (/^ \(/.test(line)) {
      current = undefined;
      if (/^ \((elem|export|start) /.test(line)) for (const [, name] of line.matchAll(/\$([^\s)]+)/g)) roots.add(name);
    }
    if (current) size.set(current, (size.get(current) ?? 0) + 1);
    if (current) for (const [, name] of line.matchAll(/\((?:call|return_call|ref\.func) \$([^\s)]+)/g)) calls.get(current).add(name);
  }
  return { calls, roots, size };
}

/** All that the functions of a set call, and what these call. */
function reached(calls, roots) {
  const all = new Set(), next = [...roots];
  while (next.length) {
    const name = next.pop();
    if (all.has(name)) continue;
    all.add(name);
    next.push(...(calls.get(name) ?? []));
  }
  return all;
}

/** The module as the compiler left it, but for what is never called. */
export function snip(bytes) {
  const module = read(bytes);
  const { calls, roots, size } = graph(module);
  const taken = new Set([...calls.keys()].filter((name) => NEVER.some((pattern) => pattern.test(name))));
  if (taken.size < LEAST) throw new Error(`${taken.size} functions to take out: expected at least ${LEAST}: have their names changed?`);
  // Three kernels for the loss: of outputs apart (GELU and its like), of more outputs than a panel has,
  // and of few outputs, which may be part of its caller. The page has at most 8 sigmoids or softmaxes: the
  // first two, which are the same code but for what surrounds it, are never called.
  const loss = [...calls.keys()].find((name) => /FusedOps.*LayerOps.*[0-9]loss17h/.test(name));
  const kernels = [...calls.get(loss)].filter((name) => /vectorize/.test(name)).sort((a, b) => size.get(b) - size.get(a));
  const [first, second, third = 0] = kernels.map((name) => size.get(name));
  if (![2, 3].includes(kernels.length) || second < 0.95 * first || third > 0.8 * second) {
    throw new Error(`the loss has kernels of ${kernels.map((name) => size.get(name))} instructions: expected two alike, and at most one smaller`);
  }
  for (const name of kernels.slice(0, 2)) taken.add(name);
  for (const name of calls.keys()) if (PANICS.test(name)) taken.add(name);
  for (const name of taken) calls.set(name, new Set());
  // A closure that several threads would share is in the table once more, under a name that tells
  // nothing: it goes where its kernel is called from nowhere else.
  const isShim = (name) => /call_once.*vtable\.shim/.test(name);
  const direct = reached(calls, [...roots].filter((name) => !isShim(name)));
  for (const name of calls.keys()) {
    if (isShim(name) && [...calls.get(name)].some((callee) => /vectorize/.test(callee) && !direct.has(callee))) taken.add(name);
  }
  for (const name of taken) {
    const f = module.getFunction(name.replaceAll(/\\([0-9a-f]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))));
    if (f) binaryen.Function.setBody(f, module.unreachable());
  }
  binaryen.setDebugInfo(Boolean(process.env.NAMES));
  // Nobody reads the arguments of what is taken out, and without them it is all the same function.
  module.runPasses(['strip-dwarf', 'dae', 'remove-unused-module-elements', 'duplicate-function-elimination', 'reorder-locals']);
  const rest = module.emitBinary();
  module.dispose();
  if (clearPlaces(rest) < LEAST) throw new Error(`the places of panics are not where they were expected in the module's data`);
  return rest;
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const [from, to] = process.argv.slice(2);
  writeFileSync(to, snip(readFileSync(from)));
}
