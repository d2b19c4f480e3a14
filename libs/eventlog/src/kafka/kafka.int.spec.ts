import { startLocalStack, stopLocalStack } from '#localstack';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeEventLog } from '../conformance';
import { appendBatch, compressedBatch, recordsPart, storedZstd } from './testing/foreign.testing';
import { createKafkaLog } from './index';

describeEventLog('Kafka', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'playhead-eventlog-'));
  const { kafka } = await startLocalStack({ dataDir, parts: ['kafka'], heap: '512m' });
  const log = createKafkaLog({ brokers: kafka.brokers, clientId: 'conformance', deliveryTimeoutMs: 2_000 });
  return {
    log,
    appendUnreadable: (at, count) => {
      const values = Array.from({ length: count }, () => Buffer.from('foreign'));
      return appendBatch(
        kafka.brokers,
        at,
        compressedBatch('zstd', storedZstd(recordsPart(at, values)), count),
      );
    },
    cleanup: async () => {
      await log.close();
      await stopLocalStack(dataDir);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
});
