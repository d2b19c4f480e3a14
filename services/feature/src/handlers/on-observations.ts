import { EnvelopeTemplate, HEADERS, TOPICS, VectorComputed, type EnvelopeHeader } from '#contracts';
import { checksumOf, perRecord, type Fold, type FollowedTopic } from '#eventlog';
import { Defect, formatPosition, sha256 } from '#kernel';
import { PartitionState } from '../domain/partition-state';
import { definitionHeader, type ServiceDefinition, type Services } from '../domain/services';
import { foldVector, parseObservation } from '../domain/vector';

export interface ObservationsHandler {
  /** Feature service. */
  readonly service: string;
  /** Its trigger stream. */
  readonly stream: string;
  /** Full name of `feature.vectors.<service>`. */
  readonly vectors: string;
  readonly control: FollowedTopic<Services>;
}

/** One vector for each trigger event, in its partition and order: what was known about the entity at that moment. */
export const onObservations = ({
  service: name,
  stream,
  vectors,
  control,
}: ObservationsHandler): Fold<PartitionState, Services> => {
  const template = new EnvelopeTemplate({ type: VectorComputed.type, source: TOPICS.observations(stream) });
  const definitionHeaders = new WeakMap<ServiceDefinition, EnvelopeHeader>();
  const headerOf = (service: ServiceDefinition): EnvelopeHeader => {
    let header = definitionHeaders.get(service);
    if (!header) definitionHeaders.set(service, (header = [HEADERS.definition, definitionHeader(service)]));
    return header;
  };
  return {
    name: 'vectors',
    initial: () => new PartitionState(),
    total: true,
    dropSeen: true,
    definition: (services) => sha256(definitionHeader(serviceOf(services, name))),
    restore: {
      from: 'source',
      snapshot: {
        encode: (state) => state.encode(serviceOf(control.state, name)),
        decode: (bytes) => PartitionState.decode(bytes, serviceOf(control.state, name)),
      },
    },
    process: perRecord((state, record, round) => {
      const service = serviceOf(round.control, name);
      const position = formatPosition(record.partition, record.offset);
      const { text, time } = foldVector(state, parseObservation(record.value), service, position);
      round.emit({
        topic: vectors,
        partition: record.partition,
        key: record.key,
        value: text,
        shared: template.shared(round.controlHeader, headerOf(service)),
        headers: template.own(position, time, [HEADERS.sourceCrc, checksumOf(record.value)]),
        source: record.offset,
        k: 0,
      });
    }),
  };
};

const serviceOf = (services: Services, name: string): ServiceDefinition => {
  const service = services.get(name);
  if (!service) throw new Defect(`feature service ${name} is not defined at this position`);
  return service;
};
