import type { Scenario } from '../scenario';
import { electricity } from './electricity';
import { fraud } from './fraud/fraud';
import { maintenance } from './maintenance';
import { recommendation } from './recommendation/recommendation';

/** In the order of `playhead demo --help`. */
export const SCENARIOS: readonly Scenario[] = [fraud, maintenance, recommendation, electricity];
