import { Type } from 'typebox';
import { defineEvent } from '../../define-event';

const Part = Type.Object({
  artifact: Type.String({ description: 'SHA-256 of the Parquet file' }),
  rows: Type.Integer(),
  positives: Type.Union([Type.Integer(), Type.Null()]),
});

const Range = Type.Object({
  topic: Type.String(),
  partition: Type.Integer(),
  from: Type.Integer(),
  to: Type.Integer({ description: 'exclusive' }),
});

export const DatasetBuilt = defineEvent({
  type: 'feature.dataset.built',
  version: 1,
  topic: 'feature.datasets',
  key: 'run',
  owner: 'feature',
  meaning: 'The rows that a run trains on stand in the artifact store, as known at a cut.',
  schema: Type.Object({
    run: Type.String(),
    model: Type.String(),
    service: Type.String(),
    revision: Type.String({ description: 'service revision whose values the rows hold' }),
    definition: Type.String({ description: 'digest of that revision' }),
    features: Type.Array(Type.String()),
    digest: Type.String({ description: 'SHA-256 over the canonical rows in canonical order' }),
    manifest: Type.String({ description: 'artifact: everything needed to build it again' }),
    cut: Type.Array(Range, { description: 'offset ranges read, vectors and labels' }),
    source: Type.Enum(['vectors', 'observations'], {
      description:
        'observations: the logged vectors lack the revision, so its values were folded again from the observations',
    }),
    train: Part,
    holdout: Part,
    against: Type.Optional(
      Type.Array(
        Type.Object({
          revision: Type.String(),
          artifact: Type.String({ description: 'SHA-256 of a Parquet file of its features' }),
        }),
        {
          description:
            'the rows of the hold-out as other revisions of the service see them, for the versions that are compared with',
        },
      ),
    ),
    unlabelled: Type.Integer({ description: 'mature rows left out because no label was known' }),
    withdrawn: Type.Integer({ description: 'those of them whose label was withdrawn' }),
    corrected: Type.Integer({ description: 'rows whose label replaced an earlier one' }),
    immature: Type.Integer({ description: 'rows left out because their label was not mature at the cut' }),
  }),
  sample: {
    run: 'run-0-12',
    model: 'fraud',
    service: 'fraud',
    revision: '1',
    definition: 'a'.repeat(64),
    features: ['amount', 'is_night'],
    digest: 'b'.repeat(64),
    manifest: 'c'.repeat(64),
    cut: [{ topic: 'feature.vectors.fraud', partition: 0, from: 0, to: 100 }],
    source: 'vectors',
    train: { artifact: 'd'.repeat(64), rows: 80, positives: 4 },
    holdout: { artifact: 'e'.repeat(64), rows: 20, positives: 1 },
    unlabelled: 0,
    withdrawn: 0,
    corrected: 2,
    immature: 10,
  },
});
