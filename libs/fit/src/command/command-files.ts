import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OUTPUT_OF_TASK, type Limits, type ModelTask } from '#inference';
import { writeParquet, type Column } from '#parquet';
import type { FitJob } from '../fit-model';
import type { Part } from '../part';

/** Where a program finds what it needs. It begins in `program`; paths in its request are from there. */
export interface CommandFolders {
  readonly program: string;
  readonly data: string;
  readonly output: string;
  readonly home: string;
  readonly request: string;
}

export const foldersIn = (root: string): CommandFolders => ({
  program: join(root, 'program'),
  data: join(root, 'data'),
  output: join(root, 'output'),
  home: join(root, 'home'),
  request: join(root, 'request.json'),
});

export const REQUEST_PATH = '../request.json';
export const OUTPUT_PATH = '../output';

/** What the program is told; `docs/how-to/command-trainers.md` says each member. */
export interface CommandRequest {
  readonly version: 1;
  readonly task: string;
  readonly features: readonly string[];
  /** Columns of the Parquet files beside the features; `query` of a ranking only. */
  readonly label: 'label';
  readonly partition: 'partition';
  readonly query?: 'query';
  readonly parameters: FitJob['request']['trainer']['parameters'];
  readonly seed: number;
  /** Features and label. */
  readonly train: string;
  /** Features only. */
  readonly holdout: string;
  readonly output: string;
  /** How input and output of `model.onnx` are best named; what converters write is taken, too. */
  readonly model: { readonly input: 'input'; readonly output: string };
  readonly limits: {
    readonly timeout_ms: number;
    readonly memory_bytes: number;
    readonly output_bytes: number;
  };
}

export const requestOf = ({ request, features }: FitJob, limits: Limits): CommandRequest => ({
  version: 1,
  task: request.task,
  features,
  label: 'label',
  partition: 'partition',
  ...(request.task === 'ranking' ? { query: 'query' } : {}),
  parameters: request.trainer.parameters,
  seed: request.seed,
  train: '../data/train.parquet',
  holdout: '../data/holdout.parquet',
  output: OUTPUT_PATH,
  model: { input: 'input', output: OUTPUT_OF_TASK[request.task as ModelTask] },
  limits: {
    timeout_ms: limits.timeoutMs,
    memory_bytes: limits.memoryBytes,
    output_bytes: limits.outputBytes,
  },
});

/** Puts everything in its place: the program, both tables (the hold-out without its labels), the request. */
export const writeFiles = async (
  folders: CommandFolders,
  job: FitJob,
  files: Readonly<Record<string, string>>,
  request: CommandRequest,
): Promise<void> => {
  const { program, data, output, home } = folders;
  for (const folder of [program, data, output, home]) await mkdir(folder, { recursive: true });
  for (const [path, text] of Object.entries(files)) {
    const file = join(program, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { mode: 0o755 });
  }
  await writeTable(join(data, 'train.parquet'), job.features, job.train, true);
  await writeTable(join(data, 'holdout.parquet'), job.features, job.holdout, false);
  await writeFile(folders.request, JSON.stringify(request, undefined, 2));
};

const writeTable = (
  path: string,
  features: readonly string[],
  { partitions, columns, labels, groups }: Part,
  labelled: boolean,
): Promise<void> => {
  const number = (name: string): Column => ({ name, type: 'double' });
  const table = [
    { column: { name: 'partition', type: 'integer' as const }, values: partitions },
    ...(groups ? [{ column: { name: 'query', type: 'integer' as const }, values: groups }] : []),
    ...features.map((name, index) => ({ column: number(name), values: columns[index]! })),
    ...(labelled ? [{ column: number('label'), values: labels }] : []),
  ];
  return writeParquet(
    path,
    table.map(({ column }) => column),
    labels.length,
    (row, index) => {
      const value = table[index]!.values[row]!;
      return Number.isNaN(value) ? null : value;
    },
  );
};
