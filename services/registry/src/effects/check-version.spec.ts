import { MemoryArtifactStore } from '#artifacts';
import { TOPICS, qualify } from '#contracts';
import { createMemoryLog, type MemoryLog } from '#eventlog';
import { askModel, type AskModel } from '#inference';
import { TransientFailure } from '#kernel';
import { apply as fold } from '../domain/evolve';
import { initialState, type ModelVersion } from '../domain/state';
import { PROJECT, apply, modelFile, placeOf, reportCompleted, train } from '../registry.testing';
import { checkVersion } from './check-version';

const artifacts = new MemoryArtifactStore('t');
let log: MemoryLog;
let artifact: string;

const topic = (name: string): string => qualify('t', name);

beforeEach(async () => {
  artifact = await artifacts.put(modelFile());
  log = createMemoryLog();
});

const version = (file = artifact): ModelVersion =>
  [apply(PROJECT), train(), reportCompleted(0, 'run-0-1', 0.6, { artifact: file })]
    .reduce((state, input, offset) => fold(state, input, placeOf(offset)).state, initialState)
    .versions.get('fraud@1')!;

/** Vectors of some revisions, two features each. */
const record = async (...vectors: readonly Record<string, readonly (number | null)[]>[]): Promise<void> => {
  await log.ensureTopics([{ name: topic(TOPICS.vectors('fraud')), partitions: 4 }]);
  const producer = log.producer();
  await producer.send(
    vectors.map((values, index) => ({
      topic: topic(TOPICS.vectors('fraud')),
      partition: index % 4,
      key: null,
      value: JSON.stringify({
        event_id: `tx-${index}`,
        entity: { customer_id: '1' },
        event_time: '2026-01-01T00:00:00.000Z',
        trigger: `${index % 4}-0`,
        values,
      }),
      headers: [],
    })),
  );
};

const check = (ask: AskModel = askModel, file?: string) =>
  checkVersion({ log, artifacts, ask, topic }, version(file));

it('asks about the recorded vectors that carry its revision, missing values too', async () => {
  await record({ '1': [1, 2] }, { '1': [null, 0], '2': [1, 2, 3] }, { '2': [1, 2, 3] });
  expect(await check()).toMatchObject({ model: 'fraud', version: 1, artifact, ok: true, rows: 2 });
  expect((await check()).answers).toBe((await check()).answers);
  expect((await check()).runtime).toMatch(/^onnxruntime-node /);
});

it('loads it where no vector is recorded yet', async () => {
  expect(await check()).toMatchObject({ ok: true, rows: 0 });
});

it.each<[string, AskModel, string]>([
  [
    'does not load',
    () => askModel(Buffer.from('nonsense'), { task: 'binary', featureCount: 2 }, []),
    'ONNX Runtime cannot load it',
  ],
  [
    'answers no number',
    async (...given) => {
      const answered = await askModel(...given);
      return { ...answered, answers: answered.answers.map((each) => each.map(() => Number.NaN)) };
    },
    'it answers NaN to the recorded vector 0-0',
  ],
  [
    'answers otherwise among others',
    async (...given) => {
      const answered = await askModel(...given);
      return {
        ...answered,
        answers: answered.answers.map((each, index) => each.map((value) => value + index)),
      };
    },
    'the bits depend on the batch',
  ],
])('says of a version that %s why', async (_, ask, reason) => {
  await record({ '1': [1, 2] });
  expect(await check(ask)).toMatchObject({
    ok: false,
    rows: 1,
    reason: expect.stringContaining(reason) as string,
  });
});

it('says that a file is not there or reads other features, and waits for a store that is away', async () => {
  expect(await check(askModel, '0'.repeat(64))).toMatchObject({ ok: false });
  const narrow: AskModel = (bytes, signature, matrices) =>
    askModel(bytes, { ...signature, featureCount: 3 }, matrices);
  expect((await check(narrow)).reason).toContain('it takes 2 features, the definition has 3');
  const away: AskModel = () =>
    Promise.reject(new TransientFailure('PLAYHEAD_ARTIFACT_UNAVAILABLE', 'the store is away'));
  await expect(check(away)).rejects.toThrow('the store is away');
});
