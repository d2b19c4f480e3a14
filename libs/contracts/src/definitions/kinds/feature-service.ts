import { Type, type Static } from 'typebox';
import { durationText } from '../duration-text';
import { CLOSED, DefinitionName, Duration } from './words';

/** What a user writes below `spec` of a FeatureService. */
export const FeatureServiceOptions = Type.Object(
  {
    trigger: DefinitionName('the stream whose every event gives one vector'),
    views: Type.Array(DefinitionName('a feature view'), {
      minItems: 1,
      description: 'their order is the order in the vector',
    }),
    align: Type.Optional(Duration('how far one of several sources may run ahead of the slowest', '1h')),
  },
  CLOSED,
);
export type FeatureServiceOptions = Static<typeof FeatureServiceOptions>;

/** A feature service with defaults applied. */
export interface FeatureServiceSpec {
  readonly trigger: string;
  readonly views: readonly string[];
  readonly align: string;
}

export const featureServiceSpec = (options: FeatureServiceOptions): FeatureServiceSpec => ({
  trigger: options.trigger,
  views: options.views,
  align: durationText(options.align ?? '1h'),
});
