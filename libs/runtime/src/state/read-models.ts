import { Refused } from '#kernel';
import type { ReadModel, StateDigest } from './read-model';

export interface RebuiltModel extends Pick<StateDigest, 'position' | 'rows'> {
  readonly name: string;
  /** Digest of what was there. */
  readonly before: string;
  /** Digest of what the log says, at the same position. */
  readonly after: string;
  readonly equal: boolean;
}

/** All that an instance holds of the log for its doors. */
export class ReadModels {
  private readonly models: ReadModel[] = [];
  private rebuilding = false;

  add(...models: readonly ReadModel[]): void {
    this.models.push(...models);
  }

  async digests(): Promise<readonly (StateDigest & { readonly name: string })[]> {
    return Promise.all(this.models.map(async (model) => ({ name: model.name, ...(await model.digest()) })));
  }

  /** One after the other. @throws Refused PLAYHEAD_CONFLICT while a rebuild is under way. */
  async rebuild(): Promise<readonly RebuiltModel[]> {
    if (this.rebuilding)
      throw new Refused('PLAYHEAD_CONFLICT', 'the state is being rebuilt; ask again when that is done');
    this.rebuilding = true;
    try {
      const rebuilt: RebuiltModel[] = [];
      for (const model of this.models) {
        const { before, after } = await model.rebuild();
        const { position, rows } = after;
        rebuilt.push({
          name: model.name,
          position,
          rows,
          before: before.digest,
          after: after.digest,
          equal: before.digest === after.digest,
        });
      }
      return rebuilt;
    } finally {
      this.rebuilding = false;
    }
  }
}
