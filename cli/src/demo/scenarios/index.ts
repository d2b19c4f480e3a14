import type { Scenario } from '../scenario';
import { fraud } from './fraud/fraud';
import { recommendation } from './recommendation/recommendation';

/** In the order of `playhead demo --help`. */
export const SCENARIOS: readonly Scenario[] = [fraud, recommendation];
