/** The names of a feature's values in a vector: its own, or `name_1` to `name_k` where it gives k of them. */
export const valueNames = ({ name, k }: { readonly name: string; readonly k?: number }): readonly string[] =>
  k === undefined ? [name] : Array.from({ length: k }, (_, i) => `${name}_${i + 1}`);
