import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TOPICS, qualify } from '#contracts';
import { readTopic, type EventLog, type LogRecord } from '#eventlog';
import { pythonWith } from '#localstack';
import { ROOT } from './platform-under-test';

export interface JudgedElsewhere {
  readonly records: number;
  readonly labelled: number;
  readonly flips: number;
  readonly metrics: Readonly<Record<'baseline' | 'candidate', Readonly<Record<string, number>>>>;
}

interface Judging {
  readonly log: EventLog;
  readonly namespace: string;
  /** The candidate's file. */
  readonly model: string;
  readonly folder: string;
  readonly threshold: number;
  readonly maturityMs: number;
}

const DAY = 86_400_000;
export const FRAUD_MATURITY_MS = 7 * DAY;

/**
 * What `replay what-if --model` says of deployment `fraud`, found without it: every record parsed and joined by maps, scored by
 * Python's ONNX Runtime, judged by scikit-learn.
 */
export const judgeElsewhere = async (judging: Judging): Promise<JudgedElsewhere> => {
  const { folder, model, threshold } = judging;
  const rows = join(folder, 'rows.ndjson');
  writeFileSync(rows, (await rowsOf(judging)).map((row) => JSON.stringify(row)).join('\n'));
  const python = await pythonWith('what-if', ['scikit-learn==1.7.2', 'onnxruntime==1.23.2']);
  const script = join(ROOT, 'test', 'support', 'judge_what_if.py');
  const said = execFileSync(python, [script, rows, model, String(threshold)], { encoding: 'utf8' });
  return JSON.parse(said) as JudgedElsewhere;
};

const jsonOf = <T>({ value }: LogRecord): T => JSON.parse(String(value)) as T;

const rowsOf = async ({ log, namespace, maturityMs }: Judging): Promise<object[]> => {
  const read = (name: string): Promise<LogRecord[]> => readTopic(log, qualify(namespace, name));
  const vectors = new Map(
    (await read(TOPICS.vectors('fraud'))).map((record) => [`${record.partition}-${record.offset}`, record]),
  );
  const labels = new Map<string, { value: boolean; at: number }>();
  let newest = 0;
  for (const record of await read(TOPICS.observations('fraud-labels'))) {
    const label = jsonOf<{ transaction_id: string; is_fraud: boolean; known_at: string }>(record);
    const at = Date.parse(label.known_at);
    newest = Math.max(newest, at);
    const known = labels.get(label.transaction_id);
    if (!known || known.at <= at) labels.set(label.transaction_id, { value: label.is_fraud, at });
  }
  const answers = (await read(TOPICS.predictions('fraud'))).map((record) =>
    jsonOf<{ event_id: string; event_time: string; vector: string; output: { probability: number } }>(record),
  );
  for (const { event_time } of answers) newest = Math.max(newest, Date.parse(event_time));
  return answers.map(({ event_id, event_time, vector, output }) => {
    const { values } = jsonOf<{ values: Record<string, (number | null)[]> }>(vectors.get(vector)!);
    const isMature = Date.parse(event_time) <= newest - maturityMs;
    const label = isMature ? labels.get(event_id) : undefined;
    return { values: values['1'], baseline: output.probability, label: label ? Number(label.value) : null };
  });
};
