import type { ArtifactStore } from '#artifacts';
import type { FollowedTopic } from '#eventlog';
import { openExplainer, type Explainer } from '#learn';
import type { RegisteredModels, ServedModel } from '../inference';

/** How far each feature moved the answer, in the model's margin: `base` and all contributions sum to `total`. */
export interface Explanation {
  readonly margin: Explainer['margin'];
  /** Of a multiclass model, one number for each class, here and below. */
  readonly base: number | readonly number[];
  readonly contributions: Readonly<Record<string, number | readonly number[]>>;
  readonly total: number | readonly number[];
}

/** Models are opened again after so many others. */
const KEPT = 8;

/** Opens the models that answer, to say why they answer so; kept by the digest of their file. */
export class Explainers {
  private readonly opened = new Map<string, Promise<Explainer>>();

  constructor(
    private readonly artifacts: Pick<ArtifactStore, 'get'>,
    private readonly registered: Pick<FollowedTopic<RegisteredModels>, 'state'>,
  ) {}

  /** @throws Refused PLAYHEAD_EXPLANATION_UNAVAILABLE for a model that cannot be taken apart */
  async explain(served: ServedModel, row: Float32Array): Promise<Explanation> {
    const explainer = await this.explainerOf(served);
    const { features } = served.reads;
    const parts = explainer.contributions(row);
    const width = features.length + 1;
    const at = (i: number): number | number[] => {
      const ofOutputs = Array.from({ length: explainer.outputs }, (_, output) => parts[output * width + i]!);
      return explainer.outputs === 1 ? ofOutputs[0]! : ofOutputs;
    };
    const totals = Array.from({ length: explainer.outputs }, (_, output) =>
      parts.subarray(output * width, (output + 1) * width).reduce((sum, part) => sum + part, 0),
    );
    return {
      margin: explainer.margin,
      base: at(features.length),
      contributions: Object.fromEntries(features.map((feature, i) => [feature, at(i)])),
      total: explainer.outputs === 1 ? totals[0]! : totals,
    };
  }

  private explainerOf({ model, reads }: ServedModel): Promise<Explainer> {
    let opened = this.opened.get(reads.artifact);
    this.opened.delete(reads.artifact);
    if (!opened) {
      const manifest = this.registered.state
        .get(model)
        ?.versions.find(({ version }) => version === reads.version)?.manifest;
      opened = this.open(reads.artifact, manifest);
      opened.catch(() => this.opened.delete(reads.artifact));
    }
    this.opened.set(reads.artifact, opened);
    for (const [artifact] of [...this.opened].slice(0, Math.max(0, this.opened.size - KEPT)))
      this.opened.delete(artifact);
    return opened;
  }

  private async open(artifact: string, manifest: string | undefined): Promise<Explainer> {
    const onnx = await this.artifacts.get(artifact);
    const covers = manifest === undefined ? undefined : await this.coversOf(manifest);
    return openExplainer(onnx, covers);
  }

  private async coversOf(manifest: string): Promise<Buffer | undefined> {
    const { explanation } = JSON.parse((await this.artifacts.get(manifest)).toString()) as {
      readonly explanation?: string;
    };
    return explanation === undefined ? undefined : this.artifacts.get(explanation);
  }
}
