// The formulas of a step, as MathML, for the network of the moment.

const mi = (text) => `<mi${text.length === 1 ? '' : ' mathvariant="normal"'}>${text}</mi>`;
const mo = (text) => `<mo>${text}</mo>`;
const mn = (text) => `<mn>${text}</mn>`;
const row = (...parts) => `<mrow>${parts.join('')}</mrow>`;
const frac = (a, b) => `<mfrac>${row(a)}${row(b)}</mfrac>`;
const sup = (a, b) => `<msup>${row(a)}${row(b)}</msup>`;
const sub = (a, b) => `<msub>${row(a)}${row(b)}</msub>`;
const math = (...parts) => `<math display="block">${row(...parts)}</math>`;
const small = (text) => `<small>${text}</small>`;
const call = (f, ...x) => row(f, mo('('), ...x, mo(')'));
const [Z, A, W, B, X, Y, E] = ['Z', 'A', 'W', 'b', 'X', 'Y', 'e'].map(mi);
const d = (x) => row(mi('d'), x);
const eq = mo('='), minus = mo('−'), plus = mo('+'), times = mo('∘');
const hat = (x) => `<mover accent="true">${row(x)}<mo stretchy="false">^</mo></mover>`;

const exp = (...z) => sup(E, row(...z));
/** What an activation is, and its derivative. */
const ACTIVATIONS = {
  tanh: [call(mi('tanh'), Z), row(mn(1), minus, sup(A, mn(2)))],
  sigmoid: [frac(mn(1), row(mn(1), plus, exp(minus, Z))), row(A, times, mo('('), mn(1), minus, A, mo(')'))],
  relu: [call(mi('max'), mn(0), mo(','), Z), row(mn(1), mo('['), Z, mo('&gt;'), mn(0), mo(']'))],
  leaky_relu: [call(mi('max'), mn('0.01'), Z, mo(','), Z), row(mn(1), mtext('for Z &gt; 0, else'), mn('0.01'))],
  elu: [row(Z, mtext('for Z ≥ 0, else'), exp(Z), minus, mn(1)), row(mn(1), mtext('for Z ≥ 0, else'), A, plus, mn(1))],
  softplus: [call(mi('ln'), mn(1), plus, exp(Z)), call(mi('σ'), Z)],
  silu: [row(Z, times, call(mi('σ'), Z)), row(call(mi('σ'), Z), plus, A, times, mo('('), mn(1), minus, call(mi('σ'), Z), mo(')'))],
  gelu: [row(Z, times, call(mi('Φ'), Z)), row(call(mi('Φ'), Z), plus, Z, times, call(mi('φ'), Z))],
  gelu_tanh: [row(Z, times, call(mi('Φ'), Z), mtext('by tanh')), row(call(mi('Φ'), Z), plus, Z, times, call(mi('φ'), Z))],
  sin: [call(mi('sin'), Z), call(mi('cos'), Z)],
  identity: [Z, mn(1)],
};
function mtext(text) { return `<mtext>&nbsp;${text}&nbsp;</mtext>`; }

const at = (x, layer) => sup(x, row(mo('['), typeof layer === 'number' ? mn(layer) : layer, mo(']')));

/** The HTML of each stage's formulas. */
export function formulas({ sizes, activations, loss, optimizer, rate, samples }) {
  const L = activations.length;
  const many = L > 2, hidden = activations[0];
  const l = many ? mi('l') : 1;
  const before = many ? at(A, row(mi('l'), minus, mn(1))) : X;
  const shape = (a, b) => `(${a}, ${b})`;
  const [g, slope] = ACTIVATIONS[hidden] ?? [call(mi('g'), Z), mi('?')];
  const out = activations[L - 1];
  const last = L === 1 ? X : at(A, L - 1);
  const isBinary = loss === 'binary_cross_entropy', isClasses = loss === 'categorical_cross_entropy';

  const f = {};
  f.hidden = L === 1 ? small('No hidden layer: the output sees the data alone.')
    : math(at(Z, l), eq, at(W, l), before, plus, at(B, l), mo(','), mtext(''), at(A, l), eq, call(mi('g'), at(Z, l)))
      + math(call(mi('g'), Z), eq, g)
      + small(many ? `l = 1 to ${L - 1}; units of the layers: ${sizes.slice(1, -1).join(', ')}; X is ${shape(sizes[0], samples)}`
        : `X is ${shape(sizes[0], samples)}, W<sup>[1]</sup> ${shape(sizes[1], sizes[0])}, A<sup>[1]</sup> ${shape(sizes[1], samples)}`);
  const ends = {
    sigmoid: row(call(mi('σ'), at(Z, L)), eq, frac(mn(1), row(mn(1), plus, exp(minus, at(Z, L))))),
    softmax: row(mi('softmax'), mo('('), at(Z, L), mo(')')),
  };
  f.output = math(at(Z, L), eq, at(W, L), last, plus, at(B, L))
    + math(hat(Y), eq, at(A, L), eq, ends[out] ?? call(mi('g'), at(Z, L)));
  const sum = `<munderover>${mo('∑')}${row(mi('i'), eq, mn(1))}${mi('m')}</munderover>`;
  const [a, y] = [sub(mi('a'), mi('i')), sub(mi('y'), mi('i'))];
  const cost = isBinary ? row(minus, frac(mn(1), mi('m')), sum, y, mi('ln'), mtext(''), a, plus, mo('('), mn(1), minus, y, mo(')'), mi('ln'), mtext(''), mo('('), mn(1), minus, a, mo(')'))
    : isClasses ? row(minus, frac(mn(1), mi('m')), sum, sub(mo('∑'), mi('k')), sub(mi('y'), mi('ik')), mi('ln'), mtext(''), sub(mi('a'), mi('ik')))
      : row(frac(mn(1), mi('m')), sum, mi('L'), mo('('), a, mo(','), y, mo(')'));
  f.cost = math(mi('J'), eq, cost) + small(`the mean over m = ${samples} samples${isBinary || isClasses ? '' : ` of the loss ${loss}`}`);
  const T = mi('T');
  f.back = math(d(at(Z, L)), eq, isBinary || isClasses ? row(at(A, L), minus, Y) : row(mi('∂L/∂Z')))
    + (L === 1 ? '' : math(d(at(Z, l)), eq, sup(at(W, many ? row(mi('l'), plus, mn(1)) : 2), T), d(at(Z, many ? row(mi('l'), plus, mn(1)) : 2)), times, row(mi('g'), mo('′'))) + math(mi('g'), mo('′'), eq, slope))
    + math(d(W), eq, frac(mn(1), mi('m')), d(Z), sup(L === 1 ? X : at(A, row(mi('l'), minus, mn(1))), T), mo(','), mtext(''), d(B), eq, frac(mn(1), mi('m')), mo('∑'), d(Z));
  f.update = update(optimizer) + small(`α = ${rate} is the learning rate; biases likewise`);
  return f;
}

function update(optimizer) {
  const [M, V, alpha, beta] = [mi('M'), mi('V'), mi('α'), mi('β')];
  const becomes = mo('←'), square = sup(d(W), mn(2));
  const step = (...by) => math(W, becomes, W, minus, alpha, ...by);
  const root = (x) => `<msqrt>${row(x)}</msqrt>`;
  const epsilon = mi('ε');
  const kept = (x, b, by) => math(x, becomes, b, x, plus, mo('('), mn(1), minus, b, mo(')'), by);
  const [b1, b2] = [sub(beta, mn(1)), sub(beta, mn(2))];
  const adam = kept(M, b1, d(W)) + kept(V, b2, square)
    + step(frac(hat(M), row(root(hat(V)), plus, epsilon)));
  const constants = 'β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸; M̂ = M/(1 − β₁<sup>t</sup>), V̂ likewise';
  switch (optimizer) {
    case 'momentum': return math(M, becomes, beta, M, plus, d(W)) + step(M) + small('β = 0.9');
    case 'nesterov': return math(M, becomes, beta, M, plus, d(W)) + step(mo('('), d(W), plus, beta, M, mo(')')) + small('β = 0.9');
    case 'rms_prop': return kept(V, mi('ρ'), square) + step(frac(d(W), row(root(V), plus, epsilon))) + small('ρ = 0.9, ε = 10⁻⁸');
    case 'adam': return adam + small(constants);
    case 'adam_w': return math(W, becomes, W, minus, alpha, mi('λ'), W) + adam + small(`${constants}; λ = 0.01`);
    default: return step(d(W));
  }
}
