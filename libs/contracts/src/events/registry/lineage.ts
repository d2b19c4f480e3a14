import { Type } from 'typebox';
import { defineEvent } from '../../define-event';

/** Facets are open: each names its own schema. */
const Facets = Type.Record(
  Type.String(),
  Type.Intersect([
    Type.Object({
      _producer: Type.String(),
      _schemaURL: Type.String({ description: 'of this facet, with its version' }),
    }),
    Type.Record(Type.String(), Type.Unknown()),
  ]),
);

const LineageDataset = Type.Object({
  namespace: Type.String(),
  name: Type.String(),
  facets: Facets,
});

/** RunEvent of the OpenLineage spec, 2-0-2: https://openlineage.io/spec/2-0-2/OpenLineage.json */
export const LineageReported = defineEvent({
  type: 'registry.lineage.reported',
  version: 1,
  topic: 'registry.lineage',
  key: 'name of the job',
  owner: 'registry',
  meaning:
    'What ran, what it read and what it made, as an OpenLineage run event (spec 2-0-2): for catalogues and other readers of lineage.',
  schema: Type.Object({
    eventType: Type.Enum(['START', 'COMPLETE', 'FAIL', 'ABORT']),
    eventTime: Type.String({ description: 'append time of the input that it follows from' }),
    run: Type.Object({
      runId: Type.String({
        pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
        description: 'UUID made from the position in registry.inputs that began the run',
      }),
      facets: Facets,
    }),
    job: Type.Object({ namespace: Type.String(), name: Type.String(), facets: Facets }),
    inputs: Type.Array(LineageDataset),
    outputs: Type.Array(LineageDataset),
    producer: Type.String(),
    schemaURL: Type.String(),
  }),
  sample: {
    eventType: 'START',
    eventTime: '2026-01-01T12:00:00.000Z',
    run: {
      runId: '0f8fad5b-d9cb-869f-a165-70867728950e',
      facets: {
        playhead_run: {
          _producer: 'urn:playhead:registry',
          _schemaURL: 'urn:playhead:facet:run:1',
          run: 'run-0-12',
        },
      },
    },
    job: { namespace: 'playhead', name: 'training.fraud', facets: {} },
    inputs: [{ namespace: 'playhead', name: 'feature.datasets.fraud', facets: {} }],
    outputs: [],
    producer: 'urn:playhead:registry',
    schemaURL: 'https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent',
  },
});
