import fc from 'fast-check';
import { SeenIds } from './seen-ids';
import {
  decodePartition,
  encodePartition,
  evolve,
  initialPartition,
  isTooLate,
  wasMoved,
  wasObserved,
  wasRedriven,
  type Horizons,
  type Observed,
  type StreamPartition,
} from './stream-partition';

const seed = Number(process.env.PROPERTY_SEED ?? Date.now() % 2_147_483_647);
const HORIZONS: Horizons = { latenessMs: 20, dedupeMs: 40, skewMs: 5, jumpMs: 100 };

/** The slow, obvious twin: keeps every observation for ever and answers by looking through all of them. */
class EveryObservation {
  private readonly all: Observed[] = [];

  add(observed: Observed): void {
    this.all.push(observed);
  }

  /** Walks the whole history: the latest time, passing over what is far ahead until another one is too. */
  watermark(): number {
    let at = -Infinity;
    let noted: number | undefined;
    for (const { time } of this.all) {
      if (noted !== undefined && noted - at <= HORIZONS.jumpMs) noted = undefined;
      if (at !== -Infinity && time - at > HORIZONS.jumpMs) {
        if (noted === undefined) {
          noted = time;
          continue;
        }
        const [earlier, later] = [noted, time].sort((a, b) => a - b) as [number, number];
        at = later - earlier <= HORIZONS.jumpMs ? later : earlier;
        noted = at === later ? undefined : later;
      } else if (time > at) at = time;
    }
    return at;
  }

  answers(): unknown {
    const at = this.watermark();
    return {
      watermark: at,
      observed: IDS.filter((id) =>
        this.all.some((observed) => observed.id === id && observed.time >= at - HORIZONS.dedupeMs),
      ),
      late: TIMES.filter((time) => time < at - HORIZONS.latenessMs),
      moved: PLACES.filter(({ partition, offset }) =>
        this.all.some(({ movedFrom }) => movedFrom?.partition === partition && movedFrom.offset >= offset),
      ),
      redriven: REDRIVEN.filter((from) => this.all.some(({ redrivenFrom }) => redrivenFrom === from)),
    };
  }
}

const IDS = Array.from({ length: 31 }, (_, n) => `id-${n}`);
const TIMES = [0, 30, 60, 90, 120];
const PLACES = [0, 1, 2].flatMap((partition) => [0, 10, 20].map((offset) => ({ partition, offset })));
const REDRIVEN = Array.from({ length: 6 }, (_, n) => `ingestion.rejections.s/0-${n}`);

const answersOf = (state: StreamPartition): unknown => ({
  watermark: state.watermark.at,
  observed: IDS.filter((id) => wasObserved(state, id, HORIZONS)),
  late: TIMES.filter((at) => isTooLate(state, at, HORIZONS)),
  moved: PLACES.filter((place) => wasMoved(state, place)),
  redriven: REDRIVEN.filter((from) => wasRedriven(state, from)),
});

const time = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 120 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 2_000 }) },
);
const observation: fc.Arbitrary<Observed> = fc.record(
  {
    id: fc.integer({ min: 0, max: 30 }).map((n) => `id-${n}`),
    time,
    movedFrom: fc.record({ partition: fc.nat(2), offset: fc.nat(20) }),
    redrivenFrom: fc.nat(5).map((n) => `ingestion.rejections.s/0-${n}`),
  },
  { requiredKeys: ['id', 'time'] },
);

it('answers like a list of all observations, also across a snapshot', () => {
  fc.assert(
    fc.property(fc.array(observation, { maxLength: 60 }), fc.nat(60), (observations, snapshotAt) => {
      let state = initialPartition();
      const oracle = new EveryObservation();
      observations.forEach((observed, i) => {
        if (i === snapshotAt) state = decodePartition(encodePartition(state));
        evolve(state, observed, HORIZONS);
        oracle.add(observed);
        expect(answersOf(state)).toEqual(oracle.answers());
      });
    }),
    { seed, numRuns: 40 },
  );
});

it('keeps ids apart and forgets the expired ones over many rebuilds', () => {
  const seen = new SeenIds();
  const horizon = 5_000;
  let early = 0;
  for (let t = 0; t < 30_000; t++) {
    if (seen.has(`event-${t}`, t - horizon)) early++;
    seen.add(`event-${t}`, t, t - horizon);
  }
  expect(early).toBe(0);
  expect(seen.size).toBeLessThan(4 * horizon);
  for (const table of [seen, SeenIds.decode(seen.encode())]) {
    const alive = Array.from({ length: 30_000 }, (_, t) => t).filter((t) =>
      table.has(`event-${t}`, 29_999 - horizon),
    );
    expect([alive.length, alive[0]]).toEqual([horizon + 1, 29_999 - horizon]);
  }
});
