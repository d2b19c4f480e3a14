import { onnx } from 'onnx-proto';
import { Rng } from '#kernel';

/** Small real ONNX models for the tests of this library: one input `input` FP32 [-1, n], one output of one column. */

const IR_VERSION = 8;
const { FLOAT, INT, INTS, FLOATS, STRING, STRINGS } = onnx.AttributeProto.AttributeType;

const ints = (name: string, values: readonly number[]) =>
  onnx.AttributeProto.create({ name, type: INTS, ints: [...values] });
const floats = (name: string, values: readonly number[]) =>
  onnx.AttributeProto.create({ name, type: FLOATS, floats: [...values] });
const text = (name: string, value: string) =>
  onnx.AttributeProto.create({ name, type: STRING, s: Buffer.from(value) });
const texts = (name: string, values: readonly string[]) =>
  onnx.AttributeProto.create({ name, type: STRINGS, strings: values.map((value) => Buffer.from(value)) });
const int = (name: string, value: number) => onnx.AttributeProto.create({ name, type: INT, i: value });
const float = (name: string, value: number) => onnx.AttributeProto.create({ name, type: FLOAT, f: value });

const node = (
  opType: string,
  input: string[],
  output: string[],
  attribute: onnx.AttributeProto[] = [],
  domain = '',
) => onnx.NodeProto.create({ opType, input, output, attribute, domain, name: output[0] });

const constant = (name: string, dims: readonly number[], values: readonly number[]) =>
  onnx.TensorProto.create({
    name,
    dims: [...dims],
    dataType: onnx.TensorProto.DataType.FLOAT,
    floatData: [...values],
  });

const tensor = (name: string, columns: number, elemType = onnx.TensorProto.DataType.FLOAT) =>
  onnx.ValueInfoProto.create({
    name,
    type: { tensorType: { elemType, shape: { dim: [{ dimParam: 'rows' }, { dimValue: columns }] } } },
  });

export interface Signature {
  readonly input?: string;
  readonly output?: string;
  readonly features: number;
  readonly inputType?: onnx.TensorProto.DataType;
}

const encode = (
  signature: Signature,
  nodes: onnx.INodeProto[],
  initializer: onnx.ITensorProto[] = [],
): Buffer =>
  Buffer.from(
    onnx.ModelProto.encode(
      onnx.ModelProto.create({
        irVersion: IR_VERSION,
        opsetImport: [
          { domain: '', version: 15 },
          { domain: 'ai.onnx.ml', version: 3 },
        ],
        graph: {
          name: 'test',
          node: nodes,
          initializer,
          input: [tensor(signature.input ?? 'input', signature.features, signature.inputType)],
          output: [tensor(signature.output ?? 'probability', 1)],
        },
      }),
    ).finish(),
  );

/** Complete trees with random splits on values in [-1, 1]; a missing value goes left or right by node; the sum through a sigmoid. */
export const treeEnsemble = (signature: Signature, trees: number, depth: number, seed = 1): Buffer => {
  const rng = new Rng(seed);
  const column = {
    tree: [] as number[],
    id: [] as number[],
    feature: [] as number[],
    mode: [] as string[],
    value: [] as number[],
  };
  const [yes, no, missing]: number[][] = [[], [], []];
  const target = { tree: [] as number[], id: [] as number[], weight: [] as number[] };
  const inner = (1 << depth) - 1;
  for (let tree = 0; tree < trees; tree++) {
    for (let id = 0; id < 2 * inner + 1; id++) {
      const isLeaf = id >= inner;
      column.tree.push(tree);
      column.id.push(id);
      column.feature.push(isLeaf ? 0 : rng.below(signature.features));
      column.mode.push(isLeaf ? 'LEAF' : 'BRANCH_LT');
      column.value.push(isLeaf ? 0 : Math.fround(rng.uniform() * 2 - 1));
      yes!.push(isLeaf ? 0 : 2 * id + 1);
      no!.push(isLeaf ? 0 : 2 * id + 2);
      missing!.push(isLeaf ? 0 : rng.below(2));
      if (isLeaf) {
        target.tree.push(tree);
        target.id.push(id);
        target.weight.push(Math.fround((rng.uniform() - 0.5) * 0.3));
      }
    }
  }
  const attributes = [
    ints('nodes_treeids', column.tree),
    ints('nodes_nodeids', column.id),
    ints('nodes_featureids', column.feature),
    texts('nodes_modes', column.mode),
    floats('nodes_values', column.value),
    ints('nodes_truenodeids', yes!),
    ints('nodes_falsenodeids', no!),
    ints('nodes_missing_value_tracks_true', missing!),
    ints('target_treeids', target.tree),
    ints('target_nodeids', target.id),
    ints(
      'target_ids',
      target.id.map(() => 0),
    ),
    floats('target_weights', target.weight),
    int('n_targets', 1),
    floats('base_values', [Math.fround(-0.3)]),
    text('post_transform', 'NONE'),
  ];
  const input = signature.input ?? 'input';
  return encode(signature, [
    node('TreeEnsembleRegressor', [input], ['margin'], attributes, 'ai.onnx.ml'),
    node('Sigmoid', ['margin'], [signature.output ?? 'probability']),
  ]);
};

/** Mean for a missing value, scaled, weighted, through a sigmoid. */
export const scaledLinear = (signature: Signature, seed = 2): Buffer => {
  const rng = new Rng(seed);
  const draw = (shift: number) =>
    Array.from({ length: signature.features }, () => Math.fround(rng.uniform() - 0.5 + shift));
  const n = signature.features;
  const input = signature.input ?? 'input';
  return encode(
    signature,
    [
      node('IsNaN', [input], ['missing']),
      node('Where', ['missing', 'mean', input], ['filled']),
      node('Sub', ['filled', 'mean'], ['centred']),
      node('Div', ['centred', 'deviation'], ['scaled']),
      node('Gemm', ['scaled', 'weight', 'bias'], ['margin'], [float('alpha', 1), float('beta', 1)]),
      node('Sigmoid', ['margin'], [signature.output ?? 'probability']),
    ],
    [
      constant('mean', [n], draw(0)),
      constant('deviation', [n], draw(1.5)),
      constant('weight', [n, 1], draw(0)),
      constant('bias', [1], [Math.fround(0.1)]),
    ],
  );
};

/** Mean for a missing value, layers of `widths` with ReLU, a sigmoid at the end. */
export const perceptron = (signature: Signature, widths: readonly number[], seed = 4): Buffer => {
  const rng = new Rng(seed);
  const input = signature.input ?? 'input';
  const sizes = [signature.features, ...widths, 1];
  const draw = (count: number) => Array.from({ length: count }, () => Math.fround(rng.uniform() - 0.5));
  const nodes = [node('IsNaN', [input], ['missing']), node('Where', ['missing', 'zero', input], ['h0'])];
  const initializer = [constant('zero', [1], [0])];
  for (let k = 1; k < sizes.length; k++) {
    const [from, to] = [sizes[k - 1]!, sizes[k]!];
    initializer.push(constant(`w${k}`, [from, to], draw(from * to)), constant(`b${k}`, [to], draw(to)));
    nodes.push(
      node('Gemm', [`h${k - 1}`, `w${k}`, `b${k}`], [`m${k}`], [float('alpha', 1), float('beta', 1)]),
    );
    if (k < sizes.length - 1) nodes.push(node('Relu', [`m${k}`], [`h${k}`]));
  }
  nodes.push(node('Sigmoid', [`m${sizes.length - 1}`], [signature.output ?? 'probability']));
  return encode(signature, nodes, initializer);
};

/** `rows` of features in [-1.2, 1.2], one value in ten missing. */
export const matrixOf = (rows: number, features: number, seed = 3): Float32Array => {
  const rng = new Rng(seed);
  return Float32Array.from({ length: rows * features }, () =>
    rng.below(10) === 0 ? Number.NaN : (rng.uniform() - 0.5) * 2.4,
  );
};
