import Decoder from 'kafkajs/src/protocol/decoder';
import Encoder from 'kafkajs/src/protocol/encoder';

/** DescribeLogDirs, which kafkajs has no words for: version 1, the oldest that brokers of today know. */
export const DESCRIBE_LOG_DIRS = {
  versions: ['1'],
  protocol: () => () => ({
    request: {
      apiKey: 35,
      apiVersion: 1,
      apiName: 'DescribeLogDirs',
      // topics => null: all of them
      encode: () => Promise.resolve(new Encoder().writeInt32(-1)),
    },
    response: { decode, parse: (data: unknown) => Promise.resolve(data) },
  }),
};

export interface LogDirs {
  readonly dirs: readonly {
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly bytes: string }[];
    }[];
  }[];
}

/** throttle_time_ms, then for each folder: error_code, path, and for each topic its partitions with size, lag and is_future. */
const decode = (payload: Buffer): Promise<LogDirs> => {
  const decoder = new Decoder(payload);
  decoder.readInt32();
  const dirs = decoder.readArray((dir) => {
    dir.readInt16();
    dir.readString();
    const topics = dir.readArray((of) => ({
      topic: of.readString(),
      partitions: of.readArray((one) => {
        const [partition, bytes] = [one.readInt32(), String(one.readInt64())];
        one.readInt64();
        one.readBoolean();
        return { partition, bytes };
      }),
    }));
    return { topics };
  });
  return Promise.resolve({ dirs });
};
