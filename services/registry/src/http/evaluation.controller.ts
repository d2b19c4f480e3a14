import { Controller, Get, Headers, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiOperation, ApiProduces, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { ArtifactStore } from '#artifacts';
import {
  cardOf,
  readEvaluation,
  readManifest,
  writeModelCard,
  type EvaluationReport,
  type Governance,
  type ModelCard,
  type ModelManifest,
} from '#fit';
import { PlatformError, Refused } from '#kernel';
import { ARTIFACT_STORE } from '#runtime';
import type { ModelVersion, RegistryState } from '../domain/state';
import { saidOf, versionDocument } from '../projections/documents';
import { RegistryView } from '../projections/registry-view';
import { versionIn } from './model-names';

const FORMATS = ['markdown', 'json'] as const;
type Format = (typeof FORMATS)[number];

@ApiTags('models')
@Controller('v1/models/:model/versions/:version')
export class EvaluationController {
  constructor(
    @Inject(RegistryView) private readonly view: RegistryView,
    @Inject(ARTIFACT_STORE) private readonly artifacts: ArtifactStore,
  ) {}

  @Get('evaluation')
  @ApiOperation({
    summary:
      'how good a version is: intervals, calibration, slices, fairness, folds, importance, explained rows',
  })
  async evaluation(
    @Param('model') model: string,
    @Param('version') version: string,
  ): Promise<EvaluationReport> {
    const found = versionIn(this.view.now, model, version);
    const report = await this.reportOf(found);
    if (report) return report;
    throw new Refused(
      'PLAYHEAD_NOT_FOUND',
      `there is no evaluation report of ${model}@${found.version}: it was made elsewhere, or before there were any`,
    );
  }

  @Get('card')
  @ApiOperation({
    summary:
      'the model card: what it is for, the data, metrics with intervals, slices, fairness, decisions, how to get the same bytes',
  })
  @ApiProduces('text/markdown', 'application/json')
  @ApiQuery({
    name: 'format',
    required: false,
    enum: FORMATS,
    description: 'by the header Accept without it',
  })
  @ApiQuery({ name: 'asOf', required: false, description: 'decisions as they stood then' })
  async card(
    @Param('model') model: string,
    @Param('version') version: string,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Query('format') format?: string,
    @Query('asOf') asOf?: string,
    @Headers('accept') accept?: string,
  ): Promise<string | ModelCard> {
    const wanted = formatOf(format, accept);
    const state = this.view.asOf(asOf);
    const card = await this.cardIn(state, versionIn(state, model, version));
    reply.header('vary', 'accept');
    if (wanted === 'json') return card;
    reply.header('content-type', 'text/markdown; charset=utf-8');
    return writeModelCard(card);
  }

  private async cardIn(state: RegistryState, found: ModelVersion): Promise<ModelCard> {
    const { model, version, run, task, definition, revision, trainer, parameters, seed } = found;
    const { artifact, profile, manifest: digest, evaluation, dataset, service, metrics } = found;
    const [manifest, report] = await Promise.all([this.manifestOf(found), this.reportOf(found)]);
    const ended = state.runs.get(run)?.report;
    const seconds = ended?.type === 'training.run.completed' ? ended.fact.seconds : undefined;
    return cardOf({
      model,
      version,
      run,
      task,
      definition,
      revision,
      trainer,
      parameters,
      seed,
      files: { artifact, profile, manifest: digest, ...(evaluation !== undefined && { evaluation }) },
      dataset,
      features: service.features,
      metrics,
      ...(found.origin !== undefined && { origin: found.origin }),
      ...(found.measured && { measured: found.measured }),
      ...(seconds !== undefined && { seconds }),
      ...(manifest && { manifest }),
      ...(report && { report }),
      governance: governanceOf(state, found),
    });
  }

  private async reportOf({ evaluation }: ModelVersion): Promise<EvaluationReport | undefined> {
    return evaluation === undefined ? undefined : readEvaluation(await this.artifacts.get(evaluation));
  }

  /** Versions that were made elsewhere have manifests of their own form, or none that is stored. */
  private async manifestOf({ manifest }: ModelVersion): Promise<ModelManifest | undefined> {
    try {
      return readManifest(await this.artifacts.get(manifest));
    } catch (error) {
      const isElse =
        error instanceof PlatformError &&
        ['PLAYHEAD_CONTRACT_VIOLATED', 'PLAYHEAD_ARTIFACT_NOT_FOUND'].includes(error.code);
      if (isElse) return undefined;
      throw error;
    }
  }
}

const formatOf = (format: string | undefined, accept: string | undefined): Format => {
  if (format === undefined || format === '')
    return accept?.includes('text/markdown') || accept?.includes('text/plain') ? 'markdown' : 'json';
  const known = FORMATS.find((each) => each === format);
  if (known) return known;
  throw new Refused('PLAYHEAD_REQUEST_INVALID', `format "${format}" is none of ${FORMATS.join(', ')}`);
};

const governanceOf = (state: RegistryState, found: ModelVersion): Governance => {
  const { status, decidedAt, review, aliases, tags, description } = versionDocument(
    found,
    saidOf(state, found),
  );
  return {
    status,
    registered_at: decidedAt,
    ...(description !== null && { description }),
    tags,
    gates: found.gates,
    review: review && {
      verdict: review.verdict,
      by: review.by,
      at: review.decidedAt,
      ...(review.comment !== null && { comment: review.comment }),
    },
    aliases,
  };
};
