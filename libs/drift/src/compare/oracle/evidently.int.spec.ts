/** Statistics, automatic choices and verdicts beside Evidently 0.7.23 (and the SciPy under it) and NannyML 0.13.1, on real columns. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { findProgram } from '#localstack';
import { driftPython } from '../../oracles/drift-python.testing';
import { compareSamples, statisticOf } from '../compare-samples';
import { jensenShannonOfCounts } from '../divergence';
import { DriftReport } from '../../report/drift-report';
import { pairSamples } from '../paired-sample';
import { isTest, numberType, type ColumnType, type DriftStatistic } from '../rules';
import { missingFiles, realColumns, type ColumnPairs, type NamedColumn } from './real-columns.testing';

type Answer = readonly [figure: number | null, drifted: boolean] | string;

interface Answers {
  readonly columns: Readonly<
    Record<
      string,
      {
        readonly numerical: Readonly<Record<DriftStatistic, Answer>>;
        readonly categorical: Readonly<Partial<Record<DriftStatistic, Answer>>>;
        readonly nannyml: Readonly<Record<string, { value: number; bins: number[] | null }>>;
      }
    >
  >;
  readonly report: {
    readonly drifted: number;
    readonly share: number;
    readonly columns: Readonly<Record<string, { method: string; value: number }>>;
  };
}

const METHODS: Readonly<Record<string, DriftStatistic>> = {
  'Wasserstein distance (normed)': 'wasserstein',
  'Jensen-Shannon distance': 'jensen_shannon',
  'K-S p_value': 'kolmogorov_smirnov',
  'chi-square p_value': 'chi_square',
  'Z-test p_value': 'z_test',
};

const absent = [...missingFiles(), ...(findProgram('python3', process.env) ? [] : ['python3'])];
if (absent.length > 0) process.stderr.write(`!! SKIPPED, not passed: ${absent.join(', ')} absent\n`);
const suite = absent.length > 0 ? describe.skip : describe;

const askPython = async (sets: readonly ColumnPairs[]): Promise<Readonly<Record<string, Answers>>> => {
  const folder = mkdtempSync(join(tmpdir(), 'playhead-drift-'));
  try {
    const python = await driftPython();
    const sides: Float64Array[] = [];
    let offset = 0;
    const place = (side: Float64Array): [number, number] => {
      sides.push(side);
      offset += side.length;
      return [offset - side.length, side.length];
    };
    const description = {
      sets: sets.map(({ set, columns }) => ({
        set,
        columns: columns.map(({ name, reference, current, isInteger }) => ({
          name,
          is_integer: isInteger,
          reference: place(reference),
          current: place(current),
        })),
      })),
    };
    writeFileSync(join(folder, 'sets.json'), JSON.stringify(description));
    writeFileSync(
      join(folder, 'columns.f64'),
      Buffer.concat(sides.map((side) => Buffer.from(side.buffer, side.byteOffset, side.byteLength))),
    );
    const script = [
      join(__dirname, 'public_libraries.py'),
      join(folder, 'sets.json'),
      join(folder, 'columns.f64'),
    ];
    const { stdout } = await promisify(execFile)(python, script, {
      maxBuffer: 1 << 28,
      env: { ...process.env, OMP_NUM_THREADS: '1' },
    });
    return JSON.parse(stdout.replaceAll(/\bNaN\b/g, 'null')) as Record<string, Answers>;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

suite('beside Evidently and NannyML', () => {
  let sets: readonly ColumnPairs[] = [];
  let answers: Readonly<Record<string, Answers>>;
  beforeAll(async () => {
    sets = realColumns();
    answers = await askPython(sets);
  }, 900_000);

  const everywhere = function* (): Generator<[string, NamedColumn, Answers['columns'][string]]> {
    for (const { set, columns } of sets)
      for (const column of columns)
        yield [`${set}.${column.name}`, column, answers[set]!.columns[column.name]!];
  };

  const sampleOf = ({ reference, current }: NamedColumn) => pairSamples(reference, current);

  it('every statistic and every verdict is that of Evidently', () => {
    const different: unknown[] = [];
    let compared = 0;
    for (const [where, column, answer] of everywhere()) {
      const sample = sampleOf(column);
      for (const type of ['numerical', 'categorical'] satisfies ColumnType[])
        for (const [name, theirs] of Object.entries(answer[type])) {
          const statistic = name as DriftStatistic;
          const ours = compareSamples(sample, { type, statistic });
          const figure = isTest(statistic) ? ours.pValue : ours.value;
          compared++;
          const agrees = isDefined(theirs)
            ? figure !== null && isNear(figure, theirs[0]) && ours.drifted === theirs[1]
            : figure === null || ours.drifted === false;
          if (!agrees) different.push([where, type, statistic, theirs, figure, ours.drifted]);
        }
    }
    process.stderr.write(`compared ${compared} figures and verdicts with Evidently\n`);
    expect(different.map((each) => JSON.stringify(each))).toEqual([]);
  });

  it('types, automatic choices, figures and drifted columns of the report are those of Evidently', () => {
    const different: unknown[] = [];
    for (const { set, columns } of sets) {
      const { report } = answers[set]!;
      let drifted = 0;
      for (const column of columns) {
        const sample = sampleOf(column);
        const type = typeOf(column);
        const ours = compareSamples(sample, { type });
        const theirs = report.columns[column.name]!;
        if (ours.drifted) drifted++;
        const figure = isTest(ours.statistic) ? ours.pValue : ours.value;
        if (METHODS[theirs.method] !== ours.statistic || figure === null || !isNear(figure, theirs.value))
          different.push([set, column.name, type, theirs, ours]);
      }
      if (drifted !== report.drifted) different.push([set, drifted, report.drifted]);
    }
    expect(different.map((each) => JSON.stringify(each))).toEqual([]);
  });

  it('a report of streams has the types, choices and verdicts of Evidently, and figures within its stated difference', () => {
    const different: string[] = [];
    let summarised = 0;
    for (const { set, columns } of sets) {
      const stream = new DriftReport(
        columns.map(({ name, isInteger }) => ({ name, integer: isInteger })),
        4096,
      );
      for (const side of ['reference', 'current'] as const)
        for (let from = 0; from < columns[0]![side].length; from += 1000) {
          const chunk = columns.map((column) => column[side].subarray(from, from + 1000));
          if (side === 'reference') stream.addReference(chunk);
          else stream.addCurrent(chunk);
        }
      const found = stream.result();
      const { report } = answers[set]!;
      if (found.dataset.drifted !== report.drifted)
        different.push(`${set} ${found.dataset.drifted} ${report.drifted}`);
      for (const { name, statistic, value, pValue, isExact } of found.columns) {
        if (!isExact) summarised++;
        const theirs = report.columns[name]!;
        const figure = isTest(statistic) ? pValue : value;
        const allowed = isExact
          ? 1e-6 * Math.abs(theirs.value) + 3e-8
          : 0.001 * Math.abs(theirs.value) + 1e-5;
        if (
          METHODS[theirs.method] !== statistic ||
          figure === null ||
          Math.abs(figure - theirs.value) > allowed
        )
          different.push(`${set} ${name} ${statistic} ${figure} ${JSON.stringify(theirs)}`);
      }
    }
    expect(summarised).toBeGreaterThan(0);
    expect(different).toEqual([]);
  });

  it('by the cells of NannyML, Jensen-Shannon is its own over sqrt(ln 2); K-S and Wasserstein are its own where it is exact', () => {
    const different: unknown[] = [];
    for (const [where, column, { nannyml }] of everywhere()) {
      if (column.reference.length >= 10_000) continue;
      const sample = sampleOf(column);
      const ks = statisticOf('kolmogorov_smirnov', sample, 'numerical').value!;
      if (!isNear(ks, nannyml['kolmogorov_smirnov']!.value)) different.push([where, 'ks', ks, nannyml]);
      const distance =
        statisticOf('wasserstein', sample, 'numerical').value! * Math.max(deviation(column.reference), 0.001);
      if (!isNear(distance, nannyml['wasserstein']!.value))
        different.push([where, 'wasserstein', distance, nannyml]);
      const { bins, value } = nannyml['jensen_shannon']!;
      if (bins === null) continue;
      const counts = [column.reference, column.current].map((side) => countsBy(bins, side));
      const js = jensenShannonOfCounts(counts[0]!, counts[1]!)! / Math.sqrt(Math.LN2);
      if (!isNear(js, value)) different.push([where, 'js', js, value]);
    }
    expect(different.map((each) => JSON.stringify(each))).toEqual([]);
  });
});

/** It raises for samples that are too small, and gives NaN for chi-square of a single category. */
const isDefined = (answer: Answer): answer is readonly [number, boolean] =>
  typeof answer !== 'string' && answer[0] !== null;

/** A square root turns a rounding error of 1e-16 at zero into 1e-8; p-values of a limit are summed to 1e-7. */
const isNear = (ours: number, theirs: number): boolean =>
  ours === theirs || Math.abs(ours - theirs) <= 1e-6 * Math.abs(theirs) + 3e-8;

const typeOf = ({ isInteger, current }: NamedColumn): ColumnType =>
  numberType(isInteger, new Set(current).size);

const deviation = (values: Float64Array): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / values.length);
};

const countsBy = (edges: readonly number[], side: Float64Array): number[] => {
  const counts = new Array<number>(edges.length).fill(0);
  for (const value of side) {
    let cell = edges.findIndex((edge) => value < edge) - 1;
    if (value === edges[edges.length - 1]) cell = edges.length - 2;
    counts[cell < 0 ? edges.length - 1 : cell]!++;
  }
  return counts;
};
