import { Refused } from '#kernel';
import { parseInferRequest, type ModelSignature } from './infer-request';
import { renderInferError, renderInferResponse, renderModelMetadata } from './infer-response';

const model: ModelSignature = { featureCount: 2, outputName: 'probability', outputs: 1 };
const tensor = { name: 'input', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3.5, null] };

describe('parseInferRequest', () => {
  it.each([
    ['flat', [1, 2, 3.5, null]],
    ['nested', [[1, 2], [3.5, null]]], // prettier-ignore
  ])('reads %s data row after row', (_, data) => {
    expect(parseInferRequest({ id: '42', inputs: [{ ...tensor, data }] }, model)).toEqual({
      id: '42',
      rows: 2,
      matrix: Float32Array.of(1, 2, 3.5, Number.NaN),
    });
  });

  it('reads what clients add: parameters, the output they want', () => {
    const body = {
      parameters: { a: 1 },
      inputs: [{ ...tensor, parameters: {} }],
      outputs: [{ name: 'probability' }],
    };
    expect(parseInferRequest(body, model)).toMatchObject({ rows: 2 });
  });

  it('reads no rows', () => {
    expect(parseInferRequest({ inputs: [{ ...tensor, shape: [0, 2], data: [] }] }, model)).toEqual({
      rows: 0,
      matrix: new Float32Array(0),
    });
  });

  const input = (change: object) => ({ inputs: [{ ...tensor, ...change }] });
  it.each<[string, unknown, string]>([
    ['no object', [1], 'the body must be a JSON object'],
    ['null', null, 'the body must be a JSON object'],
    ['a numeric id', { id: 7, inputs: [tensor] }, '"id" must be a string'],
    ['no inputs', {}, '"inputs" must be an array'],
    ['two inputs', { inputs: [tensor, { ...tensor, name: 'b' }] }, 'the request has ["input", "b"]'],
    ['another name', input({ name: 'x' }), 'one input "input"; the request has ["x"]'],
    ['another datatype', input({ datatype: 'FP64' }), 'datatype "FP64"; send "FP32"'],
    ['another number of features', input({ shape: [2, 3] }), 'the shape [2,3]; the model takes [rows, 2]'],
    ['one row without its dimension', input({ shape: [2] }), 'the shape [2]; the model takes [rows, 2]'],
    ['a negative size', input({ shape: [-1, 2] }), 'the shape [-1,2]'],
    ['no shape', input({ shape: undefined }), 'the model takes [rows, 2]'],
    ['no data', input({ data: undefined }), '"data" must be an array'],
    ['too little data', input({ data: [1, 2, 3] }), '"data" has 3 values; the shape [2, 2] means 4'],
    ['too few rows', input({ data: [[1, 2]] }), '"data" has 1 rows; the shape [2, 2] means 2'],
    ['a short row', input({ data: [[1, 2], [3]] }), 'row 1 of "data" has 1 values; expected 2'], // prettier-ignore
    ['a mixed nesting', input({ data: [[1, 2], 3] }), 'row 1 of "data" has 3'],
    ['a mixed nesting the other way', input({ data: [1, 2, 3, [4]] }), 'value 3 of "data" is [4]'],
    ['text', input({ data: [1, 2, 3, '4'] }), 'value 3 of "data" is "4"; expected a number or null'],
    ['a value beyond FP32', input({ data: [1, 2, 3, 1e39] }), 'value 3 of "data" is 1e+39, beyond FP32'],
    ['too many rows', input({ shape: [11, 2] }), 'has 11 rows; a request may hold 10'],
    [
      'an unknown output',
      { inputs: [tensor], outputs: [{ name: 'label' }] },
      'no output "label"; it has "probability"',
    ],
    ['outputs that are no array', { inputs: [tensor], outputs: {} }, '"outputs" must be an array'],
    ['binary data', input({ parameters: { binary_data_size: 16 } }), 'binary tensor data is not supported'],
  ])('refuses %s and says why', (_, body, reason) => {
    const parse = () => parseInferRequest(body, model, { maxRows: 10 });
    expect(parse).toThrow(Refused);
    expect(parse).toThrow(
      expect.objectContaining({
        code: 'PLAYHEAD_INFERENCE_INVALID',
        message: expect.stringContaining(reason) as string,
      }),
    );
  });
});

describe('answers', () => {
  it('names model, version, request and output, floats as their exact doubles', () => {
    const response = renderInferResponse(
      { name: 'fraud', version: 3 },
      model,
      Float32Array.of(0.1, Number.NaN),
      '42',
    );
    expect(JSON.parse(JSON.stringify(response))).toEqual({
      model_name: 'fraud',
      model_version: '3',
      id: '42',
      outputs: [{ name: 'probability', datatype: 'FP32', shape: [2, 1], data: [0.10000000149011612, null] }],
    });
  });

  it('leaves out what it was not given', () => {
    expect(Object.keys(renderInferResponse({ name: 'fraud' }, model, new Float32Array(0)))).toEqual([
      'model_name',
      'outputs',
    ]);
  });

  it('describes the model', () => {
    expect(renderModelMetadata('fraud', [1, 2], model)).toEqual({
      name: 'fraud',
      versions: ['1', '2'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'input', datatype: 'FP32', shape: [-1, 2] }],
      outputs: [{ name: 'probability', datatype: 'FP32', shape: [-1, 1] }],
    });
  });

  it('gives errors in the shape of the protocol', () => {
    expect(renderInferError(new Refused('PLAYHEAD_INFERENCE_INVALID', 'no'))).toEqual({ error: 'no' });
  });
});
