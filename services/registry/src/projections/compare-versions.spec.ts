import { ModelVersionRegistered } from '#contracts';
import { compareVersions, type ComparedVersion } from './compare-versions';
import type { VersionDocument } from './documents';

const version = (change: Partial<VersionDocument> = {}): VersionDocument => ({
  ...ModelVersionRegistered.sample,
  status: 'passed',
  review: null,
  check: null,
  withheld: null,
  tags: {},
  description: null,
  aliases: [],
  position: '0-9',
  decidedAt: '2026-01-01T00:00:00.000Z',
  ...change,
});

describe('compareVersions', () => {
  const compared = (
    change: Partial<VersionDocument>,
    run: ComparedVersion['run'] = { rows: { train: 80, holdout: 20 }, asOf: null, cut: null },
  ): ComparedVersion => ({
    version: version(change),
    run,
  });

  it('finds no difference between equal ones, and shows their metrics all the same', () => {
    expect(compareVersions(compared({}), compared({}))).toEqual({
      from: 'fraud@3',
      to: 'fraud@3',
      parameters: [],
      metrics: [{ name: 'average_precision', from: 0.63, to: 0.63, delta: 0 }],
      features: { added: [], removed: [], reordered: false, definition: null },
      data: [],
    });
  });

  it('names what differs in parameters, metrics, features and data', () => {
    const { service } = ModelVersionRegistered.sample;
    const from = compared({
      version: 1,
      parameters: { trees: 100, depth: 6 },
      metrics: { holdout: { average_precision: 0.5, f1: null } },
    });
    const to = compared(
      {
        version: 2,
        seed: 7,
        parameters: { trees: 200, depth: 6, rate: 0.1 },
        metrics: { holdout: { average_precision: 0.75, roc_auc: 0.9 } },
        service: {
          ...service,
          revision: '2',
          digest: 'b'.repeat(64),
          features: ['amount', 'is_night', 'amount_mean_7d', 'amount_max_7d'],
        },
        dataset: '1'.repeat(64),
      },
      {
        rows: { train: 90, holdout: 20 },
        asOf: '2018-05-06T00:00:00.000Z',
        cut: [{ topic: 'feature.vectors.fraud', partition: 0, from: 0, to: 90 }],
      },
    );
    expect(compareVersions(from, to)).toEqual({
      from: 'fraud@1',
      to: 'fraud@2',
      parameters: [
        { name: 'seed', from: 0, to: 7 },
        { name: 'trees', from: 100, to: 200 },
        { name: 'rate', from: null, to: 0.1 },
      ],
      metrics: [
        { name: 'average_precision', from: 0.5, to: 0.75, delta: 0.25 },
        { name: 'f1', from: null, to: null, delta: null },
        { name: 'roc_auc', from: null, to: 0.9, delta: null },
      ],
      features: {
        added: ['amount_max_7d'],
        removed: ['tx_count_1d'],
        reordered: false,
        definition: {
          name: 'definition',
          from: 'fraud revision 1 (aaaaaaaaaaaa)',
          to: 'fraud revision 2 (bbbbbbbbbbbb)',
        },
      },
      data: [
        { name: 'dataset', from: 'e'.repeat(64), to: '1'.repeat(64) },
        { name: 'trainRows', from: 80, to: 90 },
        { name: 'asOf', from: null, to: '2018-05-06T00:00:00.000Z' },
        { name: 'cut', from: null, to: 'feature.vectors.fraud:0-90' },
      ],
    });
  });

  it('tells another order from other features', () => {
    const { service } = ModelVersionRegistered.sample;
    const turned = compared({ service: { ...service, features: [...service.features].reverse() } });
    expect(compareVersions(compared({}), turned).features).toMatchObject({
      added: [],
      removed: [],
      reordered: true,
    });
  });
});
