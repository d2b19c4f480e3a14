import { Refused } from '#kernel';
import type { RunDocument, VersionDocument } from '../documents';
import { openDoor, path, type Door } from '../doors';
import { untilLoaded } from '../models/until-loaded';
import { watchRun } from '../models/watch-run';
import type { Platform } from '../platform/platform';
import { readDefinitionFiles } from '../project/definition-files';

export interface ModelVersion {
  readonly version: number;
  readonly artifact: string;
  readonly passed: boolean;
  /** Of the hold-out. */
  readonly metrics: Readonly<Record<string, number | null>>;
}

/** Of `GET /v1/stories/<deployment>`, as far as scenarios look at it. */
export interface Story {
  readonly run: string;
  readonly version: number | null;
  readonly trigger: string;
  readonly verdict: string;
  readonly alert: { readonly kind: string; readonly subject: string } | null;
  readonly servingSince: string | null;
  readonly seconds: {
    readonly fromFirstEvent: number | null;
    readonly fromAlert: number | null;
    readonly fromRequest: number | null;
  };
}

const PATIENCE_MS = 30_000;

/** The doors of registry, training and serving as a scenario uses them. */
export class ControlPlane {
  private readonly registry: Door;
  private readonly training: Door;
  private readonly serving: Door;
  private readonly monitoring: Door;

  constructor(platform: Platform, actor: string) {
    this.registry = openDoor(platform.url('registry'), actor);
    this.training = openDoor(platform.url('training'));
    this.serving = openDoor(platform.url('serving'));
    this.monitoring = openDoor(platform.url('monitoring'));
  }

  /**
   * @param path a file or a folder of definitions.
   * @param instead what is written for a text wherever it stands in them.
   * @returns whether one stood there.
   */
  async apply(path: string, instead: Readonly<Record<string, string>> = {}): Promise<boolean> {
    let isReplaced = false;
    const files = (await readDefinitionFiles(path)).map((file) => {
      const text = Object.entries(instead).reduce(
        (before, [from, to]) => before.replaceAll(from, to),
        file.text,
      );
      isReplaced ||= text !== file.text;
      return { ...file, text };
    });
    await this.registry.post('/v1/definitions', { files });
    return isReplaced;
  }

  /** Asks for a run and waits for its end; throws with the reason when it gives no version. */
  async train(model: string, say: (line: string) => void): Promise<ModelVersion> {
    const { run } = await this.registry.post<RunDocument>(path`/v1/models/${model}/train`, {});
    const { registry, training } = this;
    const ended = await watchRun({ registry, training, run, say });
    if (ended.status !== 'completed')
      throw new Refused(
        'PLAYHEAD_LEARN_INVALID',
        `${run} ${ended.status}: ${ended.error?.message ?? 'no reason given'}`,
      );
    return this.version(model, ended.version!);
  }

  async version(model: string, number: number): Promise<ModelVersion> {
    const { version, artifact, passed, metrics } = await this.versionDocument(model, number);
    return { version, artifact, passed, metrics: metrics.holdout };
  }

  versionDocument(model: string, version: number): Promise<VersionDocument> {
    return this.registry.get<VersionDocument>(path`/v1/models/${model}/versions/${version}`);
  }

  /** What monitoring tells of each request for a new version: from the first drifted event to who answers, the newest first. */
  async stories(deployment: string): Promise<readonly Story[]> {
    const told = await this.monitoring.get<{ readonly stories: readonly Story[] }>(
      path`/v1/stories/${deployment}`,
      { limit: 100 },
    );
    return told.stories;
  }

  async promote(model: string, version: number, alias: string): Promise<void> {
    await this.registry.post(path`/v1/models/${model}/versions/${version}/promote`, { alias });
  }

  /** Waits until serving has loaded the version that the registry names for the deployment. */
  async untilServing(name: string, say: (line: string) => void): Promise<void> {
    const { registry, serving } = this;
    await untilLoaded({ registry, serving, name, say, timeoutMs: PATIENCE_MS });
  }
}
