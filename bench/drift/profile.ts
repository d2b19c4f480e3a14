/** What counting a feature of an event costs: `node profile.js '{"file", "columns", "chunk", "features", "events"}'`. */
import { closeSync, openSync, readSync } from 'node:fs';
import { profileReference, WindowProfile } from '#drift';

interface Task {
  readonly file: string;
  readonly columns: number;
  readonly chunk: number;
  readonly features: number;
  readonly events: number;
}

const task = JSON.parse(process.argv[2]!) as Task;
const doubles = new Float64Array(task.chunk * task.columns);
const file = openSync(task.file, 'r');
readSync(file, Buffer.from(doubles.buffer));
closeSync(file);

const columns = Array.from({ length: task.features }, (_, feature) => ({
  name: `f${feature}`,
  values: doubles.subarray(
    (feature % task.columns) * task.chunk,
    ((feature % task.columns) + 1) * task.chunk,
  ),
}));
const reference = profileReference(columns, []);
const windows = reference.features.map(({ bins }) => new WindowProfile(bins));
/** As vectors come: one row of all features after the other. */
const vectors = Array.from({ length: task.chunk }, (_, row) => columns.map(({ values }) => values[row]!));

const observe = (events: number): void => {
  for (let event = 0; event < events; event++) {
    const vector = vectors[event % vectors.length]!;
    for (let feature = 0; feature < windows.length; feature++) windows[feature]!.observe(vector[feature]!);
  }
};

observe(task.events / 10);
const before = process.cpuUsage();
observe(task.events);
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ microseconds: (user + system) / (task.events * task.features) }));
