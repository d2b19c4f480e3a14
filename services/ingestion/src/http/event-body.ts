import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Refused } from '#kernel';
import type { RequestHeaders } from './cut-body';

/** Before and after unpacking. */
export const MAX_BODY_BYTES = 16 * 1_048_576;

const unpack = promisify(gunzip);

/** The body as it was before `Content-Encoding`; gzip is the only one that is taken, and no more of it than a body may have. */
export const plainBody = async (body: unknown, headers: RequestHeaders): Promise<Buffer> => {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  const encoding = String(headers['content-encoding'] ?? 'identity')
    .trim()
    .toLowerCase();
  if (encoding === 'identity') return bytes;
  if (encoding !== 'gzip' && encoding !== 'x-gzip')
    throw new Refused(
      'PLAYHEAD_REQUEST_MEDIA_TYPE',
      `the body may be packed with gzip, not with ${encoding}`,
    );
  try {
    return await unpack(bytes, { maxOutputLength: MAX_BODY_BYTES });
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE')
      throw new Refused(
        'PLAYHEAD_REQUEST_TOO_LARGE',
        `the body has more than ${MAX_BODY_BYTES} bytes when unpacked`,
        { cause },
      );
    throw new Refused('PLAYHEAD_REQUEST_INVALID', 'the body is not gzip', { cause });
  }
};
