import { describeEventLog } from '../conformance';
import { createMemoryLog } from './memory-log';

describeEventLog('in memory', () => {
  const log = createMemoryLog({ now: () => Date.now() });
  return Promise.resolve({
    log,
    deleteRecords: (at, below) => Promise.resolve(log.deleteRecords(at, below)),
    appendUnreadable: (at, count) => {
      log.appendUnreadable(at, {
        reason: 'CODEC_UNSUPPORTED',
        message: 'a foreign codec',
        raw: Buffer.from('raw'),
        count,
      });
      return Promise.resolve();
    },
    cleanup: () => log.close(),
  });
});
