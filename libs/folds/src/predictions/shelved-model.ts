import type { OnnxModel, OpenedModel } from '#inference';

/** What is known of a model once it was opened, in memory or not. */
type Described = Pick<
  OnnxModel,
  'digest' | 'task' | 'featureCount' | 'outputName' | 'outputs' | 'fingerprint' | 'lanes'
>;

/**
 * A model that may leave memory while somebody still holds it: a batch that comes after that has it opened again, so who takes a model from
 * the shelf need not say when it is done.
 */
export class ShelvedModel implements OnnxModel {
  /** When it was last asked for, by the shelf's count. */
  lastUse = 0;
  private opening: Promise<OpenedModel> | undefined;
  private model: OpenedModel | undefined;
  private underWay = 0;

  private constructor(
    private readonly open: () => Promise<OpenedModel>,
    private readonly described: Described,
  ) {}

  /** `open` is asked again when it is scored after it left memory. */
  static async open(open: () => Promise<OpenedModel>): Promise<ShelvedModel> {
    const model = await open();
    const { digest, task, featureCount, outputName, outputs, fingerprint, lanes } = model;
    const shelved = new ShelvedModel(open, {
      digest, task, featureCount, outputName, outputs, fingerprint, lanes,
    }); // prettier-ignore
    shelved.model = model;
    return shelved;
  }

  get digest(): OnnxModel['digest'] {
    return this.described.digest;
  }

  get task(): OnnxModel['task'] {
    return this.described.task;
  }

  get featureCount(): number {
    return this.described.featureCount;
  }

  get outputName(): OnnxModel['outputName'] {
    return this.described.outputName;
  }

  get outputs(): number {
    return this.described.outputs;
  }

  get fingerprint(): OnnxModel['fingerprint'] {
    return this.described.fingerprint;
  }

  get lanes(): number {
    return this.described.lanes;
  }

  /** Undefined while it is not in memory. */
  get opened(): OpenedModel | undefined {
    return this.model;
  }

  get isBusy(): boolean {
    return this.underWay > 0;
  }

  score(matrix: Float32Array): Promise<Float32Array> {
    this.underWay++;
    const scores = this.model
      ? this.model.score(matrix)
      : this.bringBack().then((model) => model.score(matrix));
    scores.then(this.done, this.done);
    return scores;
  }

  /** Opens it again where it left memory. */
  bringBack(): Promise<OpenedModel> {
    if (this.model) return Promise.resolve(this.model);
    this.opening ??= this.open().then(
      (model) => {
        this.opening = undefined;
        return (this.model = model);
      },
      (error: unknown) => {
        this.opening = undefined;
        throw error;
      },
    );
    return this.opening;
  }

  /** Out of memory, once the scores under way are there. */
  async close(): Promise<void> {
    const model = this.model ?? (await this.opening?.catch(() => undefined));
    this.model = undefined;
    await model?.close();
  }

  private readonly done = (): void => {
    this.underWay--;
  };
}
