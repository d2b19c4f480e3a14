import { HALF_HOUR_MS, simulateElectricity } from './electricity-simulator';
import { electricitySource, LABEL_DELAY_MS } from './electricity-source';
import { WindowProfile, compareColumn, profileColumn } from '#drift';

const start = Date.UTC(2026, 0, 1);
const WEEK = 336;
const options = { seed: 11, halfHours: 30 * WEEK, start, driftAt: null };
const calm = [...simulateElectricity(options)];
const driftAt = start + 15 * WEEK * HALF_HOUR_MS;
const drifting = [...simulateElectricity({ ...options, driftAt })];
const COLUMNS = ['nswdemand', 'vicprice', 'vicdemand', 'transfer'] as const;

/** Windows of a week, from the tenth on, in which a column is said to have drifted against the first ten. */
const alarms = (rows: typeof calm, from: number, to: number): number => {
  let count = 0;
  for (const name of COLUMNS) {
    const reference = profileColumn(Float64Array.from(rows.slice(0, 10 * WEEK), (row) => row[name]));
    for (let week = from; week < to; week++) {
      const values = Float64Array.from(rows.slice(week * WEEK, (week + 1) * WEEK), (row) => row[name]);
      if (compareColumn(reference, WindowProfile.of(reference.bins, values), { threshold: 0.2 }).drifted)
        count++;
    }
  }
  return count;
};

describe('simulateElectricity', () => {
  it('gives the same market for the same seed and another for another', () => {
    expect([...simulateElectricity(options)]).toEqual(calm);
    expect([...simulateElectricity({ ...options, seed: 12 })]).not.toEqual(calm);
  });

  it('is the same until the second line opens, and another market from then on', () => {
    expect(drifting.slice(0, 15 * WEEK)).toEqual(calm.slice(0, 15 * WEEK));
    expect(drifting[15 * WEEK]).not.toEqual(calm[15 * WEEK]);
  });

  it('goes up about as often as down', () => {
    const share = calm.filter(({ isUp }) => isUp).length / calm.length;
    expect(share).toBeGreaterThan(0.35);
    expect(share).toBeLessThan(0.65);
  });

  it('without drift raises no alarm in twenty weeks of four columns; with it two columns drift in each week', () => {
    expect(alarms(calm, 10, 30)).toBe(0);
    expect(alarms(drifting, 15, 30)).toBe(2 * 15);
  });
});

describe('electricitySource', () => {
  it('tells a day later what the price did, in time order', () => {
    const { occurrences } = electricitySource(calm.slice(0, WEEK));
    interface Told {
      readonly stream: string;
      readonly time: number;
      readonly event: { readonly half_hour: string; readonly event_time: string };
    }
    const all = [...(occurrences({} as never) as Iterable<Told>)];
    const times = all.map(({ time }) => time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const labels = all.filter(({ stream }) => stream === 'price-moves');
    expect(labels).toHaveLength(WEEK - 48);
    for (const { time, event } of labels)
      expect(time - Date.parse(`${event.half_hour}:00.000Z`)).toBe(LABEL_DELAY_MS);
  });

  it('sends the six official columns and nothing that tells the answer', () => {
    const [first] = [
      ...(electricitySource(calm.slice(0, 1)).occurrences({} as never) as Iterable<{ event: object }>),
    ];
    expect(Object.keys(first!.event).sort()).toEqual(
      [
        'day',
        'event_time',
        'half_hour',
        'market',
        'nswdemand',
        'period',
        'transfer',
        'vicdemand',
        'vicprice',
      ].sort(),
    );
  });
});
