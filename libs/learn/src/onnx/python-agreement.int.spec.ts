/** Every trainer and task: ONNX Runtime in Python answers as the trainer does, and as ONNX Runtime in Node. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pythonWith } from '#localstack';
import { awkwardData, NEEDS, probingRows } from '../trainer.conformance';
import { TRAINERS } from '../trainers';
import { runOnnx } from './onnx-runtime.testing';

const SCRIPT = join(__dirname, 'answer_rows.py');
const cases = Object.values(TRAINERS).flatMap((trainer) =>
  trainer.tasks.map((task) => ({ trainer, task, name: `${trainer.kind}-${task}` })),
);

it('agrees to 1e-6 with ONNX Runtime in Python and in Node, for every trainer and task', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'playhead-onnx-'));
  try {
    const described: { name: string; features: number }[] = [];
    const counts: Record<string, number> = {};
    for (const { trainer, task, name } of cases) {
      const { ids = [], quick = {} } = NEEDS[trainer.kind] ?? {};
      const data = awkwardData(task, 400, 17, ids);
      const model = trainer.fit(data, quick, { task, seed: 2 });
      const rows = probingRows(data);
      const answers = model.predict(rows);
      const features = data.columns.length;
      const onnx = model.toOnnx();
      const node = await runOnnx(onnx, rows, features);
      const differences = node.answers.map((answer, at) =>
        answer === answers[at] ? 0 : Math.abs(answer - answers[at]!) / Math.max(1, Math.abs(answer)),
      );
      expect({ name, agrees: Math.max(...differences) < 1e-6 }).toEqual({ name, agrees: true });
      described.push({ name, features });
      counts[name] = answers.length;
      writeFileSync(join(folder, `${name}.onnx`), onnx);
      writeFileSync(join(folder, `${name}.rows`), rows);
      writeFileSync(join(folder, `${name}.answers`), answers);
    }
    writeFileSync(join(folder, 'cases.json'), JSON.stringify(described));
    const python = await pythonWith('what-if', ['scikit-learn==1.7.2', 'onnxruntime==1.23.2']);
    const found = JSON.parse(execFileSync(python, [SCRIPT, folder], { encoding: 'utf8' })) as Record<
      string,
      { difference: number; answers: number }
    >;
    expect(Object.fromEntries(Object.entries(found).map(([name, { answers }]) => [name, answers]))).toEqual(
      counts,
    );
    expect(Object.entries(found).filter(([, { difference }]) => !(difference < 1e-6))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 300_000);
