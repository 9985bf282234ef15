// A lesson in the address: what is not there is as in the lecture.

export const LECTURE = {
  data: 'flower', points: 400, noise: 1, seed: 1, drawn: '',
  hidden: '4', activation: 'tanh', scale: '0.01', start: 1,
  optimizer: 'sgd', rate: 1.2, speed: '1000', steps: 0,
};

export const LESSONS = [
  ['The lecture', {}],
  ['Symmetry', { scale: '0' }],
  ['Saturation', { scale: '100' }],
  ['Dead units', { activation: 'relu', hidden: '12', rate: 8, scale: '1' }],
  ['Spiral with Adam', { data: 'spiral', hidden: '16, 16', optimizer: 'adam', rate: 0.02, scale: 'auto' }],
];

const DATA = ['flower', 'circles', 'moons', 'spiral', 'gauss', 'xor', 'drawn', 'table'];
const WHOLE = new Set(['points', 'seed', 'start', 'steps']);

/** The lesson of an address's fragment, and what in it could not be read. */
export function fromAddress(fragment) {
  const lesson = { ...LECTURE };
  const strange = [];
  for (const [key, text] of new URLSearchParams(fragment.replace(/^#/, ''))) {
    if (!(key in LECTURE)) { strange.push(key); continue; }
    if (typeof LECTURE[key] !== 'number') { lesson[key] = text; continue; }
    const value = Number(text);
    const isGood = text !== '' && Number.isFinite(value) && value >= 0 && (!WHOLE.has(key) || Number.isInteger(value));
    if (isGood) lesson[key] = value; else strange.push(`${key}=${text}`);
  }
  if (!DATA.includes(lesson.data)) { strange.push(`data=${lesson.data}`); lesson.data = LECTURE.data; }
  return { lesson, strange };
}

/** The fragment of a lesson: only what differs from the lecture. */
export function toAddress(lesson) {
  const parts = new URLSearchParams();
  for (const [key, usual] of Object.entries(LECTURE)) {
    const isIdle = (key === 'drawn' && lesson.data !== 'drawn')
      || (['points', 'noise', 'seed'].includes(key) && ['drawn', 'table'].includes(lesson.data));
    if (!isIdle && String(lesson[key]) !== String(usual)) parts.set(key, lesson[key]);
  }
  return `#${parts}`;
}

const SPAN = 5, CELLS = 1000;
const LETTERS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_';

/** Where drawn points may be: a square of this half width around the origin. */
export const DRAWN_SPAN = SPAN;

/** A drawn point on the lattice that the address can tell: [x1, x2, class]. */
export function onLattice([x, y, c]) {
  const snap = (v) => Math.round(Math.max(-SPAN, Math.min(SPAN, v)) * CELLS / (2 * SPAN)) / CELLS * 2 * SPAN;
  return [snap(x), snap(y), c];
}

/** Points as text: five letters each, two for a coordinate and one for the class. */
export function packPoints(points) {
  const two = (v) => {
    const cell = Math.round((v + SPAN) * CELLS / (2 * SPAN));
    return LETTERS[cell >> 6] + LETTERS[cell & 63];
  };
  return points.map(([x, y, c]) => two(x) + two(y) + c).join('');
}

/** The points of such a text, or null if it is none. */
export function unpackPoints(text) {
  if (text.length % 5 !== 0) return null;
  const points = [];
  for (let i = 0; i < text.length; i += 5) {
    const [a, b, c, d] = [...text.slice(i, i + 4)].map((letter) => LETTERS.indexOf(letter));
    const one = (high, low) => (high * 64 + low) / CELLS * 2 * SPAN - SPAN;
    const kind = Number(text[i + 4]);
    if (Math.min(a, b, c, d) < 0 || !(kind === 0 || kind === 1)) return null;
    points.push(onLattice([one(a, b), one(c, d), kind]));
  }
  return points;
}

/** The widths of hidden layers from what was typed, or null: "8, 4" is [8, 4], "" no hidden layer. */
export function widths(text) {
  const parts = text.split(/[\s,;-]+/).filter((part) => part !== '');
  return parts.every((part) => /^\d{1,6}$/.test(part)) ? parts.map(Number) : null;
}
