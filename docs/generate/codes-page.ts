import type { ERROR_CODES } from '#kernel';
import { code, table } from './markdown';

export const errorsPage = (
  codes: typeof ERROR_CODES,
  dispositions: ReadonlyMap<string, ReadonlySet<string>>,
): string =>
  [
    '# Error codes',
    'Doors answer `{"error": {"code", "message", "details"}}` with the status of the code, except where a protocol fixes another shape; commands print the message and, with `--json`, the same object. The message says what is wrong in this case; the list says what a code means and what whoever sees it does.',
    'The disposition says what the platform itself does where it meets the error on the log, and is the one that the code throws it with. A code with two is thrown in places that differ in what can be done: a record is tried again where a command is refused.',
    table(
      ['disposition', 'what follows'],
      [
        [
          'dead-letter',
          'the record goes to the dead letters with raw bytes and reason; the partition goes on',
        ],
        ['retry', 'a pause, then again, for as long as it takes; nothing is skipped. A door answers 503'],
        ['abandon', 'the work is dropped uncommitted: somebody else has the partition'],
        ['halt', 'the service stops and says why'],
        ['refuse-to-start', 'all faults are listed, exit code 2, nothing was connected'],
        ['refuse', 'a door answers with the status; a command ends with exit code 2'],
      ],
    ),
    table(
      ['code', 'disposition', 'status', 'meaning', 'what to do'],
      Object.entries(codes).map(([name, { status, meaning, action }]) => [
        code(name),
        [...(dispositions.get(name) ?? ['answered only'])].sort().join(', '),
        String(status),
        meaning,
        action,
      ]),
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
