import type { CompiledStream } from '#contracts';
import type { Row } from './read-rows';

const ZONELESS = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)$/;

/**
 * Cells to fields: columns are renamed by `map` (column -> field), kept where a field has their name, and converted by the field's
 * type. What cannot be converted stays as it is, so that the schema refuses it with its own reason. Zone-less times are UTC.
 */
export const rowConverter = (
  stream: Pick<CompiledStream, 'fields'>,
  map: ReadonlyMap<string, string> = new Map(),
): ((row: Row) => Record<string, unknown>) => {
  const types = new Map(stream.fields.map(({ name, type }) => [name, type]));
  return (row) => {
    const event: Record<string, unknown> = {};
    for (const column in row) {
      const field = map.get(column) ?? column;
      const type = types.get(field);
      const cell = row[column];
      if (type === undefined || cell === undefined) continue;
      event[field] = cell === null || cell === '' ? null : convert(cell, type);
    }
    return event;
  };
};

const convert = (cell: unknown, type: string): unknown => {
  switch (type) {
    case 'string':
      return String(cell);
    case 'number':
    case 'integer': {
      const number = typeof cell === 'number' ? cell : Number(cell);
      return Number.isNaN(number) ? cell : number;
    }
    case 'boolean':
      return toBoolean(cell);
    case 'timestamp':
      return toTimestamp(cell);
    default:
      return cell;
  }
};

const toBoolean = (cell: unknown): unknown => {
  const text = String(cell).toLowerCase();
  if (text === 'true' || text === '1' || text === 't') return true;
  if (text === 'false' || text === '0' || text === 'f') return false;
  return cell;
};

const toTimestamp = (cell: unknown): unknown => {
  if (typeof cell === 'number') return cell;
  const text = String(cell).trim();
  const match = ZONELESS.exec(text);
  if (match) return `${match[1]}T${match[2]!.length === 5 ? `${match[2]}:00` : match[2]}Z`;
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return `${text}T00:00:00Z`;
  return /^\d{10,}$/.test(text) ? Number(text) : text;
};
