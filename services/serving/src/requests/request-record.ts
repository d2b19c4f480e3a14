import { jsonString, murmur2 } from '#kernel';
import { decide } from '#folds';
import type { InferAnswer, InferCall } from '../inference';

/** A request that is logged: what was asked, and what was answered. */
export interface LoggedRequest {
  readonly call: InferCall;
  readonly answer: InferAnswer;
  /** That labels name it by. */
  readonly id: string;
}

/**
 * The value of `serving.request.answered` as canonical JSON text, written by hand because answers wait for it: numbers of float32 as
 * their exact doubles, what is not finite null. Nothing in it says when.
 */
export const renderRequest = ({ call, answer, id }: LoggedRequest): string => {
  const { served, values, rows } = answer;
  const { deployment, model, reads, route } = served;
  const decisions = decisionsOf(answer);
  const entity =
    call.key === undefined || !deployment
      ? ''
      : `,"entity":{${jsonString(deployment.service.key)}:${jsonString(call.key)}}`;
  const event = call.event === undefined ? '' : `,"event":${JSON.stringify(call.event)}`;
  const vector = call.vector === undefined ? '' : `,"vector":"${call.vector}"`;
  return (
    `{"event_id":${jsonString(id)},"protocol":"${call.protocol}"${entity}${event}${vector},"model":${jsonString(model)}` +
    `,"version":${reads.version},"route":${jsonString(route)},"rows":${rows},"features":${numbers(call.matrix)},"output":${numbers(values)}` +
    `${decisions === undefined ? '' : `,"decision":[${decisions.join(',')}]`}}`
  );
};

/** Of each row; undefined without a threshold, and where an answer is no number to decide by. */
export const decisionsOf = ({ served, values, width, rows }: InferAnswer): readonly boolean[] | undefined => {
  const { deployment } = served;
  if (!deployment || deployment.threshold === null) return undefined;
  const decisions: boolean[] = [];
  for (let row = 0; row < rows; row++) {
    const decision = decide(deployment, { values, width }, row);
    if (decision === undefined) return undefined;
    decisions.push(decision);
  }
  return decisions;
};

const numbers = (values: Float32Array): string => {
  let text = '';
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    text += (i === 0 ? '' : ',') + (value - value === 0 ? String(value + 0) : 'null');
  }
  return `[${text}]`;
};

/** Whether `logging: sampled` keeps a request: by its id alone, so that every instance, and a request sent again, comes to the same. */
export const isSampled = (id: string, share: number): boolean =>
  (murmur2(Buffer.from(id)) >>> 0) % PARTS < share * PARTS;

const PARTS = 1_000_000;
