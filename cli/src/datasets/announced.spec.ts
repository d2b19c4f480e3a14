import { DatasetBuilt } from '#contracts';
import { findDataset, type AnnouncedDataset } from './announced';

const dataset = (run: string, digit: string): AnnouncedDataset => ({
  ...DatasetBuilt.sample,
  run,
  digest: digit.repeat(64),
  manifest: 'f'.repeat(64),
  at: '2026-01-01T00:00:00.000Z',
});
const datasets = [dataset('run-0-1', 'a'), dataset('run-0-2', 'b'), dataset('run-0-3', 'a')];

it.each([
  ['run-0-1', 'run-0-1'],
  ['bbbbbbbb', 'run-0-2'],
  ['a'.repeat(64), 'run-0-3'],
])('finds %s', (id, run) => {
  expect(findDataset(datasets, id).run).toBe(run);
});

it.each(['run-0-9', 'aaaa', 'cccccccc'])('says where to look for what is not there: %s', (id) => {
  expect(() => findDataset(datasets, id)).toThrow(`there is no data set ${id}`);
});
