import { Type } from 'typebox';
import { commonRules, commonVariables, compileCommon, defineConfig, type CommonConfig } from '#runtime';

export interface TrainingConfig extends CommonConfig {
  readonly workers: number;
  readonly commandTrainers: boolean;
}

export const trainingConfig = defineConfig({
  service: 'training',
  variables: {
    ...commonVariables('training'),
    PLAYHEAD_TRAINING_WORKERS: Type.Integer({
      default: 1,
      minimum: 1,
      maximum: 64,
      unit: 'runs',
      examples: [2],
      description: 'how many runs are fitted at once, each in a thread with its whole data set in memory',
    }),
    PLAYHEAD_COMMAND_TRAINERS: Type.Enum(['on', 'off'], {
      default: 'off',
      examples: ['on'],
      description: 'whether trainers of the kind `command` may run their programs here',
      caution:
        'whoever may apply definitions then runs programs with the rights of this service; `./playhead up` switches it on',
    }),
  },
  rules: commonRules,
  compile: (options): TrainingConfig => ({
    ...compileCommon('training', options),
    workers: options.PLAYHEAD_TRAINING_WORKERS,
    commandTrainers: options.PLAYHEAD_COMMAND_TRAINERS === 'on',
  }),
});
