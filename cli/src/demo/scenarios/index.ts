import type { Scenario } from '../scenario';
import { fraud } from './fraud/fraud';

/** In the order of `playhead demo --help`. */
export const SCENARIOS: readonly Scenario[] = [fraud];
