/**
 * Why a JSON object of the inbox is no observation: the `code` of a rejection, and of a door's early answer. One list; the
 * reference is generated from it.
 */
export const REJECTION_CODES = {
  MISSING_FIELD: 'a required field is absent',
  NOT_NULLABLE: 'a field is null that may not be',
  WRONG_TYPE: 'a field has another JSON type than the stream declares',
  UNSAFE_INTEGER: 'an integer beyond 2^53, which a double cannot hold exactly; send it as a string',
  OUT_OF_RANGE: 'a number below `min`, above `max`, or beyond the range of a double',
  DECIMALS:
    'more digits after the point than `decimals`, beyond the noise of computing in doubles, or too large for exact sums',
  NOT_IN_CATEGORIES: 'a text that is none of the `categories`',
  TOO_LONG: 'a text with more characters than `maxLength`; a key or id with more than 1,000',
  PATTERN: 'a text that does not match `pattern`',
  NOT_UNICODE: 'a text with half of a surrogate pair, which has no UTF-8 form',
  BAD_TIMESTAMP: 'neither RFC 3339 with a zone nor epoch milliseconds, or outside the years 0 to 9999',
  NO_KEY: 'the key is the empty text',
  NO_ID: 'the id is the empty text',
  RULE_FAILED: 'a rule of the stream is not true',
  RULE_ERROR: 'a rule of the stream raised an error, for example on a null',
  CLOUDEVENT_WITHOUT_EVENT: 'a CloudEvent whose data is no JSON object',
  TOO_LARGE: 'the observation, or the copy for the right partition, would be larger than a topic takes',
  DUPLICATE: 'an event with this id was observed within `dedupe`',
  TOO_LATE: 'further behind the watermark of the partition than `lateness`',
  TOO_EARLY: 'further ahead of the append time than `skew`',
} as const;

export type RejectionCode = keyof typeof REJECTION_CODES;
