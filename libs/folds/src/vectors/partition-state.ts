import { Defect } from '#kernel';
import type { FeatureState } from '#features';
import type { ServiceDefinition, ServiceRevision } from './services';

/** What one partition remembers: the windows of each revision, by the digest of its definition. */
export class PartitionState {
  private readonly states = new Map<string, FeatureState>();

  /** A revision that came later begins with empty windows at the record after which it holds. */
  of({ digest, engine }: ServiceRevision): FeatureState {
    let state = this.states.get(digest);
    if (!state) this.states.set(digest, (state = engine.createState()));
    return state;
  }

  /** Length-prefixed pairs of digest and engine snapshot. */
  encode(service: ServiceDefinition): Uint8Array {
    const parts: Uint8Array[] = [];
    for (const revision of service.revisions) {
      if (!this.states.has(revision.digest)) continue;
      parts.push(
        framed(Buffer.from(revision.digest)),
        framed(revision.engine.encodeState(this.of(revision))),
      );
    }
    return Buffer.concat(parts);
  }

  static decode(bytes: Uint8Array, service: ServiceDefinition): PartitionState {
    const partition = new PartitionState();
    const frames = [...unframed(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))];
    for (let i = 0; i < frames.length; i += 2) {
      const digest = frames[i]!.toString();
      const revision = service.revisions.find((known) => known.digest === digest);
      if (!revision) throw new Defect(`a snapshot of ${service.name} holds the unknown definition ${digest}`);
      partition.states.set(digest, revision.engine.decodeState(frames[i + 1]!));
    }
    return partition;
  }
}

const framed = (bytes: Uint8Array): Uint8Array => {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
};

function* unframed(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32LE(at);
    yield bytes.subarray(at + 4, end);
    at = end;
  }
}
