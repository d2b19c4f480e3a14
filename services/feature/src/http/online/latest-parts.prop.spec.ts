import fc from 'fast-check';
import { PartComputed, PartFailed, TOPICS } from '#contracts';
import { ServiceWorld } from '#testing';
import { LatestParts } from './latest-parts';

const PARTS = TOPICS.parts('svc');

const part = fc.record({
  stage: fc.constantFrom('terminal_id', 'customer"id'),
  entity: fc.constantFrom('T1', 'T2', '\0'),
  partition: fc.nat(2),
  /** How long after the one before, ms: several in one millisecond are common. */
  after: fc.nat(1),
  failed: fc.boolean(),
});

it('holds of each entity of a stage the part that was appended last', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 25 }), async (parts) => {
      const world = new ServiceWorld('feature');
      await world.topics(3, PARTS);
      const expected = new Map<string, { at: number[]; value: number }>();
      const offsets = [0, 0, 0];
      for (const [n, { stage, entity, partition, after, failed }] of parts.entries()) {
        world.clock.advance(after);
        const value = { trigger: `${partition}-${n}`, stage, values: { '1': [n] } };
        const type = failed ? PartFailed.type : PartComputed.type;
        await world.raw(PARTS, Buffer.from(JSON.stringify(value)), { type, partition, key: entity });
        const at = [world.clock.now(), partition, offsets[partition]!++];
        const before = expected.get(`${stage}/${entity}`);
        const isNewer = !before || compare(at, before.at) > 0;
        if (!failed && isNewer) expected.set(`${stage}/${entity}`, { at, value: n });
      }
      const { log, namespace } = world;
      const latest = new LatestParts({ log, namespace, sleep: world.ports.sleep });
      for (const stage of ['terminal_id', 'customer"id'])
        for (const entity of ['T1', 'T2', '\0', 'T3'])
          expect((await latest.of('svc', stage, entity))?.values['1']?.[0]).toBe(
            expected.get(`${stage}/${entity}`)?.value,
          );
      await latest.close();
    }),
    { numRuns: 30 },
  );
});

const compare = (one: readonly number[], other: readonly number[]): number => {
  const at = one.findIndex((value, i) => value !== other[i]);
  return at < 0 ? 0 : one[at]! - other[at]!;
};
