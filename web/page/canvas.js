// What every picture shares: sharp pixels, numbers, ticks.

export const FONT = '11px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif';

/** A canvas's context in CSS pixels, cleared, and its size. */
export function begin(canvas) {
  const scale = devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const context = canvas.getContext('2d');
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = FONT;
  return { context, width, height };
}

/** Three significant digits, without a zoo of zeros. */
export function number(value) {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e5)) return value.toExponential(1).replace('e+', 'e');
  const text = value.toPrecision(3);
  return text.includes('.') ? text.replace(/\.?0+$/, '').replace('-', '−') : text.replace('-', '−');
}

/** Round values from low to high, about `count` of them. */
export function ticks(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((s) => s * power >= raw) * power;
  const all = [];
  for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-9; v += step) all.push(Math.abs(v) < step * 1e-9 ? 0 : v);
  return all;
}

/** An image of `size` times `size` pixels, kept between frames. */
export function image(size, height = size) {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [size, height];
  const context = canvas.getContext('2d');
  const data = context.createImageData(size, height);
  const pixels = new Int32Array(data.data.buffer);
  return { canvas, pixels, show: () => context.putImageData(data, 0, 0) };
}
