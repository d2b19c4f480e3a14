/**
 * Counts the predictions of a deployment by their decision, exactly once: stop or kill it whenever you like and start it again.
 * Counts and progress stand in one file, which is replaced as a whole.
 *
 *   node dist/example/count-decisions.js 127.0.0.1:9092 playhead.serving.predictions.fraud counts.json
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { Kafka, logLevel } from 'kafkajs';
import { ExactlyOnceReader, type Progress } from '../src';

interface Prediction {
  readonly decision?: boolean;
}

interface Stored {
  /** Decision -> number of predictions. */
  readonly counts: Record<string, number>;
  /** Partition -> how far it was read. */
  readonly progress: Record<string, Progress>;
}

const [brokers, topic, file] = process.argv.slice(2);
if (!brokers || !topic || !file) {
  console.error('usage: count-decisions <brokers> <topic> <file>');
  process.exit(2);
}

let stored: Stored = existsSync(file)
  ? (JSON.parse(readFileSync(file, 'utf8')) as Stored)
  : { counts: {}, progress: {} };

/** The new file is whole on the disk before it takes the old one's name. */
const store = (next: Stored): void => {
  const handle = openSync(`${file}.new`, 'w');
  writeSync(handle, JSON.stringify(next));
  fsyncSync(handle);
  closeSync(handle);
  renameSync(`${file}.new`, file);
  stored = next;
};

const reader = new ExactlyOnceReader<Prediction>({
  kafka: new Kafka({ brokers: brokers.split(','), clientId: 'count-decisions', logLevel: logLevel.NOTHING }),
  groupId: 'count-decisions',
  topic,
  consumer: { sessionTimeout: 6_000, heartbeatInterval: 2_000, maxBytesPerPartition: 16_384 },
  load: (_, partition) => Promise.resolve(stored.progress[partition]),
  save: ({ partition, records, progress }) => {
    const counts = { ...stored.counts };
    for (const { value } of records) {
      const decision = String(value.decision ?? 'none');
      counts[decision] = (counts[decision] ?? 0) + 1;
    }
    store({ counts, progress: { ...stored.progress, [partition]: progress } });
    return Promise.resolve();
  },
});

process.once('SIGINT', () => void reader.stop().then(() => process.exit(0)));
reader.start().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
