import type { EventLog, LogProducer, MemoryLog } from '#eventlog';
import { PlatformError } from '#kernel';

export type Death = 'before the append' | 'in the middle of it' | 'after it';
export const DEATHS: readonly Death[] = ['before the append', 'in the middle of it', 'after it'];

export interface Mortal {
  readonly log: EventLog;
  readonly isDead: () => boolean;
  /** The broker notices, as by a session timeout: what the process owned goes to others. */
  readonly bury: () => Promise<void>;
}

/** The log as a process sees it that dies at its nth send: nothing that it does afterwards reaches the log, commits included. */
export const mortalLog = (log: MemoryLog, dieAt: number, death: Death): Mortal => {
  const leaves: (() => Promise<void>)[] = [];
  let sends = 0;
  const view = Object.create(log) as MemoryLog;
  const dying = (): never => {
    throw new PlatformError('PLAYHEAD_LOG_OWNERSHIP_LOST', 'halt', 'the process died');
  };
  view.producer = (): LogProducer => {
    const inner = log.producer();
    return {
      send: async (records) => {
        if (++sends < dieAt) return inner.send(records);
        if (sends === dieAt && death !== 'before the append')
          await inner.send(death === 'after it' ? records : records.slice(0, Math.ceil(records.length / 2)));
        return dying();
      },
      close: () => inner.close(),
    };
  };
  view.join = async (options) => {
    const membership = await log.join(options);
    const leave = (): Promise<void> => membership.leave();
    leaves.push(leave);
    return { leave, commit: (offsets) => (sends >= dieAt ? dying() : membership.commit(offsets)) };
  };
  return {
    log: view,
    isDead: () => sends >= dieAt,
    bury: async () => {
      for (const leave of leaves) await leave();
    },
  };
};
