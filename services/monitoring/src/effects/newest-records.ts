import { readRecords, type EventLog, type LogRecord } from '#eventlog';

/** The last records of a topic, the newest append time first: at most `limit` are given, and at most `limit` of each partition read. */
export const newestRecords = async (log: EventLog, topic: string, limit: number): Promise<LogRecord[]> => {
  const ends = await log.ends(topic);
  const lists = await Promise.all(
    ends.map(async ({ partition, start, end }) => {
      const records: LogRecord[] = [];
      for await (const record of readRecords(log, topic, partition, Math.max(start, end - limit), end))
        records.push(record);
      return records;
    }),
  );
  return lists
    .flat()
    .sort((a, b) => b.timestamp - a.timestamp || b.offset - a.offset)
    .slice(0, limit);
};
