import { createHmac } from 'node:crypto';

/** The key of one webhook, from a secret of the service: it need not be kept, and says nothing of the others. */
export const keyOfWebhook = (secret: string, webhook: string): Buffer =>
  createHmac('sha256', secret).update(`playhead webhook ${webhook}`).digest();

const PREFIX = 'whsec_';

/** As its receiver is given it: `whsec_<base64>`. */
export const keyText = (key: Buffer): string => `${PREFIX}${key.toString('base64')}`;

/** A key that somebody has chosen: `whsec_<base64>`, or any other text, whose bytes it is. */
export const keyOfText = (text: string): Buffer =>
  text.startsWith(PREFIX) ? Buffer.from(text.slice(PREFIX.length), 'base64') : Buffer.from(text);

/**
 * The headers of a delivery: `webhook-id` (the same at each attempt), `webhook-timestamp` (seconds) and `webhook-signature`,
 * `v1,` and the base64 HMAC-SHA256 of `<id>.<timestamp>.<body>` (standardwebhooks.com, version 1).
 */
export const signedHeaders = (
  key: Buffer,
  id: string,
  body: string,
  nowMs: number,
): Readonly<Record<string, string>> => {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
};
