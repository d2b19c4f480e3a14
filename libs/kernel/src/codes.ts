/**
 * Every error code of the platform, with the HTTP status a door answers with, one line of meaning, and what whoever sees it does.
 * Add a code here first; `docs/reference/errors.md` is generated from it, and its spec finds codes that nothing throws.
 */
export const ERROR_CODES = {
  PLAYHEAD_DEFECT: {
    status: 500,
    meaning: 'an invariant of our own code does not hold',
    action:
      'report it with the log lines around it; on the log the record is tried again alone, then set aside',
  },
  PLAYHEAD_CONFIG_INVALID: {
    status: 500,
    meaning: 'options or environment are not valid; all faults are listed',
    action: 'set the variables right that are named (docs/reference/config.md) and start again',
  },
  PLAYHEAD_CANONICAL_UNSAFE_INTEGER: {
    status: 400,
    meaning: 'an integer beyond 2^53; send it as a string',
    action: 'send the number as a string',
  },
  PLAYHEAD_CANONICAL_UNSUPPORTED: {
    status: 400,
    meaning: 'a value that has no canonical JSON form',
    action: 'send plain JSON: no undefined, functions or cycles',
  },
  PLAYHEAD_EXPRESSION_INVALID: {
    status: 400,
    meaning: 'a CEL expression does not parse or has the wrong type',
    action: 'correct the expression at the line that is named and apply again',
  },
  PLAYHEAD_DURATION_INVALID: {
    status: 400,
    meaning: 'not a duration such as 30s, 15m, 1h, 7d',
    action: 'write a whole number and a unit: s, m, h or d',
  },
  PLAYHEAD_POSITION_INVALID: {
    status: 400,
    meaning: 'not a position such as 2-18273 or 2-18273.1',
    action: 'write <partition>-<offset>, with .<k> where a record gave several',
  },
  PLAYHEAD_DEFINITION_INVALID: {
    status: 400,
    meaning: 'definitions are not valid; each fault has its line and a suggestion',
    action: 'correct the lines that are named and apply again',
  },
  PLAYHEAD_LOG_OWNERSHIP_LOST: {
    status: 503,
    meaning: 'the partition moved to another worker',
    action: 'nothing; the new owner goes on where this one stopped',
  },
  PLAYHEAD_LOG_REWRITTEN: {
    status: 500,
    meaning: 'the log below a resume point is not what it was; halted',
    action:
      'find out who deleted or recreated the topic; put back what was there, or begin with a namespace of its own',
  },
  PLAYHEAD_LOG_HOLE: {
    status: 409,
    meaning: 'offsets that are needed are no longer on the log',
    action: 'keep records longer (retention of the topic); ask for a range that is still there',
  },
  PLAYHEAD_LOG_CORRUPT: {
    status: 500,
    meaning: 'a batch on the broker does not have the bytes that its checksum is of; it is not sealed',
    action:
      '`./playhead log verify` names what is broken; what is sealed can be restored (docs/how-to/sealed-segments.md)',
  },
  PLAYHEAD_LOG_UNAVAILABLE: {
    status: 503,
    meaning: 'the broker is away or did not acknowledge',
    action: 'bring the broker back; services wait and go on by themselves, a caller asks again',
  },
  PLAYHEAD_LOG_SEND_INCOMPLETE: {
    status: 503,
    meaning: 'an answer did not name every partition that was sent',
    action: 'nothing; it is sent again by a new producer',
  },
  PLAYHEAD_LOG_TOPIC_MISMATCH: {
    status: 500,
    meaning: 'a topic exists with other settings than the platform needs',
    action: 'delete the foreign topic or make it as the message says; partitions are for ever',
  },
  PLAYHEAD_ENVELOPE_INVALID: {
    status: 400,
    meaning: 'a record does not carry the envelope of its topic',
    action: 'find the writer that is none of the services; the record lies in dead letters',
  },
  PLAYHEAD_CONTRACT_VIOLATED: {
    status: 400,
    meaning: 'a value does not keep the schema of its event',
    action:
      'find the writer that breaks the contract (docs/reference/events.md); the record lies in dead letters',
  },
  PLAYHEAD_ARTIFACT_NOT_FOUND: {
    status: 404,
    meaning: 'no artifact with that digest',
    action:
      'check that the service reads the store that the artifact was written to; train or build it again',
  },
  PLAYHEAD_ARTIFACT_CORRUPT: {
    status: 500,
    meaning: 'stored bytes do not have the digest they are stored under',
    action: 'put the object back from a copy, or make it again: a put of the same bytes repairs it',
  },
  PLAYHEAD_ARTIFACT_UNAVAILABLE: {
    status: 503,
    meaning: 'the object store is away',
    action: 'bring the object store back; services wait and go on by themselves',
  },
  PLAYHEAD_SEGMENT_CORRUPT: {
    status: 500,
    meaning: 'a sealed segment is not what was sealed: its manifest, its bytes or its Merkle root differ',
    action:
      '`./playhead log seal --repair` while the broker holds the range, else put the object back from a copy of the store',
  },
  PLAYHEAD_POSTGRES_UNAVAILABLE: {
    status: 503,
    meaning: 'Postgres is away; what needs the read model cannot be answered',
    action: 'bring Postgres back; the log goes on meanwhile, the read model catches up',
  },
  PLAYHEAD_REQUEST_INVALID: {
    status: 400,
    meaning: 'the request cannot be understood',
    action: 'correct the request as the message says; /openapi.json of the service describes it',
  },
  PLAYHEAD_REQUEST_TOO_LARGE: {
    status: 413,
    meaning: 'the body or an event is over its limit',
    action: 'send fewer or smaller events in one body',
  },
  PLAYHEAD_REQUEST_METHOD: {
    status: 405,
    meaning: 'the path is asked with another method',
    action: 'use a method that the header `Allow` names',
  },
  PLAYHEAD_REQUEST_MEDIA_TYPE: {
    status: 415,
    meaning: 'the content type is not one the door takes',
    action: 'send a content type that the message names',
  },
  PLAYHEAD_NOT_FOUND: {
    status: 404,
    meaning: 'no such thing',
    action: 'check the name; apply the definition first where it is one',
  },
  PLAYHEAD_NOT_READY: {
    status: 503,
    meaning: 'the service has not caught up or a dependency is away',
    action: 'ask again in a moment; /health/ready says what is waited for',
  },
  PLAYHEAD_CONFLICT: {
    status: 409,
    meaning: 'the request does not fit the present state; the message says why',
    action: 'do what the message says, then ask again',
  },
  PLAYHEAD_INGEST_REFUSED: {
    status: 400,
    meaning: 'the schema of the stream refuses every event of the body; they are in its inbox all the same',
    action: 'correct the events as `rejected` says, one line for each; send them under new ids or the same',
  },
  PLAYHEAD_OVERLOADED: {
    status: 429,
    meaning: 'too much work is queued; try again after a moment',
    action: 'send again after a pause that grows, or start more instances',
  },
  PLAYHEAD_DEADLINE_EXCEEDED: {
    status: 504,
    meaning:
      'the answer was not there when the time that the caller gave was over; a row that still waited is not scored',
    action:
      'give more time, or send less at once; `retryAfterMs` of a refusal for overload says how long the queue is',
  },
  PLAYHEAD_CANCELLED: {
    status: 499,
    meaning: 'the caller went away before the answer was there',
    action: 'nothing; ask again if the answer is wanted after all',
  },
  PLAYHEAD_DISK_FULL: {
    status: 503,
    meaning: 'the disk guard refuses writes before the broker fills up',
    action: 'free space on the disk of the broker, or give it more',
  },
  PLAYHEAD_FEATURES_PART_FAILED: {
    status: 500,
    meaning: 'a stage of the feature service set the trigger aside, so its vector cannot be made',
    action: "look at the stage's own dead letter, and replay with the fixed code",
  },
  PLAYHEAD_FEATURES_SNAPSHOT_INVALID: {
    status: 500,
    meaning: 'stored window state is damaged or of another definition; fold it again from the log',
    action: 'nothing; the state is folded from the log again',
  },
  PLAYHEAD_LEARN_INVALID: {
    status: 400,
    meaning: 'the data set or parameters cannot be trained on',
    action: 'correct parameters or data as `details.faults` says, and train again',
  },
  PLAYHEAD_LEARN_CANCELLED: {
    status: 409,
    meaning: 'the training run was cancelled',
    action: 'nothing; ask for a new run if it is wanted after all',
  },
  PLAYHEAD_LEARN_CRASHED: {
    status: 500,
    meaning:
      'the fit ended without an answer, twice: out of memory, or its thread broke; give it more memory or less data',
    action: 'give training more memory or the run less data, and train again',
  },
  PLAYHEAD_COMMAND_OFF: {
    status: 409,
    meaning: 'programs as trainers are switched off here',
    action: 'start training with PLAYHEAD_COMMAND_TRAINERS=on where its programs may be trusted',
  },
  PLAYHEAD_COMMAND_NOT_FOUND: {
    status: 400,
    meaning: 'the program of a command trainer is not there, or is no program (exit codes 126 and 127)',
    action: 'put the program on the PATH of training, or write its whole path in `run`',
  },
  PLAYHEAD_COMMAND_FAILED: {
    status: 400,
    meaning: 'the program of a command trainer ended with another code than 0',
    action:
      'read the end of its output in the message, all of it in the logs of the run; correct the program',
  },
  PLAYHEAD_COMMAND_KILLED: {
    status: 500,
    meaning:
      'the program of a command trainer was ended by a signal that nobody here sent (exit codes above 128)',
    action: 'see whether the machine ran out of memory; a crash of the program stands in the logs of the run',
  },
  PLAYHEAD_COMMAND_TIMEOUT: {
    status: 400,
    meaning: 'the program of a command trainer took longer than its `timeout`',
    action: 'raise `timeout`, or give it less to do',
  },
  PLAYHEAD_COMMAND_MEMORY: {
    status: 400,
    meaning: 'the program of a command trainer, with all that it started, held more than its `memory`',
    action: 'raise `memory`, or give it less data',
  },
  PLAYHEAD_COMMAND_OUTPUT: {
    status: 400,
    meaning: 'the program of a command trainer wrote more than its `output`',
    action: 'raise `output`, or write less',
  },
  PLAYHEAD_COMMAND_RESULT_INVALID: {
    status: 400,
    meaning: 'what the program of a command trainer left cannot be used',
    action: 'write model.onnx, metrics.json and environment.json as docs/how-to/command-trainers.md says',
  },
  PLAYHEAD_INFERENCE_INVALID: {
    status: 400,
    meaning: 'the input does not fit the model',
    action: 'send rows with the features of the model, in its order; the message names what differs',
  },
  PLAYHEAD_INFERENCE_MODEL_INVALID: {
    status: 400,
    meaning: 'the model file cannot be loaded',
    action: 'train the version again; a model from elsewhere must be ONNX that the runtime can read',
  },
  PLAYHEAD_EVENT_STATE_TOO_LARGE: {
    status: 503,
    meaning: 'what serving would have to remember to predict for events takes more memory than it may',
    action: 'predict by entity, raise PLAYHEAD_SERVING_EVENT_STATE_MIB, or narrow the windows of the features',
  },
  PLAYHEAD_EXPLANATION_UNAVAILABLE: {
    status: 409,
    meaning: 'the answer of this model cannot be taken apart into contributions of its features',
    action:
      'ask without `explain`; models of gbdt (trained since it keeps covers), linear and logistic can be explained',
  },
  PLAYHEAD_INFERENCE_FAILED: {
    status: 500,
    meaning: 'the model ended its process, or took too long, for the same rows twice',
    action:
      'look at the rows; where they are as they should be, roll the version back: it hangs or dies on them',
  },
  PLAYHEAD_DRIFT_INVALID: {
    status: 400,
    meaning: 'the columns cannot be compared',
    action: 'compare columns that were counted with the same bins, with values on both sides',
  },
  PLAYHEAD_STACK_UNAVAILABLE: {
    status: 503,
    meaning: 'a part of the local stack did not start; the log file is named',
    action: 'read the log file that is named; `./playhead doctor` checks the rest',
  },
  PLAYHEAD_DATA_FOLDER_NEWER: {
    status: 409,
    meaning: 'the data folder was opened by a newer Playhead, which laid things out otherwise',
    action: 'use the release that is named or a later one, or another --data-dir',
  },
  PLAYHEAD_STACK_MISSING: {
    status: 500,
    meaning: 'a program that the local stack needs is missing; the remedy is named',
    action: 'do what the message says; `./playhead doctor` lists all that is missing',
  },
} as const satisfies Record<string, { status: number; meaning: string; action: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;
