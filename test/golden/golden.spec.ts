/** What a release wrote, today's code must read, and come to again, to the bit. See README.md. */
import { readdirSync } from 'node:fs';
import {
  ANNOTATIONS,
  CONTRACTS,
  HEADERS,
  TOPICS,
  checkEvent,
  qualify,
  unqualify,
  type EventContract,
} from '#contracts';
import { readConservation, readTopic, type HeaderEntry, type LogRecord } from '#eventlog';
import { fitModel } from '#fit';
import { rebuildModel, verifyHere, type VerifyFindings } from '#replay';
import { apply } from '../../services/registry/src/domain/evolve';
import { lineageOf } from '../../services/registry/src/domain/lineage/lineage';
import { initialState } from '../../services/registry/src/domain/state';
import {
  decodeInput,
  encodeLineage,
  encodeOutcomes,
} from '../../services/registry/src/handlers/registry-records';
import { OUTCOME_TOPICS } from '../../services/registry/src/registry.topology';
import { GOLDEN, loadGolden, type GoldenLog } from './golden-log';

const RELEASES = readdirSync(__dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

/** A record as text, without what is no part of the fact. */
const plain = (
  key: Buffer | string | null,
  value: Buffer | string | null,
  headers: readonly (readonly [string, Buffer | string])[],
): string =>
  JSON.stringify([
    key === null ? null : String(key),
    value === null ? null : String(value),
    headers
      .filter(([name]) => !ANNOTATIONS.includes(name) && name !== HEADERS.control)
      .map(([name, content]) => `${name}: ${String(content)}`)
      .sort(),
  ]);

const plainRecord = ({ key, value, headers }: LogRecord): string =>
  plain(key, value, headers.entries() as readonly HeaderEntry[]);

describe.each(RELEASES)('the log of release %s', (release) => {
  let golden: GoldenLog;
  beforeAll(async () => {
    golden = await loadGolden(release);
  });

  const records = (topic: string): Promise<LogRecord[]> => readTopic(golden.log, qualify(GOLDEN, topic));
  const ports = () => ({
    log: golden.log,
    artifacts: golden.artifacts,
    namespace: GOLDEN,
    sleep: () => Promise.resolve(),
    warn: (message: string) => expect(message).toBe(''),
  });

  it('has something of everything', async () => {
    for (const stream of ['transactions', 'fraud-labels'])
      expect(await readConservation(golden.log, GOLDEN, stream)).toMatchObject({ ok: true, faults: [] });
    expect(await readConservation(golden.log, GOLDEN, 'transactions')).toMatchObject({
      moved: 1,
      duplicates: 1,
      deadLetters: 1,
      rejectionsByCode: { DUPLICATE: 1, TOO_LATE: 1 },
    });
    const versions = (await records(TOPICS.predictions('fraud'))).map(({ headers }) =>
      headers.text(HEADERS.model)?.replace(/=.*/, ''),
    );
    expect(new Set(versions)).toEqual(new Set(['fraud@1', 'fraud@2']));
    expect((await records(TOPICS.requests)).map(({ headers }) => headers.text(HEADERS.type))).toContain(
      'registry.command.refused',
    );
  });

  it('is read by today’s contracts, every value', async () => {
    const contracts = new Map<string, EventContract>(CONTRACTS.map((contract) => [contract.type, contract]));
    let read = 0;
    for (const name of Object.keys(golden.topics)) {
      const topic = unqualify(GOLDEN, name);
      if (topic.startsWith('ingestion.inbox.') || topic.endsWith('.dead-letters')) continue;
      for (const { headers, value } of await records(topic)) {
        const type = headers.text(HEADERS.type);
        const contract = contracts.get(type ?? '');
        if (!contract) throw new Error(`${topic} holds a ${String(type)}, which no contract describes`);
        checkEvent(contract, JSON.parse(String(value)));
        read++;
      }
    }
    expect(read).toBeGreaterThan(1_500);
  });

  it('gives the same vectors and predictions, every bit', async () => {
    const outcome = await verifyHere(
      ports(),
      { deployment: 'fraud' },
      { tolerance: 0, snapshots: false, checkpointMs: 1e9 },
    );
    const { findings } = outcome!;
    const vectors = await records(TOPICS.vectors('fraud'));
    const predictions = await records(TOPICS.predictions('fraud'));
    expect(findings).toMatchObject({
      ok: true,
      firstDifference: null,
      damaged: [],
      pending: 0,
      // Routers and stages as well.
      bitExact: findings.records,
    } satisfies Partial<VerifyFindings>);
    const verdicts = Object.fromEntries(findings.hops.map((hop) => [hop.hop, hop.verdicts]));
    expect(verdicts).toMatchObject({
      vectors: { bit_exact: vectors.length },
      predictions: { bit_exact: predictions.length },
    });
    expect(vectors.length).toBeGreaterThan(400);
    expect(predictions.length).toBeGreaterThan(150);
  });

  it('gives the same decisions of the registry, with their lineage', async () => {
    const topics = new Map<string, string[]>();
    let state = initialState;
    for (const record of await records(TOPICS.registryInputs)) {
      const { input, at } = decodeInput(record);
      const before = state;
      const { state: after, outcomes } = apply(before, input, at);
      state = after;
      const lineage = lineageOf(GOLDEN, { before, after, input, outcomes, at });
      const name = (topic: string): string => topic;
      for (const { topic, key, value, headers } of [
        ...encodeOutcomes(outcomes, record, name, [HEADERS.control, '']),
        ...encodeLineage(lineage, record, name, [HEADERS.control, '']),
      ])
        topics.set(topic, [...(topics.get(topic) ?? []), plain(key, value, headers)]);
    }
    for (const topic of OUTCOME_TOPICS.filter((name) => qualify(GOLDEN, name) in golden.topics))
      expect([topic, topics.get(topic) ?? []]).toEqual([topic, (await records(topic)).map(plainRecord)]);
  });

  it.each([1, 2])('gives model version %i again, the same file', async (version) => {
    const report = await rebuildModel(
      { ...ports(), fit: (job) => Promise.resolve(fitModel(job)) },
      { model: 'fraud', version, source: 'vectors' },
    );
    expect(report).toMatchObject({ identical: true, spoilt: [] });
    expect(report.rebuilt).toBe(report.expected);
    expect(report.profile!.rebuilt).toBe(report.profile!.expected);
  });
});
