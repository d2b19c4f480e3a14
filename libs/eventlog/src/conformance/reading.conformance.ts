import { readLast, readRange, readRecords } from '../read';
import {
  append,
  freshName,
  freshTopic,
  pollUntil,
  recordOf,
  recordsOf,
  rejection,
  textOf,
  type UnderTest,
} from './under-test';

const values = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `v${from + index}`);

export const describeReading = (underTest: UnderTest): void => {
  describe('a reader', () => {
    it('reads partitions from where it is put, and says where it stands', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest(), 2);
      await append(underTest(), [
        ...values(0, 10).map((value) => recordOf(topic, 0, value)),
        recordOf(topic, 1, 'other'),
      ]);
      const reader = log.reader();
      reader.seek({ topic, partition: 0 }, 4);
      const chunks = await pollUntil(reader, (got) => recordsOf(got).length >= 6);
      await reader.close();
      expect(
        recordsOf(chunks).map((record) => [
          record.topic,
          record.partition,
          record.offset,
          textOf(record),
          record.key?.toString(),
        ]),
      ).toEqual(values(4, 10).map((value, index) => [topic, 0, 4 + index, value, `key of ${value}`]));
      expect(chunks.at(-1)).toMatchObject({
        kind: 'records',
        topic,
        partition: 0,
        nextOffset: 10,
        highWatermark: 10,
      });
    });

    it('gives nothing when nothing comes, after the time that it was given', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest());
      const reader = log.reader();
      reader.seek({ topic, partition: 0 }, 0);
      const begun = Date.now();
      expect(await reader.poll(300)).toEqual([]);
      expect(Date.now() - begun).toBeGreaterThanOrEqual(250);
      await reader.close();
    });

    it('refuses to be polled once it is closed, so that no loop around it spins', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest());
      const reader = log.reader();
      reader.seek({ topic, partition: 0 }, 0);
      const waiting = reader.poll(10_000);
      await reader.close();
      expect(await waiting).toEqual([]);
      await expect(reader.poll(10)).rejects.toMatchObject({ disposition: 'retry' });
    });

    it('waits no longer when it is woken, also when that came before it waits', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest());
      const reader = log.reader();
      reader.seek({ topic, partition: 0 }, 0);
      const begun = Date.now();
      const waiting = reader.poll(20_000);
      reader.wake();
      expect(await waiting).toEqual([]);
      reader.wake();
      expect(await reader.poll(20_000)).toEqual([]);
      expect(Date.now() - begun).toBeLessThan(10_000);
      await append(underTest(), [recordOf(topic, 0, 'a')]);
      expect(recordsOf(await reader.poll(20_000)).map(textOf)).toEqual(['a']);
      await reader.close();
    });

    it('gives what it is put to while it waits', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest(), 2);
      await append(underTest(), [recordOf(topic, 1, 'there already')]);
      const reader = log.reader();
      reader.seek({ topic, partition: 0 }, 0);
      const begun = Date.now();
      const waiting = reader.poll(20_000);
      reader.seek({ topic, partition: 1 }, 0);
      const chunks = await waiting;
      chunks.push(...(await pollUntil(reader, (got) => recordsOf([...chunks, ...got]).length > 0)));
      expect(recordsOf(chunks).map(textOf)).toEqual(['there already']);
      expect(Date.now() - begun).toBeLessThan(10_000);
      await reader.close();
    });

    it('gives what is appended while it waits', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest());
      const reader = log.reader();
      reader.seek({ topic, partition: 0 }, 0);
      await reader.poll(50);
      const polled = pollUntil(reader, (got) => recordsOf(got).length > 0);
      await append(underTest(), [recordOf(topic, 0, 'late')]);
      expect(recordsOf(await polled).map(textOf)).toEqual(['late']);
      await reader.close();
    });

    it('gives at most one chunk of a partition and about as many records as were asked for, of all partitions in turn', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest(), 4);
      const partitions = [0, 1, 2, 3];
      await append(
        underTest(),
        partitions.flatMap((partition) => values(0, 100).map((value) => recordOf(topic, partition, value))),
      );
      const reader = log.reader();
      for (const partition of partitions) reader.seek({ topic, partition }, 0);
      const seen = partitions.map((): string[] => []);
      let polls = 0;
      for (const deadline = Date.now() + 10_000; seen.flat().length < 400 && Date.now() < deadline;) {
        const chunks = await reader.poll(500, 40);
        expect(new Set(chunks.map(({ partition }) => partition)).size).toBe(chunks.length);
        expect(recordsOf(chunks).length).toBeLessThanOrEqual(44);
        for (const chunk of chunks) seen[chunk.partition]!.push(...recordsOf([chunk]).map(textOf));
        const counts = seen.map(({ length }) => length).filter((count) => count < 100);
        polls++;
        if (polls > 4 && counts.length === 4)
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(80);
      }
      await reader.close();
      expect(seen).toEqual(partitions.map(() => values(0, 100)));
    });

    it('drops what it had ahead when it is moved', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest());
      const at = { topic, partition: 0 };
      await append(
        underTest(),
        values(0, 100).map((value) => recordOf(topic, 0, value)),
      );
      const reader = log.reader();
      reader.seek(at, 0);
      const first = await pollUntil(reader, (got) => got.length > 0);
      expect(textOf(recordsOf(first)[0]!)).toBe('v0');
      reader.seek(at, 90);
      expect(recordsOf(await pollUntil(reader, (got) => recordsOf(got).length >= 10)).map(textOf)).toEqual(
        values(90, 100),
      );
      reader.seek(at, 7);
      expect(textOf(recordsOf(await pollUntil(reader, (got) => got.length > 0))[0]!)).toBe('v7');
      await reader.close();
    });

    it('leaves a partition that is dropped', async () => {
      const { log } = underTest();
      const topic = await freshTopic(underTest(), 2);
      const reader = log.reader();
      reader.seek({ topic, partition: 0 }, 0);
      reader.seek({ topic, partition: 1 }, 0);
      await reader.poll(50);
      reader.drop({ topic, partition: 0 });
      await append(underTest(), [recordOf(topic, 0, 'dropped'), recordOf(topic, 1, 'followed')]);
      const chunks = await pollUntil(reader, (got) => recordsOf(got).length > 0);
      chunks.push(...(await reader.poll(200)));
      expect(recordsOf(chunks).map(textOf)).toEqual(['followed']);
      await reader.close();
    });

    it.each([
      ['below the start', 1],
      ['past the end', 9],
    ])('halts at a position %s of the log, until it is moved', async (_, offset) => {
      const { log } = underTest();
      const topic = await freshTopic(underTest(), 2);
      const at = { topic, partition: 0 };
      await append(
        underTest(),
        values(0, 6).map((value) => recordOf(topic, 0, value)),
      );
      await log.deleteRecords(at, 3);
      const reader = log.reader();
      reader.seek(at, offset);
      const hole = { code: 'PLAYHEAD_LOG_HOLE', disposition: 'halt' };
      expect(await rejection(pollUntil(reader, () => false, 5_000))).toEqual(hole);
      expect(await rejection(pollUntil(reader, () => false, 5_000))).toEqual(hole);
      reader.seek(at, 3);
      expect(recordsOf(await pollUntil(reader, (got) => recordsOf(got).length >= 3)).map(textOf)).toEqual(
        values(3, 6),
      );
      await reader.close();
    });

    it('asks to try again while there is no such topic, and reads it when it is there', async () => {
      const { log } = underTest();
      const topic = freshName('late');
      const reader = log.reader();
      reader.seek({ topic, partition: 0 }, 0);
      expect((await rejection(pollUntil(reader, () => false, 5_000))).disposition).toBe('retry');
      await log.ensureTopics([{ name: topic, partitions: 1 }]);
      await append(underTest(), [recordOf(topic, 0, 'a')]);
      const got: string[] = [];
      for (const deadline = Date.now() + 10_000; got.length === 0 && Date.now() < deadline;) {
        got.push(...recordsOf(await reader.poll(200).catch(() => [])).map(textOf));
      }
      expect(got).toEqual(['a']);
      await reader.close();
    });

    it('gives a batch that it cannot decode as a value, and goes on behind it', async () => {
      const { log, appendUnreadable } = underTest();
      const topic = await freshTopic(underTest());
      const at = { topic, partition: 0 };
      await append(underTest(), [recordOf(topic, 0, 'before')]);
      await appendUnreadable(at, 3);
      await append(underTest(), [recordOf(topic, 0, 'after')]);
      const reader = log.reader();
      reader.seek(at, 0);
      const chunks = await pollUntil(reader, (got) => recordsOf(got).length >= 2);
      await reader.close();
      expect(recordsOf(chunks).map((record) => [record.offset, textOf(record)])).toEqual([
        [0, 'before'],
        [4, 'after'],
      ]);
      const unreadable = chunks.filter((chunk) => chunk.kind === 'unreadable');
      expect(unreadable).toMatchObject([
        { ...at, firstOffset: 1, lastOffset: 3, count: 3, reason: 'CODEC_UNSUPPORTED', nextOffset: 4 },
      ]);
      expect(unreadable[0]!.raw.length).toBeGreaterThan(0);
    });
  });

  describe('the readers of ranges', () => {
    it('give a range and no more', async () => {
      const { log, appendUnreadable } = underTest();
      const topic = await freshTopic(underTest());
      await append(
        underTest(),
        values(0, 4).map((value) => recordOf(topic, 0, value)),
      );
      await appendUnreadable({ topic, partition: 0 }, 2);
      await append(
        underTest(),
        values(6, 10).map((value) => recordOf(topic, 0, value)),
      );
      const kinds: string[] = [];
      for await (const chunk of readRange(log, topic, 0, 2, 9))
        kinds.push(...(chunk.kind === 'records' ? chunk.records.map(textOf) : [chunk.reason]));
      expect(kinds).toEqual(['v2', 'v3', 'CODEC_UNSUPPORTED', 'v6', 'v7', 'v8']);
      const read: string[] = [];
      for await (const record of readRecords(log, topic, 0, 0, 7)) read.push(textOf(record));
      expect(read).toEqual(['v0', 'v1', 'v2', 'v3', 'v6']);
    });

    it('find the last record, also behind what cannot be read', async () => {
      const { log, appendUnreadable } = underTest();
      const topic = await freshTopic(underTest(), 2);
      await append(
        underTest(),
        values(0, 3).map((value) => recordOf(topic, 0, value)),
      );
      await appendUnreadable({ topic, partition: 0 }, 5);
      const [full, empty] = await log.ends(topic);
      expect(textOf((await readLast(log, topic, full!))!)).toBe('v2');
      expect(await readLast(log, topic, empty!)).toBeUndefined();
    });
  });
};
