import { HEADERS, TOPICS, qualify } from '#contracts';
import { readTopic, type EventLog } from '#eventlog';

/** Source positions that a fold gave up: replay skips them as the fold did (law L9). */
export interface DeadLettered {
  has(partition: number, offset: number): boolean;
  readonly count: number;
}

/** Reads the dead letters of one fold over one source. `fold` as it calls itself, `source` below the namespace. */
export const readDeadLettered = async (
  log: EventLog,
  namespace: string,
  { service, fold, source }: { readonly service: string; readonly fold: string; readonly source: string },
): Promise<DeadLettered> => {
  const topic = qualify(namespace, TOPICS.deadLetters(service));
  const ranges = new Map<number, { first: number; last: number }[]>();
  let count = 0;
  const letters = (await log.partitionCount(topic)) === undefined ? [] : await readTopic(log, topic);
  for (const { headers } of letters) {
    if (headers.text(HEADERS.handler) !== `${service}.${fold}`) continue;
    const origin = parseOrigin(headers.text(HEADERS.origin), source);
    if (!origin) continue;
    const { partition, ...range } = origin;
    ranges.set(partition, [...(ranges.get(partition) ?? []), range]);
    count++;
  }
  return {
    count,
    has: (partition, offset) =>
      ranges.get(partition)?.some(({ first, last }) => first <= offset && offset <= last) ?? false,
  };
};

/** `<source>:<partition>-<first>`, or `..<last>` behind it for a batch. */
const parseOrigin = (
  origin: string | undefined,
  source: string,
): { partition: number; first: number; last: number } | undefined => {
  if (!origin?.startsWith(`${source}:`)) return undefined;
  const match = /^(\d{1,9})-(\d{1,16})(?:\.\.(\d{1,16}))?$/.exec(origin.slice(source.length + 1));
  if (!match) return undefined;
  const first = Number(match[2]);
  return { partition: Number(match[1]), first, last: match[3] === undefined ? first : Number(match[3]) };
};
