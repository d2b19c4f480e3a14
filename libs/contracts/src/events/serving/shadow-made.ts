import { defineEvent } from '../../define-event';
import { PredictionMade } from './prediction-made';

export const ShadowMade = defineEvent({
  type: 'serving.shadow.made',
  version: 1,
  topic: 'serving.shadows.<deployment>',
  key: 'the entity key of the trigger',
  owner: 'serving',
  meaning: 'What the shadow would have said about a vector; nobody was answered with it.',
  schema: PredictionMade.schema,
  sample: { ...PredictionMade.sample, version: 4, route: 'shadow' },
});
