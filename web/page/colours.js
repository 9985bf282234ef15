// Okabe and Ito's colours, which the colour-blind can tell apart, on light and on dark paper.

const LIGHT = {
  paper: [255, 255, 255], ink: '#1d2330', soft: '#596273', line: '#dcd9d0', accent: '#0b5d8f',
  classes: [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167], [230, 159, 0], [86, 180, 233], [150, 140, 20], [90, 90, 90]],
};
const DARK = {
  paper: [26, 31, 40], ink: '#e8eaee', soft: '#a3acbb', line: '#333b48', accent: '#7cc4f0',
  classes: [[86, 180, 233], [242, 142, 75], [60, 190, 150], [214, 140, 184], [240, 190, 80], [130, 160, 255], [240, 228, 66], [200, 200, 200]],
};

const dark = matchMedia('(prefers-color-scheme: dark)');

/** The colours of the moment. */
export const theme = () => (dark.matches ? DARK : LIGHT);

/** Calls `redraw` when the user goes from light to dark or back. */
export const onTheme = (redraw) => dark.addEventListener('change', redraw);

export const css = ([r, g, b], alpha = 1) => `rgb(${r} ${g} ${b} / ${alpha})`;

const word = (r, g, b) => (255 << 24) | (b << 16) | (g << 8) | r; // RGBA bytes, little-endian

const mix = (paper, colour, share) => paper.map((v, k) => v + (colour[k] - v) * share);

/** 256 pixels from one class's colour over paper to the other's: a scale from 0 to 1. */
export function ramp(strength = 0.72) {
  const { paper, classes } = theme();
  return Int32Array.from({ length: 256 }, (_, i) => {
    const t = i / 255 * 2 - 1;
    // A foot at the middle, so that even slight certainty has a colour.
    const share = (0.12 + 0.88 * Math.abs(t)) * strength;
    return word(...mix(paper, classes[t < 0 ? 0 : 1], share));
  });
}

/** 16 pixels for each class, from hardly to entirely sure. */
export function classRamps(count) {
  const { paper, classes } = theme();
  return Array.from({ length: count }, (_, k) => Int32Array.from({ length: 16 }, (_, i) =>
    word(...mix(paper, classes[k % classes.length], (0.12 + 0.88 * i / 15) * 0.72))));
}
