import { HEADERS } from '#contracts';
import type { HeaderEntry, LogRecord } from '../port';
import type { Output, Round, Slice } from './fold';

const controlHeaders = new Map<number, HeaderEntry>();

/** The shared `ph_control` header of a control position. */
export const controlHeaderOf = (position: number): HeaderEntry => {
  let header = controlHeaders.get(position);
  if (!header) {
    if (controlHeaders.size > 1_000) controlHeaders.clear();
    controlHeaders.set(position, (header = [HEADERS.control, Buffer.from(String(position))]));
  }
  return header;
};

export const perRound = <State, Control>(
  slices: readonly Slice<State>[],
  control: Control,
  controlPosition: number,
  emit: (output: Output) => void,
  deadLetter: (record: LogRecord, code: string, reason: string) => void,
  silent = false,
): Round<State, Control> => ({
  slices,
  control,
  controlPosition,
  controlHeader: controlHeaderOf(controlPosition),
  silent,
  emit,
  deadLetter,
});
