import type { Case, OpenOptions, Scenario } from '../../scenario';
import { openBanditCase } from './open-bandit-case';
import { shopCase } from './shop-case';

const ROWS = 40_000;

/** What to show to whom: estimated from what chance has shown, tested on half of the users, then looked after. */
export const recommendation: Scenario = {
  name: 'recommendation',
  about:
    'what to show to whom? Estimated before anybody meets it, tested on half of the users, trained again when taste changes.',
  examples: [
    './playhead demo recommendation',
    './playhead demo recommendation --data ../shared/data/obd/random_men.csv',
  ],
  data: 'random_men.csv of the Open Bandit data, with its logged propensities: estimates only, nobody is there to test on',
  rows: ROWS,
  open: ({ rows = ROWS, data, trainAt, say }: OpenOptions): Promise<Case> =>
    data === undefined ? Promise.resolve(shopCase(rows)) : openBanditCase({ rows, data, trainAt, say }),
};
