import { sourcePositionOf } from '#contracts';
import type { Content, LogRecord } from '#eventlog';

/** What a person recognises a record by; nothing where the value is not one of ours any more. */
const of = (
  value: Content | null,
): { readonly event: string | null; readonly entity: Readonly<Record<string, string>> | null } => {
  try {
    const { event_id: event, entity } = JSON.parse(String(value)) as {
      event_id?: string;
      entity?: Readonly<Record<string, string>>;
    };
    return { event: event ?? null, entity: entity ?? null };
  } catch {
    return { event: null, entity: null };
  }
};

const sourceOf = (record: LogRecord | undefined): number =>
  (record && sourcePositionOf(record.headers)?.offset) ?? -1;

export const describeRecord = { of, sourceOf };
