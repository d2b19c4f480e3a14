import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { ARITY, MerkleTree, hashOf, leafHash, levelOf } from './merkle';

const sha = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** The obvious way: all hashes of a level, sixteen at a time, until one is left. */
const slowRoot = (leaves: readonly Buffer[]): string => {
  let level = leaves.map((leaf) => sha(leaf));
  if (level.length === 0) return sha(Buffer.alloc(0)).toString('hex');
  while (level.length > 1) {
    const above: Buffer[] = [];
    for (let i = 0; i < level.length; i += ARITY) {
      const children = level.slice(i, i + ARITY);
      above.push(children.length === 1 ? children[0]! : sha(Buffer.from([1]), ...children));
    }
    level = above;
  }
  return level[0]!.toString('hex');
};

const leavesOf = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, i) => Buffer.from([0, i & 255, i >> 8]));

describe('the Merkle tree', () => {
  it('has the root that the obvious way gives', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5_000 }), (count) => {
        const leaves = leavesOf(count);
        const tree = new MerkleTree();
        for (const leaf of leaves) tree.push(leafHash(leaf));
        expect(tree.root()).toBe(slowRoot(leaves));
      }),
      { numRuns: 40, examples: [[0], [1], [15], [16], [17], [255], [256], [257], [4_096], [4_097]] },
    );
  });

  it('is the same when subtrees are given by their roots', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4_000 }),
        fc.array(fc.constantFrom(1, 16, 256), { maxLength: 60 }),
        (count, sizes) => {
          const leaves = leavesOf(count);
          const tree = new MerkleTree();
          let at = 0;
          for (let i = 0; at < count; i++) {
            const wanted = sizes[i % Math.max(1, sizes.length)] ?? 256;
            const size = at % wanted === 0 ? wanted : 1;
            const part = leaves.slice(at, at + size);
            const subtree = new MerkleTree();
            for (const leaf of part) subtree.push(leafHash(leaf));
            tree.push(hashOf(subtree.root()), levelOf(part.length));
            at += size;
          }
          expect(tree.root()).toBe(slowRoot(leaves));
        },
      ),
      { numRuns: 40 },
    );
  });
});
