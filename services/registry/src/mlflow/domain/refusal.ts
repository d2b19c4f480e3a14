/** Why MLflow's server says no, in its own words: the client raises by the code. */
export type RefusalCode =
  | 'INVALID_PARAMETER_VALUE'
  | 'RESOURCE_DOES_NOT_EXIST'
  | 'RESOURCE_ALREADY_EXISTS'
  | 'PERMISSION_DENIED'
  | 'BAD_REQUEST'
  | 'ENDPOINT_NOT_FOUND'
  | 'NOT_IMPLEMENTED'
  | 'REQUEST_LIMIT_EXCEEDED'
  | 'TEMPORARILY_UNAVAILABLE'
  | 'INTERNAL_ERROR';

export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
}

/** A refusal on its way to the client. */
export class RefusedByMlflow extends Error implements Refusal {
  constructor(
    readonly code: RefusalCode,
    message: string,
  ) {
    super(message);
  }
}

export const invalid = (message: string): RefusedByMlflow =>
  new RefusedByMlflow('INVALID_PARAMETER_VALUE', message);

export const absent = (message: string): RefusedByMlflow =>
  new RefusedByMlflow('RESOURCE_DOES_NOT_EXIST', message);
