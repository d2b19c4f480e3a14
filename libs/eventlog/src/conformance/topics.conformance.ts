import { readTopic } from '../read';
import { append, freshName, freshTopic, recordOf, rejection, type UnderTest } from './under-test';

export const describeTopics = (underTest: UnderTest): void => {
  describe('topics', () => {
    it('are created where missing and left alone where they exist', async () => {
      const { log } = underTest();
      const [known, fresh] = [await freshTopic(underTest(), 2), freshName('topic')];
      await append(underTest(), [recordOf(known, 1, 'a')]);
      await log.ensureTopics([
        { name: known, partitions: 2 },
        { name: fresh, partitions: 3 },
      ]);
      expect([await log.partitionCount(known), await log.partitionCount(fresh)]).toEqual([2, 3]);
      expect((await log.ends(known)).map(({ end }) => end)).toEqual([0, 1]);
    });

    it('are refused with another number of partitions', async () => {
      const name = await freshTopic(underTest(), 2);
      expect(await rejection(underTest().log.ensureTopics([{ name, partitions: 3 }]))).toEqual({
        code: 'PLAYHEAD_LOG_TOPIC_MISMATCH',
        disposition: 'halt',
      });
    });

    it('are refused without append time', async () => {
      const { log } = underTest();
      const config = { 'message.timestamp.type': 'CreateTime' };
      const name = await freshTopic(underTest(), 1, config);
      expect(await rejection(log.ensureTopics([{ name, partitions: 1 }]))).toEqual({
        code: 'PLAYHEAD_LOG_TOPIC_MISMATCH',
        disposition: 'halt',
      });
      await log.ensureTopics([{ name, partitions: 1, config }]);
    });

    it('have no number of partitions where they do not exist', async () => {
      expect(await underTest().log.partitionCount(freshName('absent'))).toBeUndefined();
    });

    it('are listed by prefix, in order', async () => {
      const { log } = underTest();
      const prefix = freshName('list');
      await log.ensureTopics(['b', 'a', 'c.d'].map((name) => ({ name: `${prefix}.${name}`, partitions: 1 })));
      expect(await log.listTopics(`${prefix}.`)).toEqual([`${prefix}.a`, `${prefix}.b`, `${prefix}.c.d`]);
      expect(await log.listTopics(`${prefix}.x`)).toEqual([]);
    });

    it('begin again at 0 when deleted and created again; deleting what is not there is no error', async () => {
      const { log } = underTest();
      const name = await freshTopic(underTest());
      await append(underTest(), [recordOf(name, 0, 'a')]);
      await log.deleteTopics([name, freshName('absent')]);
      expect(await log.partitionCount(name)).toBeUndefined();
      await log.ensureTopics([{ name, partitions: 1 }]);
      expect(await log.ends(name)).toEqual([{ partition: 0, start: 0, end: 0 }]);
    });

    it('have ends that move with what is appended and cut', async () => {
      const { log } = underTest();
      const name = await freshTopic(underTest(), 2);
      await append(
        underTest(),
        ['a', 'b', 'c'].map((value) => recordOf(name, 1, value)),
      );
      await log.deleteRecords({ topic: name, partition: 1 }, 2);
      expect(await log.ends(name)).toEqual([
        { partition: 0, start: 0, end: 0 },
        { partition: 1, start: 2, end: 3 },
      ]);
    });

    it('are cut no further back than they are, and not past their end', async () => {
      const { log } = underTest();
      const name = await freshTopic(underTest());
      const at = { topic: name, partition: 0 };
      await append(
        underTest(),
        ['a', 'b', 'c'].map((value) => recordOf(name, 0, value)),
      );
      await log.deleteRecords(at, 2);
      await log.deleteRecords(at, 1);
      expect(await log.ends(name)).toEqual([{ partition: 0, start: 2, end: 3 }]);
      expect((await rejection(log.deleteRecords(at, 4))).disposition).toBe('refuse');
      await log.deleteRecords(at, 3);
      expect(await log.ends(name)).toEqual([{ partition: 0, start: 3, end: 3 }]);
      expect(await append(underTest(), [recordOf(name, 0, 'd')])).toEqual([3]);
    });

    it('keep the stamps that a restore gives them, and stamp by themselves once they are told to', async () => {
      const { log } = underTest();
      const config = { 'message.timestamp.type': 'CreateTime' };
      const name = await freshTopic(underTest(), 1, config);
      const stamps = [1_600_000_000_123, 1_600_000_000_123, 1_599_999_999_000, 1_525_132_800_000];
      await append(
        underTest(),
        stamps.map((timestamp, index) => ({ ...recordOf(name, 0, `v${index}`), timestamp })),
      );
      await log.configureTopic(name, {});
      await log.ensureTopics([{ name, partitions: 1 }]);
      await append(underTest(), [{ ...recordOf(name, 0, 'stamped'), timestamp: 5 }]);
      const records = await readTopic(log, name);
      expect(records.slice(0, 4).map(({ timestamp }) => timestamp)).toEqual(stamps);
      expect(records[4]!.timestamp).toBeGreaterThan(Date.parse('2020-01-01'));
    });

    it('say how many bytes they take up, by prefix', async () => {
      const { log } = underTest();
      const prefix = freshName('bytes');
      const [small, large] = [`${prefix}.small`, `${prefix}.large`];
      await log.ensureTopics([
        { name: small, partitions: 1 },
        { name: large, partitions: 2 },
      ]);
      await append(underTest(), [recordOf(small, 0, 'a')]);
      for (const partition of [0, 1])
        await append(underTest(), [recordOf(large, partition, 'x'.repeat(10_000))]);
      const bytes = await log.bytesOnDisk(`${prefix}.`);
      expect([...bytes.keys()].sort()).toEqual([large, small]);
      expect(bytes.get(large)).toBeGreaterThan(40_000);
      expect(bytes.get(large)).toBeLessThan(45_000);
      expect(bytes.get(small)).toBeLessThan(1_000);
      expect(bytes.get(small)).toBeGreaterThan(0);
      expect(await log.bytesOnDisk(freshName('absent'))).toEqual(new Map());
    });

    it('have no ends before they exist: try again', async () => {
      expect((await rejection(underTest().log.ends(freshName('absent')))).disposition).toBe('retry');
    });

    it('need a log that answers', async () => {
      await expect(underTest().log.ping()).resolves.toBeUndefined();
    });
  });
};
