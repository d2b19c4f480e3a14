import { DefinitionActivated, HEADERS, RevisionWarmed, TOPICS, decodeEvent } from '#contracts';
import { INPUTS, LABELS, PROJECT, PARTS, PAYMENTS, StagesWorld, VECTORS } from './stages.testing';

describe('a feature service over several entities and streams', () => {
  let world: StagesWorld;
  beforeEach(async () => {
    world = await StagesWorld.make();
  });
  afterEach(() => world.stop());

  it('gives each payment one vector, in order, with what every stage knew when it came', async () => {
    await world.stream(0, 60);
    await world.begin();
    await world.expectAllRight(60);
    const [first] = await world.records(VECTORS);
    expect(first!.headers.text(HEADERS.definition)).toMatch(/^1=[0-9a-f]{64}$/);
    expect(await world.records(TOPICS.deadLetters('feature'))).toEqual([]);
  });

  it('routes observations byte for byte, a payment without a terminal to its own partition', async () => {
    await world.pay(1, 2, 0);
    await world.pay(1, null, 1);
    await world.label(0, 2, 2, true);
    await world.begin();
    const routed = await world.untilRecords(INPUTS, 3);
    const [first, none] = await world.records(PAYMENTS);
    const [label] = await world.records(LABELS);
    const said = routed.map(({ key, value, headers }) => [
      headers.text(HEADERS.source),
      headers.text(HEADERS.id),
      key?.toString() ?? null,
      String(value),
    ]);
    expect(said).toHaveLength(3);
    expect(said).toEqual(
      expect.arrayContaining([
        [PAYMENTS, '1-0', 'T2', String(first!.value)],
        [PAYMENTS, '1-1', null, String(none!.value)],
        [LABELS, '0-0', 'T2', String(label!.value)],
      ]),
    );
    expect(routed.find(({ key }) => key === null)!.partition).toBe(1);
  });

  it('holds a payment back for a label that is behind it, when both stand on the log', async () => {
    for (let n = 0; n < 20; n++) await world.pay(n % 4, 1, n * 30);
    for (let n = 0; n < 20; n++) await world.label(n % 4, 1, n * 30 + 5, true);
    await world.begin();
    await world.expectAllRight(20);
    const labelsKnown = (await world.vectors())
      .map(({ vector }) => [Number(vector.event_id.slice(1)), vector.values['1']![2]])
      .sort(([a], [b]) => a! - b!)
      .map(([, known]) => known);
    // Aligned within ten minutes: of the labels every half hour, those of the last hour are known.
    expect(labelsKnown.slice(2)).toEqual(new Array(18).fill(2));
  });

  it('gives each of two services with one trigger all of its vectors', async () => {
    await world.apply(
      '1',
      `${PROJECT}---\nkind: FeatureService\nname: other\nspec: { trigger: payments, views: [spend] }\n`,
    );
    await world.stream(0, 20);
    await world.begin();
    await world.expectAllRight(20);
    await world.untilRecords(TOPICS.vectors('other'), 20);
  });

  it('goes on after a restart as if there had been none', async () => {
    await world.stream(0, 40);
    await world.begin();
    await world.untilRecords(VECTORS, 40);
    await world.stop();
    await world.stream(40, 50);
    await world.begin();
    await world.stream(50, 60);
    await world.expectAllRight(60);
  });

  it('routes nothing again that stands twice on observations, also behind a restart', async () => {
    await world.stream(0, 20);
    await world.begin();
    await world.untilRecords(VECTORS, 20);
    await world.stop();
    // A zombie's block: the last payments and labels of a partition once more, at new offsets.
    for (const topic of [PAYMENTS, LABELS])
      for (const { partition, key, value, headers } of (await world.records(topic)).slice(-3))
        await world.raw(topic, value, {
          partition,
          key: key!.toString(),
          id: headers.text(HEADERS.id)!,
          time: headers.text(HEADERS.time)!,
        });
    const routed = (await world.records(INPUTS)).length;
    await world.begin();
    await world.pay(1, 1, 141);
    await world.untilRecords(VECTORS, 21);
    expect(await world.records(INPUTS)).toHaveLength(routed + 1);
  });

  it('drops what stands twice on inputs and parts', async () => {
    await world.stream(0, 20);
    await world.begin();
    await world.untilRecords(VECTORS, 20);
    for (const topic of [INPUTS, PARTS])
      for (const { partition, key, value, headers } of (await world.records(topic)).slice(0, 12)) {
        const text = (name: string): string => headers.text(name)!;
        await world.raw(topic, value, {
          partition,
          type: text(HEADERS.type),
          id: text(HEADERS.id),
          time: text(HEADERS.time),
          ...(key && { key: key.toString() }),
          source: text(HEADERS.source),
        });
      }
    await world.stream(20, 40);
    await world.expectAllRight(40);
  });

  it('sets aside what is no observation, and the next ones come out', async () => {
    await world.raw(PAYMENTS, Buffer.from('nonsense'));
    await world.pay(0, 1, 0);
    await world.raw(LABELS, Buffer.from('nonsense'));
    await world.begin();
    const [vector] = await world.untilRecords(VECTORS, 1);
    expect(vector!.headers.text(HEADERS.id)).toBe('0-1');
    const letters = await world.untilRecords(TOPICS.deadLetters('feature'), 4);
    expect(
      letters.map(({ headers }) => [headers.text(HEADERS.handler), headers.text(HEADERS.origin)]).sort(),
    ).toEqual([
      ['feature.routes-svc-customer_id', `${LABELS}:0-0`],
      ['feature.routes-svc-terminal_id', `${LABELS}:0-0`],
      // The stage that folds the payments themselves, and then the fold of the vectors.
      ['feature.stage', `${INPUTS}:0-0`],
      ['feature.vectors', `${PAYMENTS}:0-0`],
    ]);
  });

  it('sets a trigger aside that a stage had to set aside', async () => {
    const payment = {
      id: 'p',
      at: '2026-01-01T00:00:00.000Z',
      customer_id: 'C0',
      terminal_id: 'T1',
      amount: 1,
    };
    // The stage takes the event time from the envelope, the fold of the vectors from the value.
    await world.raw(PAYMENTS, Buffer.from(JSON.stringify(payment)), { time: 'no time' });
    await world.pay(1, 1, 5);
    await world.begin();
    await world.untilRecords(VECTORS, 1);
    await world.until('the trigger to be set aside', async () => (await codes()).includes('feature.vectors'));
    expect(await codes()).toEqual(['feature.stage', 'feature.stage', 'feature.vectors']);
    expect((await world.vectors()).map(({ position }) => position)).toEqual(['1-0']);
  });

  const codes = async (): Promise<(string | undefined)[]> =>
    (await world.records(TOPICS.deadLetters('feature')))
      .map(({ headers }) => headers.text(HEADERS.handler))
      .sort();

  it('warms a new revision up on every partition of every stage, and then carries both', async () => {
    await world.stream(0, 40);
    await world.begin();
    await world.untilRecords(VECTORS, 40);
    await world.apply('2', PROJECT.replace('risk_1d, aggregate: mean', 'risk_1d, aggregate: sum'));
    const warm = await world.untilRecords(TOPICS.revisions, 6);
    const facts = warm.map(({ value }) => decodeEvent(RevisionWarmed, value));
    expect(new Set(facts.map(({ topic, partition }) => `${topic}:${partition}`)).size).toBe(6);
    expect(new Set(facts.map(({ places }) => places))).toEqual(new Set([6]));

    const { digest } = facts[0]!;
    await world.fact(TOPICS.definitions, DefinitionActivated, {
      ...DefinitionActivated.sample,
      kind: 'FeatureService',
      name: 'svc',
      revision: '2',
      digest,
    });
    await world.until('the activation', () =>
      Promise.resolve(world.services.state.get('svc')?.revisions.length === 2),
    );
    await world.stream(40, 60);
    await world.expectAllRight(60);
    const newest = (await world.vectors()).filter(({ vector }) => Number(vector.event_id.slice(1)) >= 55);
    for (const { vector } of newest) {
      const [first, second] = [vector.values['1']!, vector.values['2']!];
      // What did not change is the same, with all its past.
      expect(second.filter((_, index) => index !== 1)).toEqual(first.filter((_, index) => index !== 1));
    }
  });
});
