import type { onnx } from 'onnx-proto';
import { scaledLinear, treeEnsemble } from '../onnx-models.testing';
import { loadModel, type ModelTask } from '../onnx-model';
import { checkModel, type CheckRequest } from './check-model';
import {
  DOUBLES,
  classifier,
  classifierAnswers,
  floats,
  graphAttribute,
  int,
  longs,
  modelOf,
  op,
  summing,
  value,
} from './foreign-models.testing';

const wanted = (task: ModelTask, over: Partial<CheckRequest> = {}): CheckRequest => ({
  task,
  featureCount: 2,
  ...over,
});

const answersOf = async (bytes: Buffer, request: CheckRequest): Promise<number[]> => {
  const checked = await checkModel(bytes, request);
  const model = await loadModel(checked.bytes, request);
  try {
    return [...(await model.score(Float32Array.of(0.5, -1)))];
  } finally {
    await model.close();
  }
};

describe('a model that fits', () => {
  it.each([treeEnsemble({ features: 2 }, 5, 3), scaledLinear({ features: 2 })])(
    'is used as it came, to the byte',
    async (bytes) => {
      const checked = await checkModel(bytes, wanted('binary'));
      expect(checked.bytes).toBe(bytes);
      expect(checked.check).toMatchObject({ changes: [], outputs: 1, sizeBytes: bytes.length });
      expect(checked.check.digest).toBe(checked.check.source);
    },
  );
});

describe('a model under foreign names', () => {
  const both = classifierAnswers(2, [0.5, -1]);
  const three = classifierAnswers(3, [0.5, -1]);

  it.each([
    ['the probability of class 1', classifier(2), wanted('binary'), [both[1]]],
    ['of it from dictionaries', classifier(2, { zipped: true }), wanted('binary'), [both[1]]],
    ['from an input of doubles', classifier(2, { type: DOUBLES }), wanted('binary'), [both[1]]],
    ['of every class', classifier(3), wanted('multiclass'), three],
    ['of every class from dictionaries', classifier(3, { zipped: true }), wanted('multiclass'), three],
    ['a column', summing('variable', [-1, 1]), wanted('regression'), [-0.5]],
    ['a flat list', summing('whatever', [-1]), wanted('regression'), [-0.5]],
    ['a value in doubles', summing('variable', [-1, 1], DOUBLES), wanted('regression'), [-0.5]],
    ['a value named as an inner one', summing('input', [-1, 1]), wanted('regression'), [-0.5]],
    [
      'the output that is named, negated',
      summing('scores', [-1, 1]),
      wanted('anomaly', { output: 'scores', negate: true }),
      [0.5],
    ],
  ])('answers %s', async (_, bytes, request, expected) => {
    const answers = await answersOf(bytes, request);
    expect(answers).toHaveLength(expected.length);
    answers.forEach((answer, index) => expect(answer).toBeCloseTo(expected[index]!, 6));
  });

  it('says what was changed', async () => {
    const { check } = await checkModel(classifier(2), wanted('binary'));
    expect(check.changes).toEqual([
      'input "float_input" renamed "input"',
      'output "probability" made of "probabilities", its last column',
    ]);
    expect(check).toMatchObject({ producer: 'elsewhere', operatorSets: ['ai.onnx 17', 'ai.onnx.ml 3'] });
    expect(check.source).not.toBe(check.digest);
  });
});

const summed = (
  nodes: onnx.INodeProto[],
  over: onnx.IGraphProto = {},
  model: onnx.IModelProto = {},
): Buffer =>
  modelOf(
    {
      input: [value('input', [-1, 2])],
      initializer: [longs('axes', [1], [1])],
      node: [op('ReduceSum', ['input', 'axes'], ['sum'], [int('keepdims', 1)]), ...nodes],
      output: [value('value', [-1, 1])],
      ...over,
    },
    model,
  );

const forEver: onnx.IGraphProto = {
  name: 'body',
  input: [value('i', [], 7), value('go', [], 9), value('x', [-1, 1])],
  node: [op('Identity', ['go'], ['on']), op('Identity', ['x'], ['y'])],
  output: [value('on', [], 9), value('y', [-1, 1])],
};

const deep = (levels: number): onnx.IGraphProto => ({
  name: `level${levels}`,
  node: levels === 0 ? [] : [op('If', ['c'], ['o'], [graphAttribute('then_branch', deep(levels - 1))])],
});

it.each([
  ['a file cut short', classifier(2).subarray(0, 150), {}, 'no whole ONNX file'],
  ['bytes that are something else', Buffer.from('PK\u0003\u0004 not a model at all'), {}, 'no graph'],
  ['an empty file', Buffer.alloc(0), {}, 'no graph'],
  ['a file that is too large', classifier(2), { maxBytes: 100 }, 'at most 100 are taken'],
  [
    'data outside of the file',
    summed([op('Add', ['sum', 'far'], ['value'])], {
      initializer: [
        longs('axes', [1], [1]),
        {
          ...floats('far', [1], []),
          dataLocation: 1,
          externalData: [{ key: 'location', value: '/etc/passwd' }],
        },
      ],
    }),
    {},
    'data outside of the file: "far"',
  ],
  ['an operator that nobody knows', summed([op('Frobnicate', ['sum'], ['value'])]), {}, 'ai.onnx.Frobnicate'],
  [
    'an operator of another domain',
    summed([op('Evil', ['sum'], ['value'], [], 'com.evil')]),
    {},
    'com.evil.Evil',
  ],
  ['random numbers', summed([op('RandomNormalLike', ['sum'], ['value'])]), {}, 'ai.onnx.RandomNormalLike'],
  [
    'a loop without end',
    summed([op('Loop', ['', '', 'sum'], ['value'], [graphAttribute('body', forEver)])]),
    {},
    'ai.onnx.Loop',
  ],
  [
    'graphs in graphs in graphs',
    summed([op('If', ['c'], ['value'], [graphAttribute('then_branch', deep(20))])]),
    {},
    'deep in each other',
  ],
  [
    'functions of its own',
    summed([], {}, { functions: [{ name: 'f', domain: 'com.evil' }] }),
    {},
    'functions of its own',
  ],
  [
    'an operator set of tomorrow',
    summed([], {}, { opsetImport: [{ domain: '', version: 99 }] }),
    {},
    'ai.onnx 99',
  ],
  [
    'another number of features',
    classifier(2),
    { featureCount: 3 },
    'takes 2 features, the definition has 3',
  ],
  [
    'an input for each column',
    summed([], { input: [value('a', [-1, 1]), value('b', [-1, 1])] }),
    {},
    'not a column each',
  ],
  ['one row only', summed([], { input: [value('input', [1, 2])] }), {}, 'any number of rows'],
  ['text', summed([], { input: [value('input', [-1, 2], 8)] }), {}, 'float or double'],
  ['an output that is not there', classifier(2), { output: 'score' }, 'no output "score"; it has "label"'],
  ['more classes than two', classifier(3), {}, 'a binary model has 2'],
  [
    'a graph that does not hang together',
    summed([op('Add', ['sum', 'nothing'], ['value'])]),
    {},
    'cannot load it',
  ],
  ['what is no probability', summing('probability', [-1, 1]), {}, 'a probability is needed'],
])('refuses %s', async (_, bytes, over, why) => {
  await expect(checkModel(bytes, wanted('binary', over))).rejects.toMatchObject({
    code: 'PLAYHEAD_INFERENCE_MODEL_INVALID',
    message: expect.stringContaining(why) as string,
  });
});

it('asks which output is the score of strangeness', async () => {
  await expect(checkModel(summing('scores', [-1, 1]), wanted('anomaly'))).rejects.toThrow(
    'less of it means stranger',
  );
});

it('warns of answers that are no numbers', async () => {
  const { check } = await checkModel(summing('variable', [-1, 1]), wanted('regression'));
  expect(check.warnings).toEqual([expect.stringContaining('no number where features are missing')]);
});
