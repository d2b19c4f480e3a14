import { Refused } from '#kernel';

/** `fraud@3` or `fraud@champion`. */
export interface VersionReference {
  readonly model: string;
  /** A number or an alias. */
  readonly version: string;
}

const REFERENCE = /^([^@\s]+)@([^@\s]+)$/;

export const parseVersionReference = (text: string): VersionReference => {
  const match = REFERENCE.exec(text);
  if (!match)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `"${text}" does not name a version; write for example fraud@3 or fraud@champion`,
    );
  return { model: match[1]!, version: match[2]! };
};

/** A model, or one version of it. */
export const parseModelReference = (text: string): { readonly model: string; readonly version?: string } =>
  text.includes('@') ? parseVersionReference(text) : { model: text };
