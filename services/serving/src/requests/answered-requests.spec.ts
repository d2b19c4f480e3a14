import { HEADERS, RequestAnswered, decodeEvent } from '#contracts';
import type { InferCall } from '../inference';
import { isSampled } from './request-record';
import { REQUESTS, RequestsWorld } from './requests-world.testing';

const call = (overrides: Partial<InferCall> = {}): InferCall => ({
  model: 'fraud',
  rows: 1,
  matrix: Float32Array.of(1.5, Number.NaN),
  protocol: 'rest-v2',
  ...overrides,
});

describe('the log of answered requests', () => {
  let world: RequestsWorld;
  afterEach(() => world.stop());

  it('holds nothing where the deployment does not say so', async () => {
    world = await RequestsWorld.make({ logging: undefined });
    expect((await world.desk.infer(call())).id).toBeUndefined();
    expect(await world.log.partitionCount(world.topic(REQUESTS))).toBeUndefined();
  });

  it('holds all that it takes to answer a request again, and has it before the answer', async () => {
    world = await RequestsWorld.make({ logging: { mode: 'durable' }, threshold: 2 });
    const answer = await world.desk.infer(
      call({ id: 'tx-1', key: 'C1', rows: 2, matrix: Float32Array.of(0.1, 1, 7, NaN) }),
    );
    const [record, ...others] = await world.records(REQUESTS);
    expect(others).toEqual([]);
    expect(decodeEvent(RequestAnswered, record!.value)).toEqual({
      event_id: 'tx-1',
      protocol: 'rest-v2',
      entity: { customer_id: 'C1' },
      model: 'fraud',
      version: 1,
      route: 'champion',
      rows: 2,
      features: [Math.fround(0.1), 1, 7, null],
      output: [...answer.values],
      decision: [false, true],
    });
    expect(record!.key!.toString()).toBe('C1');
    expect(record!.headers.text(HEADERS.model)).toBe(`fraud@1=${answer.served.reads.artifact}`);
    expect(record!.headers.text(HEADERS.control)).toBe('0');
    expect(await world.log.partitionCount(world.topic(REQUESTS))).toBe(
      answer.served.deployment!.service.partitions,
    );
  });

  it('names a request that brings no id, and says the name', async () => {
    world = await RequestsWorld.make({ logging: { mode: 'durable' } });
    const { id } = await world.desk.infer(call());
    const [value] = await world.values<{ event_id: string }>(REQUESTS);
    expect(id).toBe('made-0');
    expect(value!.event_id).toBe('made-0');
  });

  it('takes a request that comes twice with one id twice: a caller counts as he likes', async () => {
    world = await RequestsWorld.make({ logging: { mode: 'durable' } });
    await Promise.all([world.desk.infer(call({ id: '1' })), world.desk.infer(call({ id: '1' }))]);
    const records = await world.records(REQUESTS);
    expect(new Set(records.map(({ headers }) => headers.text(HEADERS.id))).size).toBe(2);
  });

  it('brings what came during a send in one more', async () => {
    world = await RequestsWorld.make({ logging: { mode: 'durable' } });
    await world.desk.infer(call());
    let open!: () => void;
    world.gate = new Promise((resolve) => (open = resolve));
    const before = world.sends;
    const all = Promise.all(Array.from({ length: 16 }, (_, n) => world.desk.infer(call({ id: `${n}` }))));
    setTimeout(open, 20);
    await all;
    expect(await world.records(REQUESTS)).toHaveLength(17);
    expect(world.sends - before).toBeLessThanOrEqual(2);
  });

  it('holds a durable answer back while the log is away, and says why', async () => {
    world = await RequestsWorld.make({ logging: { mode: 'durable' } });
    world.isAway = true;
    await expect(world.desk.infer(call())).rejects.toMatchObject({
      code: 'PLAYHEAD_LOG_UNAVAILABLE',
      message: expect.stringMatching(/held back.*logging of fraud is durable.*away/) as string,
    });
    let open!: () => void;
    world.gate = new Promise((resolve) => (open = resolve));
    await expect(world.desk.infer(call())).rejects.toMatchObject({
      code: 'PLAYHEAD_LOG_UNAVAILABLE',
      message: expect.stringContaining('no acknowledgement within 200 ms') as string,
    });
    open();
  });

  it('refuses a durable request whose record would be too large, before anything is sent', async () => {
    world = await RequestsWorld.make({ logging: { mode: 'durable' } });
    const rows = 250_000;
    const matrix = new Float32Array(2 * rows).fill(Math.fround(0.1));
    await expect(world.desk.infer(call({ rows, matrix }))).rejects.toMatchObject({
      code: 'PLAYHEAD_REQUEST_TOO_LARGE',
    });
  });

  it('answers at once with async, and appends what waited once the log is back', async () => {
    world = await RequestsWorld.make({ logging: { mode: 'async' } });
    world.isAway = true;
    for (let n = 0; n < 5; n++) await world.desk.infer(call({ id: `tx-${n}` }));
    world.isAway = false;
    const values = (await world.untilRecords(REQUESTS, 5)).map(({ value }) =>
      decodeEvent(RequestAnswered, value),
    );
    expect(values.map(({ event_id }) => event_id).sort()).toEqual(['tx-0', 'tx-1', 'tx-2', 'tx-3', 'tx-4']);
  });

  it('drops and counts what does not fit into the buffer', async () => {
    world = await RequestsWorld.make({ logging: { mode: 'async' } }, { maxQueuedBytes: 500 });
    world.isAway = true;
    for (let n = 0; n < 10; n++) await world.desk.infer(call({ id: `tx-${n}` }));
    world.isAway = false;
    const kept = (await world.untilRecords(REQUESTS, 1)).length;
    const text = await world.ports.metrics.render();
    const dropped = Number(/playhead_serving_requests_dropped_total\{[^}]*\} (\d+)/.exec(text)![1]);
    expect(kept).toBeGreaterThan(0);
    expect(kept + dropped).toBe(10);
  });

  it('appends what was answered before it ends', async () => {
    world = await RequestsWorld.make({ logging: { mode: 'async' } });
    for (let n = 0; n < 3; n++) await world.desk.infer(call({ id: `tx-${n}` }));
    await world.stop();
    expect(await world.records(REQUESTS)).toHaveLength(3);
  });

  it('keeps a share by the id alone', async () => {
    world = await RequestsWorld.make({ logging: { mode: 'sampled', sample: 0.25 } });
    const ids = Array.from({ length: 200 }, (_, n) => `tx-${n}`);
    for (const id of ids) await world.desk.infer(call({ id }));
    const wanted = ids.filter((id) => isSampled(id, 0.25));
    const values = (await world.untilRecords(REQUESTS, wanted.length)).map(({ value }) =>
      decodeEvent(RequestAnswered, value),
    );
    expect(values.map(({ event_id }) => event_id).sort()).toEqual([...wanted].sort());
    expect(wanted.length / ids.length).toBeCloseTo(0.25, 1);
    expect([isSampled('any', 1), isSampled('any', 0)]).toEqual([true, false]);
  });
});
