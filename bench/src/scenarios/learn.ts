import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Refused } from '#kernel';
import { pythonWith } from '#localstack';
import type { Findings, Workbench } from '../scenario';

/** The project, from `dist/bench/src/scenarios`. */
const ROOT = resolve(__dirname, '..', '..', '..', '..');
const PROGRAMS = join(ROOT, 'bench', 'learn');
const OWN_PROGRAM = join(__dirname, '..', '..', 'learn', 'playhead.js');

/** Those of all libraries: trees of 31 leaves grown best split first, as LightGBM and scikit-learn have them by default. */
export const PARAMETERS = {
  trees: 100,
  depth: 12,
  leaves: 31,
  learning_rate: 0.1,
  l2: 1,
  min_child_weight: 1,
  min_samples_leaf: 1,
  subsample: 1,
  feature_fraction: 1,
} as const;

/** The sets of `prepare.py` with what they are judged by. */
const SETS = [
  { set: 'fraud', metric: 'average_precision', better: 'higher' },
  { set: 'fraud', metric: 'roc_auc', better: 'higher' },
  { set: 'wide', metric: 'average_precision', better: 'higher' },
  { set: 'ai4i', metric: 'average_precision', better: 'higher' },
  { set: 'bike', metric: 'rmse', better: 'lower' },
  { set: 'cmapss', metric: 'roc_auc', better: 'higher' },
  { set: 'bands', metric: 'log_loss', better: 'lower' },
  { set: 'hours', metric: 'ndcg', better: 'higher' },
] as const;
type SetName = (typeof SETS)[number]['set'];
type Metric = (typeof SETS)[number]['metric'];

const LIBRARIES = ['playhead', 'LightGBM', 'XGBoost', 'HGB'] as const;
type Library = (typeof LIBRARIES)[number];

type Fit = { readonly trainer: Library; readonly cpuSeconds: number } & Partial<Record<Metric, number>>;

interface SetFits {
  readonly rows: number;
  readonly features: number;
  readonly outputs: number;
  readonly fits: readonly Fit[];
  /** Between the answers of ONNX Runtime in Python and the trainer's, at most. */
  readonly difference: number;
}

/** Gradient-boosted trees beside public libraries: the same Parquet files, split and parameters, one thread each, in turns. */
export const learn = async ({ repeats, withoutPeers, say, atEnd }: Workbench): Promise<Findings> => {
  const python = await pythonWith('bench-learn', requirements(), say);
  const folder = mkdtempSync(join(tmpdir(), 'playhead-bench-learn-'));
  atEnd(async () => rmSync(folder, { recursive: true, force: true }));
  const data = resolve(ROOT, process.env.PLAYHEAD_DATA ?? '../shared/data');
  if (!existsSync(join(data, 'fraud')))
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `PLAYHEAD_DATA has no folder fraud: ${data}`);
  say('learn: preparing the sets');
  await run(python, [join(PROGRAMS, 'prepare.py'), data, folder]);

  const found = new Map<SetName, SetFits>();
  for (const { set } of SETS) {
    if (found.has(set)) continue;
    say(`learn: ${set}`);
    found.set(set, await fitsOf(python, join(folder, set), withoutPeers, repeats));
  }
  return findingsOf(found);
};

const fitsOf = async (
  python: string,
  set: string,
  withoutPeers: boolean,
  repeats: number,
): Promise<SetFits> => {
  const parameters = JSON.stringify(PARAMETERS);
  const fits: Fit[] = [];
  let shape = { rows: 0, features: 0, outputs: 1 };
  for (let turn = 0; turn < repeats; turn++) {
    const own = await run(process.execPath, [OWN_PROGRAM, set, parameters]);
    const others = withoutPeers
      ? ''
      : await run(python, [join(PROGRAMS, 'public_libraries.py'), set, parameters]);
    const ownFit = JSON.parse(own) as Fit & typeof shape;
    shape = ownFit;
    const lines = others.split('\n').filter((line) => line.startsWith('{'));
    fits.push(ownFit, ...lines.map((line) => JSON.parse(line) as Fit));
  }
  const difference = Number(await run(python, [join(PROGRAMS, 'check_onnx.py'), set]));
  return { rows: shape.rows, features: shape.features, outputs: shape.outputs, fits, difference };
};

const requirements = (): string[] =>
  readFileSync(join(PROGRAMS, 'requirements.txt'), 'utf8')
    .split('\n')
    .filter((line) => /^\w/.test(line));

const run = async (program: string, args: readonly string[]): Promise<string> => {
  const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
  const { stdout } = await promisify(execFile)(program, [...args], { env, maxBuffer: 1 << 24 });
  return stdout.trim();
};

const findingsOf = (found: ReadonlyMap<SetName, SetFits>): Findings => {
  const fitOf = (set: SetName, library: Library): Fit | undefined =>
    found
      .get(set)!
      .fits.filter(({ trainer }) => trainer === library)
      .sort((a, b) => a.cpuSeconds - b.cpuSeconds)[0];
  const rateOf = (set: SetName, library: Library): number | null => {
    const fit = fitOf(set, library);
    return fit ? (found.get(set)!.rows * PARAMETERS.trees) / fit.cpuSeconds / 1e6 : null;
  };
  const sets = [...found.keys()];
  const speedOfLightGbm = (set: SetName): number | null => {
    const peer = rateOf(set, 'LightGBM');
    return peer && rateOf(set, 'playhead')! / peer;
  };
  const judged = SETS.map(({ set, metric, better }) => {
    const values = LIBRARIES.map((library) => fitOf(set, library)?.[metric] ?? null);
    const [own, ...others] = values;
    const peers = others.filter((value) => value !== null);
    const best = better === 'higher' ? Math.max(...peers) : Math.min(...peers);
    const behind = peers.length === 0 ? null : better === 'higher' ? 1 - own! / best : own! / best - 1;
    return { set, metric, values, behind };
  });
  return {
    figures: Object.fromEntries([
      ...sets.flatMap((set) => {
        const ratio = speedOfLightGbm(set);
        return [
          [`${set}_mega_row_trees_per_cpu_second`, rateOf(set, 'playhead')!],
          ...(ratio === null ? [] : [[`${set}_ratio_to_lightgbm`, ratio]]),
        ] as [string, number][];
      }),
      ...judged.map(({ set, metric, values }) => [`${set}_${metric}`, values[0]!]),
    ]),
    tables: [
      {
        title:
          'learn: quality on the test rows; "behind" the best of the others, below 0 where ours is better',
        columns: ['set', 'measure', ...LIBRARIES, 'behind'],
        rows: judged.map(({ set, metric, values, behind }) => [
          set,
          metric,
          ...values.map((value) => (value === null ? null : value.toFixed(metric === 'rmse' ? 1 : 4))),
          behind === null ? null : `${(100 * behind).toFixed(1)} %`,
        ]),
      },
      {
        title: `learn: CPU seconds of a fit of ${PARAMETERS.trees} trees, and M rows x trees (of each class) a CPU second`,
        columns: [
          'set',
          'rows',
          'features',
          ...LIBRARIES.map((library) => `${library} s`),
          'playhead M/s',
          'LightGBM M/s',
          'ratio',
        ],
        rows: sets.map((set) => {
          const { rows, features, outputs } = found.get(set)!;
          const times = LIBRARIES.map((library) => fitOf(set, library)?.cpuSeconds ?? null);
          const rates = [rateOf(set, 'playhead'), rateOf(set, 'LightGBM')];
          return [
            set,
            rows,
            features,
            ...times,
            ...rates.map((rate) => (rate === null ? null : rate * outputs)),
            speedOfLightGbm(set),
          ];
        }),
      },
      {
        title: 'learn: largest difference between ONNX Runtime in Python and the trainer, on all test rows',
        columns: ['set', 'difference'],
        rows: sets.map((set) => [set, found.get(set)!.difference.toExponential(1)]),
      },
    ],
  };
};
