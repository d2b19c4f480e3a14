/** An environment variable that the command `playhead` looks at itself. `docs/reference/config.md` is generated from the list. */
export interface CommandVariable {
  readonly meaning: string;
  readonly default?: string;
  readonly example: string;
  readonly secret?: boolean;
}

/** Services that are started take over the whole environment, but for what `up` sets: see `docs/reference/config.md`. */
export const COMMAND_VARIABLES: Readonly<Record<string, CommandVariable>> = {
  PLAYHEAD_DATA_DIR: {
    meaning: 'where all local state lies, as `--data-dir` says it',
    default: './.playhead',
    example: '/var/lib/playhead',
  },
  PLAYHEAD_NAMESPACE: {
    meaning: 'prefix of topics, groups, schemas and keys, as `--namespace` says it',
    default: 'playhead',
    example: 'staging',
  },
  PLAYHEAD_CACHE: {
    meaning: "Kafka's jars and MinIO's program, shared by all stacks of a user",
    default: '`playhead` below XDG_CACHE_HOME',
    example: '/var/cache/playhead',
  },
  XDG_CACHE_HOME: {
    meaning: "the user's cache folder",
    default: '`.cache` below HOME',
    example: '/home/ada/.cache',
  },
  HOME: { meaning: "the user's folder", default: 'as the system says', example: '/home/ada' },
  PATH: {
    meaning: 'where java, mvn, minio, go and the like are looked for',
    example: '/usr/local/bin:/usr/bin:/bin',
  },
  JAVA_HOME: {
    meaning: 'the Java (17 or later) that runs the local broker; `java` on PATH where it is not set',
    example: '/usr/lib/jvm/java-21',
  },
  MAVEN_REPOSITORY_URL: {
    meaning: "a Maven repository that Kafka's jars are fetched from over HTTPS where there is no `mvn`",
    example: 'https://maven.example.com/repository',
  },
  KAFKA_BROKERS: {
    meaning: 'a broker elsewhere: none is started here',
    example: 'kafka-1:9092,kafka-2:9092',
  },
  POSTGRES_URL: {
    meaning: 'a Postgres elsewhere: none is started here',
    example: 'postgresql://user:password@postgres:5432/playhead',
    secret: true,
  },
  S3_ENDPOINT: {
    meaning: 'an object store elsewhere: none is started here; its keys must be set, too',
    example: 'http://minio:9000',
  },
  S3_ACCESS_KEY: { meaning: 'access key of that store', example: 'playhead', secret: true },
  S3_SECRET_KEY: { meaning: 'secret key of that store', example: 'as the store gave it', secret: true },
  S3_BUCKET: { meaning: 'bucket in that store', default: 'playhead', example: 'ml-artifacts' },
};
