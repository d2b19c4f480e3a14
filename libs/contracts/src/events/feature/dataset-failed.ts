import { Type } from 'typebox';
import { defineEvent } from '../../define-event';

export const DatasetFailed = defineEvent({
  type: 'feature.dataset.failed',
  version: 1,
  topic: 'feature.datasets',
  key: 'run',
  owner: 'feature',
  meaning: 'The data set of a run cannot be built; the reason says what to do.',
  schema: Type.Object({
    run: Type.String(),
    model: Type.String(),
    code: Type.String(),
    message: Type.String(),
  }),
  sample: {
    run: 'run-0-12',
    model: 'fraud',
    code: 'NO_ROWS',
    message: 'no mature labelled rows before the cut; stream more labels or shorten maturity',
  },
});
