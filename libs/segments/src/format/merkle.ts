import { hash } from 'node:crypto';
import { sha256, type Digest } from '#kernel';

/** Children of a node. Sixteen and not two: hashing the nodes costs a fifteenth of hashing the leaves; a proof has 15 siblings a level. */
export const ARITY = 16;

const NODE = '\u0001';

/** 32 bytes, one to a character: Node gives a digest so in half the time that it takes for a buffer. */
export type Hash = string;

/** The first byte of a leaf's bytes is 0, that of a node 1, so that neither can be taken for the other (as in RFC 6962, section 2.1). */
export const LEAF_TAG = 0;

export const leafHash = (bytes: Buffer): Hash => hash('sha256', bytes, 'binary');

export const hashOf = (digest: Digest): Hash => Buffer.from(digest, 'hex').toString('binary');

const nodeHash = (children: readonly Hash[]): Hash =>
  hash('sha256', Buffer.from(NODE + children.join(''), 'binary'), 'binary');

/** How many levels stand above so many leaves. */
export const levelOf = (leaves: number): number => {
  let level = 0;
  for (let reach = 1; reach < leaves; reach *= ARITY) level++;
  return level;
};

/**
 * A Merkle tree over leaves in order, sixteen at a time on each level, an only child standing for itself. It holds no more than fifteen
 * hashes of a level. A subtree can be given by its root, if as many leaves as fill whole subtrees of its size stand before it.
 */
export class MerkleTree {
  private readonly levels: Hash[][] = [];

  push(root: Hash, level = 0): void {
    const list = (this.levels[level] ??= []);
    list.push(root);
    if (list.length < ARITY) return;
    this.levels[level] = [];
    this.push(nodeHash(list), level + 1);
  }

  /** The tree of no leaves has the hash of nothing. May be asked once, at the end. */
  root(): Digest {
    let carried: Hash | undefined;
    for (const level of this.levels) {
      const children = carried !== undefined ? [...(level ?? []), carried] : (level ?? []);
      carried = children.length > 1 ? nodeHash(children) : children[0];
    }
    return carried === undefined ? sha256('') : Buffer.from(carried, 'binary').toString('hex');
  }
}
