import { compileRevision, type CarriedService } from '#folds';
import { HotPath, OBSERVATIONS, VECTORS, compiledOf, projectOf } from '../replay.testing';
import { refoldVectors, type RefoldedVector } from './refold-vectors';

const serviceOf = (revision: string, days: number): CarriedService => {
  const { digest, compiled } = compiledOf(projectOf(days));
  return {
    name: 'spend',
    revisions: [{ revision, digest, compiled, ...compileRevision(compiled) }],
  };
};

const refold = async (
  world: HotPath,
  service: CarriedService,
  ranges?: Parameters<typeof refoldVectors>[0]['ranges'],
): Promise<RefoldedVector[]> => {
  const vectors: RefoldedVector[] = [];
  const { log, namespace } = world;
  await refoldVectors({
    log,
    namespace,
    service,
    ...(ranges && { ranges }),
    onVector: (vector) => void vectors.push(vector),
  });
  return vectors;
};

describe('vectors folded again from observations', () => {
  let world: HotPath;
  beforeEach(async () => {
    world = await HotPath.make();
    await world.apply();
    await world.deploy(1);
    await world.pay(20);
    await world.raw(OBSERVATIONS, Buffer.from('no observation'), { partition: 1 });
    await world.pay(4);
    // A zombie's duplicate.
    const [first] = await world.records(OBSERVATIONS);
    await world.raw(OBSERVATIONS, first!.value, { id: '0-0' });
    await world.start((serviceLog) => world.workersOf(serviceLog));
    await world.untilRecords(VECTORS, 24);
    await world.stop();
  });

  it('are the logged ones to the byte under the definition of then', async () => {
    const logged = await world.records(VECTORS);
    const folded = await refold(world, serviceOf('1', 7));
    expect(folded.map(({ text }) => text)).toEqual(logged.map(({ value }) => String(value)));
    expect(folded.map(({ key }) => key)).toEqual(logged.map(({ key }) => key));
  });

  it('of a range are those of the whole', async () => {
    const whole = await refold(world, serviceOf('1', 7));
    const part = await refold(world, serviceOf('1', 7), [{ partition: 1, from: 3, to: 9 }]);
    expect(part).toEqual(
      whole.filter(({ partition, offset }) => partition === 1 && offset >= 3 && offset < 9),
    );
  });

  it('of another revision have its windows from the first observation on', async () => {
    const values = (vectors: readonly RefoldedVector[], revision: string): number[] =>
      vectors.map(
        ({ text }) => (JSON.parse(text) as { values: Record<string, number[]> }).values[revision]![1]!,
      );
    const [seven, one] = [await refold(world, serviceOf('1', 7)), await refold(world, serviceOf('2', 1))];
    expect(one).toHaveLength(seven.length);
    expect(values(one, '2')).toEqual(values(seven, '1'));
    expect(one.map(({ text }) => text)).not.toEqual(seven.map(({ text }) => text));
  });

  it('refuse observations that are gone', async () => {
    await world.log.deleteRecords({ topic: world.topic(OBSERVATIONS), partition: 0 }, 2);
    await expect(refold(world, serviceOf('1', 7))).rejects.toMatchObject({
      code: 'PLAYHEAD_LOG_HOLE',
      details: { partition: 0, first: 0, last: 1 },
    });
  });
});
