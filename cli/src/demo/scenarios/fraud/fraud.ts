import { existsSync } from 'node:fs';
import { Refused } from '#kernel';
import { fraudFromFile, simulatedFraud } from '../../fraud-source';
import type { Case, OpenOptions, Scenario, Source } from '../../scenario';
import { faultsBeside } from './faults';
import { fraudLoop, LEAST_ROWS } from './fraud-loop';

const ROWS = 40_000;
/** Training begins when the stream has covered this share of its event time. */
const TRAIN_AFTER = 0.85;

/** Card payments. Made-up ones drift, and the platform is left to itself; in a file, or with few rows, one model serves to the end. */
export const fraud: Scenario = {
  name: 'fraud',
  about:
    'card payments: is this one a fraud? Thieves change their ways, the platform finds it and trains again.',
  examples: [
    './playhead demo fraud',
    './playhead demo fraud --data payments.csv.gz --rows 400000 --train-at 2018-05-06T00:00:00Z --keep',
  ],
  data: "the Fraud Detection Handbook's payments as CSV, gzip allowed; no drift is put into them",
  rows: ROWS,
  open: async (options): Promise<Case> => {
    const { rows = ROWS, data, trainAt, say } = options;
    if (data === undefined && trainAt === undefined && rows >= LEAST_ROWS) return fraudLoop(rows);
    if (data === undefined) say(`one model to the end: drift is shown with ${LEAST_ROWS} rows and more`);
    const source = await openSource(options);
    return {
      streams: ['transactions', 'fraud-labels'],
      service: { name: 'fraud', trigger: 'transactions' },
      model: 'fraud',
      deployment: 'fraud',
      definitions: ['examples/fraud/playhead.yaml'],
      source,
      trainAt: trainAt ?? source.firstTime + TRAIN_AFTER * (source.lastTime - source.firstTime),
      ...(data === undefined && { faults: faultsBeside }),
    };
  },
};

const openSource = async ({ data, rows, say }: OpenOptions): Promise<Source> => {
  if (data === undefined) return sourceOf(simulatedFraud(rows ?? ROWS));
  if (!existsSync(data)) throw new Refused('PLAYHEAD_REQUEST_INVALID', `there is no file ${data}`);
  say(`reading ${data}`);
  return sourceOf(await fraudFromFile(data, rows));
};

const sourceOf = ({ payments, ...source }: ReturnType<typeof simulatedFraud>): Source => ({
  ...source,
  rows: payments,
});
