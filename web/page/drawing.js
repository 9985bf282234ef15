// Points set by hand: with the mouse, a finger, or the keyboard.

import { DRAWN_SPAN, onLattice } from './state.js';

const APART = 14; // pixels between two points of one stroke
const MOST = 400; // more would not fit an address

export function drawing($, boundary, to) {
  const canvas = $('boundary');
  const pen = () => Number(document.querySelector('input[name=pen]:checked').value);
  let stroke = null, timer;

  function add(x, y) {
    if (Math.max(Math.abs(x), Math.abs(y)) > DRAWN_SPAN || to.points().length >= MOST) return;
    to.points().push(onLattice([x, y, pen()]));
    clearTimeout(timer);
    // A stroke is one lesson, not one for each of its points.
    timer = setTimeout(() => to.set(to.points()), 120);
    to.redraw();
  }
  const where = ({ offsetX, offsetY }) => [offsetX, offsetY];
  canvas.addEventListener('pointerdown', (event) => {
    if (!to.isOn() || !boundary.plot) return;
    canvas.setPointerCapture(event.pointerId);
    stroke = where(event);
    add(...boundary.point(...stroke));
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!stroke) return;
    const at = where(event);
    if (Math.hypot(at[0] - stroke[0], at[1] - stroke[1]) < APART) return;
    stroke = at;
    add(...boundary.point(...at));
  });
  for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, () => { stroke = null; });

  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  canvas.addEventListener('keydown', (event) => {
    if (!to.isOn()) return;
    const move = MOVES[event.key];
    if (move) {
      const [x, y] = boundary.cross ?? [0, 0];
      const far = event.shiftKey ? 1 : 0.25;
      const keep = (v) => Math.max(-DRAWN_SPAN, Math.min(DRAWN_SPAN, v));
      boundary.cross = [keep(x + far * move[0]), keep(y + far * move[1])];
      $('spoken').textContent = `${boundary.cross[0]}, ${boundary.cross[1]}`;
    } else if (event.key === ' ' || event.key === 'Enter') {
      add(...(boundary.cross ?? [0, 0]));
      $('spoken').textContent = `Point ${to.points().length} of class ${pen()} set.`;
    } else return;
    event.preventDefault();
    to.redraw();
  });
  canvas.addEventListener('focus', () => {
    if (to.isOn() && canvas.matches(':focus-visible')) { boundary.cross ??= [0, 0]; to.redraw(); }
  });
  canvas.addEventListener('blur', () => { boundary.cross = null; to.redraw(); });
  $('clear').addEventListener('click', () => to.set([]));
}
