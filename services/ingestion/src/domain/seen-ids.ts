const EMPTY = NaN;
const SMALLEST = 1_024;
/** Slots are rebuilt when more than this share of them is taken. */
const FULL = 0.6;

/**
 * The ids of one partition's observations with their event times, for the dedupe horizon: 20 bytes a slot outside the heap's
 * pointers, one probe to look up, expiry for nothing (an old entry counts as absent and goes when the table is next rebuilt).
 * An id is kept as 96 bits of hash: among ten million ids two different ones meet with a probability of 6e-16.
 */
export class SeenIds {
  private hashes = new Uint32Array(3 * SMALLEST);
  private times = new Float64Array(SMALLEST).fill(EMPTY);
  private used = 0;

  /** Slots in use, entries that no longer count included. */
  get size(): number {
    return this.used;
  }

  /** Whether the id was added with an event time of at least `aliveFrom`. */
  has(id: string, aliveFrom: number): boolean {
    return this.times[this.slotOf(hashOf(id))]! >= aliveFrom;
  }

  /** Remembers an id under its event time (of several, the latest). Entries older than `aliveFrom` may be forgotten. */
  add(id: string, time: number, aliveFrom: number): void {
    if (this.used >= FULL * this.times.length) this.rebuild(aliveFrom);
    const hash = hashOf(id);
    const slot = this.slotOf(hash);
    const before = this.times[slot]!;
    if (before !== before) this.put(slot, hash.a, hash.b, hash.c, time);
    else if (time > before) this.times[slot] = time;
  }

  /** Capacity and entries; two tables that were told the same in the same order, over a snapshot or not, go on the same. */
  encode(): Uint8Array {
    const bytes = new Uint8Array(16 + 20 * this.used);
    const view = new DataView(bytes.buffer);
    view.setFloat64(0, this.times.length, true);
    view.setFloat64(8, this.used, true);
    let at = 16;
    for (let slot = 0; slot < this.times.length; slot++) {
      const time = this.times[slot]!;
      if (time !== time) continue;
      for (let lane = 0; lane < 3; lane++) view.setUint32(at + 4 * lane, this.hashes[3 * slot + lane]!, true);
      view.setFloat64(at + 12, time, true);
      at += 20;
    }
    return bytes;
  }

  static decode(bytes: Uint8Array): SeenIds {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const seen = new SeenIds();
    const count = view.getFloat64(8, true);
    seen.allocate(view.getFloat64(0, true));
    for (let i = 0, at = 16; i < count; i++, at += 20) {
      seen.insert(
        view.getUint32(at, true),
        view.getUint32(at + 4, true),
        view.getUint32(at + 8, true),
        view.getFloat64(at + 12, true),
      );
    }
    return seen;
  }

  /** Where the id stands, or the empty slot where it would. */
  private slotOf({ a, b, c }: IdHash): number {
    const { hashes, times } = this;
    const mask = times.length - 1;
    for (let slot = a & mask; ; slot = (slot + 1) & mask) {
      const time = times[slot]!;
      if (time !== time) return slot;
      const at = 3 * slot;
      if (hashes[at] === a && hashes[at + 1] === b && hashes[at + 2] === c) return slot;
    }
  }

  private insert(a: number, b: number, c: number, time: number): void {
    const mask = this.times.length - 1;
    let slot = a & mask;
    while (!Number.isNaN(this.times[slot]!)) slot = (slot + 1) & mask;
    this.put(slot, a, b, c, time);
  }

  private put(slot: number, a: number, b: number, c: number, time: number): void {
    this.hashes[3 * slot] = a;
    this.hashes[3 * slot + 1] = b;
    this.hashes[3 * slot + 2] = c;
    this.times[slot] = time;
    this.used++;
  }

  private rebuild(aliveFrom: number): void {
    const { hashes, times } = this;
    let alive = 0;
    for (const time of times) if (time >= aliveFrom) alive++;
    let capacity = SMALLEST;
    while (alive > 0.4 * capacity) capacity *= 2;
    this.allocate(capacity);
    for (let slot = 0; slot < times.length; slot++) {
      const time = times[slot]!;
      if (time >= aliveFrom)
        this.insert(hashes[3 * slot]!, hashes[3 * slot + 1]!, hashes[3 * slot + 2]!, time);
    }
  }

  private allocate(capacity: number): void {
    this.hashes = new Uint32Array(3 * capacity);
    this.times = new Float64Array(capacity).fill(EMPTY);
    this.used = 0;
  }
}

interface IdHash {
  a: number;
  b: number;
  c: number;
}

/** The one hash that is being looked up; not kept beyond the call. */
const scratch: IdHash = { a: 0, b: 0, c: 0 };

/** Three multiplicative hashes of the UTF-16 units with different constants, each finished as in MurmurHash3 (Appleby, 2011). */
const hashOf = (id: string): IdHash => {
  let a = 0x9747b28c ^ id.length;
  let b = 0x1b873593 ^ id.length;
  let c = 0x38b34ae5 ^ id.length;
  for (let i = 0; i < id.length; i++) {
    const unit = id.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    a ^= a >>> 15;
    b = Math.imul(b ^ unit, 0x85ebca77);
    b ^= b >>> 13;
    c = Math.imul(c ^ unit, 0xc2b2ae3d);
    c ^= c >>> 16;
  }
  scratch.a = finish(a);
  scratch.b = finish(b);
  scratch.c = finish(c);
  return scratch;
};

const finish = (hash: number): number => {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
};
