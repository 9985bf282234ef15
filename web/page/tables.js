// Tables of the module that look like noise, so that no packer makes them smaller, and that a few lines
// make anew. pack.mjs leaves out those that it finds, to the byte; the worker puts them back.

/** Numbers of so many bits as they lie in the module's memory. */
function bytes(bits, numbers) {
  const view = new DataView(new ArrayBuffer(numbers.length * bits / 8));
  numbers.forEach((number, k) => (bits === 64 ? view.setBigUint64(8 * k, number, true) : view.setUint32(4 * k, number, true)));
  return new Uint8Array(view.buffer);
}

/** CRC-32, sixteen bytes at once (crate crc32fast): where each byte leads with k zeros behind it. */
function crc32() {
  const table = [];
  for (let byte = 0; byte < 256; byte++) {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
    table.push(rest >>> 0);
  }
  for (let k = 256; k < 4096; k++) table.push(((table[k - 256] >>> 8) ^ table[table[k - 256] & 255]) >>> 0);
  return bytes(32, table);
}

/** The first 128 bits of 10^least to 10^most, the upper 64 before the lower; rounded up between `up` and 0, else down. */
function powers(least, most, up) {
  const words = [];
  for (let exponent = least; exponent <= most; exponent++) {
    const power = 10n ** BigInt(Math.abs(exponent)), length = BigInt(power.toString(2).length);
    let first = exponent < 0 ? (1n << (length + 128n)) / power : (power << 128n) >> length;
    if (first >> 128n) first >>= 1n;
    if (up <= exponent && exponent < 0) first += 1n;
    words.push(first >> 64n, BigInt.asUintN(64, first));
  }
  return bytes(64, words);
}

/** 5^(2^k) in limbs of 32 bits. */
function five(k) {
  const limbs = [];
  for (let rest = 5n ** (1n << BigInt(k)); rest > 0n; rest >>= 32n) limbs.push(Number(rest & 0xffffffffn));
  return bytes(32, limbs);
}

/** Every table, always in this order. */
export const TABLES = [
  crc32,
  // For reading numbers (core::num::dec2flt), for writing them (crate zmij), for reading them exactly (serde_json).
  () => powers(-342, 308, -27),
  () => powers(-293, 324, 0),
  ...[9, 10, 11, 12, 13].map((k) => () => five(k)),
];

/** Puts tables where pack.mjs found them in the module (-1: nowhere). */
export function restoreTables(module, places) {
  TABLES.forEach((make, k) => { if (places[k] >= 0) module.set(make(), places[k]); });
  return module;
}
