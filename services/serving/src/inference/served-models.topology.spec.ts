import { trainerOf } from '#learn';
import { GrpcWorld } from '../oip/grpc/grpc-world.testing';

/** Answers its version for whatever row. */
const constant = (version: number): Uint8Array => {
  const columns = [Float64Array.of(0, 1, 2, 3), Float64Array.of(0, 1, 0, 1)];
  return trainerOf('linear')
    .fit(
      { featureNames: ['a', 'b'], columns, labels: new Float64Array(4).fill(version) },
      { l2: 0 },
      { task: 'regression', seed: 0 },
    )
    .toOnnx();
};

const BROKEN = 13;

describe('the version that a deployment answers with', () => {
  let world: GrpcWorld;
  beforeEach(async () => {
    world = await GrpcWorld.make({
      model: (version) => (version === BROKEN ? Buffer.from('no model') : constant(version)),
    });
  });
  afterEach(() => world.stop());

  const ask = () =>
    world.desk.infer({ model: 'fraud', rows: 1, matrix: new Float32Array(2), protocol: 'grpc' });
  const answered = async (version: number) =>
    world.until(`version ${version}`, async () => (await ask()).version === String(version));

  it('changes without a failed call, and says who answered', async () => {
    let isOver = false;
    let calls = 0;
    const wrong: unknown[] = [];
    const caller = async (): Promise<void> => {
      while (!isOver) {
        await ask().then(
          ({ version, values }) =>
            Math.round(values[0]!) === Number(version) || wrong.push([version, values]),
          (error: unknown) => wrong.push(error),
        );
        calls++;
        await new Promise(setImmediate);
      }
    };
    const callers = Array.from({ length: 8 }, caller);
    for (let version = 3; version <= 12; version++) {
      await world.deploy(version);
      await answered(version);
    }
    isOver = true;
    await Promise.all(callers);
    expect(wrong).toEqual([]);
    expect(calls).toBeGreaterThan(80);
  });

  it('stays when the new one cannot be opened: calls go on, the deployment is ready, the next version is taken', async () => {
    await world.deploy(BROKEN);
    for (let turn = 0; turn < 50; turn++) {
      expect((await ask()).version).toBe('2');
      await new Promise(setImmediate);
    }
    expect(world.isReady('fraud')).toBe(true);
    await expect(
      world.desk.infer({
        model: 'fraud', version: String(BROKEN), rows: 1, matrix: new Float32Array(2), protocol: 'grpc',
      }), // prettier-ignore
    ).rejects.toMatchObject({ code: 'PLAYHEAD_INFERENCE_MODEL_INVALID' });
    await world.deploy(3);
    await answered(3);
  });
});
