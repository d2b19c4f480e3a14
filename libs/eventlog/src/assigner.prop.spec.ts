import fc from 'fast-check';
import { assignPartitions, decodeOwned, encodeOwned, type GroupMember } from './assigner';

const TOPICS = ['inputs', 'parts', 'observations'];
const counts = fc
  .tuple(fc.nat({ max: 12 }), fc.nat({ max: 12 }), fc.nat({ max: 12 }))
  .map((list) => new Map(TOPICS.map((topic, index) => [topic, list[index]! + 1])));
const owned = fc
  .array(fc.nat({ max: 15 }), { maxLength: 8 })
  .map((partitions) => ({ inputs: partitions, parts: partitions }));
const members = fc
  .array(fc.record({ generation: fc.integer({ min: -1, max: 4 }), owned }), { minLength: 1, maxLength: 6 })
  .map((list): GroupMember[] =>
    list.map((member, index) => ({ id: `m${index}`, topics: TOPICS, ...member })),
  );

const numbersOf = (assignment: Record<string, number[]>): number[] =>
  [...new Set(Object.values(assignment).flat())].sort((a, b) => a - b);

describe('assignPartitions', () => {
  it('gives every partition to exactly one member', () => {
    fc.assert(
      fc.property(members, counts, (group, topics) => {
        const given = [...assignPartitions(group, topics).values()].flatMap((mine) =>
          Object.entries(mine).flatMap(([topic, list]) => list.map((partition) => `${topic}:${partition}`)),
        );
        const all = [...topics].flatMap(([topic, count]) =>
          Array.from({ length: count }, (_, partition) => `${topic}:${partition}`),
        );
        expect(given.sort()).toEqual(all.sort());
      }),
    );
  });

  it('gives partition p of every topic to the same member', () => {
    fc.assert(
      fc.property(members, counts, (group, topics) => {
        for (const mine of assignPartitions(group, topics).values()) {
          for (const [topic, count] of topics)
            expect(mine[topic] ?? []).toEqual(numbersOf(mine).filter((partition) => partition < count));
        }
      }),
    );
  });

  it('balances to one', () => {
    fc.assert(
      fc.property(members, counts, (group, topics) => {
        const sizes = [...assignPartitions(group, topics).values()].map((mine) => numbersOf(mine).length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('moves as few partitions as balance allows when members come and go', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 24 }),
        (before, after, count) => {
          const topics = new Map([['inputs', count]]);
          const newcomer = (id: string): GroupMember => ({
            id,
            topics: ['inputs'],
            generation: -1,
            owned: {},
          });
          const first = assignPartitions(
            Array.from({ length: before }, (_, index) => newcomer(`m${index}`)),
            topics,
          );
          const stay = Array.from({ length: after }, (_, index) => newcomer(`m${index}`)).map((member) => ({
            ...member,
            generation: 1,
            owned: first.get(member.id) ?? {},
          }));
          const second = assignPartitions(stay, topics);
          // The slow way to say it: a member keeps all it had, or fills its share with it.
          const most = Math.ceil(count / after);
          for (const { id, owned: had } of stay) {
            const kept = (second.get(id)!['inputs'] ?? []).filter((partition) =>
              had['inputs']?.includes(partition),
            ).length;
            const mine = second.get(id)!['inputs']?.length ?? 0;
            expect(kept).toBe(Math.min(had['inputs']?.length ?? 0, mine));
            expect(mine).toBeLessThanOrEqual(most);
          }
        },
      ),
    );
  });

  it('does not depend on the order of the members', () => {
    fc.assert(
      fc.property(members, counts, (group, topics) =>
        expect(assignPartitions([...group].reverse(), topics)).toEqual(assignPartitions(group, topics)),
      ),
    );
  });
});

describe('assignPartitions, half-way through an upgrade', () => {
  const topics = new Map([
    ['inputs', 4],
    ['parts', 4],
  ]);
  const member = (id: string, subscribed: string[]): GroupMember => ({
    id,
    topics: subscribed,
    generation: -1,
    owned: {},
  });

  it('gives everything to those who know all topics', () => {
    const assignment = assignPartitions(
      [member('old', ['inputs']), member('new', ['inputs', 'parts'])],
      topics,
    );
    expect(assignment).toEqual(
      new Map([
        ['old', {}],
        ['new', { inputs: [0, 1, 2, 3], parts: [0, 1, 2, 3] }],
      ]),
    );
  });

  it('shares each topic among those who know it when nobody knows all', () => {
    const assignment = assignPartitions([member('a', ['inputs']), member('b', ['parts'])], topics);
    expect(assignment).toEqual(
      new Map([
        ['a', { inputs: [0, 1, 2, 3] }],
        ['b', { parts: [0, 1, 2, 3] }],
      ]),
    );
  });

  it('believes the newer of two claims to a partition', () => {
    const slept = { ...member('a', ['inputs']), generation: 3, owned: { inputs: [0, 1] } };
    const awake = { ...member('b', ['inputs']), generation: 5, owned: { inputs: [0, 1] } };
    expect(assignPartitions([slept, awake], topics).get('b')).toEqual({ inputs: [0, 1] });
  });
});

describe('what a member owns', () => {
  it('comes back as it was written, and a foreign member owns nothing', () => {
    expect(decodeOwned(encodeOwned(7, { inputs: [1, 2] }))).toEqual({
      generation: 7,
      owned: { inputs: [1, 2] },
    });
    for (const foreign of [
      null,
      Buffer.alloc(0),
      Buffer.from('x'),
      Buffer.from('{"generation":1,"owned":{"a":["0"]}}'),
    ]) {
      expect(decodeOwned(foreign)).toEqual({ generation: -1, owned: {} });
    }
  });
});
