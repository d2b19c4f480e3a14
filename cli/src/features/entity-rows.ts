import { Refused } from '#kernel';
import type { EntityRowInput } from '#replay';
import { rowConverter } from '../produce/convert-row';
import { readRows } from '../produce/read-rows';

/** `--entity customer_id=4961 --entity terminal_id=3412` as an object. */
export const entityIn = (pairs: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new Refused('PLAYHEAD_REQUEST_INVALID', `--entity ${pair} is no field=value`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );

/** Rows of a file: keys as text, `event_timestamp` as RFC 3339 (zone-less times are UTC), other columns as they are. */
export const readEntityRows = async (path: string, fields: readonly string[]): Promise<EntityRowInput[]> => {
  const convert = rowConverter({
    fields: [
      ...fields.map((name) => ({ name, type: 'string' as const, required: true, nullable: false })),
      { name: 'event_timestamp', type: 'timestamp' as const, required: true, nullable: false },
    ],
  });
  const rows: EntityRowInput[] = [];
  for await (const row of readRows({ path })) rows.push({ ...row, ...convert(row) });
  if (rows.length === 0) throw new Refused('PLAYHEAD_REQUEST_INVALID', `${path} has no rows`);
  return rows;
};
