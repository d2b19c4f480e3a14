import { RequestAnswered, TOPICS, decodeEvent } from '#contracts';
import { verifyHere } from '#replay';
import { EventsWorld, OBSERVATIONS, PREDICTIONS, type Payment } from './events-world.testing';

const START = Date.parse('2026-01-01T00:00:00.000Z');
const HOUR = 3_600_000;

const payment = (n: number, overrides: Partial<Payment> = {}): Payment => ({
  payment: `p-${n}`,
  at: new Date(START + n * 1_000).toISOString(),
  customer: `C${n % 3}`,
  terminal: n % 4 === 0 ? null : `T${n % 2}`,
  amount: ((n * 37) % 900) / 8,
  ...overrides,
});

const written = (amount: number): number => Math.round(amount * 100) / 100;
const event = (n: number, overrides: Partial<Payment> = {}): Payment => {
  const made = payment(n, overrides);
  return { ...made, amount: written(made.amount) };
};

describe.each([
  { terminals: false, what: 'the own key' },
  { terminals: true, what: 'the own key and a stage' },
])('a prediction for an event, features of $what', ({ terminals }) => {
  let world: EventsWorld;
  beforeAll(async () => {
    world = await EventsWorld.make({ terminals });
    for (let n = 0; n < 12; n++) await world.observe(event(n));
    await world.vectorOf('p-11');
  });
  afterAll(() => world.stop());

  it('goes on from a snapshot of the feature service, not from the first event', async () => {
    await world.until('snapshots', async () => (await world.records(TOPICS.snapshots('feature'))).length > 0);
    const read: number[] = [];
    const features = world.otherFeatures((offset) => read.push(offset));
    const asked = event(13);
    await features.of('svc', asked);
    const [own] = (
      await world.values<{ fold: string; offset: number; partition: number }>(TOPICS.snapshots('feature'))
    )
      .filter(({ fold }) => fold === 'vectors')
      .sort((a, b) => b.offset - a.offset);
    expect(own!.offset).toBeGreaterThan(0);
    expect(read).toContain(own!.offset);
    await features.stop();
  });

  it('has the values and the score that the stream then gives it, to the bit', async () => {
    for (let n = 12; n < 30; n++) {
      const asked = event(n, n % 5 === 0 ? { at: new Date(START + (n - 9) * 1_000).toISOString() } : {});
      let answer = await world.predictor.predict('risk', { event: asked });
      // What stands on the log by now is there when the position says so.
      await world.until('the state has come up', async () => {
        answer = await world.predictor.predict('risk', { event: asked });
        const [partition] = answer.reflects![OBSERVATIONS]!.split('-').map(Number);
        const { end } = (await world.log.ends(world.topic(OBSERVATIONS)))[partition!]!;
        return answer.reflects![OBSERVATIONS] === `${partition}-${end - 1}`;
      });
      await world.observe(asked);
      const vector = await world.vectorOf(asked.payment);
      expect(Object.values(answer.features)).toEqual(
        vector.values['1']!.map((value) => value && Math.fround(value)),
      );
      const prediction = await world.predictionOf(asked.payment);
      expect(answer).toMatchObject({
        output: prediction.output,
        decision: prediction.decision,
        route: prediction.route,
        version: prediction.version,
        entity: { customer: asked.customer },
        event_id: asked.payment,
        event_time: asked.at,
      });
    }
  });

  it('changes nothing: asked twice, it says the same', async () => {
    const asked = event(40);
    const { features } = await world.predictor.predict('risk', { event: asked });
    expect((await world.predictor.predict('risk', { event: asked })).features).toEqual(features);
  });

  it('is logged under the id of the event, with the event as it was sent, and can be answered again', async () => {
    const asked = { ...event(50), unknown: 'dropped' };
    const answer = await world.predictor.predict('risk', { event: asked });
    const values = (await world.records(TOPICS.servingRequests('risk'))).map(({ value }) =>
      decodeEvent(RequestAnswered, value),
    );
    expect(values.at(-1)).toMatchObject({
      event_id: 'p-50',
      protocol: 'predict',
      entity: { customer: 'C2' },
      event: asked,
      features: Object.values(answer.features),
      decision: [answer.decision],
    });
    const ports = {
      ...world.ports,
      namespace: world.namespace,
      warn: (message: string) => expect(message).toBe(''),
    };
    const outcome = await verifyHere(
      ports,
      { deployment: 'risk', hops: ['requests'] },
      { tolerance: 0, snapshots: true, checkpointMs: 1_000 },
    );
    expect(outcome!.findings).toMatchObject({ ok: true, records: values.length, bitExact: values.length });
  });

  it('is explained by contributions that sum to what the model says', async () => {
    const { explanation, features, output } = await world.predictor.predict('risk', {
      event: event(60),
      explain: true,
    });
    expect(explanation!.margin).toBe('value');
    expect(Object.keys(explanation!.contributions)).toEqual(Object.keys(features));
    const sum = Object.values(explanation!.contributions as Record<string, number>).reduce(
      (total, part) => total + part,
      explanation!.base as number,
    );
    expect(sum).toBeCloseTo((output as { value: number }).value, 4);
    expect(explanation!.total as number).toBeCloseTo(sum, 9);
  });
});

describe('a prediction', () => {
  let world: EventsWorld;
  afterEach(() => world.stop());

  it.each([
    [{ amount: 'much' }, 'WRONG_TYPE'],
    [{ amount: -1 }, 'OUT_OF_RANGE'],
    [{ amount: 5_000 }, 'RULE_FAILED'],
    [{ at: 'yesterday' }, 'BAD_TIMESTAMP'],
    [{ customer: '' }, 'NO_KEY'],
    [{ at: new Date(Date.parse('2026-01-01T12:00:00Z') + HOUR).toISOString() }, 'TOO_EARLY'],
  ])('for an event that the stream would reject says why: %j', async (overrides, rejection) => {
    world = await EventsWorld.make();
    const asked = { ...event(1), ...overrides };
    await expect(world.predictor.predict('risk', { event: asked })).rejects.toMatchObject({
      code: 'PLAYHEAD_REQUEST_INVALID',
      message: expect.stringContaining(`would reject this event: ${rejection}`) as string,
      details: { stream: 'payments', rejection },
    });
  });

  it('for an event that comes later than lateness allows says so', async () => {
    world = await EventsWorld.make();
    await world.observe(event(1, { at: '2026-01-01T11:00:00.000Z' }));
    await world.vectorOf('p-1');
    const late = event(4, { customer: 'C1', at: '2025-12-30T11:00:00.000Z' });
    await expect(
      (async () => {
        for (;;) {
          await world.predictor.predict('risk', { event: late });
          await world.ports.sleep(1);
        }
      })(),
    ).rejects.toMatchObject({ details: { rejection: 'TOO_LATE' } });
  });

  it('needs an entity or an event, and one of them alone', async () => {
    world = await EventsWorld.make();
    for (const request of [{}, { entity: { customer: 'C1' }, event: event(1) }])
      await expect(world.predictor.predict('risk', request)).rejects.toMatchObject({
        code: 'PLAYHEAD_REQUEST_INVALID',
      });
  });

  it('for an entity answers from its newest vector, and says which', async () => {
    world = await EventsWorld.make();
    await world.observe(event(1));
    const vector = await world.vectorOf('p-1');
    const answer = await world.predictor.predict('risk', {
      entity: { customer: 'C1' },
      id: 'mine',
      explain: true,
    });
    expect(answer).toMatchObject({ id: 'mine', event_id: 'p-1', entity: { customer: 'C1' } });
    expect(answer.vector).toMatch(/^[01]-0$/);
    expect(Object.values(answer.features)).toEqual(
      vector.values['1']!.map((value) => value && Math.fround(value)),
    );
    expect(answer.output).toEqual((await world.predictionOf('p-1')).output);
  });

  it('of a model that cannot be taken apart refuses `explain`, before anything is logged', async () => {
    world = await EventsWorld.make({ trainer: 'kmeans' });
    await expect(world.predictor.predict('risk', { event: event(1), explain: true })).rejects.toMatchObject({
      code: 'PLAYHEAD_EXPLANATION_UNAVAILABLE',
    });
    expect(await world.log.partitionCount(world.topic(TOPICS.servingRequests('risk')))).toBeUndefined();
  });

  it('refuses events whose state would take more memory than it may', async () => {
    world = await EventsWorld.make({}, { maxBytes: 10 });
    await world.observe(event(1));
    await world.vectorOf('p-1');
    await expect(world.predictor.predict('risk', { event: event(4) })).rejects.toMatchObject({
      code: 'PLAYHEAD_EVENT_STATE_TOO_LARGE',
      message: expect.stringContaining('PLAYHEAD_SERVING_EVENT_STATE_MIB') as string,
    });
  });

  it('is not changed by what was answered: the stream gives no record for it', async () => {
    world = await EventsWorld.make();
    await world.predictor.predict('risk', { event: event(1) });
    expect(await world.records(PREDICTIONS)).toEqual([]);
    expect(await world.records(OBSERVATIONS)).toEqual([]);
  });
});
