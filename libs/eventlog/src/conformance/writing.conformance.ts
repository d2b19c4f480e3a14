import { readTopic } from '../read';
import { append, freshName, freshTopic, recordOf, rejection, textOf, type UnderTest } from './under-test';

export const describeWriting = (underTest: UnderTest): void => {
  describe('a producer', () => {
    it('gives positions in the order of the input, over topics and partitions', async () => {
      const { log } = underTest();
      const [a, b] = [await freshTopic(underTest(), 2), await freshTopic(underTest())];
      const producer = log.producer();
      await producer.send([recordOf(a, 1, 'before')]);
      const positions = await producer.send([
        recordOf(a, 1, 'p'),
        recordOf(b, 0, 'q'),
        recordOf(a, 0, 'r'),
        recordOf(a, 1, 's'),
        recordOf(b, 0, 't'),
      ]);
      await producer.close();
      expect(positions).toEqual([
        { topic: a, partition: 1, offset: 1 },
        { topic: b, partition: 0, offset: 0 },
        { topic: a, partition: 0, offset: 0 },
        { topic: a, partition: 1, offset: 2 },
        { topic: b, partition: 0, offset: 1 },
      ]);
      expect(
        (await readTopic(log, a)).map((record) => [record.partition, record.offset, textOf(record)]),
      ).toEqual([
        [0, 0, 'r'],
        [1, 0, 'before'],
        [1, 1, 'p'],
        [1, 2, 's'],
      ]);
    });

    it('keeps null apart from empty', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest());
      const empty = Buffer.alloc(0);
      const bare = { topic, partition: 0, headers: [] };
      await append(underTest(), [
        { ...bare, key: null, value: null },
        { ...bare, key: empty, value: empty },
        { ...bare, key: empty, value: null },
      ]);
      expect((await readTopic(log, topic)).map(({ key, value }) => [key, value])).toEqual([
        [null, null],
        [empty, empty],
        [empty, null],
      ]);
    });

    it('keeps headers in order, also of the same name; the last one counts', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest());
      const headers = [
        ['ce_type', Buffer.from('first')],
        ['raw', Buffer.from([0, 255, 128])],
        ['ünïcode', Buffer.from('wörld €')],
        ['', Buffer.from('no name')],
        ['ce_type', Buffer.from('last')],
        ['empty', Buffer.alloc(0)],
      ] as const;
      await append(underTest(), [recordOf(topic, 0, 'a', headers), recordOf(topic, 0, 'b')]);
      const [record, bare] = await readTopic(log, topic);
      expect(record!.headers.entries()).toEqual(headers);
      expect(record!.headers.text('ce_type')).toBe('last');
      expect(record!.headers.get('raw')).toEqual(Buffer.from([0, 255, 128]));
      expect(record!.headers.text('ünïcode')).toBe('wörld €');
      expect(record!.headers.text('')).toBe('no name');
      expect(record!.headers.text('empty')).toBe('');
      expect(record!.headers.get('absent')).toBeUndefined();
      expect(record!.headers.text('absent')).toBeUndefined();
      expect(bare!.headers.entries()).toEqual([]);
    });

    it('stamps with append time, which does not run backwards', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest());
      for (const value of ['a', 'b', 'c']) await append(underTest(), [recordOf(topic, 0, value)]);
      const stamps = (await readTopic(log, topic)).map(({ timestamp }) => timestamp);
      expect(stamps).toEqual([...stamps].sort((x, y) => x - y));
      expect(stamps.every((stamp) => Number.isSafeInteger(stamp) && stamp >= 0)).toBe(true);
    });

    it('appends calls that are made at once one behind the other', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest());
      const producer = log.producer();
      const sends = Array.from({ length: 20 }, (_, index) =>
        producer.send([recordOf(topic, 0, `${index}a`), recordOf(topic, 0, `${index}b`)]),
      );
      const positions = await Promise.all(sends);
      await producer.close();
      expect(positions.flat().map(({ offset }) => offset)).toEqual(
        Array.from({ length: 40 }, (_, index) => index),
      );
      expect((await readTopic(log, topic)).map(textOf)).toEqual(
        Array.from({ length: 20 }, (_, index) => [`${index}a`, `${index}b`]).flat(),
      );
    });

    it('appends more than one batch can hold, in order', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest(), 2);
      const padding = 'x'.repeat(20_000);
      const values = Array.from({ length: 200 }, (_, index) => `${index} ${padding}`);
      const offsets = await append(
        underTest(),
        values.map((value, index) => recordOf(topic, index % 4 === 0 ? 1 : 0, value)),
      );
      expect(offsets.filter((_, index) => index % 4 !== 0)).toEqual(
        Array.from({ length: 150 }, (_, index) => index),
      );
      const read = (await readTopic(log, topic)).map((record) => Number(textOf(record).split(' ')[0]));
      const all = Array.from({ length: 200 }, (_, index) => index);
      expect(read).toEqual([
        ...all.filter((index) => index % 4 !== 0),
        ...all.filter((index) => index % 4 === 0),
      ]);
    });

    it('appends large records where the topic allows them', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest(), 1, { 'max.message.bytes': '2300000' });
      const large = Buffer.alloc(2_100_000, 'L');
      await append(underTest(), [
        recordOf(topic, 0, 'before'),
        { topic, partition: 0, key: null, value: large, headers: [] },
        recordOf(topic, 0, 'after'),
      ]);
      const [before, middle, after] = await readTopic(log, topic);
      expect([textOf(before!), textOf(after!)]).toEqual(['before', 'after']);
      expect(middle!.value!.equals(large)).toBe(true);
    });

    it('appends nothing when there is nothing', async () => {
      const producer = underTest().log.producer();
      expect(await producer.send([])).toEqual([]);
      await producer.close();
    });

    it('is spent after a failure', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest());
      const producer = log.producer();
      const failed = producer.send([recordOf(freshName('absent'), 0, 'a')]);
      const behind = producer.send([recordOf(topic, 0, 'b')]);
      expect((await rejection(failed)).disposition).toBe('retry');
      expect((await rejection(behind)).disposition).toBe('retry');
      expect((await rejection(producer.send([recordOf(topic, 0, 'c')]))).disposition).toBe('retry');
      await producer.close();
      expect(await append(underTest(), [recordOf(topic, 0, 'd')])).toEqual([0]);
    }, 30_000);

    it('is of no use once closed', async () => {
      const topic = await freshTopic(underTest());
      const producer = underTest().log.producer();
      await producer.close();
      expect((await rejection(producer.send([recordOf(topic, 0, 'a')]))).disposition).toBe('retry');
    });
  });
};
