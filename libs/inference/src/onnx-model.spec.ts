import { onnx } from 'onnx-proto';
import { sha256 } from '#kernel';
import { toMatrix } from './matrix';
import { loadModel, PIECE_ROWS, type OnnxModel } from './onnx-model';
import { matrixOf, scaledLinear, treeEnsemble } from './onnx-models.testing';

const FEATURES = 12;
const trees = treeEnsemble({ features: FEATURES }, 100, 5);
const linear = scaledLinear({ features: FEATURES });
const bitsOf = (scores: Float32Array): number[] => [
  ...new Uint32Array(scores.buffer, scores.byteOffset, scores.length),
];

describe.each([
  ['a tree ensemble', trees],
  ['a scaled linear model', linear],
])('%s', (_, bytes) => {
  const rows = 1000;
  const matrix = matrixOf(rows, FEATURES);
  let model: OnnxModel;
  let alone: number[];

  beforeAll(async () => {
    model = await loadModel(bytes);
    alone = [];
    for (let row = 0; row < rows; row++) {
      alone.push(...bitsOf(await model.score(matrix.subarray(row * FEATURES, (row + 1) * FEATURES))));
    }
  });
  afterAll(() => model.close());

  it.each([2, 7, 16, 31, 32, 64, 100, PIECE_ROWS, PIECE_ROWS + 1, 1000])(
    'gives a row the same bits alone and in batches of %i',
    async (size) => {
      const batched: number[] = [];
      for (let from = 0; from < rows; from += size) {
        batched.push(
          ...bitsOf(
            await model.score(matrix.subarray(from * FEATURES, Math.min(from + size, rows) * FEATURES)),
          ),
        );
      }
      expect(batched).toEqual(alone);
    },
  );

  it('gives the same bits from a second session, with batches under way at once', async () => {
    const second = await loadModel(bytes);
    const answers = await Promise.all([second.score(matrix), model.score(matrix), second.score(matrix)]);
    for (const answer of answers) expect(bitsOf(answer)).toEqual(alone);
    await second.close();
  });

  it('tells rows and missing values apart', () => {
    expect(new Set(alone).size).toBeGreaterThan(rows / 2);
  });
});

describe('loadModel', () => {
  it('says what it loaded', async () => {
    const model = await loadModel(trees, { featureCount: FEATURES, task: 'binary' });
    expect(model).toMatchObject({
      digest: sha256(trees),
      task: 'binary',
      featureCount: FEATURES,
      outputName: 'probability',
      fingerprint: { runtime: 'onnxruntime-node', version: '1.30.0', threads: 1, optimization: 'all' },
    });
    expect(model.fingerprint.instructions.length).toBeGreaterThan(0);
    await model.close();
  });

  it('takes a regression by its output', async () => {
    const model = await loadModel(scaledLinear({ features: 3, output: 'value' }), { task: 'regression' });
    expect(await model.score(toMatrix([[1, null, 2]], 3))).toHaveLength(1);
    await model.close();
  });

  it.each<[string, Uint8Array, object, string]>([
    ['bytes that are no model', Buffer.from('no model'), {}, 'cannot load'],
    ['an empty file', Buffer.alloc(0), {}, 'cannot load'],
    ['another input', scaledLinear({ features: 3, input: 'x' }), {}, 'one input "input"'],
    ['another output', scaledLinear({ features: 3, output: 'logit' }), {}, '"logit" float32 [-1, 1]'],
    ['another number of features', linear, { featureCount: 5 }, 'takes 12 features, the definition has 5'],
    ['another task', linear, { task: 'regression' }, 'a regression model gives "value"'],
  ])('refuses %s', async (_, bytes, options, reason) => {
    await expect(loadModel(bytes, options)).rejects.toMatchObject({
      code: 'PLAYHEAD_INFERENCE_MODEL_INVALID',
      message: expect.stringContaining(reason) as string,
    });
  });

  it('refuses an input that is not float32', async () => {
    const { DOUBLE } = onnx.TensorProto.DataType;
    await expect(loadModel(treeEnsemble({ features: 3, inputType: DOUBLE }, 1, 1))).rejects.toMatchObject({
      code: 'PLAYHEAD_INFERENCE_MODEL_INVALID',
    });
  });
});

describe('score', () => {
  let model: OnnxModel;
  beforeEach(async () => {
    model = await loadModel(linear);
  });
  afterEach(() => model.close());

  it('takes no rows', async () => {
    expect(await model.score(new Float32Array(0))).toEqual(new Float32Array(0));
  });

  it('refuses half a row', async () => {
    await expect(model.score(new Float32Array(FEATURES + 1))).rejects.toMatchObject({
      code: 'PLAYHEAD_INFERENCE_INVALID',
    });
  });

  it('finishes what is under way when it is closed, and takes no more', async () => {
    const scores = model.score(matrixOf(500, FEATURES));
    const closed = model.close();
    await expect(model.score(matrixOf(1, FEATURES))).rejects.toMatchObject({ code: 'PLAYHEAD_DEFECT' });
    await closed;
    expect(await scores).toHaveLength(500);
    await model.close();
  });
});

describe('toMatrix', () => {
  it('lays rows one after the other, null as NaN', () => {
    expect(toMatrix([[1, null], [0.1, 4]], 2)).toEqual(Float32Array.of(1, Number.NaN, 0.1, 4)); // prettier-ignore
  });

  it('refuses a row of another length', () => {
    expect(() => toMatrix([[1, 2], [3]], 2)).toThrow('a row has 1 values, the model takes 2');
  });
});
