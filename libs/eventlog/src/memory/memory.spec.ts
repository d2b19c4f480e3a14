import { describeEventLog } from '../conformance';
import { createMemoryLog } from './memory-log';

describeEventLog('in memory', () => {
  const log = createMemoryLog({ now: () => Date.now() });
  return Promise.resolve({
    log,
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
