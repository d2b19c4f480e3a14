/**
 * A map whose old versions stay as they were: `set` gives a new one that shares all but the path to the changed entry. So the state
 * after every input can be kept, and a question about any position is answered at once. A hash array mapped trie (Bagwell, 2001)
 * over FNV-1a of the key, four bits a level.
 */
export class PersistentMap<V> {
  private constructor(
    private readonly root: Node<V> | undefined,
    readonly size: number,
  ) {}

  static empty<V>(): PersistentMap<V> {
    return new PersistentMap<V>(undefined, 0);
  }

  get(key: string): V | undefined {
    const hash = hashOf(key);
    let node = this.root;
    for (let shift = 0; node; shift += BITS) {
      if (node.kind === 'leaf') return node.entries.find((entry) => entry[0] === key)?.[1];
      node = node.children[slot(hash, shift)];
    }
    return undefined;
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  set(key: string, value: V): PersistentMap<V> {
    return new PersistentMap(
      insert(this.root, hashOf(key), 0, key, value),
      this.has(key) ? this.size : this.size + 1,
    );
  }

  delete(key: string): PersistentMap<V> {
    return this.has(key) ? new PersistentMap(remove(this.root, hashOf(key), 0, key), this.size - 1) : this;
  }

  /** In an order that depends on the keys alone, not on when they came. */
  *entries(): Generator<readonly [string, V]> {
    if (this.root) yield* walk(this.root);
  }

  *values(): Generator<V> {
    for (const [, value] of this.entries()) yield value;
  }
}

interface Leaf<V> {
  readonly kind: 'leaf';
  readonly hash: number;
  /** More than one where keys have the same hash. */
  readonly entries: readonly (readonly [string, V])[];
}

interface Branch<V> {
  readonly kind: 'branch';
  readonly children: readonly (Node<V> | undefined)[];
}

type Node<V> = Leaf<V> | Branch<V>;

const BITS = 4;
const WIDTH = 1 << BITS;

const slot = (hash: number, shift: number): number => (hash >>> shift) & (WIDTH - 1);

const hashOf = (key: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash >>> 0;
};

const insert = <V>(
  node: Node<V> | undefined,
  hash: number,
  shift: number,
  key: string,
  value: V,
): Node<V> => {
  if (!node) return { kind: 'leaf', hash, entries: [[key, value]] };
  if (node.kind === 'branch')
    return withChild(node.children, slot(hash, shift), (child) =>
      insert(child, hash, shift + BITS, key, value),
    );
  if (node.hash === hash) {
    const entries = [...node.entries.filter((entry) => entry[0] !== key), [key, value] as const];
    return { kind: 'leaf', hash, entries: entries.sort(([a], [b]) => (a < b ? -1 : 1)) };
  }
  const children = new Array<Node<V> | undefined>(WIDTH).fill(undefined);
  children[slot(node.hash, shift)] = node;
  return withChild(children, slot(hash, shift), (child) => insert(child, hash, shift + BITS, key, value));
};

/** A branch that holds nothing any more stays: what is deleted often comes back. */
const remove = <V>(
  node: Node<V> | undefined,
  hash: number,
  shift: number,
  key: string,
): Node<V> | undefined => {
  if (!node) return undefined;
  if (node.kind === 'branch')
    return withChild(node.children, slot(hash, shift), (child) => remove(child, hash, shift + BITS, key));
  const entries = node.entries.filter((entry) => entry[0] !== key);
  return entries.length === 0 ? undefined : { ...node, entries };
};

const withChild = <V>(
  children: readonly (Node<V> | undefined)[],
  index: number,
  replace: (child: Node<V> | undefined) => Node<V> | undefined,
): Branch<V> => ({ kind: 'branch', children: children.with(index, replace(children[index])) });

function* walk<V>(node: Node<V>): Generator<readonly [string, V]> {
  if (node.kind === 'leaf') yield* node.entries;
  else for (const child of node.children) if (child) yield* walk(child);
}
