import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { Refused, formatPosition } from '#kernel';
import { TRIGGER_OF_ALERT } from '../domain/retraining/policy';
import { applied } from '../domain/references';
import type { RegistryState } from '../domain/state';
import { RegistryView } from '../projections/registry-view';
import { nextDue, watchedVolumes } from '../triggers/due';

/** When a model is trained again by itself. */
@ApiTags('models')
@Controller('v1/models/:model/triggers')
export class TriggersController {
  constructor(@Inject(RegistryView) private readonly view: RegistryView) {}

  @Get()
  @ApiOperation({
    summary:
      "a model's retraining policy, when its schedule is due, the alerts that are open, the last trigger, and what the policy promoted last",
  })
  @ApiQuery({ name: 'asOf', required: false, description: 'position in registry.inputs, or RFC 3339' })
  triggers(@Param('model') model: string, @Query('asOf') asOf?: string): TriggersDocument {
    return triggersDocument(this.view.asOf(asOf), model);
  }
}

const triggersDocument = (state: RegistryState, model: string) => {
  const found = applied(state, 'Model', model);
  if (!found) throw new Refused('PLAYHEAD_NOT_FOUND', `there is no model ${model}`);
  const last = state.triggers.get(model);
  const promoted = state.promotions.get(model);
  const open = [...state.alerts.values()].filter((alert) => alert.model === model);
  const volume = watchedVolumes(state).find((watched) => watched.model === model);
  return {
    model,
    policy: found.compiled.retrain ?? null,
    nextDue: nextDue(state, model) ?? null,
    vectorsSeen: volume?.seen ?? null,
    openAlerts: open
      .sort((a, b) => a.position - b.position)
      .map(({ alert, kind, subject, version, reference, time: since }) => ({
        alert,
        kind,
        asksFor: TRIGGER_OF_ALERT[kind],
        subject,
        version,
        reference,
        since,
      })),
    promoted: promoted
      ? {
          alias: promoted.alias,
          version: promoted.version,
          takenBack: promoted.takenBack,
          position: formatPosition(0, promoted.position),
          decidedAt: promoted.time,
        }
      : null,
    last: last
      ? {
          cause: last.cause,
          suppressed: last.code === undefined ? null : { code: last.code, reason: last.reason! },
          position: formatPosition(0, last.position),
          decidedAt: last.time,
        }
      : null,
  };
};
type TriggersDocument = ReturnType<typeof triggersDocument>;
