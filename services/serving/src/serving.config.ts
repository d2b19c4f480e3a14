import { Type } from 'typebox';
import { commonRules, commonVariables, compileCommon, defineConfig, type CommonConfig } from '#runtime';

export interface ServingConfig extends CommonConfig {
  readonly maxBatch: number;
  readonly maxDelayMs: number;
}

export const servingConfig = defineConfig({
  service: 'serving',
  variables: {
    ...commonVariables('serving'),
    PLAYHEAD_SERVING_MAX_BATCH: Type.Integer({
      default: 64,
      minimum: 1,
      maximum: 1_024,
      unit: 'rows',
      examples: [256],
      description: 'most single rows of the doors that are scored together',
    }),
    PLAYHEAD_SERVING_MAX_DELAY_MS: Type.Number({
      default: 0,
      minimum: 0,
      maximum: 1_000,
      unit: 'ms',
      examples: [2],
      description: 'how long a single row waits for company; 0 takes what has come in the same turn',
    }),
  },
  rules: commonRules,
  compile: (options): ServingConfig => ({
    ...compileCommon('serving', options),
    maxBatch: options.PLAYHEAD_SERVING_MAX_BATCH,
    maxDelayMs: options.PLAYHEAD_SERVING_MAX_DELAY_MS,
  }),
});
