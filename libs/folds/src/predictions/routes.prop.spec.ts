import fc from 'fast-check';
import { MemoryArtifactStore } from '#artifacts';
import { DeploymentUpdated, assignRoute, type DeploymentState, type RouteFact } from '#contracts';
import { HeaderList, perRound, type LogRecord, type Output } from '#eventlog';
import { Rng, murmur2 } from '#kernel';
import { pickyModel } from '#testing';
import { ModelShelf } from './model-shelf';
import { onVectors } from './on-vectors';

const { sample } = DeploymentUpdated;
const FEATURES = ['a', 'b'];
const routeOf = (route: string, version: number, rest: Partial<RouteFact> = {}): RouteFact => ({
  ...sample.routes[0]!,
  route,
  version,
  features: FEATURES,
  ...rest,
});
const factOf = (routes: readonly RouteFact[], rest: Partial<DeploymentState> = {}): DeploymentState => ({
  ...sample,
  task: 'regression',
  threshold: null,
  routes: [...routes],
  ...rest,
});

const keys = fc.string({ unit: 'binary', maxLength: 12 });
/** Shares in hundredths of a percent that leave the champion something, or nothing. */
const shares = fc.array(fc.nat(10_000), { maxLength: 4 }).map((parts) => {
  const sum = Math.max(
    10_000,
    parts.reduce((total, part) => total + part, 0),
  );
  return parts.map((part) => Math.floor((part * 10_000) / sum));
});
const names = ['canary', 'shadow', 'standby', 'challenger', 'third', 'fourth'];

/** Every place is written down, and looked up: the slow way to say who answers. */
const assignedSlowly = (fact: DeploymentState, key: string): RouteFact => {
  const champion = fact.routes.find(({ route }) => route === 'champion')!;
  const others = fact.routes.filter(({ route }) => route !== 'champion');
  const places = others.flatMap((route) =>
    Array<RouteFact>(Math.round((route.share ?? 0) * 100)).fill(route),
  );
  const hash = murmur2(Buffer.from(`${fact.salt}/${key}`)) >>> 0;
  return places[hash % 10_000] ?? champion;
};

describe('the route of an entity', () => {
  it('is the one at its place among all', () => {
    fc.assert(
      fc.property(keys, fc.string(), shares, fc.nat(4), (key, salt, parts, at) => {
        const routes = parts.map((part, n) => routeOf(names[n]!, n + 2, { share: part / 100 }));
        routes.splice(at, 0, routeOf('champion', 1));
        const fact = factOf(routes, { salt });
        expect(assignRoute(fact, key)).toBe(assignedSlowly(fact, key));
      }),
    );
  });

  it('changes from champion to canary alone while the share of the canary grows', () => {
    fc.assert(
      fc.property(keys, fc.string(), fc.nat(10_000), fc.nat(10_000), (key, salt, one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)].map((share) =>
          factOf([routeOf('champion', 1), routeOf('canary', 2, { share: share / 100 })], { salt }),
        );
        const [before, after] = [assignRoute(less!, key)!.route, assignRoute(more!, key)!.route];
        expect(before === after || (before === 'champion' && after === 'canary')).toBe(true);
      }),
    );
  });

  it('has the share that is said, over many entities', () => {
    const rng = new Rng(7);
    const fact = factOf(
      [
        routeOf('champion', 1),
        routeOf('canary', 2, { share: 5 }),
        routeOf('third', 3, { share: 0.5 }),
        routeOf('fourth', 4, { share: 33.33 }),
      ],
      { salt: 'fraud/4' },
    );
    const entities = 40_000;
    const counts = new Map<string, number>();
    for (let n = 0; n < entities; n++) {
      const { route } = assignRoute(fact, String(rng.below(1_000_000_000)))!;
      counts.set(route, (counts.get(route) ?? 0) + 1);
    }
    for (const [route, share] of Object.entries({
      champion: 0.6117,
      canary: 0.05,
      third: 0.005,
      fourth: 0.3333,
    })) {
      const deviation = Math.sqrt(entities * share * (1 - share));
      expect(Math.abs(counts.get(route)! - entities * share)).toBeLessThan(4 * deviation);
    }
  });

  it('is independent of the one under another salt', () => {
    const rng = new Rng(8);
    const [one, other] = ['a', 'b'].map((salt) =>
      factOf([routeOf('champion', 1), routeOf('canary', 2, { share: 50 })], { salt }),
    );
    let same = 0;
    for (let n = 0; n < 10_000; n++) {
      const key = String(rng.below(1_000_000_000));
      if (assignRoute(one!, key)!.route === assignRoute(other!, key)!.route) same++;
    }
    expect(Math.abs(same - 5_000)).toBeLessThan(200);
  });
});

/** Champion and others by version: the champion answers any value here, the others throw from 100 on and have no number for 50. */
const scaleOf = (version: number): number => 10 * version;
const modelOf = (version: number): Uint8Array =>
  pickyModel({ scale: scaleOf(version), ...(version === 1 ? { size: 1_000, hole: -1 } : {}) });

interface Sent {
  readonly key: string;
  readonly a: number;
  /** Revisions that the vector carries. */
  readonly revisions: readonly string[];
}

const recordOf = ({ key, a, revisions }: Sent, n: number): LogRecord => {
  const partition = n % 3;
  const offset = Math.floor(n / 3);
  const value = {
    event_id: `tx-${n}`,
    entity: { customer: key },
    event_time: '2026-01-01T00:00:00.000Z',
    trigger: `${partition}-${offset}`,
    values: Object.fromEntries(revisions.map((revision) => [revision, [a, null]])),
  };
  return {
    topic: 'vectors',
    partition,
    offset,
    timestamp: 0,
    key: Buffer.from(key),
    value: Buffer.from(JSON.stringify(value)),
    headers: new HeaderList([]),
  };
};

const vectors = fc.array(
  fc.record({
    key: fc.nat(30).map((n) => `C${n}`),
    a: fc.oneof(fc.nat(140), fc.constant(50)),
    revisions: fc.constantFrom(['1'], ['1', '2'], ['2'], ['3']),
  }),
  { minLength: 1, maxLength: 30 },
);

interface Routed {
  readonly share: number;
  readonly canaryReads: string;
  readonly arm: number;
  readonly hasShadow: boolean;
  readonly hadChampionOf: string | undefined;
}

const routed: fc.Arbitrary<Routed> = fc.record({
  share: fc.constantFrom(0, 20, 50, 100),
  canaryReads: fc.constantFrom('1', '2'),
  arm: fc.constantFrom(0, 30),
  hasShadow: fc.boolean(),
  hadChampionOf: fc.constantFrom(undefined, '2'),
});

describe('vectors on routes', () => {
  const artifacts = new MemoryArtifactStore('t');
  const digests = new Map<number, string>();
  beforeAll(async () => {
    for (const version of [1, 2, 3, 4, 5]) digests.set(version, await artifacts.put(modelOf(version)));
  });

  const deploymentOf = (drawn: Routed): DeploymentState => {
    const route = (name: string, version: number, rest: Partial<RouteFact> = {}): RouteFact =>
      routeOf(name, version, { artifact: digests.get(version)!, ...rest });
    const { share, canaryReads, arm, hasShadow, hadChampionOf } = drawn;
    return factOf(
      [
        route('champion', 1),
        route('canary', 2, { share: (share * (100 - arm)) / 100, revision: canaryReads }),
        route('third', 3, { share: arm }),
        ...(hasShadow ? [route('shadow', 4)] : []),
      ],
      {
        salt: 'x',
        ...(hadChampionOf && { before: [factOf([route('champion', 5, { revision: hadChampionOf })])] }),
      },
    );
  };

  /** What is said about one vector, the slow way: `null` goes to dead letters. */
  const answerOf = (fact: DeploymentState, { key, a, revisions }: Sent): unknown => {
    const champion = fact.routes[0]!;
    const answer = (route: RouteFact) => ({
      version: route.version,
      route: route.route,
      value: route.version !== 1 && a === 50 ? null : scaleOf(route.version) * a,
    });
    const assigned = assignedSlowly(fact, key);
    const throws = assigned.version !== 1 && a >= 100;
    if (assigned !== champion && revisions.includes(assigned.revision) && !throws) return answer(assigned);
    if (revisions.includes(champion.revision)) return answer(champion);
    const earlier = fact.before?.[0]?.routes[0];
    return earlier && revisions.includes(earlier.revision) ? answer(earlier) : null;
  };
  const shadowOf = ({ a, revisions }: Sent): number | null =>
    revisions.includes('1') && a < 100 && a !== 50 ? scaleOf(4) * a : null;

  /** Folds rounds by a process of its own; outputs by topic and position. */
  const fold = async (
    fact: DeploymentState,
    rounds: readonly (readonly LogRecord[])[],
  ): Promise<Map<string, string>> => {
    const shelf = new ModelShelf({ artifacts });
    const { process, prepare } = onVectors({
      deployment: 'fraud',
      predictions: 'predictions',
      shadows: 'shadows',
      service: 'fraud',
      shelf,
    });
    const control = new Map([['fraud', fact]]);
    const given = new Map<string, string>();
    const emit = ({ topic, partition, source, value }: Output): void => {
      given.set(`${topic} ${partition}-${source}`, String(value));
    };
    const dead = ({ partition, offset }: LogRecord): void => {
      given.set(`dead ${partition}-${offset}`, '');
    };
    await prepare!(control, 0);
    for (const records of rounds) {
      const partitions = [...new Set(records.map(({ partition }) => partition))];
      const slices = partitions.map((partition) => ({
        partition,
        state: null,
        records: records.filter((record) => record.partition === partition),
      }));
      await process(perRound(slices, control, 0, emit, dead));
    }
    await shelf.close();
    return given;
  };

  it('are answered as one by one and slowly, in whatever rounds and by however many processes', async () => {
    await fc.assert(
      fc.asyncProperty(routed, vectors, fc.nat(30), async (drawn, sent, cut) => {
        const fact = deploymentOf(drawn);
        // A champion that throws is another matter: nobody answers for it.
        const usable = sent.filter(
          (one) => (answerOf(fact, one) as { version: number } | null)?.version !== 5 || one.a < 100,
        );
        const records = usable.map(recordOf);
        const together = await fold(fact, [records]);
        const restarted = new Map([
          ...(await fold(fact, [records.slice(0, cut)])),
          ...(await fold(fact, [records.slice(cut)])),
        ]);
        const alone = await fold(
          fact,
          records.map((record) => [record]),
        );
        const byPartition = new Map<string, string>();
        for (const partition of [0, 1, 2]) {
          const its = records.filter((record) => record.partition === partition);
          for (const entry of await fold(fact, [its])) byPartition.set(...entry);
        }
        const sorted = (outputs: Map<string, string>): unknown =>
          [...outputs].sort(([a], [b]) => (a < b ? -1 : 1));
        expect(sorted(restarted)).toEqual(sorted(together));
        expect(sorted(alone)).toEqual(sorted(together));
        expect(sorted(byPartition)).toEqual(sorted(together));
        for (const [n, one] of usable.entries()) {
          const place = `${n % 3}-${Math.floor(n / 3)}`;
          const expected = answerOf(fact, one);
          expect(together.has(`dead ${place}`)).toBe(expected === null);
          if (expected === null) continue;
          const { version, route, output } = JSON.parse(together.get(`predictions ${place}`)!) as {
            version: number;
            route: string;
            output: { value: number | null };
          };
          expect({ version, route, value: output.value }).toEqual(expected);
          const shadow = together.get(`shadows ${place}`);
          expect(shadow !== undefined).toBe(drawn.hasShadow);
          if (shadow)
            expect((JSON.parse(shadow) as { output: { value: number | null } }).output.value).toBe(
              shadowOf(one),
            );
        }
      }),
      { numRuns: 25 },
    );
  });
});
