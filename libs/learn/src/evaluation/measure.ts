import type { Task } from '../data-set';
import { measureClasses } from './measure-classes';
import { measureLists } from './measure-lists';
import { measureScores } from './measure-scores';
import { measureValues } from './measure-values';
import type { Scored } from './scored';
import type { Measure, WantedMetric } from './weighted-measure';

export type { Measure, WantedMetric } from './weighted-measure';

export const compileMeasure = (task: Task, scored: Scored, wanted: readonly WantedMetric[]): Measure => {
  switch (task) {
    case 'regression':
      return measureValues(scored, wanted);
    case 'multiclass':
      return measureClasses(scored, wanted);
    case 'ranking':
      return measureLists(scored, wanted);
    case 'binary':
    case 'anomaly':
      return measureScores(scored, wanted);
  }
};
