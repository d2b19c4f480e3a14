import { HEADERS, IntervalReported, RoutesTaken, TOPICS, assignRoute, sourcePositionOf } from '#contracts';
import { pickyModel } from '#testing';
import { PREDICTIONS, SHADOWS, ServingWorld, type Prediction } from './serving.testing';

const KEYS = Array.from({ length: 40 }, (_, n) => `C${n}`);

describe('routes of a deployment', () => {
  let world: ServingWorld;
  /** Vectors so far, by partition. */
  let made: number[];
  beforeEach(async () => {
    world = await ServingWorld.make();
    made = [0, 0];
  });
  afterEach(() => world.stop());

  /** One vector for each key, values 1, 2, 3, ... or as given. */
  const vectors = async (keys: readonly string[], valueOf = (n: number): number => n + 1): Promise<void> => {
    for (const [n, key] of keys.entries()) {
      const partition = n % 2;
      await world.vector(made[partition]!++, valueOf(n), { partition, key });
    }
  };
  const answers = async (topic = PREDICTIONS): Promise<Prediction[]> => world.values<Prediction>(topic);
  const untilControl = (position: number): Promise<void> =>
    world.until('the new routes', () => Promise.resolve(world.control.position === position));
  const canaryOf = async (share: number, version = 2) => ({
    salt: 's',
    routes: [await world.route('champion', 1), await world.route('canary', version, { share })],
  });

  it('are taken by the key of a vector, and each prediction says who answered', async () => {
    await world.deploy(1, await canaryOf(30));
    await vectors(KEYS);
    await world.begin();
    const records = await world.untilRecords(PREDICTIONS, KEYS.length);
    const fact = world.control.state.get('fraud')!;
    for (const { key, value, headers } of records) {
      const { route, version, output } = JSON.parse(String(value)) as Prediction;
      const assigned = assignRoute(fact, String(key))!;
      expect([route, version]).toEqual([assigned.route, assigned.version]);
      expect(headers.text(HEADERS.model)).toBe(`fraud@${version}=${assigned.artifact}`);
      const n = KEYS.indexOf(String(key)) + 1;
      expect(output.value).toBeCloseTo(version * n, 3);
    }
    const routes = new Set((await answers()).map(({ route }) => route));
    expect(routes).toEqual(new Set(['champion', 'canary']));
  });

  it('stay with an entity over a restart, and a share that grows takes from the champion alone', async () => {
    const byKey = async (from: number): Promise<Map<string, string>> =>
      new Map(
        (await world.records(PREDICTIONS))
          .filter(({ headers }) => sourcePositionOf(headers)!.offset >= from)
          .map(({ key, value }) => [String(key), (JSON.parse(String(value)) as Prediction).route]),
      );
    await world.deploy(1, await canaryOf(20));
    await vectors(KEYS);
    await world.begin();
    await world.untilRecords(PREDICTIONS, KEYS.length);
    await world.stop();
    await vectors(KEYS);
    await world.begin('another');
    await world.untilRecords(PREDICTIONS, 2 * KEYS.length);
    expect(await byKey(20)).toEqual(await byKey(0));
    const before = await byKey(20);
    await world.deploy(1, await canaryOf(60));
    await untilControl(1);
    await vectors(KEYS);
    await world.untilRecords(PREDICTIONS, 3 * KEYS.length);
    const after = await byKey(40);
    expect(
      [...before].filter(([, route]) => route === 'canary').map(([key]) => after.get(key)),
    ).not.toContain('champion');
    const canaries = (routes: Map<string, string>): number =>
      [...routes.values()].filter((route) => route === 'canary').length;
    expect(canaries(after)).toBeGreaterThan(canaries(before));
  });

  it('lead to the champion where the canary throws, and not where it answers no number; both count as its errors', async () => {
    const picky = await world.route('canary', 2, { share: 100, model: pickyModel() });
    await world.deploy(1, { salt: 's', routes: [await world.route('champion', 1), picky] });
    const values = [3, 500, 50, 4, 700, 5];
    await vectors(KEYS.slice(0, values.length), (n) => values[n]!);
    await world.begin();
    await world.untilRecords(PREDICTIONS, values.length);
    const given = (await answers())
      .sort((a, b) => a.vector.localeCompare(b.vector))
      .map(({ route, version, output, decision }) => [
        route,
        version,
        output.value === null ? null : Math.round(output.value),
        decision,
      ]);
    expect(given).toEqual([
      ['canary', 2, 300, true],
      ['canary', 2, null, undefined],
      ['champion', 1, 700, true],
      ['champion', 1, 500, true],
      ['canary', 2, 400, true],
      ['canary', 2, 500, true],
    ]);
    await world.stop();
    const told = (await world.told(IntervalReported)).map(
      ({ route, version, predictions, errors, decided, positives, scored, score_sum }) => [
        route,
        version,
        predictions,
        errors,
        decided,
        positives,
        scored,
        Math.round(score_sum!),
      ],
    );
    const sums = (route: string): number[] =>
      told
        .filter(([name]) => name === route)
        .map((row) => row.slice(1) as number[])
        .reduce(
          (sum, row) => row.map((value, i) => (i === 0 ? value : value + sum[i]!)),
          Array<number>(7).fill(0),
        );
    expect(sums('canary')).toEqual([2, 6, 3, 3, 3, 3, 1_200]);
    expect(sums('champion')).toEqual([1, 2, 0, 2, 2, 2, 1_200]);
  });

  it('lead to the champion where the model of the canary cannot be opened', async () => {
    const broken = await world.route('canary', 2, { share: 100, model: Buffer.from('no model') });
    await world.deploy(1, { routes: [await world.route('champion', 1), broken] });
    await vectors(KEYS.slice(0, 3));
    await world.begin();
    await world.untilRecords(PREDICTIONS, 3);
    expect((await answers()).map(({ version }) => version)).toEqual([1, 1, 1]);
    await world.stop();
    const [canary] = (await world.told(IntervalReported)).filter(({ route }) => route === 'canary');
    expect(canary).toMatchObject({ version: 2, predictions: 3, errors: 3 });
  });

  it('lead to the champion where a vector does not carry what the canary reads', async () => {
    const canary = await world.route('canary', 2, { share: 100, revision: '2' });
    await world.deploy(1, { routes: [await world.route('champion', 1), canary] });
    await world.vector(0, 3, { revision: '1' });
    await world.vector(1, 3, { revision: '2' });
    await world.begin();
    await world.untilRecords(PREDICTIONS, 1);
    expect((await answers()).map(({ route, version }) => [route, version])).toEqual([
      ['champion', 1],
      ['canary', 2],
    ]);
  });

  it('are told from the first vector of a partition on that they answer, once', async () => {
    await world.deploy(1);
    await vectors(KEYS.slice(0, 4));
    await world.begin();
    await world.untilRecords(PREDICTIONS, 4);
    await world.deploy(1, await canaryOf(25));
    await untilControl(1);
    await vectors(KEYS.slice(0, 1));
    await world.untilRecords(PREDICTIONS, 5);
    await world.deploy(1, await canaryOf(25));
    await untilControl(2);
    await vectors(KEYS.slice(0, 2));
    await world.untilRecords(PREDICTIONS, 7);
    await world.stop();
    await vectors(KEYS.slice(0, 2));
    await world.begin('another');
    await world.untilRecords(PREDICTIONS, 9);
    const told = (await world.told(RoutesTaken)).map(({ control, partition, offset, routes }) => [
      control,
      partition,
      offset,
      routes.map(({ route, version, share }) => `${route} ${version} ${share}`).join(),
    ]);
    expect(told.sort()).toEqual([
      [0, 0, 0, 'champion 1 100'],
      [0, 1, 0, 'champion 1 100'],
      [1, 0, 2, 'champion 1 75,canary 2 25'],
      [2, 1, 2, 'champion 1 75,canary 2 25'],
    ]);
  });

  describe('with a shadow', () => {
    const shadowed = async (model?: Uint8Array) => ({
      routes: [await world.route('champion', 1), await world.route('shadow', 3, { ...(model && { model }) })],
    });

    it('give its answer to each vector beside the prediction, in the same partition under the same id', async () => {
      await world.deploy(1, await shadowed());
      await vectors(KEYS.slice(0, 6));
      await world.begin();
      const [predictions, shadows] = [
        await world.untilRecords(PREDICTIONS, 6),
        await world.untilRecords(SHADOWS, 6),
      ];
      const places = (records: typeof shadows) =>
        records.map(({ partition, key, headers }) => [partition, String(key), headers.text(HEADERS.id)]);
      expect(places(shadows)).toEqual(places(predictions));
      expect((await answers()).map(({ route, version }) => [route, version])).toEqual(
        Array(6).fill(['champion', 1]),
      );
      for (const { route, version, output, vector } of await answers(SHADOWS)) {
        expect([route, version]).toEqual(['shadow', 3]);
        const { output: beside } = (await answers()).find((prediction) => prediction.vector === vector)!;
        expect(output.value).toBeCloseTo(3 * beside.value!, 3);
      }
      expect(shadows[0]!.headers.text(HEADERS.model)).toMatch(/^fraud@3=/);
      await world.stop();
      const [shadow] = (await world.told(IntervalReported)).filter(({ route }) => route === 'shadow');
      expect(shadow).toMatchObject({ version: 3, predictions: 6, errors: 0, scored: 6 });
    });

    it('give null where it throws, and nobody waits for it', async () => {
      await world.deploy(1, await shadowed(pickyModel()));
      const values = [1, 500, 2, 2];
      await vectors(KEYS.slice(0, 4), (n) => values[n]!);
      await world.begin();
      await world.untilRecords(PREDICTIONS, 4);
      const given = (await answers(SHADOWS)).map(({ vector, output }) => [vector, output.value]);
      expect(given).toEqual([
        ['0-0', 100],
        ['0-1', 200],
        ['1-0', null],
        ['1-1', 200],
      ]);
    });

    it('begin and end with it, and go on over a restart without a gap', async () => {
      await world.deploy(1);
      await vectors(KEYS.slice(0, 2));
      await world.begin();
      await world.untilRecords(PREDICTIONS, 2);
      await world.deploy(1, await shadowed());
      await untilControl(1);
      await vectors(KEYS.slice(0, 4));
      await world.untilRecords(PREDICTIONS, 6);
      await world.stop();
      await vectors(KEYS.slice(0, 2));
      await world.begin('another');
      await world.untilRecords(PREDICTIONS, 8);
      await world.deploy(1);
      await untilControl(2);
      await vectors(KEYS.slice(0, 2));
      await world.untilRecords(PREDICTIONS, 10);
      const ids = (await world.records(SHADOWS)).map(({ headers }) => headers.text(HEADERS.id));
      expect(ids).toEqual(['0-1', '0-2', '0-3', '1-1', '1-2', '1-3']);
    });

    it('have its answers acknowledged first: a prediction that is lost is made again, its shadow is not', async () => {
      await world.deploy(1, await shadowed());
      await world.topics(2, PREDICTIONS, SHADOWS);
      await vectors(KEYS.slice(0, 2));
      await world.begin();
      await world.untilRecords(PREDICTIONS, 2);
      await world.stop();
      for (const { partition } of await world.records(PREDICTIONS))
        expect((await world.records(SHADOWS)).some((shadow) => shadow.partition === partition)).toBe(true);
      // As a crash between the two sends leaves it: the shadow of a vector stands there, its prediction does not, and the routes have changed since.
      const [shadow] = (await world.records(SHADOWS)).filter(({ partition }) => partition === 0);
      await world.vector(1, 7, { partition: 0, key: 'C0' });
      await world.raw(SHADOWS, shadow!.value, {
        partition: 0,
        id: '0-1',
        source: TOPICS.vectors('fraud'),
        extra: [[HEADERS.control, '0']],
      });
      await world.deploy(2, { routes: [await world.route('champion', 2), await world.route('shadow', 4)] });
      await world.begin('another');
      await world.untilRecords(PREDICTIONS, 3);
      const made = (await world.records(PREDICTIONS)).filter(({ partition }) => partition === 0);
      expect((JSON.parse(String(made[1]!.value)) as Prediction).version).toBe(1);
      expect((await world.records(SHADOWS)).map(({ headers }) => headers.text(HEADERS.id))).toEqual([
        '0-0',
        '0-1',
        '1-0',
      ]);
    });
  });
});
