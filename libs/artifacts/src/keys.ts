import { ConfigurationError, Refused, type Digest } from '#kernel';
import type { Label } from './port';

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

/** `<namespace>/labels/`. */
export const labelRoot = (namespace: string): string => keyRoot(namespace).replace(/sha256\/$/, 'labels/');

const LABEL = /^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/;

/** `<namespace>/labels/<path>/<digest>`: an empty object; its key says all. */
export const labelKey = (root: string, path: string, digest: Digest): string => {
  requireLabel(path);
  keyOf('', digest);
  return `${root}${path}/${digest}`;
};

/** The folder itself, with its `/`; empty for all labels. */
export const requireFolder = (folder: string): string => {
  if (folder !== '') requireLabel(folder.replace(/\/$/, ''));
  return folder === '' || folder.endsWith('/') ? folder : `${folder}/`;
};

const requireLabel = (path: string): void => {
  if (!LABEL.test(path))
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `"${path}" is not a label: letters, digits, ".", "_" and "-", with "/" between names`,
    );
};

export const labelOfKey = (root: string, key: string): Label | undefined => {
  const digest = digestOfKey(key);
  if (digest === undefined || !key.startsWith(root)) return undefined;
  return { path: key.slice(root.length, key.length - digest.length - 1), digest };
};

/** By path, then by digest, whatever the order in which a store lists its keys. */
export const byLabel = (a: Label, b: Label): number =>
  a.path === b.path ? compare(a.digest, b.digest) : compare(a.path, b.path);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The digest that a key ends with, or nothing when the key is not one of ours. */
export const digestOfKey = (key: string): Digest | undefined => {
  const last = key.slice(key.lastIndexOf('/') + 1);
  return DIGEST.test(last) ? last : undefined;
};
