import { onnx } from 'onnx-proto';
import { Rng } from '#kernel';

const { DataType } = onnx.TensorProto;

/** A network of three dense layers with random weights, as people import them: matrix products are where a batch can change bits. */
export const denseModel = (features: number, hidden: number, seed: number): Uint8Array => {
  const rng = new Rng(seed);
  const constant = (name: string, ...dims: number[]): onnx.ITensorProto => ({
    name,
    dims,
    dataType: DataType.FLOAT,
    floatData: Array.from(
      { length: dims.reduce((product, size) => product * size, 1) },
      () => rng.uniform() - 0.5,
    ),
  });
  const matrix = (name: string, width: number): onnx.IValueInfoProto => ({
    name,
    type: {
      tensorType: {
        elemType: DataType.FLOAT,
        shape: { dim: [{ dimParam: 'rows' }, { dimValue: width }] },
      },
    },
  });
  const dense = (input: string, output: string, layer: number): onnx.INodeProto => ({
    name: output,
    opType: 'Gemm',
    input: [input, `w${layer}`, `b${layer}`],
    output: [output],
  });
  const unary = (opType: string, input: string, output: string): onnx.INodeProto => ({
    name: output,
    opType,
    input: [input],
    output: [output],
  });
  return onnx.ModelProto.encode({
    irVersion: 8,
    producerName: 'playhead-bench',
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'dense',
      node: [
        dense('input', 'h1', 1),
        unary('Relu', 'h1', 'r1'),
        dense('r1', 'h2', 2),
        unary('Relu', 'h2', 'r2'),
        dense('r2', 'h3', 3),
        unary('Sigmoid', 'h3', 'probability'),
      ],
      initializer: [
        ...[constant('w1', features, hidden), constant('b1', hidden)],
        ...[constant('w2', hidden, hidden), constant('b2', hidden)],
        ...[constant('w3', hidden, 1), constant('b3', 1)],
      ],
      input: [matrix('input', features)],
      output: [matrix('probability', 1)],
    },
  }).finish();
};
