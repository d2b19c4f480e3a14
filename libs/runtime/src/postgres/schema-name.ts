import { sha256 } from '#kernel';

/** Postgres cuts identifiers off at 63 bytes, which would let two namespaces meet. */
const LONGEST = 63;

/**
 * The schema of a service: `<namespace>_<service>` with everything but letters, digits and `_` replaced. Where that changed or would
 * have to shorten the name, eight digits of its digest keep two namespaces apart.
 */
export const schemaName = (namespace: string, service: string): string => {
  const exact = `${namespace}_${service}`;
  const safe = exact.toLowerCase().replace(/[^a-z0-9_]/g, '_');
  if (safe === exact && safe.length <= LONGEST) return safe;
  const mark = sha256(exact).slice(0, 8);
  return `${safe.slice(0, LONGEST - mark.length - 1)}_${mark}`;
};
