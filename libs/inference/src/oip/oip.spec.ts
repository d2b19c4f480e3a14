import { Refused } from '#kernel';
import { decodeInferRequest } from './infer-bytes';
import { parseInferRequest, type ModelSignature } from './infer-request';
import {
  renderBinaryInferResponse,
  renderInferError,
  renderInferResponse,
  renderModelMetadata,
} from './infer-response';
import { parsePredictRequest, renderPredictResponse } from './predict-v1';

const model: ModelSignature = { featureCount: 2, outputName: 'probability' };
const tensor = { name: 'input', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3.5, null] };
const rows = Float32Array.of(1, 2, 3.5, Number.NaN);
const PLAIN = { id: undefined, binaryOutput: false, entity: undefined, timeoutUs: undefined };

const refused = (act: () => unknown, reason: string): void => {
  expect(act).toThrow(Refused);
  expect(act).toThrow(
    expect.objectContaining({
      code: 'PLAYHEAD_INFERENCE_INVALID',
      message: expect.stringContaining(reason) as string,
    }),
  );
};

/** As `JSON.parse` reads it without a fault, and `JSON.stringify` cannot write it. */
const DEEP = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000)) as unknown;

describe('parseInferRequest', () => {
  it.each([
    ['flat', [1, 2, 3.5, null]],
    ['nested', [[1, 2], [3.5, null]]], // prettier-ignore
  ])('reads %s data row after row', (_, data) => {
    const asked = parseInferRequest({ id: '42', inputs: [{ ...tensor, data }] }, model);
    expect(asked).toEqual({ ...PLAIN, id: '42', rows: 2, matrix: rows });
  });

  it('reads what clients add: parameters, the output they want', () => {
    const body = {
      parameters: { a: 1, entity: 'C1', timeout: 1_500, binary_data_output: true },
      inputs: [{ ...tensor, parameters: {} }],
      outputs: [{ name: 'probability' }],
    };
    expect(parseInferRequest(body, model)).toEqual({
      ...PLAIN,
      rows: 2,
      matrix: rows,
      binaryOutput: true,
      entity: 'C1',
      timeoutUs: 1_500,
    });
  });

  it('lets an output say otherwise than the request', () => {
    const outputs = [{ name: 'probability', parameters: { binary_data: false } }];
    const body = { parameters: { binary_data_output: true }, inputs: [tensor], outputs };
    expect(parseInferRequest(body, model).binaryOutput).toBe(false);
  });

  it('reads no rows', () => {
    expect(parseInferRequest({ inputs: [{ ...tensor, shape: [0, 2], data: [] }] }, model)).toEqual({
      ...PLAIN,
      rows: 0,
      matrix: new Float32Array(0),
    });
  });

  const input = (change: object) => ({ inputs: [{ ...tensor, ...change }] });

  it.each<[string, unknown[], number[]]>([
    ['BOOL', [true, false, 1, 0], [1, 0, 1, 0]],
    ['INT8', [-128, 127, 0, null], [-128, 127, 0, NaN]],
    ['UINT8', [0, 255, 1, 2], [0, 255, 1, 2]],
    ['INT16', [-32768, 32767, 0, 1], [-32768, 32767, 0, 1]],
    ['UINT16', [0, 65535, 0, 1], [0, 65535, 0, 1]],
    ['INT32', [-2147483648, 3, 0, 1], [-2147483648, 3, 0, 1]],
    ['UINT32', [4294967295, 3, 0, 1], [4294967296, 3, 0, 1]],
    ['INT64', [-(2 ** 63), 3, 0, 1], [-(2 ** 63), 3, 0, 1]],
    ['UINT64', [2 ** 53, 3, 0, 1], [2 ** 53, 3, 0, 1]],
    ['FP16', [0.5, -65504, 0, 1], [0.5, -65504, 0, 1]],
    ['BF16', [0.5, 1e30, 0, 1], [0.5, Math.fround(1e30), 0, 1]],
    ['FP64', [0.1, 2, 0, null], [Math.fround(0.1), 2, 0, NaN]],
  ])('reads %s', (datatype, data, expected) => {
    const { matrix } = parseInferRequest(input({ datatype, data }), model);
    expect(matrix).toEqual(Float32Array.from(expected));
  });

  it.each<[string, unknown, string]>([
    ['no object', [1], 'the body must be a JSON object'],
    ['null', null, 'the body must be a JSON object'],
    ['a numeric id', { id: 7, inputs: [tensor] }, '"id" must be a string'],
    ['no inputs', {}, '"inputs" must be an array'],
    ['two inputs', { inputs: [tensor, { ...tensor, name: 'b' }] }, 'the request has ["input", "b"]'],
    ['another name', input({ name: 'x' }), 'one input "input"; the request has ["x"]'],
    ['texts', input({ datatype: 'BYTES', data: ['a'] }), 'the datatype "BYTES"; the model takes numbers'],
    ['an unknown datatype', input({ datatype: 'FP8' }), 'the datatype "FP8"; the model takes numbers'],
    ['another number of features', input({ shape: [2, 3] }), 'the shape [2,3]; the model takes [rows, 2]'],
    ['one row without its dimension', input({ shape: [2] }), 'the shape [2]; the model takes [rows, 2]'],
    ['a negative size', input({ shape: [-1, 2] }), 'the shape [-1,2]'],
    ['sizes whose product overflows', input({ shape: [2 ** 62, 2] }), 'the shape [4611686018427388000,2]'],
    ['a shape of many', input({ shape: Array<number>(500).fill(2) }), '...; the model takes [rows, 2]'],
    ['a shape deeper than a stack', input({ shape: DEEP }), 'the shape [an array]; the model takes'],
    ['a name deeper than a stack', input({ name: DEEP }), 'the request has [an array]'],
    [
      'a timeout deeper than a stack',
      { ...input({}), parameters: { timeout: DEEP } },
      '"timeout" is an array',
    ],
    [
      'a timeout that is no number',
      { ...input({}), parameters: { timeout: true } },
      '"timeout" is true; send',
    ],
    ['no shape', input({ shape: undefined }), 'the model takes [rows, 2]'],
    ['no data', input({ data: undefined }), '"data" must be an array'],
    ['too little data', input({ data: [1, 2, 3] }), '"data" has 3 values; the shape [2, 2] means 4'],
    ['too few rows', input({ data: [[1, 2]] }), '"data" has 1 rows; the shape [2, 2] means 2'],
    ['a short row', input({ data: [[1, 2], [3]] }), 'row 1 of "data" has 1 values; expected 2'], // prettier-ignore
    ['a mixed nesting', input({ data: [[1, 2], 3] }), 'row 1 of "data" has 3'],
    ['a mixed nesting the other way', input({ data: [1, 2, 3, [4]] }), 'value 3 of "data" is an array'],
    ['text', input({ data: [1, 2, 3, '4'] }), 'value 3 of "data" is "4"; expected a number or null'],
    ['a value beyond FP32', input({ data: [1, 2, 3, 1e39] }), 'value 3 of "data" is 1e+39, beyond FP32'],
    ['a value beyond INT8', input({ datatype: 'INT8', data: [1, 2, 3, 128] }), 'value 3 of "data" is 128'],
    ['half a whole number', input({ datatype: 'INT32', data: [1, 2, 3, 0.5] }), 'is 0.5; expected INT32'],
    ['a truth that is two', input({ datatype: 'BOOL', data: [1, 2, 0, 0] }), 'is 2; expected true or false'],
    ['too many rows', input({ shape: [11, 2] }), 'has 11 rows; a request may hold 10'],
    [
      'an unknown output',
      { inputs: [tensor], outputs: [{ name: 'label' }] },
      'no output "label"; it has "probability"',
    ],
    ['outputs that are no array', { inputs: [tensor], outputs: {} }, '"outputs" must be an array'],
    [
      'classes',
      { inputs: [tensor], outputs: [{ name: 'probability', parameters: { classification: 2 } }] },
      '"classification" is not supported',
    ],
    [
      'shared memory',
      input({ data: undefined, parameters: { shared_memory_region: 'a' } }),
      'shared memory is not supported',
    ],
    [
      'bytes that did not come',
      input({ data: undefined, parameters: { binary_data_size: 16 } }),
      '0 bytes follow',
    ],
    ['bytes beside data', input({ parameters: { binary_data_size: 16 } }), 'send one of them'],
    ['parameters that are none', { parameters: 3, inputs: [tensor] }, '"parameters" must be an object'],
    ['an entity that is none', { parameters: { entity: {} }, inputs: [tensor] }, '"entity" must be a string'],
  ])('refuses %s and says why', (_, body, reason) => {
    refused(() => parseInferRequest(body, model, { maxRows: 10 }), reason);
  });
});

describe('decodeInferRequest', () => {
  const json = (change: object = {}): Buffer =>
    Buffer.from(
      JSON.stringify({
        inputs: [
          { ...tensor, data: undefined, parameters: { binary_data_size: rows.byteLength }, ...change },
        ],
      }),
    );
  const bytes = Buffer.from(rows.buffer);
  const joined = (head: Buffer, tail = bytes): [Buffer, { jsonLength: number }] => [
    Buffer.concat([head, tail]),
    { jsonLength: head.length },
  ];

  it('reads bytes after the JSON, wherever they begin', () => {
    for (const pad of ['', ' ', '  ', '   ']) {
      const [body, options] = joined(Buffer.from(json().toString() + pad));
      expect(decodeInferRequest(body, model, options).matrix).toEqual(rows);
    }
  });

  it('takes bytes of another datatype', () => {
    const parameters = { binary_data_size: 32 };
    const doubles = Buffer.from(Float64Array.of(1, 2, 3.5, NaN).buffer);
    const [body, options] = joined(json({ datatype: 'FP64', parameters }), doubles);
    expect(decodeInferRequest(body, model, options).matrix).toEqual(rows);
  });

  it('takes the tensor alone', () => {
    expect(decodeInferRequest(bytes, model, { jsonLength: 0 })).toEqual({
      ...PLAIN,
      rows: 2,
      matrix: rows,
      binaryOutput: true,
    });
  });

  it.each<[string, Buffer, number | undefined, string]>([
    ['nothing', Buffer.alloc(0), undefined, 'the body is empty'],
    ['text', Buffer.from('hello'), undefined, 'the body is not JSON'],
    ['JSON that ends early', Buffer.from('{"inputs": [{"na'), undefined, 'the body is not JSON'],
    [
      'NaN, which JSON has not',
      Buffer.from('{"inputs": [NaN]}'),
      undefined,
      'null says that a value is missing',
    ],
    ['bytes that are no text', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), undefined, 'is not UTF-8'],
    ['a JSON longer than the body', json(), 9_999, 'Inference-Header-Content-Length is 9999, the body has'],
    ['a JSON cut short', Buffer.concat([json(), bytes]), 10, 'the body is not JSON'],
    ['too few bytes', Buffer.concat([json(), bytes.subarray(4)]), json().length, '12 bytes follow the JSON'],
    ['too many bytes', Buffer.concat([json(), bytes, bytes]), json().length, '32 bytes follow the JSON'],
    ['half a row', bytes.subarray(4), 0, '12 bytes are no whole number of rows'],
    [
      'an infinite value',
      Buffer.concat([json(), Buffer.from(Float32Array.of(1, Infinity, 0, 0).buffer)]),
      json().length,
      'value 1 is beyond FP32',
    ],
  ])('refuses %s and says why', (_, body, jsonLength, reason) => {
    refused(() => decodeInferRequest(body, model, { jsonLength }), reason);
  });

  it('survives JSON nested without end', () => {
    const deep = Buffer.from('{"inputs":' + '['.repeat(1_000_000) + ']'.repeat(1_000_000) + '}');
    refused(() => decodeInferRequest(deep, model), 'the model has one input');
  });
});

describe('answers', () => {
  const result = {
    model: 'fraud',
    version: '3',
    id: '42',
    outputName: 'probability',
    rows: 2,
    width: 1,
    values: Float32Array.of(0.1, Number.NaN),
  } as const;

  it('names model, version, request and output, floats as their exact doubles', () => {
    expect(JSON.parse(renderInferResponse(result))).toEqual({
      model_name: 'fraud',
      model_version: '3',
      id: '42',
      outputs: [{ name: 'probability', datatype: 'FP32', shape: [2, 1], data: [0.10000000149011612, null] }],
    });
  });

  it('leaves the values to the bytes that follow', () => {
    expect(JSON.parse(renderBinaryInferResponse({ ...result, id: undefined }))).toEqual({
      model_name: 'fraud',
      model_version: '3',
      outputs: [
        { name: 'probability', datatype: 'FP32', shape: [2, 1], parameters: { binary_data_size: 8 } },
      ],
    });
  });

  it('describes the model', () => {
    expect(renderModelMetadata('fraud', [1, 2], { ...model, outputs: 1 })).toEqual({
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

describe('version 1', () => {
  it.each<[string, object, string]>([
    ['rows', { instances: [[1, 2], [3.5, null]] }, 'predictions'], // prettier-ignore
    ['named rows', { signature_name: 'serving_default', instances: [{ input: [1, 2] }, { input: [3.5, null] }] }, 'predictions'], // prettier-ignore
    ['columns', { inputs: [[1, 2], [3.5, null]] }, 'outputs'], // prettier-ignore
    ['named columns', { inputs: { input: [[1, 2], [3.5, null]] } }, 'outputs'], // prettier-ignore
  ])('reads %s', (_, body, answer) => {
    expect(parsePredictRequest(body, model)).toEqual({ rows: 2, matrix: rows, answer });
  });

  it.each<[string, unknown, string]>([
    ['no object', 3, 'the body must be a JSON object'],
    ['nothing', {}, 'must have "instances"'],
    ['both', { instances: [[1, 2]], inputs: [[1, 2]] }, 'must have "instances"'],
    ['no rows', { instances: 3 }, '"instances" must be an array'],
    ['numbers without rows', { instances: [1, 2] }, 'row 0 of "instances" is no list of 2 numbers'],
    ['another input', { instances: [{ x: [1, 2] }] }, 'the model has one input "input"; the request has [x]'],
    ['a short row', { instances: [[1, 2], [1]] }, 'row 1 of "data" has 1 values'], // prettier-ignore
    ['another signature', { signature_name: 'x', instances: [] }, 'there is no signature "x"'],
    ['too many rows', { instances: [[1, 2], [1, 2], [1, 2]] }, 'has 3 rows; a request may hold 2'], // prettier-ignore
  ])('refuses %s and says why', (_, body, reason) => {
    refused(() => parsePredictRequest(body, model, 2), reason);
  });

  it('answers a number for each row, or a list', () => {
    expect(renderPredictResponse('predictions', Float32Array.of(0.5, NaN), 1)).toBe(
      '{"predictions":[0.5,null]}',
    );
    expect(renderPredictResponse('outputs', Float32Array.of(0.5, 0.25, 1, 0), 2)).toBe(
      '{"outputs":[[0.5,0.25],[1,0]]}',
    );
  });
});
