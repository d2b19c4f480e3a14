/** A float32 holds every whole number below 2^24, and no more of them one by one. */
export const ID_LIMIT = 16_777_216;

/** Why the column cannot be ids, or nothing. Missing ids are allowed, but not alone. */
export const idFaults = (name: string, column: Float32Array): string[] => {
  const row = column.findIndex((id) => id === id && !(Number.isInteger(id) && id >= 0 && id < ID_LIMIT));
  if (row >= 0)
    return [
      `"${name}" of row ${row} is ${column[row]}; ids are whole numbers from 0 to ${ID_LIMIT - 1}, which is as far as float32 tells them apart`,
    ];
  return column.every(Number.isNaN) ? [`"${name}" is missing in every row`] : [];
};

/** The ids that were there in training, ascending, each with its place; what is no known id has the place behind the last. */
export class KnownIds {
  private constructor(readonly ids: readonly number[]) {
    this.places = new Map(ids.map((id, place) => [id, place]));
  }

  private readonly places: ReadonlyMap<number, number>;

  static of(column: Float32Array): KnownIds {
    const ids = new Set<number>();
    // -0 and 0 are one id.
    for (const id of column) if (id === id) ids.add(id + 0);
    return new KnownIds([...ids].sort((a, b) => a - b));
  }

  get unknown(): number {
    return this.ids.length;
  }

  placeOf(id: number): number {
    return this.places.get(id + 0) ?? this.unknown;
  }

  placesOf(column: Float32Array): Uint32Array {
    return Uint32Array.from(column, (id) => this.placeOf(id));
  }
}
