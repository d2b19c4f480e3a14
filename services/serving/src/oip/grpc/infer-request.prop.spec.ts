import fc from 'fast-check';
import { decodeInferRequest, type InferParameter } from './infer-request';
import { encodeInferResponse, encodeStreamError, encodeStreamResponse } from './infer-response';
import { loadInferenceService } from './messages';
import { floatsOfContents } from './typed-contents';

/** protobufjs, by the same file: the slow and obvious reading. */
const { ModelInfer, ModelStreamInfer } = loadInferenceService();

const parameter = fc.oneof(
  fc.record({ bool_param: fc.boolean() }),
  fc.record({ int64_param: fc.maxSafeInteger() }),
  fc.record({ string_param: fc.string({ unit: 'grapheme', maxLength: 12 }) }),
  fc.record({ double_param: fc.double() }),
  fc.record({ uint64_param: fc.maxSafeNat() }),
);
const parameters = fc.dictionary(fc.string({ maxLength: 8 }), parameter, {
  maxKeys: 4,
  noNullPrototype: true,
});
const text = fc.string({ unit: 'grapheme', maxLength: 16 });
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const contents = fc.record({
  bool_contents: fc.array(fc.boolean(), { maxLength: 4 }),
  int_contents: fc.array(fc.integer(), { maxLength: 4 }),
  int64_contents: fc.array(fc.maxSafeInteger(), { maxLength: 4 }),
  uint_contents: fc.array(fc.nat(), { maxLength: 4 }),
  uint64_contents: fc.array(fc.maxSafeNat(), { maxLength: 4 }),
  fp32_contents: fc.array(fc.float({ noDefaultInfinity: true }), { maxLength: 4 }),
  fp64_contents: fc.array(fc.double({ min: -1e30, max: 1e30 }), { maxLength: 4 }),
  bytes_contents: fc.array(bytes, { maxLength: 2 }),
});
const request = fc.record({
  model_name: text,
  model_version: text,
  id: text,
  parameters,
  inputs: fc.array(
    fc.record(
      {
        name: text,
        datatype: text,
        shape: fc.array(fc.maxSafeInteger(), { maxLength: 4 }),
        parameters,
        contents,
      },
      { requiredKeys: ['name', 'datatype', 'shape', 'parameters'] },
    ),
    { maxLength: 3 },
  ),
  outputs: fc.array(fc.record({ name: text, parameters }), { maxLength: 3 }),
  raw_input_contents: fc.array(bytes, { maxLength: 3 }),
});

interface Message {
  readonly model_name: string;
  readonly model_version: string;
  readonly id: string;
  readonly parameters: Record<string, Record<string, InferParameter>>;
  readonly inputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
    readonly parameters: Message['parameters'];
    readonly contents: Record<string, readonly (number | boolean)[]> | null;
  }[];
  readonly outputs: readonly { readonly name: string; readonly parameters: Message['parameters'] }[];
  readonly raw_input_contents: readonly Buffer[];
}

const plain = (of: Message['parameters']): Record<string, InferParameter> =>
  Object.fromEntries(
    Object.entries(of).map(([name, value]) => [name, value[String(value.parameter_choice)]!]),
  );

describe('decodeInferRequest', () => {
  it('reads what protobufjs reads', () => {
    fc.assert(
      fc.property(request, (message) => {
        const encoded = ModelInfer!.requestSerialize(message);
        const oracle = ModelInfer!.requestDeserialize(encoded) as Message;
        const decoded = decodeInferRequest(encoded);
        expect({
          ...decoded,
          parameters: Object.fromEntries(decoded.parameters),
          inputs: decoded.inputs.map(({ contents: _, ...input }) => ({
            ...input,
            parameters: Object.fromEntries(input.parameters),
          })),
          outputs: decoded.outputs.map((output) => ({
            ...output,
            parameters: Object.fromEntries(output.parameters),
          })),
        }).toEqual({
          model: oracle.model_name,
          version: oracle.model_version,
          id: oracle.id,
          parameters: plain(oracle.parameters),
          inputs: oracle.inputs.map(({ contents: _, ...input }) => ({
            ...input,
            parameters: plain(input.parameters),
          })),
          outputs: oracle.outputs.map((output) => ({ ...output, parameters: plain(output.parameters) })),
          raw: oracle.raw_input_contents,
        });
      }),
      { numRuns: 300 },
    );
  });

  it('reads typed contents as protobufjs does', () => {
    const fields = [
      ['BOOL', 'bool_contents'],
      ['INT16', 'int_contents'],
      ['INT64', 'int64_contents'],
      ['UINT32', 'uint_contents'],
      ['UINT64', 'uint64_contents'],
      ['FP32', 'fp32_contents'],
      ['FP64', 'fp64_contents'],
    ] as const;
    fc.assert(
      fc.property(contents, fc.constantFrom(...fields), (typed, [datatype, field]) => {
        const encoded = ModelInfer!.requestSerialize({ inputs: [{ contents: typed }] });
        const oracle = (ModelInfer!.requestDeserialize(encoded) as Message).inputs[0]!.contents!;
        const [input] = decodeInferRequest(encoded).inputs;
        const expected = Float32Array.from(oracle[field]!, Number);
        expect(floatsOfContents(input!.contents, datatype, expected.length, 'input')).toEqual(expected);
      }),
    );
  });

  it('takes any bytes for a message or for an invalid one, and reads nothing beyond them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (array) => {
        try {
          decodeInferRequest(Buffer.from(array));
        } catch (error) {
          expect(error).toMatchObject({ code: 'PLAYHEAD_INFERENCE_INVALID' });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes a message that was spoilt for another one or for an invalid one', () => {
    fc.assert(
      fc.property(request, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat(), (message, at, byte, end) => {
        const encoded = Buffer.from(ModelInfer!.requestSerialize(message));
        if (encoded.length > 0) encoded[at % encoded.length] = byte;
        try {
          decodeInferRequest(encoded.subarray(0, end % (encoded.length + 1)));
        } catch (error) {
          expect(error).toMatchObject({ code: 'PLAYHEAD_INFERENCE_INVALID' });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('answers', () => {
  const answer = fc.record({
    model: text,
    version: text,
    id: fc.option(text, { nil: undefined }),
    rows: fc.nat({ max: 200 }),
    width: fc.integer({ min: 1, max: 3 }),
    outputName: fc.constantFrom('probability' as const, 'score' as const),
  });

  it('are what protobufjs reads', () => {
    fc.assert(
      fc.property(answer, (given) => {
        const values = Float32Array.from({ length: given.rows * given.width }, (_, i) => i / 7);
        const response = encodeInferResponse({ ...given, values });
        const expected = {
          model_name: given.model,
          model_version: given.version,
          id: given.id ?? '',
          parameters: {},
          outputs: [
            {
              name: given.outputName,
              datatype: 'FP32',
              shape: [given.rows, given.width],
              parameters: {},
              contents: null,
            },
          ],
          raw_output_contents: [Buffer.from(values.buffer)],
        };
        expect(ModelInfer!.responseDeserialize(response)).toEqual(expected);
        expect(ModelStreamInfer!.responseDeserialize(encodeStreamResponse(response))).toEqual({
          error_message: '',
          infer_response: expected,
        });
      }),
    );
  });

  it('say in a stream what went wrong, and with which request', () => {
    fc.assert(
      fc.property(text, text, (message, id) => {
        const read = ModelStreamInfer!.responseDeserialize(encodeStreamError(message, id)) as {
          error_message: string;
          infer_response: { id: string } | null;
        };
        expect([read.error_message, read.infer_response?.id ?? '']).toEqual([message, id]);
      }),
    );
  });
});
