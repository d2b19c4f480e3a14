import { existsSync } from 'node:fs';
import { Refused } from '#kernel';
import { fraudFromFile, simulatedFraud } from '../fraud-source';
import type { Case, OpenOptions, Scenario, Source } from '../scenario';

const ROWS = 60_000;
/** Training begins when the stream has covered this share of its event time. */
const TRAIN_AFTER = 0.85;

const WORLD = {
  streams: ['transactions', 'fraud-labels'],
  service: { name: 'fraud', trigger: 'transactions' },
  model: 'fraud',
  deployment: 'fraud',
} as const;

/** Card payments: one model serves to the end. */
export const fraud: Scenario = {
  name: 'fraud',
  about: 'card payments: is this one a fraud?',
  examples: [
    './playhead demo fraud',
    './playhead demo fraud --data payments.csv.gz --rows 400000 --train-at 2018-05-06T00:00:00Z --keep',
  ],
  data: "the Fraud Detection Handbook's payments as CSV, gzip allowed",
  rows: ROWS,
  open: async (options): Promise<Case> => {
    const source = await openSource(options);
    return {
      ...WORLD,
      definitions: ['examples/fraud/playhead.yaml'],
      source,
      trainAt: options.trainAt ?? source.firstTime + TRAIN_AFTER * (source.lastTime - source.firstTime),
      ...(options.data === undefined && { faults: faultsBeside }),
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

/** Now and then a payment twice, one with a negative amount, one without an amount. */
const faultsBeside = (event: object, left: number): object[] => [
  ...(left % 900 === 400 ? [event] : []),
  ...(left % 1_500 === 700 ? [{ ...event, transaction_id: `${left}-x`, amount: -1 }] : []),
  ...(left % 2_500 === 900 ? [{ ...event, transaction_id: `${left}-y`, amount: undefined }] : []),
];
