import type { EventLog, Membership, TopicPartition } from '../port';
import { eventually, freshName, freshTopic, rejection, type UnderTest } from './under-test';

/** A member that remembers what it was told. */
class Member {
  readonly told: string[] = [];
  current: readonly TopicPartition[] = [];
  membership!: Membership;

  static async join(log: EventLog, group: string, topics: readonly string[]): Promise<Member> {
    const member = new Member();
    member.membership = await log.join({
      group,
      topics,
      listener: {
        assigned: (partitions) => {
          member.current = partitions;
          member.told.push('assigned');
        },
        rebalancing: () => member.told.push('rebalancing'),
        lost: (reason) => member.told.push(`lost: ${reason}`),
      },
    });
    return member;
  }

  /** The partitions of a topic that it has, in order. */
  of(topic: string): number[] {
    return this.current
      .filter((at) => at.topic === topic)
      .map(({ partition }) => partition)
      .sort((a, b) => a - b);
  }
}

const all = (count: number): number[] => Array.from({ length: count }, (_, partition) => partition);

/** Everything is assigned, to one member each, and evenly. */
const expectShared = (members: readonly Member[], topic: string, count: number): void => {
  expect(members.flatMap((member) => member.of(topic)).sort((a, b) => a - b)).toEqual(all(count));
  const sizes = members.map((member) => member.of(topic).length);
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
};

export const describeMembership = (underTest: UnderTest): void => {
  describe('a group', () => {
    it('gives all partitions to its only member before join resolves', async () => {
      const { log } = underTest();
      const [a, b] = [await freshTopic(underTest(), 3), await freshTopic(underTest(), 2)];
      const member = await Member.join(log, freshName('group'), [a, b]);
      expect([member.of(a), member.of(b)]).toEqual([all(3), all(2)]);
      await member.membership.leave();
    }, 30_000);

    it('shares partitions between two members, those of the same number together, and gives them back', async () => {
      const { log } = underTest();
      const [a, b] = [await freshTopic(underTest(), 5), await freshTopic(underTest(), 5)];
      const group = freshName('group');
      const first = await Member.join(log, group, [a, b]);
      const second = await Member.join(log, group, [a, b]);
      await eventually(() => expectShared([first, second], a, 5));
      for (const member of [first, second]) expect(member.of(b)).toEqual(member.of(a));
      expect(first.told.slice(-2)).toEqual(['rebalancing', 'assigned']);
      await second.membership.leave();
      await eventually(() => expect([first.of(a), first.of(b)]).toEqual([all(5), all(5)]));
      await first.membership.leave();
    }, 60_000);

    it('moves no partition that balance lets stay', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest(), 12);
      const group = freshName('group');
      const [first, second] = [
        await Member.join(log, group, [topic]),
        await Member.join(log, group, [topic]),
      ];
      await eventually(() => expectShared([first, second], topic, 12));
      const before = [first.of(topic), second.of(topic)];

      const third = await Member.join(log, group, [topic]);
      await eventually(() => expectShared([first, second, third], topic, 12));
      expect(before[0]).toEqual(expect.arrayContaining(first.of(topic)));
      expect(before[1]).toEqual(expect.arrayContaining(second.of(topic)));

      const between = [first.of(topic), third.of(topic)];
      await second.membership.leave();
      await eventually(() => expectShared([first, third], topic, 12));
      expect(first.of(topic)).toEqual(expect.arrayContaining(between[0]!));
      expect(third.of(topic)).toEqual(expect.arrayContaining(between[1]!));
      await first.membership.leave();
      await third.membership.leave();
    }, 90_000);

    it('leaves a member without partitions when there are too few', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest(), 1);
      const group = freshName('group');
      const [first, second] = [
        await Member.join(log, group, [topic]),
        await Member.join(log, group, [topic]),
      ];
      await eventually(() => expectShared([first, second], topic, 1));
      await first.membership.leave();
      await eventually(() => expect(second.of(topic)).toEqual([0]));
      await second.membership.leave();
    }, 60_000);

    it('knows nothing of another group', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest(), 2);
      const [one, other] = [
        await Member.join(log, freshName('group'), [topic]),
        await Member.join(log, freshName('group'), [topic]),
      ];
      expect([one.of(topic), other.of(topic)]).toEqual([all(2), all(2)]);
      await one.membership.leave();
      await other.membership.leave();
    }, 30_000);
  });

  describe('committed offsets', () => {
    it('stay with their metadata when the member leaves; what was not committed is absent', async () => {
      const { log } = underTest();
      const [topic, other] = [await freshTopic(underTest(), 4), await freshTopic(underTest(), 1)];
      const group = freshName('group');
      expect(await log.committed(group, topic)).toEqual(new Map());
      const { membership } = await Member.join(log, group, [topic, other]);
      await membership.commit([
        { topic, partition: 2, offset: 7, metadata: '{"control":"0-3"}' },
        { topic, partition: 0, offset: 1 },
        { topic: other, partition: 0, offset: 9, metadata: 'other' },
      ]);
      await membership.commit([{ topic, partition: 2, offset: 8, metadata: 'newer' }]);
      await membership.leave();
      expect(await log.committed(group, topic)).toEqual(
        new Map([
          [0, { offset: 1, metadata: '' }],
          [2, { offset: 8, metadata: 'newer' }],
        ]),
      );
      expect(await log.committed(group, other)).toEqual(new Map([[0, { offset: 9, metadata: 'other' }]]));
    }, 30_000);

    it('are refused from a member that has left', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest());
      const group = freshName('group');
      const { membership } = await Member.join(log, group, [topic]);
      await membership.leave();
      expect((await rejection(membership.commit([{ topic, partition: 0, offset: 1 }]))).disposition).toBe(
        'abandon',
      );
      expect(await log.committed(group, topic)).toEqual(new Map());
    }, 30_000);

    it('are refused for a partition that moved to another member', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest(), 2);
      const group = freshName('group');
      const [first, second] = [
        await Member.join(log, group, [topic]),
        await Member.join(log, group, [topic]),
      ];
      await eventually(() => expectShared([first, second], topic, 2));
      const [moved] = second.of(topic);
      expect(
        (await rejection(first.membership.commit([{ topic, partition: moved!, offset: 5 }]))).disposition,
      ).toBe('abandon');
      await second.membership.commit([{ topic, partition: moved!, offset: 6 }]);
      expect((await log.committed(group, topic)).get(moved!)).toEqual({ offset: 6, metadata: '' });
      await first.membership.leave();
      await second.membership.leave();
    }, 60_000);
  });
};
