import type { Tree } from './tree';

/**
 * What contributions of trees need beside the model file, which has no place for it: how many of the training rows reached each node. JSON text;
 * the same model, the same text.
 */
export const writeCovers = (trees: readonly Pick<Tree, 'cover'>[]): string =>
  `{"kind":"tree-covers","trees":[${trees.map(({ cover }) => `[${cover.join(',')}]`).join(',')}],"version":1}`;
