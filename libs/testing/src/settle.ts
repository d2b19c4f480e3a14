import type { EventLog, FoldRunner } from '#eventlog';

/** Waits until a runner has folded and published everything that stands on its source; rejects after the deadline. */
export const settle = async (
  log: EventLog,
  sourceTopic: string,
  runner: Pick<FoldRunner<unknown, unknown>, 'status'>,
  deadlineMs = 5_000,
): Promise<void> => {
  const until = Date.now() + deadlineMs;
  for (;;) {
    const ends = await log.ends(sourceTopic);
    const status = runner.status();
    if (status.halted !== undefined) throw new Error(`the runner halted: ${status.halted}`);
    const done = ends.every(({ partition, end }) =>
      status.partitions.some((p) => p.partition === partition && p.next === end && p.acked === end),
    );
    if (done) return;
    if (Date.now() > until)
      throw new Error(
        `not settled in ${deadlineMs} ms: ${JSON.stringify(status)} of ${JSON.stringify(ends)}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};
