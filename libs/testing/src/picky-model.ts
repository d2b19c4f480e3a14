import { onnx } from 'onnx-proto';

/**
 * A model of two features that answers `scale * a` for whole numbers a below `size`, but infinity at `hole`, and throws for others: an index beyond
 * its table is an error of the runtime, not an answer. A missing value is 0.
 */
export const pickyModel = ({ scale = 100, size = 100, hole = 50 } = {}): Uint8Array => {
  const { FLOAT, INT64 } = onnx.TensorProto.DataType;
  const int = (name: string, i: number) =>
    onnx.AttributeProto.create({ name, type: onnx.AttributeProto.AttributeType.INT, i });
  const node = (opType: string, input: string[], output: string, ...attribute: onnx.AttributeProto[]) =>
    onnx.NodeProto.create({ opType, input, output: [output], attribute, name: output });
  const tensor = (name: string, columns: number) =>
    onnx.ValueInfoProto.create({
      name,
      type: {
        tensorType: { elemType: FLOAT, shape: { dim: [{ dimParam: 'rows' }, { dimValue: columns }] } },
      },
    });
  const table = Array.from({ length: size }, (_, a) => (a === hole ? Number.POSITIVE_INFINITY : scale * a));
  const model = onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 15 }],
    graph: {
      name: 'picky',
      node: [
        node('Gather', ['input', 'first'], 'a', int('axis', 1)),
        node('IsNaN', ['a'], 'missing'),
        node('Where', ['missing', 'zero', 'a'], 'filled'),
        node('Cast', ['filled'], 'index', int('to', INT64)),
        node('Gather', ['table', 'index'], 'value', int('axis', 0)),
      ],
      initializer: [
        onnx.TensorProto.create({ name: 'first', dims: [1], dataType: INT64, int64Data: [0] }),
        onnx.TensorProto.create({ name: 'zero', dims: [1], dataType: FLOAT, floatData: [0] }),
        onnx.TensorProto.create({ name: 'table', dims: [table.length], dataType: FLOAT, floatData: table }),
      ],
      input: [tensor('input', 2)],
      output: [tensor('value', 1)],
    },
  });
  return onnx.ModelProto.encode(model).finish();
};
