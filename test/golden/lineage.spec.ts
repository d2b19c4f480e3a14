/** Lineage over a recorded log: what it says must be what the vectors say, and forwards the inverse of backwards. */
import { HEADERS, TOPICS, qualify } from '#contracts';
import { readTopic } from '#eventlog';
import { formatPosition } from '#kernel';
import { openTracer, walk, type LineageNode, type Subject, type Tracer } from '#replay';
import { lineageTree } from '../../cli/src/view/lineage-tree';
import { GOLDEN, loadGolden, type GoldenLog } from './golden-log';

/** Features that count all events of their window: by the trigger's own key, by another entity, from another stream. */
const COUNTS = ['tx_count_1d', 'tx_count_7d', 'tx_count_30d', 'terminal_count_7d', 'terminal_labels_7d'];
/** Every so many are looked at. */
const STRIDE = 5;

let golden: GoldenLog;
let tracer: Tracer;
/** In the order of the vector. */
let features: readonly string[];
beforeAll(async () => {
  golden = await loadGolden('0.1.0');
  tracer = await openTracer(golden.log, GOLDEN);
  const facts = await readTopic(golden.log, qualify(GOLDEN, TOPICS.definitions));
  const service = facts
    .map(({ value }) => JSON.parse(String(value)) as { kind: string; compiled: { features: string[] } })
    .find(({ kind }) => kind === 'FeatureService')!;
  features = service.compiled.features;
});

const trace = (kind: Subject['kind'], of: string, id: string): Promise<LineageNode> =>
  tracer.trace({ kind, of, id });

const idsOf = async (topic: string): Promise<string[]> =>
  (await readTopic(golden.log, qualify(GOLDEN, topic))).map(({ partition, offset }) =>
    formatPosition(partition, offset),
  );

const everyFew = <T>(list: readonly T[]): T[] => list.filter((_, index) => index % STRIDE === 0);

const only = (node: LineageNode, kind: LineageNode['kind']): LineageNode =>
  (node.from ?? []).find((one) => one.kind === kind)!;

describe('backwards', () => {
  it('finds in the windows of a prediction what its vector counted', async () => {
    const ids = everyFew(await idsOf(TOPICS.predictions('fraud')));
    expect(ids.length).toBeGreaterThan(8);
    for (const id of ids) {
      const prediction = await trace('prediction', 'fraud', id);
      const vector = only(prediction, 'vector');
      const values = (vector.details!['values'] as Record<string, number[]>)['1']!;
      const counts = Object.assign(
        {},
        ...vector.from!.filter(({ kind }) => kind === 'window').map(({ details }) => details!['by_feature']),
      ) as Record<string, number>;
      for (const name of COUNTS)
        expect([id, name, counts[name]]).toEqual([id, name, values[features.indexOf(name)]]);
    }
  });

  it('leads to the inbox, the model file, the data set, the request and every definition', async () => {
    const [id] = (await idsOf(TOPICS.predictions('fraud'))).slice(-1);
    const prediction = await trace('prediction', 'fraud', id!);
    const nodes = [...walk(prediction)];
    expect(nodes.filter(({ missing }) => missing !== undefined)).toEqual([]);
    const topics = Object.fromEntries(
      nodes.map(({ kind, topic }) => [
        kind,
        nodes.filter((node) => node.kind === kind && node.topic !== topic).length === 0 ? topic : 'several',
      ]),
    );
    expect(topics).toEqual({
      prediction: 'serving.predictions.fraud',
      vector: 'feature.vectors.fraud',
      observation: 'several',
      window: 'several',
      'inbox record': 'ingestion.inbox.transactions',
      definition: 'registry.definitions',
      'model version': 'registry.models',
      'training run': 'training.runs',
      'training request': 'registry.requests',
      'data set': 'feature.datasets',
      deployment: 'registry.deployments',
    });
    const record = (await readTopic(golden.log, qualify(GOLDEN, TOPICS.predictions('fraud')))).find(
      ({ partition, offset }) => formatPosition(partition, offset) === id,
    )!;
    const version = only(prediction, 'model version');
    expect(`${version.name}=${version.digest}`).toBe(record.headers.text(HEADERS.model));
    const [definition] = only(prediction, 'vector').from!.filter(({ kind }) => kind === 'definition');
    expect(`${String(definition!.details!['revision'])}=${definition!.digest}`).toBe(
      record.headers.text(HEADERS.definition),
    );
    expect(new Set(nodes.filter(({ kind }) => kind === 'definition').map(({ name }) => name))).toEqual(
      new Set(['FeatureService fraud', 'Model fraud', 'Label fraud', 'Deployment fraud']),
    );
  });

  it('names the version that made a prediction, and not the one that serves now', async () => {
    const ids = await idsOf(TOPICS.predictions('fraud'));
    const versions = new Set<string>();
    for (const id of [ids[0]!, ids.at(-1)!])
      versions.add(only(await trace('prediction', 'fraud', id), 'model version').name);
    expect([...versions].sort()).toEqual(['fraud@1', 'fraud@2']);
  });

  it('takes an event id as well', async () => {
    const [id] = await idsOf(TOPICS.predictions('fraud'));
    const byPosition = await trace('prediction', 'fraud', id!);
    expect(await trace('prediction', 'fraud', byPosition.name)).toEqual(byPosition);
  });

  it('shows where a moved record was found first', async () => {
    const observation = await trace('observation', 'transactions', 'moved');
    expect(observation.from![0]!.details!['moved_from']).toMatch(/^\d-\d+$/);
  });
});

describe('forwards', () => {
  it('is the inverse of backwards', async () => {
    /** Observation -> vectors that it had a part in, as the vectors say. */
    const inverse = new Map<string, string[]>();
    const looked = everyFew(await idsOf(TOPICS.vectors('fraud')));
    for (const id of looked) {
      const vector = await trace('vector', 'fraud', id);
      const sources = new Set(
        vector
          .from!.flatMap((node) => (node.kind === 'window' ? node.from! : [node]))
          .filter(({ kind }) => kind === 'observation')
          .map(({ topic, position }) => `${topic}:${position}`),
      );
      for (const source of sources) inverse.set(source, [...(inverse.get(source) ?? []), id]);
    }
    for (const stream of ['transactions', 'fraud-labels']) {
      for (const id of everyFew(everyFew(await idsOf(TOPICS.observations(stream))))) {
        const { to } = await trace('observation', stream, id);
        const vectors = to!
          .filter(({ kind, position }) => kind === 'vector' && looked.includes(position!))
          .map(({ position }) => position);
        expect([stream, id, vectors]).toEqual([
          stream,
          id,
          inverse.get(`${TOPICS.observations(stream)}:${id}`) ?? [],
        ]);
      }
    }
  }, 60_000);

  it('leads from a label to the versions that learned of it, and to where they run', async () => {
    const { to } = await trace('observation', 'fraud-labels', '0-0');
    const versions = to!
      .filter(
        ({ kind, details }) => kind === 'data set' && details!['of'] === TOPICS.observations('fraud-labels'),
      )
      .flatMap((dataset) => [...walk(dataset)])
      .filter(({ kind }) => kind === 'model version');
    expect(versions.map(({ name }) => name)).toEqual(['fraud@1', 'fraud@2']);
    expect(versions.map(({ to: deployments }) => deployments!.length)).toEqual([1, 1]);
  });

  it('leads from an early payment to the predictions whose windows hold it', async () => {
    const { to } = await trace('observation', 'transactions', '0-5');
    const predictions = to!.flatMap((vector) => vector.to ?? []).filter(({ kind }) => kind === 'prediction');
    expect(predictions.length).toBeGreaterThan(0);
    for (const { position } of predictions.slice(0, 3)) {
      const back = [...walk(await trace('prediction', 'fraud', position!))];
      expect(back.some(({ kind, position: at }) => kind === 'observation' && at === '0-5')).toBe(true);
    }
  });
});

it('is the same behind old blocks that a worker taken for dead wrote again (law L3)', async () => {
  const { log } = await loadGolden('0.1.0');
  const producer = log.producer();
  for (const name of [TOPICS.vectors('fraud'), TOPICS.predictions('fraud')]) {
    const topic = qualify(GOLDEN, name);
    const again = (await readTopic(log, topic)).filter(
      ({ partition, offset }) => partition === 0 && offset < 40,
    );
    for (const { key, value, headers } of again)
      await producer.send([{ topic, partition: 0, key, value, headers: headers.entries() }]);
  }
  await producer.close();
  const subjects: Subject[] = [
    ...['0-5', '0-80', '0-120', '0-150'].map(
      (id) => ({ kind: 'observation', of: 'transactions', id }) as const,
    ),
    ...['0-20', '0-90', '0-150'].map((id) => ({ kind: 'vector', of: 'fraud', id }) as const),
  ];
  const copied = await openTracer(log, GOLDEN);
  for (const subject of subjects) expect(await copied.trace(subject)).toEqual(await tracer.trace(subject));
});

describe('what is not there', () => {
  it.each([
    ['prediction', 'fraud', '0-999999', 'PLAYHEAD_NOT_FOUND'],
    ['prediction', 'fraud', '9-0', 'PLAYHEAD_NOT_FOUND'],
    ['prediction', 'nothing', '0-0', 'PLAYHEAD_NOT_FOUND'],
    ['observation', 'transactions', 'no-such-payment', 'PLAYHEAD_NOT_FOUND'],
  ] as const)('refuses %s %s/%s', async (kind, of, id, code) => {
    await expect(trace(kind, of, id)).rejects.toMatchObject({ code, disposition: 'refuse' });
  });
});

describe('on the terminal', () => {
  it('cuts long lists and says so', async () => {
    const [id] = (await idsOf(TOPICS.predictions('fraud'))).slice(-1);
    const node = await trace('prediction', 'fraud', id!);
    const short = lineageTree(node, false);
    const long = lineageTree(node, true);
    expect(short).toContain('more observations before these (--all shows them)');
    expect(long.split('\n').length).toBe([...walk(node)].length);
    expect(long.split('\n').length).toBeGreaterThan(short.split('\n').length);
  });
});
