/** Kafka's default hash for keyed records (org.apache.kafka.common.utils.Utils.murmur2), seed 0x9747b28c. */
export const murmur2 = (bytes: Uint8Array): number => {
  const m = 0x5bd1e995;
  const length = bytes.length;
  let h = (0x9747b28c ^ length) | 0;
  const words = length >> 2;
  for (let i = 0; i < words; i++) {
    const j = i << 2;
    let k =
      (bytes[j]! & 0xff) |
      ((bytes[j + 1]! & 0xff) << 8) |
      ((bytes[j + 2]! & 0xff) << 16) |
      ((bytes[j + 3]! & 0xff) << 24);
    k = Math.imul(k, m);
    k ^= k >>> 24;
    k = Math.imul(k, m);
    h = Math.imul(h, m) ^ k;
  }
  const tail = length & ~3;
  const rest = length & 3;
  if (rest > 2) h ^= (bytes[tail + 2]! & 0xff) << 16;
  if (rest > 1) h ^= (bytes[tail + 1]! & 0xff) << 8;
  if (rest > 0) h = Math.imul(h ^ (bytes[tail]! & 0xff), m);
  h ^= h >>> 13;
  h = Math.imul(h, m);
  h ^= h >>> 15;
  return h;
};

/** The partition of a key: `toPositive(murmur2(key)) mod partitions`, as Kafka's Java producer does it. */
export const partitionOf = (key: Uint8Array, partitions: number): number =>
  (murmur2(key) & 0x7fffffff) % partitions;
