import type { ERROR_CODES } from '#kernel';
import { code, table } from './markdown';

export const errorsPage = (codes: typeof ERROR_CODES): string =>
  [
    '# Error codes',
    'Doors answer `{"error": {"code", "message", "details"}}` with the status of the code, except where a protocol fixes another shape; commands print the message and, with `--json`, the same object. What the platform does about an error on the log is its disposition: see CONTRIBUTING.md, "Errors".',
    table(
      ['code', 'status', 'meaning'],
      Object.entries(codes).map(([name, { status, meaning }]) => [code(name), String(status), meaning]),
    ),
  ].join('\n\n');

export const rejectionsPage = (codes: Readonly<Record<string, string>>): string =>
  [
    '# Rejection codes',
    'The `code` of a record on `ingestion.rejections.<stream>`, and of an early answer of the ingest door: why a JSON object of the inbox is no observation. What is no JSON object at all goes to `ingestion.dead-letters` instead.',
    table(
      ['code', 'meaning'],
      Object.entries(codes).map(([name, meaning]) => [code(name), meaning]),
    ),
  ].join('\n\n');
