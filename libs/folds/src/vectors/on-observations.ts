import { EnvelopeTemplate, HEADERS, TOPICS, VectorComputed, type EnvelopeHeader } from '#contracts';
import { checksumOf, perRecord, type Fold, type LogRecord } from '#eventlog';
import type { PartsOfTrigger } from '../stages/gathered-parts';
import { Defect, formatPosition } from '#kernel';
import { PartitionState } from './partition-state';
import { sectionsOf } from './sections';
import { definitionHeader, type ServiceDefinition, type Services } from './services';
import { compileVectorFold, type VectorFold } from './vector';

export interface ObservationsHandler {
  /** Feature service. */
  readonly service: string;
  /** Its trigger stream. */
  readonly stream: string;
  /** Full name of `feature.vectors.<service>`. */
  readonly vectors: string;
  /** What the stages have answered; needed where a revision has stages. Asked once for each trigger, in their order. */
  readonly parts?: (trigger: LogRecord) => PartsOfTrigger;
}

/** One vector for each trigger event, in its partition and order: what was known about the entity at that moment. */
export const onObservations = ({
  service: name,
  stream,
  vectors,
  parts,
}: ObservationsHandler): Fold<PartitionState, Services> => {
  const template = new EnvelopeTemplate({ type: VectorComputed.type, source: TOPICS.observations(stream) });
  const prepared = new WeakMap<ServiceDefinition, Prepared>();
  const prepare = (service: ServiceDefinition): Prepared => {
    let made = prepared.get(service);
    if (!made) {
      const header: EnvelopeHeader = [HEADERS.definition, definitionHeader(service)];
      prepared.set(service, (made = { header, fold: compileVectorFold(service) }));
    }
    return made;
  };
  return {
    name: 'vectors',
    initial: () => new PartitionState(),
    total: true,
    dropSeen: true,
    restore: {
      from: 'sections',
      of: (services) => sectionsOf(serviceOf(services, name)),
      parts: ({ parts }) => parts,
    },
    process: (round) => {
      const { header, fold } = prepare(serviceOf(round.control, name));
      const shared = template.shared(round.controlHeader, header);
      return perRecord<PartitionState, Services>((state, record) => {
        const position = formatPosition(record.partition, record.offset);
        const { text, time, carried } = fold(state, record.value, position, parts?.(record));
        round.emit({
          topic: vectors,
          partition: record.partition,
          key: record.key,
          value: text,
          shared: carried
            ? template.shared(round.controlHeader, [
                HEADERS.definition,
                definitionHeader({ revisions: carried }),
              ])
            : shared,
          headers: template.own(position, time, [HEADERS.sourceCrc, checksumOf(record.value)]),
          source: record.offset,
          k: 0,
        });
      })(round);
    },
  };
};

/** What all records of a service have in common. */
interface Prepared {
  readonly header: EnvelopeHeader;
  readonly fold: VectorFold;
}

const serviceOf = (services: Services, name: string): ServiceDefinition => {
  const service = services.get(name);
  if (!service) throw new Defect(`feature service ${name} is not defined at this position`);
  return service;
};
