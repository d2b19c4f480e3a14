/**
 * A search of 30 trials whose service is killed (-9) once the 13th is known, beside the same search in peace with two workers. What was
 * known is not tried again, and both end with the same parameters and the same model file.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TOPICS, TrainingRunCompleted, TrainingTrialCompleted, decodeEvent, type EventOf } from '#contracts';
import { readTopic } from '#eventlog';
import type { ModelVersion } from '../../cli/src/demo/control-plane';
import { simulatedFraud } from '../../cli/src/demo/fraud-source';
import { Life, type Written } from '../support/life';
import { ROOT } from '../support/platform-under-test';

const PAYMENTS = 16_000;
const TRIALS = 30;
const KILLED_AT = 13;
const SEARCH = `trainer:
    kind: auto
    search:
      { method: tpe, trials: ${TRIALS}, metric: roc_auc, workers: 2, space: { trees: { min: 5, max: 20 }, depth: { min: 1, max: 5 }, l2: { min: 0.1, max: 100, scale: log } } }
  evaluate: { bootstrap: 0 }`;

type Trial = EventOf<typeof TrainingTrialCompleted>;

const say = (line: string): void => void process.stderr.write(`${line}\n`);

describe('a search whose service is killed in the middle', () => {
  const folder = mkdtempSync(join(tmpdir(), 'playhead-search-'));
  let life: Life;
  let known: readonly Trial[];
  let trials: readonly Trial[];
  let peaceful: readonly Trial[];
  let version: ModelVersion;
  let other: ModelVersion;

  const tried = async (run?: string): Promise<readonly Trial[]> =>
    (await readTopic(life.log, life.topic(TOPICS.runs)))
      .filter(({ headers }) => headers.text('ce_type') === TrainingTrialCompleted.type)
      .map(({ value }) => decodeEvent(TrainingTrialCompleted, value))
      .filter((trial) => run === undefined || trial.run === run);

  const restart = async (): Promise<void> => {
    process.kill((await life.platform.status()).services['training']!.pid, 'SIGKILL');
    await life.platform.run(['up']);
  };

  beforeAll(async () => {
    life = await Life.begin('search');
    await life.write([...(simulatedFraud(PAYMENTS).occurrences() as Iterable<Written>)]);
    await life.folded();
    const project = readFileSync(join(ROOT, 'examples/fraud/playhead.yaml'), 'utf8');
    const file = join(folder, 'playhead.yaml');
    writeFileSync(file, project.replace(/trainer: .*/, SEARCH));
    await life.control.apply(file);

    const training = life.control.train('fraud', say);
    while ((await tried()).length < KILLED_AT) await sleep(20);
    await restart();
    known = (await tried()).slice(0, KILLED_AT);
    version = await training;
    trials = await tried(known[0]!.run);

    process.env['PLAYHEAD_TRAINING_WORKERS'] = '2';
    await restart();
    other = await life.control.train('fraud', say);
    peaceful = (await tried()).filter(({ run }) => run !== known[0]!.run);
  }, 600_000);

  afterAll(async () => {
    delete process.env['PLAYHEAD_TRAINING_WORKERS'];
    rmSync(folder, { recursive: true, force: true });
    await life.end();
  }, 120_000);

  it('goes on at the next trial', () => {
    expect(trials.map(({ trial }) => trial).sort((a, b) => a - b)).toEqual(
      Array.from({ length: TRIALS }, (_, i) => i + 1),
    );
    expect(trials.slice(0, KILLED_AT)).toEqual(known);
  });

  it('tries what a search in peace tries, on another number of workers', () => {
    const outcomes = (of: readonly Trial[]) =>
      [...of]
        .sort((a, b) => a.trial - b.trial)
        .map(({ trial, trainer, parameters, value }) => ({ trial, trainer, parameters, value }));
    expect(outcomes(trials)).toEqual(outcomes(peaceful));
    expect(new Set(trials.map(({ trainer }) => trainer))).toEqual(new Set(['gbdt', 'logistic']));
  });

  it('ends with the same model, byte for byte', async () => {
    expect(version.artifact).toBe(other.artifact);
    const [one, two] = (await readTopic(life.log, life.topic(TOPICS.runs)))
      .filter(({ headers }) => headers.text('ce_type') === TrainingRunCompleted.type)
      .map(({ value }) => decodeEvent(TrainingRunCompleted, value));
    expect(one!.best).toEqual(two!.best);
    expect(one!.parameters).toEqual(two!.parameters);
    say(
      `best of ${TRIALS}: ${JSON.stringify(one!.best)}, ${one!.trainer} ${JSON.stringify(one!.parameters)}, ${version.artifact}`,
    );
  });
});
