import { ConfigurationError, Refused, type Digest } from '#kernel';

const DIGEST = /^[0-9a-f]{64}$/;
const DIGEST_PREFIX = /^[0-9a-f]{0,64}$/;
const NAMESPACE = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** `<namespace>/sha256/`: everything of one namespace lies below it. */
export const keyRoot = (namespace: string): string => {
  if (!NAMESPACE.test(namespace)) {
    throw new ConfigurationError([
      `namespace "${namespace}": letters, digits, ".", "_" and "-" only, a letter or digit first`,
    ]);
  }
  return `${namespace}/sha256/`;
};

/** `<namespace>/sha256/ab/abcdef...`: two digits of the digest spread the artifacts over 256 folders. */
export const keyOf = (root: string, digest: Digest): string => {
  if (!DIGEST.test(digest)) {
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `"${digest}" is not a digest; it has 64 lower-case hexadecimal digits`,
    );
  }
  return `${root}${digest.slice(0, 2)}/${digest}`;
};

export const requireDigestPrefix = (prefix: string): string => {
  if (!DIGEST_PREFIX.test(prefix)) {
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `"${prefix}" does not begin a digest; use lower-case hexadecimal digits`,
    );
  }
  return prefix;
};

/** The digest that a key ends with, or nothing when the key is not one of ours. */
export const digestOfKey = (key: string): Digest | undefined => {
  const last = key.slice(key.lastIndexOf('/') + 1);
  return DIGEST.test(last) ? last : undefined;
};
