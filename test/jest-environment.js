// Jest runs each file in a realm of its own, with typed arrays of its own; native add-ons (ONNX Runtime) give and take those of
// the process, so `instanceof Float32Array` fails between the two. Jest's own environment shares Uint8Array for the same reason.
const { TestEnvironment } = require('jest-environment-node');

const SHARED = [Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Uint16Array, Uint32Array, BigInt64Array, BigUint64Array];

module.exports = class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const type of SHARED) this.global[type.name] = type;
  }
};
