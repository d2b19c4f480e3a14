import { maintenanceSource } from './maintenance-source';
import { CYCLE_MS, simulateFleet, type Reading } from './maintenance-simulator';
import { judgeOrders, phasesOf } from './maintenance-verdict';

const start = Date.UTC(2026, 0, 1);
const small = { seed: 5, engines: 10, readings: 3_000, start, driftAt: start + 10 * 86_400_000 };
const readings = [...simulateFleet(small)];

describe('simulateFleet', () => {
  it('gives the same fleet for the same seed and another for another', () => {
    expect([...simulateFleet(small)]).toEqual(readings);
    expect([...simulateFleet({ ...small, seed: 6 })]).not.toEqual(readings);
  });

  it('runs each engine cycle by cycle, two hours apart, until it fails', () => {
    const byEngine = new Map<string, Reading[]>();
    for (const reading of readings)
      byEngine.set(reading.engine, [...(byEngine.get(reading.engine) ?? []), reading]);
    for (const of of byEngine.values()) {
      of.slice(1).forEach((reading, index) => {
        const before = of[index]!;
        expect(reading.cycle).toBe(before.cycle + 1);
        expect(reading.remaining).toBe(before.remaining - 1);
        expect(Math.abs(reading.time - before.time - CYCLE_MS)).toBeLessThanOrEqual(1);
      });
    }
    expect(readings.filter(({ remaining }) => remaining === 0).length).toBeGreaterThan(10);
  });

  it('changes two sensors from the drift on, and nothing before it', () => {
    const calm = [...simulateFleet({ ...small, driftAt: null })];
    const changed = readings.filter((reading, row) =>
      (Object.keys(reading.sensors) as (keyof Reading['sensors'])[]).some(
        (name) => reading.sensors[name] !== calm[row]!.sensors[name],
      ),
    );
    expect(changed[0]!.time).toBeGreaterThanOrEqual(small.driftAt);
    expect(changed).toHaveLength(readings.filter(({ time }) => time >= small.driftAt).length);
    expect(changed[0]!.sensors.t24).toBe(calm[readings.indexOf(changed[0]!)]!.sensors.t24);
  });
});

describe('maintenanceSource', () => {
  const occurrences = [...(maintenanceSource(readings).occurrences({} as never) as Iterable<Occurred>)];
  interface Occurred {
    readonly stream: string;
    readonly time: number;
    readonly event: { readonly reading_id: string; readonly remaining: number };
  }

  it('is in time order, and says what a reading meant when the engine failed or lasted thirty cycles more', () => {
    const times = occurrences.map(({ time }) => time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const readAt = new Map(
      occurrences.flatMap(({ stream, time, event }) =>
        stream === 'readings' ? [[event.reading_id, time]] : [],
      ),
    );
    const labels = occurrences.filter(({ stream }) => stream === 'lives');
    expect(labels.length).toBeGreaterThan(2_000);
    for (const { time, event } of labels) {
      expect(time - readAt.get(event.reading_id)!).toBe(event.remaining * CYCLE_MS);
      expect(event.remaining).toBeLessThanOrEqual(30);
    }
  });
});

describe('judgeOrders', () => {
  const reading = (engine: string, cycle: number, life: number): Reading => ({
    engine,
    cycle,
    time: start + cycle * CYCLE_MS,
    remaining: life - cycle,
    sensors: readings[0]!.sensors,
  });
  const lived = (engine: string, life: number): Reading[] =>
    Array.from({ length: life + 1 }, (_, cycle) => reading(engine, cycle, life));
  const order = (engine: string, cycle: number) => ({ engine, time: start + cycle * CYCLE_MS, version: 1 });
  const phases = phasesOf([{ version: 1, event_time: new Date(start).toISOString() }], 1, null);

  it('counts orders in time, too late, missing and not needed', () => {
    const fleet = [...lived('a', 50), ...lived('b', 50), ...lived('c', 50), ...lived('d', 90)];
    const { checks, table } = judgeOrders(fleet, [order('a', 40), order('b', 49), order('d', 20)], phases);
    expect(table.rows).toEqual([['the first version', 4, 2, 3, 1]]);
    expect(checks.map(({ ok }) => ok)).toEqual([false, false]);
  });
});
