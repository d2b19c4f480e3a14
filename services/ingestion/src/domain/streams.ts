import {
  compileEventValidator,
  compileObservationEncoder,
  compileObservationReader,
  type CompiledStream,
  type DefinitionApplied,
  type EventOf,
  type Observation,
} from '#contracts';
import { Defect } from '#kernel';
import type { StreamRules } from './decide';

/** A stream in its newest revision, ready to decide. */
export interface StreamInForce extends StreamRules {
  readonly name: string;
  readonly revision: string;
  readonly definition: CompiledStream;
  readonly encode: (event: Observation) => Buffer;
  /** The id of an observation of the stream, from its value. */
  readonly readId: (value: Buffer) => string;
}

/** All streams as `registry.definitions` tells them: a pure fold over that topic. */
export type Streams = ReadonlyMap<string, StreamInForce>;

export const evolveStreams = (streams: Streams, fact: EventOf<typeof DefinitionApplied>): Streams => {
  if (fact.kind !== 'Stream') return streams;
  const definition = fact.compiled as unknown as CompiledStream;
  const { key, id, time, partitions, latenessMs, dedupeMs, skewMs, jumpMs } = definition;
  const read = compileObservationReader([id]);
  return new Map(streams).set(fact.name, {
    name: fact.name,
    revision: fact.revision,
    definition,
    ...{ key, id, time, partitions, latenessMs, dedupeMs, skewMs, jumpMs },
    validate: compileEventValidator(definition),
    encode: compileObservationEncoder(definition),
    readId: (value) => String((read(value) as Observation)[id]),
  });
};

export const streamOf = (streams: Streams, name: string): StreamInForce => {
  const stream = streams.get(name);
  if (!stream) throw new Defect(`stream ${name} is not defined at this position`);
  return stream;
};
