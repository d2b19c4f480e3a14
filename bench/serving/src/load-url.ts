/**
 * Loads one address by hand, and the bare handler in turns with it where that is asked for.
 *
 *   npm run build && node dist/bench/serving/src/load-url.js http://127.0.0.1:7005/v2/models/trees/infer --connections 16 --beside
 *   node dist/bench/serving/src/load-url.js grpc://127.0.0.1:7015/inference.GRPCInferenceService/ModelInfer --wire grpc --model trees
 *   node dist/bench/serving/src/load-url.js --write-model trees.onnx
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startBare } from './bare';
import { buildLoad, startLoad, type LoadReport } from './load';
import { makeModel, sampleOf } from './model';
import { bentoJson, grpcContents, grpcRaw, oipBinary, oipJson, type Wire } from './wires';

const WIRES: Readonly<Record<string, Wire>> = {
  json: oipJson,
  binary: oipBinary,
  grpc: grpcRaw,
  'grpc-contents': grpcContents,
  bento: bentoJson,
};

const say = (line: string): void => void process.stderr.write(`${line}\n`);

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      wire: { type: 'string', default: 'json' },
      model: { type: 'string', default: 'trees' },
      rows: { type: 'string', default: '1' },
      features: { type: 'string', default: '32' },
      connections: { type: 'string', default: '16' },
      seconds: { type: 'string', default: '3' },
      rate: { type: 'string' },
      turns: { type: 'string', default: '3' },
      beside: { type: 'boolean', default: false },
      'write-model': { type: 'string' },
    },
  });
  const features = Number(values.features);
  if (values['write-model'] !== undefined) {
    writeFileSync(values['write-model'], makeModel(features, 1));
    return;
  }
  const [url = ''] = positionals;
  const rows = Number(values.rows);
  const all = sampleOf(features, 64 * rows, 2).rows;
  const requests = Array.from({ length: 64 }, (_, i) => all.slice(i * rows, (i + 1) * rows));
  const program = await buildLoad(say);
  const loadOf = (to: string, wire: Wire): Promise<LoadReport> =>
    startLoad(program, {
      url: to,
      bodies: requests.map((each) => wire.request(each, values.model)),
      headers: wire.headers?.(requests[0]!),
      connections: Number(values.connections),
      seconds: Number(values.seconds),
      ...(values.rate === undefined ? {} : { rate: Number(values.rate) }),
    }).done.then(({ report }) => report);
  const wire = WIRES[values.wire];
  if (!wire) throw new Error(`--wire is one of ${Object.keys(WIRES).join(', ')}`);
  const folder = mkdtempSync(join(tmpdir(), 'playhead-load-'));
  const bare = values.beside ? await startBare(features, folder) : undefined;
  try {
    for (let turn = 0; turn < Number(values.turns); turn++) {
      const report = await loadOf(url, wire);
      console.log(JSON.stringify(report));
      if (!bare) continue;
      const least = await loadOf(bare.url, oipJson);
      console.log(`bare ${JSON.stringify(least)}`);
      console.log(`${((100 * report.rate) / least.rate).toFixed(1)} % of the bare handler\n`);
    }
  } finally {
    await bare?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

void main();
