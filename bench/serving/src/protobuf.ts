/** As much of protobuf as two messages of the Open Inference Protocol need. https://protobuf.dev/programming-guides/encoding/ */

const varint = (value: number): number[] => {
  const bytes: number[] = [];
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
};

const LENGTH_DELIMITED = 2;

/** A field of bytes, text, or a message that is bytes already. */
export const field = (number: number, content: string | Uint8Array): Uint8Array => {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([
    Buffer.from(varint(number * 8 + LENGTH_DELIMITED)),
    Buffer.from(varint(bytes.length)),
    bytes,
  ]);
};

/** A packed field of whole numbers from 0. */
export const packed = (number: number, values: readonly number[]): Uint8Array =>
  field(number, Buffer.from(values.flatMap(varint)));

/** The length-delimited fields of a message by their number, in their order; numbers stand aside. */
export const fieldsOf = (message: Uint8Array): Map<number, Uint8Array[]> => {
  const fields = new Map<number, Uint8Array[]>();
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = number();
    const [key, kind] = [Math.floor(tag / 8), tag % 8];
    if (kind === 0) number();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else {
      const length = number();
      fields.set(key, [...(fields.get(key) ?? []), message.subarray(at, at + length)]);
      at += length;
    }
  }
  return fields;
};
