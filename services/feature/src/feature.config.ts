import { Type } from 'typebox';
import { commonRules, commonVariables, compileCommon, defineConfig, type CommonConfig } from '#runtime';

export interface FeatureConfig extends CommonConfig {
  /** How long a source of a stage is held back at most for one that is behind it in event time. */
  readonly alignWaitMs: number;
}

export const featureConfig = defineConfig({
  service: 'feature',
  variables: {
    ...commonVariables('feature'),
    PLAYHEAD_FEATURE_ALIGN_WAIT_MS: Type.Integer({
      default: 10_000,
      minimum: 0,
      unit: 'ms',
      examples: [60_000],
      description:
        "how long a stage holds a stream back that is more than `align` ahead of another one's backlog, before it goes on alone for as long",
    }),
  },
  rules: commonRules,
  compile: (options): FeatureConfig => ({
    ...compileCommon('feature', options),
    alignWaitMs: options.PLAYHEAD_FEATURE_ALIGN_WAIT_MS,
  }),
});
