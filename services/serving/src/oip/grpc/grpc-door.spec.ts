import { GrpcClient } from './grpc-client.testing';
import { GrpcWorld } from './grpc-world.testing';

const raw = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
const request = {
  model_name: 'fraud',
  inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 2] }],
  raw_input_contents: [raw(3, 1)],
};

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

  it('scores', async () => {
    const answer = await client.call('ModelInfer', request);
    expect(answer).toMatchObject({ model_name: 'fraud', model_version: '2', raw_output_contents: [raw(6)] });
  });
});
