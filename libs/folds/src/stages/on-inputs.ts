import { HEADERS, TOPICS, sourcePositionOf } from '#contracts';
import { checksumOf, perRecord, type Fold } from '#eventlog';
import { Defect, formatPosition } from '#kernel';
import type { Services } from '../vectors/services';
import { failedParts, partTemplate, renderPart } from './part';
import { compileStage, streamOf, timeOf, violation } from './stage';
import type { StagePart } from './stage-fold';

export interface InputsHandler {
  readonly service: string;
  /** Of the stage. */
  readonly entity: string;
  /** The trigger stream. */
  readonly trigger: string;
  /** `feature.parts.<service>` in full. */
  readonly parts: string;
}

/** What one partition of a stage remembers: for each definition, the fold of all inputs so far. */
export class StageState {
  readonly parts = new Map<string, unknown>();

  of(definition: string): StagePart {
    const part = this.parts.get(definition);
    if (!part) throw new Defect(`the state of ${definition} is not there`);
    return part as StagePart;
  }
}

/**
 * One part for each trigger, in the trigger's partition: what was known about the stage's entity in the order of the inputs. The
 * observations of other streams give nothing by themselves. A trigger that is set aside gives a failed part, so that every trigger is
 * answered once.
 */
export const onInputs = ({
  service: name,
  entity,
  trigger,
  parts,
}: InputsHandler): Fold<StageState, Services> => {
  const inputs = TOPICS.featureInputs(name, entity);
  const template = partTemplate(inputs);
  const failed = failedParts({ source: inputs, stage: entity, parts });
  const stageOf = compileStage(entity);
  return {
    name: 'stage',
    initial: () => new StageState(),
    total: false,
    dropSeen: true,
    restore: {
      from: 'sections',
      of: (services) => stageOf(services.get(name)).sections,
      parts: (state) => state.parts,
    },
    afterSetAside: (record, why) => {
      const position = sourcePositionOf(record.headers);
      const isTrigger = record.headers.text(HEADERS.source) === TOPICS.observations(trigger);
      return position && isTrigger ? [failed(record, position, why)] : [];
    },
    unreadable: ({ partition, firstOffset, message }) => {
      // Which triggers stood in it nobody can say, so it cannot be passed over: their vectors would never come.
      throw new Defect(`${inputs}:${partition} cannot be read at ${firstOffset}: ${message}`);
    },
    process: (round) => {
      const { header, definitions, read } = stageOf(round.control.get(name));
      const shared = template.shared(round.controlHeader, header);
      return perRecord<StageState, Services>((state, record) => {
        const stream = streamOf(record);
        const event = read(stream, record);
        if (stream !== trigger) {
          if (event)
            for (const { definition, fold } of definitions) fold.fold(state.of(definition), stream, event);
          return;
        }
        const position = sourcePositionOf(record.headers);
        if (!position) throw violation('the trigger has no position');
        const { iso, ms } = timeOf(record);
        const key = record.key === null ? null : record.key.toString();
        const values: (readonly [revision: string, text: string])[] = [];
        for (const { definition, revisions, fold } of definitions) {
          const text = JSON.stringify(fold.values(state.of(definition), event, key, ms));
          for (const revision of revisions) values.push([revision, text]);
        }
        round.emit({
          topic: parts,
          partition: position.partition,
          key: record.key,
          value: renderPart(formatPosition(position.partition, position.offset), entity, values),
          shared,
          headers: template.own(formatPosition(record.partition, record.offset), iso, [
            HEADERS.sourceCrc,
            checksumOf(record.value),
          ]),
          source: record.offset,
          sourcePartition: record.partition,
          k: 0,
        });
      })(round);
    },
  };
};
