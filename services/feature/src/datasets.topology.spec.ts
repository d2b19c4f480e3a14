import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { DatasetBuilt, type EventOf } from '#contracts';
import { readParquetColumns, readParquetTexts } from '#parquet';
import {
  DAY,
  DatasetWorld,
  HOUR,
  LABELS,
  OBSERVATIONS,
  PROJECT,
  START,
  VECTORS,
  type Assertion,
  type Payment,
} from './dataset-world.testing';

const payments = (count: number): Payment[] =>
  Array.from({ length: count }, (_, n) => ({
    id: `tx-${n}`,
    partition: n % 2,
    customer: String(n % 7),
    amount: ((n * 37) % 100) + 0.25,
    time: START + n * HOUR,
  }));

const labels = (count: number): Assertion[] =>
  Array.from({ length: count }, (_, n) => ({
    payment: `tx-${n}`,
    partition: n % 2,
    fraud: n % 3 === 0,
    knownAt: START + n * HOUR + DAY,
  }));

const WIDER = PROJECT.replace(
  'tx_count_1d, aggregate: count, window: 1d',
  'tx_count_1d, aggregate: count, window: 2d',
);

let into: string;
beforeAll(() => (into = mkdtempSync(join(tmpdir(), 'playhead-datasets-spec-'))));
afterAll(() => rmSync(into, { recursive: true, force: true }));

/** Rows of both parts, in canonical order. */
const rowsOf = async (
  world: DatasetWorld,
  dataset: EventOf<typeof DatasetBuilt>,
  columns: readonly string[],
): Promise<number[][]> => {
  const rows: number[][] = [];
  for (const side of ['train', 'holdout'] as const) {
    const path = join(into, `${side}.read.parquet`);
    await world.artifacts.getToFile(dataset[side].artifact, path);
    const read = await readParquetColumns(path, ['partition', 'offset', ...columns]);
    for (let row = 0; row < read.rows; row++) rows.push(read.columns.map((column) => column[row]!));
  }
  return rows.sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]!);
};

describe('a data set', () => {
  it('is what looking at everything gives: known by the cut, mature, the latest assertion of each', async () => {
    const scenario = fc.record({
      amounts: fc.array(fc.integer({ min: 1, max: 999 }), { minLength: 6, maxLength: 14 }),
      assertions: fc.array(
        fc.record({
          payment: fc.nat(9).map((n) => `tx-${n}`),
          partition: fc.constantFrom(0, 1),
          fraud: fc.constantFrom(true, false, null),
          knownAt: fc.nat(40).map((hours) => START + hours * HOUR),
        }),
        { minLength: 12, maxLength: 25 },
      ),
      vectorsTo: fc.tuple(fc.nat(7), fc.nat(7)),
      labelsTo: fc.tuple(fc.nat(12), fc.nat(12)),
      maturity: fc.nat(8),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ amounts, assertions, vectorsTo, labelsTo, maturity }) => {
        const world = await DatasetWorld.make();
        const paid = amounts.map((amount, n) => ({ ...payments(n + 1)[n]!, amount }));
        await world.pay(paid);
        await world.assert(assertions);
        const onLog = <T extends { partition: number }>(all: readonly T[], partition: number): T[] =>
          all.filter((each) => each.partition === partition);
        const known = <T extends { partition: number }>(all: readonly T[], to: readonly number[]) =>
          [0, 1].flatMap((p) =>
            onLog(all, p)
              .slice(0, to[p])
              .map((each, offset) => ({ ...each, offset })),
          );
        const end = <T extends { partition: number }>(all: readonly T[], to: readonly number[]) =>
          [0, 1].map((p) => Math.min(to[p]!, onLog(all, p).length));
        const [vectorEnds, labelEnds] = [end(paid, vectorsTo), end(assertions, labelsTo)];
        const [rows, said] = [known(paid, vectorEnds), known(assertions, labelEnds)];
        const newest = Math.max(...rows.map(({ time }) => time), ...said.map(({ knownAt }) => knownAt));
        const expected = rows
          .filter(({ time }) => time <= newest - maturity * HOUR)
          .map((row) => {
            const latest = [0, 1]
              .map((p) => said.findLast(({ payment, partition }) => payment === row.id && partition === p))
              .filter((each) => each !== undefined)
              .sort((a, b) => a.knownAt - b.knownAt || a.partition - b.partition)
              .at(-1);
            return { row, latest };
          })
          .filter(({ latest }) => latest !== undefined && latest.fraud !== null)
          .map(({ row, latest }) => [
            row.partition,
            row.offset,
            row.amount,
            latest!.fraud ? 1 : 0,
            latest!.partition,
            latest!.offset,
          ]);
        const cut = (name: string, ends: readonly number[]): string => `${name}=0:${ends[0]},1:${ends[1]}`;
        const request = world.request({
          as_of: `${cut('vectors', vectorEnds)};${cut('labels', labelEnds)}`,
          label: { ...world.request().label, maturity_ms: maturity * HOUR },
        });
        const answer = await world.answer(request);
        if ('digest' in answer) {
          const columns = ['amount', 'label', 'label_partition', 'label_offset'];
          expect(await rowsOf(world, answer as EventOf<typeof DatasetBuilt>, columns)).toEqual(expected);
        } else if (expected.length > 0) {
          expect(answer['message']).toMatch(`${expected.length} labelled rows leave`);
        } else expect(answer['message']).toMatch('no mature labelled rows at the cut');
      }),
      { numRuns: 8 },
    );
  }, 30_000);

  it('has the equal digest and files for equal inputs, however the vectors came about', async () => {
    const built = await Promise.all(
      [40, 9].map(async (batch) => {
        const world = await DatasetWorld.make();
        await world.pay(payments(40), batch);
        await world.assert(labels(40));
        return world.build(world.request());
      }),
    );
    const identity = ({ digest, train, holdout, cut }: EventOf<typeof DatasetBuilt>) => ({
      digest,
      train,
      holdout,
      cut,
    });
    expect(identity(built[1]!)).toEqual(identity(built[0]!));
    expect(built[0]!.source).toBe('vectors');
  });

  describe('of forty payments', () => {
    let world: DatasetWorld;
    beforeEach(async () => {
      world = await DatasetWorld.make();
      await world.pay(payments(40));
      await world.assert(labels(40));
    });

    it('counts corrected, withdrawn and missing labels', async () => {
      const last = START + 80 * HOUR;
      await world.assert([
        { payment: 'tx-1', partition: 1, fraud: true, knownAt: last },
        { payment: 'tx-2', partition: 0, fraud: null, knownAt: last },
      ]);
      const built = await world.build(world.request());
      expect(built).toMatchObject({ corrected: 1, withdrawn: 1, unlabelled: 1, immature: 0 });
      expect(await rowsOf(world, built, ['label', 'label_offset'])).toContainEqual([1, 0, 1, 20]);
    });

    it('cuts labels at the newest vector where offsets name the vectors only', async () => {
      const label = { ...world.request().label, maturity_ms: 0 };
      const built = await world.build(
        world.request({ as_of: '0:15,1:15', label, split: { by: 'random', holdout: 0.5, seed: 1 } }),
      );
      // Payment 29 is the newest; labels come a day later, so those up to payment 5 are known by then.
      expect(await rowsOf(world, built, [])).toEqual([
        [0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2],
      ]); // prettier-ignore
    });

    it.each([
      ['0:15', 'the cut does not name partition 1 of feature.vectors.fraud'],
      ['0:15,1:99', 'the cut names offset 99 of feature.vectors.fraud:1, which ends at 20'],
    ])('refuses the cut %s', async (as_of, why) => {
      expect(await world.answer(world.request({ as_of }))).toMatchObject({
        code: 'PLAYHEAD_REQUEST_INVALID',
        message: why,
      });
    });

    it('has no entity on both sides of a split by entity', async () => {
      const built = await world.build(world.request({ split: { by: 'entity', holdout: 0.4, seed: 3 } }));
      const entities = async (side: 'train' | 'holdout'): Promise<Set<number>> => {
        await world.artifacts.getToFile(built[side].artifact, join(into, 'side.parquet'));
        return new Set((await readParquetColumns(join(into, 'side.parquet'), ['entity'])).columns[0]);
      };
      const [train, holdout] = [await entities('train'), await entities('holdout')];
      expect(train.size + holdout.size).toBe(7);
      expect([...train].filter((entity) => holdout.has(entity))).toEqual([]);
    });

    it.each(['vectors', 'observations'] as const)('is built again from %s, to the byte', async (source) => {
      const { manifest, digest, train, holdout } = await world.build(world.request());
      expect(await world.rebuild({ manifest, source, into })).toMatchObject({
        identical: true,
        rebuilt: digest,
        train: { rebuilt: train.artifact, stored: 'intact' },
        holdout: { rebuilt: holdout.artifact, stored: 'intact' },
      });
    });

    it('is built again as it was then, whatever came after it', async () => {
      const { manifest } = await world.build(world.request());
      await world.pay(payments(50).slice(40));
      await world.assert([{ payment: 'tx-1', partition: 1, fraud: true, knownAt: START + 99 * DAY }]);
      for (const source of ['vectors', 'observations'] as const)
        expect((await world.rebuild({ manifest, source, into })).identical).toBe(true);
    });

    it('of a revision that the logged vectors lack is folded again from the observations', async () => {
      await world.apply('2', WIDER);
      const built = await world.build(world.request({}, '2'));
      expect(built.source).toBe('observations');

      const always = await DatasetWorld.make(WIDER);
      await always.pay(payments(40));
      await always.assert(labels(40));
      expect((await always.build(always.request())).digest).toBe(built.digest);

      const { manifest } = built;
      expect((await world.rebuild({ manifest, source: 'observations', into })).identical).toBe(true);
      await expect(world.rebuild({ manifest, source: 'vectors', into })).rejects.toThrow(
        '40 vectors of feature.vectors.fraud lack revision 2',
      );
    });

    it('has the rows of the hold-out as the revision sees them that a champion reads', async () => {
      const before = world.request();
      const held = await world.build(before);
      await world.apply('2', WIDER);
      const { features } = before.service;
      const champion = { alias: 'champion', version: 1, artifact: 'a'.repeat(64), revision: '1', features };
      const built = await world.build(world.request({ against: [champion] }, '2'));
      expect(built.source).toBe('observations');
      const [other] = built.against!;
      const columns = async (artifact: string): Promise<unknown> => {
        const path = join(into, 'against.parquet');
        await world.artifacts.getToFile(artifact, path);
        return (await readParquetColumns(path, features)).columns;
      };
      expect(other!.revision).toBe('1');
      expect(await columns(other!.artifact)).toEqual(await columns(held.holdout.artifact));
      const nowhere = await world.build(world.request({ against: [{ ...champion, revision: '9' }] }, '2'));
      expect(nowhere.against).toBeUndefined();
    });

    it('has the fields of the events that rows are divided by', async () => {
      const { holdout, manifest } = await world.build(
        world.request({ evaluate: { slices: ['transaction_id', 'customer_id', 'amount'] } }),
      );
      const path = join(into, 'fields.parquet');
      await world.artifacts.getToFile(holdout.artifact, path);
      const texts = await readParquetTexts(path, ['event_id', 'transaction_id', 'customer_id', 'amount']);
      // The id of the event is its field; the entity stands there as `entity`, and a feature as a number.
      expect(texts['transaction_id']).toEqual(texts['event_id']);
      expect(Object.keys(texts)).toEqual(['event_id', 'transaction_id', 'amount']);
      for (const source of ['vectors', 'observations'] as const)
        expect((await world.rebuild({ manifest, source, into })).identical).toBe(true);
    });

    it('with a flipped byte is found and named, and can be rebuilt; a flipped manifest is not used', async () => {
      const { manifest, train } = await world.build(world.request());
      world.damage(train.artifact);
      const rebuilt = await world.rebuild({ manifest, source: 'vectors', into });
      expect(rebuilt).toMatchObject({
        identical: true,
        cause: `the stored file ${train.artifact} (train) is damaged`,
        train: { stored: 'damaged', rebuilt: train.artifact },
        holdout: { stored: 'intact' },
      });
      world.damage(manifest);
      await expect(world.rebuild({ manifest, source: 'vectors', into })).rejects.toMatchObject({
        code: 'PLAYHEAD_ARTIFACT_CORRUPT',
        details: { digest: manifest },
      });
    });

    it('from a log that says something else names the first row that differs, with both values', async () => {
      const { manifest } = await world.build(world.request());
      const other = await DatasetWorld.make();
      await other.pay(payments(40).map((each) => (each.id === 'tx-7' ? { ...each, amount: 1.5 } : each)));
      await other.assert(labels(40));
      for await (const digest of world.artifacts.list())
        await other.artifacts.put(await world.artifacts.get(digest));
      const rebuilt = await other.rebuild({ manifest, source: 'vectors', into });
      expect(rebuilt).toMatchObject({
        identical: false,
        firstDifference: { key: ['1', '3'], column: 'amount', stored: '59.25', rebuilt: '1.5' },
      });
      expect(rebuilt.cause).toMatch(
        /the row of trigger 1-3 \((train|holdout)\): amount was 59.25 and is 1.5/,
      );
    });

    it.each([
      [VECTORS, 'vectors'],
      [LABELS, 'vectors'],
      [OBSERVATIONS, 'observations'],
    ] as const)('is not built again where records of %s are gone', async (topic, source) => {
      const { manifest } = await world.build(world.request());
      await world.log.deleteRecords({ topic: world.topic(topic), partition: 1 }, 3);
      await expect(world.rebuild({ manifest, source, into })).rejects.toMatchObject({
        code: 'PLAYHEAD_LOG_HOLE',
        details: { topic: world.topic(topic), partition: 1, first: 0, last: 2 },
      });
    });
  });
});
