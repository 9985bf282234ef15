// The training of a small network as TensorFlow.js does it fastest: variables, a loss from the logits,
// `minimize` without its cost.

import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

export async function prepare() {
  setWasmPaths(new URL('.', location.href).pathname);
  await tf.setBackend('wasm');
  await tf.ready();
  if (tf.getBackend() !== 'wasm') throw new Error(`TensorFlow.js runs on ${tf.getBackend()}`);
  return `${tf.version_core}, SIMD ${await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')}, threads ${await tf.env().getAsync('WASM_HAS_MULTITHREAD_SUPPORT')}`;
}

/** A network with these parameters (a layer's weights by rows, its biases behind them). */
export class Peer {
  constructor({ sizes, parameters, x, y, optimizer, rate }) {
    this.layers = parameters.map((all, layer) => {
      const [inputs, units] = [sizes[layer], sizes[layer + 1]];
      const kernel = tf.tidy(() => tf.transpose(tf.tensor2d(all.slice(0, inputs * units), [units, inputs])));
      return { w: tf.variable(kernel), b: tf.variable(tf.tensor1d(all.slice(inputs * units))) };
    });
    this.x = tf.tensor2d(x, [y.length, sizes[0]]);
    this.y = tf.tensor2d(y, [y.length, 1]);
    this.optimizer = optimizer === 'adam' ? tf.train.adam(rate, 0.9, 0.999, 1e-8) : tf.train.sgd(rate);
  }

  loss = () => {
    let a = this.x;
    this.layers.forEach(({ w, b }, layer) => {
      const z = tf.add(tf.matMul(a, w), b);
      a = layer === this.layers.length - 1 ? z : tf.tanh(z);
    });
    // Cross-entropy from the logit z: max(z, 0) - y z + ln(1 + e^-|z|), tfjs's own.
    return tf.losses.sigmoidCrossEntropy(this.y, a);
  };

  step() { this.optimizer.minimize(this.loss); }

  async cost() {
    const cost = tf.tidy(this.loss);
    const [value] = await cost.data();
    cost.dispose();
    return value;
  }

  dispose() {
    for (const { w, b } of this.layers) { w.dispose(); b.dispose(); }
    this.x.dispose();
    this.y.dispose();
    this.optimizer.dispose();
  }
}
