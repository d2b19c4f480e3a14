import { compressionAlgorithms, Metadata, type ClientDuplexStream, type ServiceError } from '@grpc/grpc-js';
import type { CancelSignal } from '#inference';
import { GrpcClient } from './grpc-client.testing';
import { STATUS } from './grpc-status';
import { GrpcWorld } from './grpc-world.testing';

const raw = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
const input = { name: 'input', datatype: 'FP32', shape: [1, 2] };
const request = { model_name: 'fraud', inputs: [input], raw_input_contents: [raw(3, 1)] };

interface Answer {
  readonly model_version: string;
  readonly id: string;
  readonly outputs: readonly { readonly shape: readonly number[] }[];
  readonly raw_output_contents: readonly Buffer[];
}
const valuesOf = ({ raw_output_contents: [bytes] }: Answer): number[] => [
  ...new Float32Array(new Uint8Array(bytes!).buffer),
];

describe('the gRPC door', () => {
  let world: GrpcWorld;
  let client: GrpcClient;
  beforeAll(async () => {
    world = await GrpcWorld.make();
    client = new GrpcClient(world.address);
  });
  afterAll(async () => {
    client.close();
    await world.stop();
  });
  afterEach(() => expect(world.defects).toEqual([]));

  const infer = (change: object = {}, ...rest: [Metadata?, object?]): Promise<Answer> =>
    client.call<Answer>('ModelInfer', { ...request, ...change }, ...rest);

  it('scores a row, and says who answered', async () => {
    expect(await infer({ id: 'a-1', outputs: [{ name: 'value' }] })).toEqual({
      model_name: 'fraud',
      model_version: '2',
      id: 'a-1',
      parameters: {},
      outputs: [{ name: 'value', datatype: 'FP32', shape: [1, 1], parameters: {}, contents: null }],
      raw_output_contents: [raw(6)],
    });
  });

  it('scores many rows, more than a frame and a window hold', async () => {
    const rows = 10_000;
    const values = Array.from({ length: rows }, (_, i) => [i % 50, i % 3]).flat();
    const answer = await infer({
      inputs: [{ ...input, shape: [rows, 2] }],
      raw_input_contents: [raw(...values)],
    });
    expect(answer.outputs[0]!.shape).toEqual([rows, 1]);
    const alone = await infer({ raw_input_contents: [raw(49, 1)] });
    expect(valuesOf(answer)[49]).toBe(valuesOf(alone)[0]);
  });

  it('scores no rows', async () => {
    const none = await infer({ inputs: [{ ...input, shape: [0, 2] }], raw_input_contents: [raw()] });
    expect(valuesOf(none)).toEqual([]);
  });

  it.each<[string, object, number[] | undefined]>([
    ['BOOL', { bool_contents: [true, false] }, undefined],
    ['INT8', { int_contents: [-3, 1] }, undefined],
    ['INT64', { int64_contents: [3, 1] }, undefined],
    ['UINT32', { uint_contents: [3, 1] }, undefined],
    ['UINT64', { uint64_contents: [3, 1] }, undefined],
    ['FP32', { fp32_contents: [3, 1] }, undefined],
    ['FP64', { fp64_contents: [3, 1] }, undefined],
    ['INT16', {}, [3, 0, 1, 0]],
    ['FP16', {}, [0x00, 0x42, 0x00, 0x3c]],
    ['BF16', {}, [0x40, 0x40, 0x80, 0x3f]],
  ])('reads %s', async (datatype, contents, bytes) => {
    const expected = datatype === 'BOOL' ? 2 : datatype === 'INT8' ? -6 : 6;
    const answer = await infer({
      inputs: [{ ...input, datatype, contents }],
      raw_input_contents: bytes ? [Buffer.from(bytes)] : [],
    });
    expect(valuesOf(answer)[0]).toBeCloseTo(expected, 5);
  });

  it.each<[string, object, string]>([
    ['another name of the model', { model_name: 'x' }, '5 NOT_FOUND: there is no deployment x'],
    ['another version', { model_version: '9' }, '5 NOT_FOUND: fraud has no version 9'],
    [
      'another input',
      { inputs: [{ ...input, name: 'b' }] },
      '3 INVALID_ARGUMENT: the model has one input "input"',
    ],
    ['two inputs', { inputs: [input, input] }, 'the request has ["input", "input"]'],
    [
      'texts',
      { inputs: [{ ...input, datatype: 'BYTES' }] },
      '3 INVALID_ARGUMENT: input "input" has the datatype "BYTES"; the model takes numbers',
    ],
    [
      'another shape',
      { inputs: [{ ...input, shape: [1, 3] }] },
      '3 INVALID_ARGUMENT: input "input" has the shape [1,3]; the model takes [rows, 2]',
    ],
    [
      'a shape whose product overflows',
      { inputs: [{ ...input, shape: [4611686018427388000, 2] }] },
      'the model takes [rows, 2]',
    ],
    [
      'too many rows',
      { inputs: [{ ...input, shape: [10_001, 2] }] },
      'has 10001 rows; a request may hold 10000',
    ],
    ['too few bytes', { raw_input_contents: [raw(1)] }, 'has 4 bytes; 2 values of FP32 are 8'],
    [
      'bytes for another input',
      { raw_input_contents: [raw(1, 2), raw(1, 2)] },
      'raw_input_contents has 2 tensors; the request has 1 input',
    ],
    [
      'bytes and contents',
      { inputs: [{ ...input, contents: { fp32_contents: [1, 2] } }] },
      'send one of them',
    ],
    [
      'too few contents',
      { inputs: [{ ...input, contents: { fp32_contents: [1] } }], raw_input_contents: [] },
      'has 1 values in fp32_contents; its shape means 2',
    ],
    [
      'FP16 that is no bytes',
      { inputs: [{ ...input, datatype: 'FP16' }], raw_input_contents: [] },
      'send raw_input_contents',
    ],
    ['an infinite value', { raw_input_contents: [raw(1, Infinity)] }, 'value 1 is beyond FP32'],
    ['another output', { outputs: [{ name: 'label' }] }, 'the model has no output "label"; it has "value"'],
    [
      'shared memory',
      { inputs: [{ ...input, parameters: { shared_memory_region: { string_param: 'r' } } }] },
      'shared memory is not supported',
    ],
    [
      'classification',
      { outputs: [{ name: 'value', parameters: { classification: { int64_param: 3 } } }] },
      'classification is not supported',
    ],
  ])('refuses %s and says why', async (_, change, message) => {
    await expect(infer(change)).rejects.toThrow(message);
  });

  it('takes NaN for a missing value', async () => {
    expect(valuesOf(await infer({ raw_input_contents: [raw(Number.NaN, 1)] }))).toHaveLength(1);
  });

  it('takes packed messages', async () => {
    for (const algorithm of [compressionAlgorithms.gzip, compressionAlgorithms.deflate]) {
      const packing = new GrpcClient(world.address, { 'grpc.default_compression_algorithm': algorithm });
      expect(valuesOf(await packing.call<Answer>('ModelInfer', request))).toEqual([6]);
      packing.close();
    }
  });

  it('refuses a message beyond the limit with RESOURCE_EXHAUSTED, packed or not', async () => {
    const large = { ...request, raw_input_contents: [Buffer.alloc(2_000_000)] };
    await expect(client.call('ModelInfer', large)).rejects.toThrow('8 RESOURCE_EXHAUSTED: a message of 2000');
    const packing = new GrpcClient(world.address, {
      'grpc.default_compression_algorithm': compressionAlgorithms.gzip,
    });
    await expect(packing.call('ModelInfer', large)).rejects.toThrow(
      '8 RESOURCE_EXHAUSTED: a message is larger',
    );
    packing.close();
  });

  it('hands deadline, trace and entity to the desk', async () => {
    const seen: unknown[] = [];
    const { infer: real } = world.desk;
    const spy = jest.spyOn(world.desk, 'infer').mockImplementation(async (call) => {
      seen.push({ ...call, left: Math.ceil((call.deadlineMs! - performance.now()) / 1_000) });
      return real.call(world.desk, call);
    });
    const metadata = new Metadata();
    metadata.set('traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
    await infer({ parameters: { entity: { string_param: 'C1' } } }, metadata, {
      deadline: Date.now() + 5_000,
    });
    await infer({ parameters: { timeout: { int64_param: 3_000_000 } } });
    spy.mockRestore();
    expect(seen).toMatchObject([
      {
        key: 'C1',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        left: 5,
        protocol: 'grpc',
      },
      { key: undefined, left: 3 },
    ]);
  });

  it('answers DEADLINE_EXCEEDED when the time is over', async () => {
    await expect(infer({ parameters: { timeout: { int64_param: 1 } } })).rejects.toThrow(
      /^4 DEADLINE_EXCEEDED/,
    );
  });

  it('tells the desk when the caller is gone', async () => {
    let signal: CancelSignal | undefined;
    const spy = jest.spyOn(world.desk, 'infer').mockImplementation((call) => {
      signal = call.signal;
      return new Promise(() => undefined);
    });
    await expect(infer({}, undefined, { deadline: Date.now() + 50 })).rejects.toThrow('DEADLINE_EXCEEDED');
    await world.until('the cancellation', () => Promise.resolve(signal?.aborted === true));
    spy.mockRestore();
  });

  it('says when to ask again where there is too much work', async () => {
    const small = await GrpcWorld.make({ maxQueuedRows: 1 });
    const caller = new GrpcClient(small.address);
    const answers = await Promise.allSettled(
      Array.from({ length: 40 }, () => caller.call<Answer>('ModelInfer', request)),
    );
    const refused = answers.filter((answer) => answer.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    const error = refused[0]!.reason as ServiceError;
    expect(error.code).toBe(STATUS.RESOURCE_EXHAUSTED);
    expect(error.metadata.get('retry-after')).toEqual(['1']);
    caller.close();
    await small.stop();
  });

  describe('a stream', () => {
    const open = () =>
      (client.inference as unknown as Record<string, () => ClientDuplexStream<object, StreamAnswer>>)[
        'ModelStreamInfer'
      ]!();
    interface StreamAnswer {
      readonly error_message: string;
      readonly infer_response: Answer | null;
    }

    it('answers each message, in their order, errors among them', async () => {
      const stream = open();
      const answers: string[] = [];
      stream.on('data', ({ error_message: error, infer_response: answer }: StreamAnswer) =>
        answers.push(`${answer?.id}: ${error === '' ? valuesOf(answer!).join() : error.slice(0, 17)}`),
      );
      for (let i = 0; i < 300; i++)
        stream.write({
          ...request,
          id: String(i),
          ...(i % 100 === 7 ? { model_name: 'x' } : {}),
          raw_input_contents: [raw(i, 1)],
        });
      stream.end();
      await new Promise((resolve, reject) => stream.on('end', resolve).on('error', reject));
      expect(answers).toHaveLength(300);
      expect(answers[7]).toBe('7: there is no deplo');
      expect(answers.map((answer) => Number(answer.split(':')[0]))).toEqual([...Array(300).keys()]);
    });

    it('ends with its caller', async () => {
      const stream = open();
      stream.on('error', () => undefined);
      const first = new Promise((resolve) => stream.once('data', resolve));
      stream.write(request);
      await first;
      stream.cancel();
      expect(valuesOf(await infer())).toEqual([6]);
    });
  });

  it('says what it is, and what it serves', async () => {
    expect(await client.call('ServerLive')).toEqual({ live: true });
    expect(await client.call('ServerReady')).toEqual({ ready: true });
    expect(await client.call('ServerMetadata')).toMatchObject({ name: 'playhead' });
    expect(await client.call('ModelReady', { name: 'fraud' })).toEqual({ ready: true });
    expect(await client.call('ModelReady', { name: 'fraud', version: '2' })).toEqual({ ready: true });
    expect(await client.call('ModelReady', { name: 'x' })).toEqual({ ready: false });
    expect(await client.call('ModelMetadata', { name: 'fraud' })).toEqual({
      name: 'fraud',
      versions: ['2'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'input', datatype: 'FP32', shape: [-1, 2] }],
      outputs: [{ name: 'value', datatype: 'FP32', shape: [-1, 1] }],
    });
    await expect(client.call('ModelMetadata', { name: 'x' })).rejects.toThrow('5 NOT_FOUND');
    expect(await client.call('ModelConfig', { name: 'fraud' })).toMatchObject({
      config: {
        name: 'fraud',
        max_batch_size: 10_000,
        input: [{ name: 'input', data_type: 'TYPE_FP32', dims: [2] }],
        output: [{ name: 'value', data_type: 'TYPE_FP32', dims: [1] }],
      },
    });
    expect(await client.call('Check', {})).toEqual({ status: 'SERVING' });
    await expect(client.call('Check', { service: 'x' })).rejects.toThrow('5 NOT_FOUND');
  });

  it('counts', async () => {
    const count = async (): Promise<number> => {
      const { model_stats: stats } = await client.call<{
        model_stats: { inference_count: number; inference_stats: { success: { ns: number } } }[];
      }>('ModelStatistics', { name: 'fraud', version: '2' });
      expect(stats).toHaveLength(1);
      return stats[0]!.inference_count;
    };
    const before = await count();
    await infer();
    expect(await count()).toBe(before + 1);
    expect(await client.call<{ model_stats: unknown[] }>('ModelStatistics')).not.toEqual({ model_stats: [] });
  });

  it('takes a model out of its doors and back', async () => {
    const index = async () => (await client.call<{ models: object[] }>('RepositoryIndex', {})).models;
    expect(await index()).toContainEqual({ name: 'fraud', version: '2', state: 'READY', reason: '' });
    await client.call('RepositoryModelUnload', { model_name: 'fraud' });
    await expect(infer()).rejects.toThrow(/fraud is unloaded/);
    expect(await client.call('ModelReady', { name: 'fraud' })).toEqual({ ready: false });
    expect(await client.call('RepositoryIndex', { ready: true })).toEqual({ models: [] });
    await client.call('RepositoryModelLoad', { model_name: 'fraud' });
    expect(valuesOf(await infer())).toEqual([6]);
    await expect(client.call('RepositoryModelLoad', { model_name: 'x' })).rejects.toThrow('5 NOT_FOUND');
    await expect(
      client.call('RepositoryModelLoad', {
        model_name: 'fraud',
        parameters: { config: { string_param: '{}' } },
      }),
    ).rejects.toThrow('3 INVALID_ARGUMENT');
  });

  it.each(['SystemSharedMemoryStatus', 'CudaSharedMemoryRegister', 'TraceSetting', 'LogSettings'])(
    'says that it has no %s',
    async (method) => {
      await expect(client.call(method)).rejects.toThrow(`12 UNIMPLEMENTED: ${method} is not supported`);
    },
  );

  it('answers what is under way when it stops', async () => {
    const other = await GrpcWorld.make();
    const caller = new GrpcClient(other.address);
    await caller.call('ServerLive');
    const { infer: real } = other.desk;
    let begun = false;
    jest.spyOn(other.desk, 'infer').mockImplementation(async (call) => {
      begun = true;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return real.call(other.desk, call);
    });
    const answer = caller.call<Answer>('ModelInfer', request);
    await other.until('the call', () => Promise.resolve(begun));
    await other.door.stop();
    expect(valuesOf(await answer)).toEqual([6]);
    await expect(caller.call('ModelInfer', request)).rejects.toThrow('14 UNAVAILABLE');
    caller.close();
    await other.stop();
  });
});
