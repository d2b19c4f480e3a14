import { Refused, timestampMs } from '#kernel';

/** Next offset to be read of each partition: what stands below it is known. */
export type OffsetVector = ReadonlyMap<number, number>;

/** A cut: a time of the world that events speak of (epoch ms), or offsets of the vectors and, where they are said, of the labels. */
export type AsOf =
  | { readonly by: 'time'; readonly time: number }
  | { readonly by: 'offsets'; readonly vectors?: OffsetVector; readonly labels?: OffsetVector };

const invalid = (text: string, why: string): Refused =>
  new Refused(
    'PLAYHEAD_REQUEST_INVALID',
    `asOf "${text}" ${why}; write a time such as 2018-05-06T00:00:00Z, offsets of the vectors such as 0:1200,1:1180, or both topics: vectors=0:1200,1:1180;labels=0:300,1:310`,
  );

/** Reads `<RFC 3339>`, `p:offset,...` (of the vectors), or `vectors=p:offset,...;labels=p:offset,...`, each part at most once. */
export const parseAsOf = (text: string): AsOf => {
  const time = timestampMs(text);
  if (!Number.isNaN(time)) return { by: 'time', time };
  const said: { vectors?: OffsetVector; labels?: OffsetVector } = {};
  for (const part of text.includes('=') ? text.split(';') : [`vectors=${text}`]) {
    const [name, offsets = ''] = part.split('=') as [string, string?];
    if (name !== 'vectors' && name !== 'labels') throw invalid(text, 'is no cut');
    if (said[name]) throw invalid(text, `names ${name} twice`);
    said[name] = offsetsIn(offsets, text);
  }
  return { by: 'offsets', ...said };
};

const offsetsIn = (list: string, text: string): OffsetVector => {
  const offsets = new Map<number, number>();
  for (const pair of list.split(',')) {
    const match = /^(\d{1,9}):(\d{1,15})$/.exec(pair);
    if (!match) throw invalid(text, 'is no cut');
    const partition = Number(match[1]);
    if (offsets.has(partition)) throw invalid(text, `names partition ${partition} twice`);
    offsets.set(partition, Number(match[2]));
  }
  return offsets;
};

/** The one text of a cut: time in the platform's own form, partitions in order. */
export const formatAsOf = (asOf: AsOf): string => {
  if (asOf.by === 'time') return new Date(asOf.time).toISOString();
  const list = (offsets: OffsetVector): string =>
    [...offsets]
      .sort(([a], [b]) => a - b)
      .map(([partition, offset]) => `${partition}:${offset}`)
      .join(',');
  return [
    ...(asOf.vectors ? [`vectors=${list(asOf.vectors)}`] : []),
    ...(asOf.labels ? [`labels=${list(asOf.labels)}`] : []),
  ].join(';');
};
