import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DefinitionApplied, TOPICS, compileProject, loadDefinitions } from '#contracts';
import { ServiceWorld } from '#testing';
import { monitorOnTrial } from './what-if-monitor';

const EXAMPLE = join(__dirname, '../../../../examples/fraud/playhead.yaml');

const applied = async (): Promise<ServiceWorld> => {
  const world = new ServiceWorld('registry');
  await world.topics(1, TOPICS.definitions);
  const { project } = loadDefinitions([{ path: EXAMPLE, text: readFileSync(EXAMPLE, 'utf8') }]);
  for (const { kind, name, digest, spec, compiled } of compileProject(project, '1'))
    await world.fact(TOPICS.definitions, DefinitionApplied, {
      kind,
      name,
      revision: '1',
      digest,
      spec: spec as unknown as Record<string, unknown>,
      compiled: compiled as unknown as Record<string, unknown>,
      applied_by: 'test',
    });
  return world;
};

const text = `kind: Monitor
name: strict
spec:
  deployment: fraud
  window: { rows: 500 }
  drift: { statistic: kolmogorov_smirnov, threshold: 0.01, correction: benjamini-hochberg }
  quality: { freshness: 1h }
`;

it('is what the registry would put in force, from a file over the definitions that hold', async () => {
  const world = await applied();
  const monitor = await monitorOnTrial(world, 'fraud', { files: [{ path: 'strict.yaml', text }] });
  expect(monitor).toMatchObject({
    name: 'strict',
    window_rows: 500,
    drift: {
      features: 'auto',
      statistic: 'kolmogorov_smirnov',
      threshold: 0.01,
      correction: 'benjamini-hochberg',
    },
    quality: { freshness_ms: 3_600_000 },
  });
});

it('of a name is the one on the log; another is refused', async () => {
  const world = await applied();
  const { name, metric } = await monitorOnTrial(world, 'fraud', { name: 'fraud' });
  expect([name, metric]).toEqual(['fraud', 'average_precision']);
  await expect(monitorOnTrial(world, 'fraud', { name: 'nobody' })).rejects.toMatchObject({
    code: 'PLAYHEAD_NOT_FOUND',
  });
});
