/**
 * Every error code of the platform, with the HTTP status a door answers with and one line of meaning.
 * Add a code here first; `codes.spec.ts` walks the list, and `docs/reference/errors.md` is generated from it.
 */
export const ERROR_CODES = {
  PLAYHEAD_DEFECT: { status: 500, meaning: 'an invariant of our own code does not hold' },
  PLAYHEAD_CONFIG_INVALID: {
    status: 500,
    meaning: 'options or environment are not valid; all faults are listed',
  },
  PLAYHEAD_CANONICAL_UNSAFE_INTEGER: { status: 400, meaning: 'an integer beyond 2^53; send it as a string' },
  PLAYHEAD_CANONICAL_UNSUPPORTED: { status: 400, meaning: 'a value that has no canonical JSON form' },
  PLAYHEAD_EXPRESSION_INVALID: {
    status: 400,
    meaning: 'a CEL expression does not parse or has the wrong type',
  },
  PLAYHEAD_DURATION_INVALID: { status: 400, meaning: 'not a duration such as 30s, 15m, 1h, 7d' },
  PLAYHEAD_POSITION_INVALID: { status: 400, meaning: 'not a position such as 2-18273 or 2-18273.1' },
  PLAYHEAD_DEFINITION_INVALID: {
    status: 400,
    meaning: 'definitions are not valid; each fault has its line and a suggestion',
  },
  PLAYHEAD_LOG_OWNERSHIP_LOST: { status: 503, meaning: 'the partition moved to another worker' },
  PLAYHEAD_LOG_REWRITTEN: { status: 500, meaning: 'the log below a resume point is not what it was; halted' },
  PLAYHEAD_LOG_HOLE: { status: 409, meaning: 'offsets that are needed are no longer on the log' },
  PLAYHEAD_LOG_UNAVAILABLE: { status: 503, meaning: 'the broker is away or did not acknowledge' },
  PLAYHEAD_LOG_SEND_INCOMPLETE: {
    status: 503,
    meaning: 'an answer did not name every partition that was sent',
  },
  PLAYHEAD_LOG_TOPIC_MISMATCH: {
    status: 500,
    meaning: 'a topic exists with other settings than the platform needs',
  },
  PLAYHEAD_LOG_BATCH_UNREADABLE: { status: 400, meaning: 'a record batch cannot be decoded' },
  PLAYHEAD_ENVELOPE_INVALID: { status: 400, meaning: 'a record does not carry the envelope of its topic' },
  PLAYHEAD_CONTRACT_VIOLATED: { status: 400, meaning: 'a value does not keep the schema of its event' },
  PLAYHEAD_ARTIFACT_NOT_FOUND: { status: 404, meaning: 'no artifact with that digest' },
  PLAYHEAD_ARTIFACT_CORRUPT: {
    status: 500,
    meaning: 'stored bytes do not have the digest they are stored under',
  },
  PLAYHEAD_ARTIFACT_UNAVAILABLE: { status: 503, meaning: 'the object store is away' },
  PLAYHEAD_POSTGRES_UNAVAILABLE: {
    status: 503,
    meaning: 'Postgres is away; what needs the read model cannot be answered',
  },
  PLAYHEAD_REQUEST_INVALID: { status: 400, meaning: 'the request cannot be understood' },
  PLAYHEAD_REQUEST_TOO_LARGE: { status: 413, meaning: 'the body or an event is over its limit' },
  PLAYHEAD_REQUEST_MEDIA_TYPE: { status: 415, meaning: 'the content type is not one the door takes' },
  PLAYHEAD_NOT_FOUND: { status: 404, meaning: 'no such thing' },
  PLAYHEAD_NOT_READY: { status: 503, meaning: 'the service has not caught up or a dependency is away' },
  PLAYHEAD_CONFLICT: {
    status: 409,
    meaning: 'the request does not fit the present state; the message says why',
  },
  PLAYHEAD_INGEST_REFUSED: {
    status: 400,
    meaning: 'the schema of the stream refuses every event of the body; they are in its inbox all the same',
  },
  PLAYHEAD_OVERLOADED: { status: 429, meaning: 'too much work is queued; try again after a moment' },
  PLAYHEAD_DISK_FULL: { status: 503, meaning: 'the disk guard refuses writes before the broker fills up' },
  PLAYHEAD_FEATURES_SNAPSHOT_INVALID: {
    status: 500,
    meaning: 'stored window state is damaged or of another definition; fold it again from the log',
  },
  PLAYHEAD_LEARN_INVALID: { status: 400, meaning: 'the data set or parameters cannot be trained on' },
  PLAYHEAD_LEARN_CANCELLED: { status: 409, meaning: 'the training run was cancelled' },
  PLAYHEAD_LEARN_CRASHED: {
    status: 500,
    meaning:
      'the fit ended without an answer, twice: out of memory, or its thread broke; give it more memory or less data',
  },
  PLAYHEAD_INFERENCE_INVALID: { status: 400, meaning: 'the input does not fit the model' },
  PLAYHEAD_INFERENCE_MODEL_INVALID: { status: 400, meaning: 'the model file cannot be loaded' },
  PLAYHEAD_DRIFT_INVALID: { status: 400, meaning: 'the columns cannot be compared' },
  PLAYHEAD_STACK_UNAVAILABLE: {
    status: 503,
    meaning: 'a part of the local stack did not start; the log file is named',
  },
  PLAYHEAD_STACK_MISSING: {
    status: 500,
    meaning: 'a program that the local stack needs is missing; the remedy is named',
  },
} as const satisfies Record<string, { status: number; meaning: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;
