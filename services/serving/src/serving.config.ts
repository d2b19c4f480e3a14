import { Type } from 'typebox';
import { commonRules, commonVariables, compileCommon, defineConfig, type CommonConfig } from '#runtime';
import { REQUEST_VARIABLES, compileRequestConfig, type RequestConfig } from './requests/request-config';

export interface ServingConfig extends CommonConfig {
  readonly maxBatch: number;
  readonly maxDelayMs: number;
  /** Rows that may wait for a score. */
  readonly maxQueued: number;
  /** A model whose row costs more is scored in processes of its own. */
  readonly inlineUs: number;
  /** Of each such model; undefined: by the processors. */
  readonly modelProcesses: number | undefined;
  /** For all models together, in bytes. */
  readonly modelMemory: number;
  readonly loadTimeoutMs: number;
  /** Of a request over REST or gRPC. */
  readonly bodyLimitBytes: number;
  /** 0 takes a free one. */
  readonly grpcPort: number;
  /** How often it says what each route served: so soon a rollout hears of a bad version. */
  readonly reportMs: number;
  readonly requests: RequestConfig;
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
      description:
        'how long calls may wait for company while the model is idle, at most; less where that does not pay; 0 takes what has come in the same turn',
    }),
    PLAYHEAD_SERVING_BODY_LIMIT: Type.Integer({
      default: 16_777_216,
      minimum: 1_024,
      maximum: 1_073_741_824,
      unit: 'bytes',
      examples: [67_108_864],
      description: 'largest request of the inference doors, with its compression undone',
    }),
    PLAYHEAD_SERVING_REPORT_MS: Type.Integer({
      default: 10_000,
      minimum: 10,
      unit: 'ms',
      examples: [1_000],
      description:
        'how often each instance says what each route served; rollouts are judged by it, so an interval of a rollout is several times as long',
    }),
    PLAYHEAD_SERVING_GRPC_PORT: Type.Integer({
      default: 7015,
      minimum: 0,
      maximum: 65_535,
      unit: 'TCP port',
      examples: [8001],
      description: 'port of the Open Inference Protocol over gRPC; 0 takes a free one',
    }),
    PLAYHEAD_SERVING_MAX_QUEUED: Type.Integer({
      default: 1_024,
      minimum: 1,
      maximum: 1_000_000,
      unit: 'rows',
      examples: [4_096],
      description:
        'rows of the doors that may wait for a score of one model; one more is refused with PLAYHEAD_OVERLOADED',
    }),
    PLAYHEAD_SERVING_INLINE_US: Type.Integer({
      default: 300,
      minimum: 0,
      maximum: 10_000_000,
      unit: 'us',
      examples: [1_000],
      description:
        'a model whose row alone costs at most so much, measured when it is loaded, is scored in the thread of the service; one that costs more, in processes of its own',
    }),
    PLAYHEAD_SERVING_MODEL_PROCESSES: Type.Integer({
      default: 0,
      minimum: 0,
      maximum: 64,
      unit: 'processes',
      examples: [4],
      description:
        'processes of each model that is not scored in the thread of the service; 0: the processors but one, at most 4',
    }),
    PLAYHEAD_SERVING_MODEL_MEMORY: Type.Integer({
      default: 2 ** 30,
      minimum: 2 ** 20,
      unit: 'bytes',
      examples: [4_294_967_296],
      description:
        'what all models may take together, about; above it those that no route needs and that were used the longest ago leave memory',
    }),
    PLAYHEAD_SERVING_LOAD_TIMEOUT_MS: Type.Integer({
      default: 30_000,
      minimum: 1_000,
      maximum: 3_600_000,
      unit: 'ms',
      examples: [120_000],
      description:
        'how long a model file may take to be loaded and tried, in a process that is killed after it',
    }),
    ...REQUEST_VARIABLES,
  },
  rules: commonRules,
  compile: (options): ServingConfig => ({
    ...compileCommon('serving', options),
    requests: compileRequestConfig(options),
    maxBatch: options.PLAYHEAD_SERVING_MAX_BATCH,
    maxDelayMs: options.PLAYHEAD_SERVING_MAX_DELAY_MS,
    maxQueued: options.PLAYHEAD_SERVING_MAX_QUEUED,
    inlineUs: options.PLAYHEAD_SERVING_INLINE_US,
    modelProcesses: options.PLAYHEAD_SERVING_MODEL_PROCESSES || undefined,
    modelMemory: options.PLAYHEAD_SERVING_MODEL_MEMORY,
    loadTimeoutMs: options.PLAYHEAD_SERVING_LOAD_TIMEOUT_MS,
    grpcPort: options.PLAYHEAD_SERVING_GRPC_PORT,
    reportMs: options.PLAYHEAD_SERVING_REPORT_MS,
    bodyLimitBytes: options.PLAYHEAD_SERVING_BODY_LIMIT,
  }),
});
