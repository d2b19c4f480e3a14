/** A drift report of two files of chunks of columns, as a stream: `node report.js '{"reference", "current", "columns", "chunk", "rows"}'`. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { DriftReport } from '#drift';

interface Task {
  readonly reference: string;
  readonly current: string;
  readonly columns: readonly { readonly name: string; readonly integer: boolean }[];
  /** Rows of a chunk: its columns lie one after the other. */
  readonly chunk: number;
  readonly rows: number;
}

const task = JSON.parse(process.argv[2]!) as Task;

const each = (path: string, add: (chunk: readonly Float64Array[]) => void): void => {
  const file = openSync(path, 'r');
  const doubles = new Float64Array(task.chunk * task.columns.length);
  const bytes = Buffer.from(doubles.buffer);
  const columns = task.columns.map((_, at) => doubles.subarray(at * task.chunk, (at + 1) * task.chunk));
  for (let read = 0; read < task.rows; read += task.chunk) {
    readSync(file, bytes);
    add(columns);
  }
  closeSync(file);
};

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

const before = { cpu: cpuSeconds(), wall: performance.now() };
const report = new DriftReport(task.columns);
each(task.reference, (chunk) => report.addReference(chunk));
each(task.current, (chunk) => report.addCurrent(chunk));
const { columns } = report.result();
console.log(
  JSON.stringify({
    cpuSeconds: cpuSeconds() - before.cpu,
    seconds: (performance.now() - before.wall) / 1000,
    // getrusage would give the peak of the process that started this one, where that was larger.
    peakMiB: Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024,
    columns: columns.map(({ name, statistic, value, drifted }) => ({ name, statistic, value, drifted })),
  }),
);
