import { Type } from 'typebox';
import { commonRules, commonVariables, compileCommon, defineConfig, type CommonConfig } from '#runtime';

export interface ServingConfig extends CommonConfig {
  readonly maxBatch: number;
  readonly maxDelayMs: number;
  /** Of a request over REST or gRPC. */
  readonly bodyLimitBytes: number;
  /** 0 takes a free one. */
  readonly grpcPort: number;
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
    PLAYHEAD_SERVING_BODY_LIMIT: Type.Integer({
      default: 16_777_216,
      minimum: 1_024,
      maximum: 1_073_741_824,
      unit: 'bytes',
      examples: [67_108_864],
      description: 'largest request of the inference doors, with its compression undone',
    }),
    PLAYHEAD_SERVING_GRPC_PORT: Type.Integer({
      default: 7015,
      minimum: 0,
      maximum: 65_535,
      examples: [8001],
      description: 'port of the Open Inference Protocol over gRPC; 0 takes a free one',
    }),
  },
  rules: commonRules,
  compile: (options): ServingConfig => ({
    ...compileCommon('serving', options),
    maxBatch: options.PLAYHEAD_SERVING_MAX_BATCH,
    maxDelayMs: options.PLAYHEAD_SERVING_MAX_DELAY_MS,
    grpcPort: options.PLAYHEAD_SERVING_GRPC_PORT,
    bodyLimitBytes: options.PLAYHEAD_SERVING_BODY_LIMIT,
  }),
});
