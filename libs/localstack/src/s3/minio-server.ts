import { mkdirSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import { join } from 'node:path';
import { Client } from 'minio';
import { messageOf, TransientFailure } from '#kernel';
import type { ObjectStore } from '../external';
import { endLeftovers, launch, type StartContext } from '../part';
import type { StackState } from '../state';

type S3 = Extract<ObjectStore, { kind: 's3' }>;

const READY_MS = 60_000;
const ANSWER_MS = 5_000;

export const s3Folder = (dataDir: string): string => join(dataDir, 's3');

/** Where the objects are, from what the stack remembers. */
export const localObjectStore = (dataDir: string, state: StackState): ObjectStore =>
  state.objectStore === 'file'
    ? { kind: 'file', directory: join(dataDir, 'artifacts') }
    : {
        kind: 's3',
        endpoint: `http://127.0.0.1:${state.ports.s3}`,
        bucket: state.bucket,
        accessKey: state.secrets.s3AccessKey,
        secretKey: state.secrets.s3SecretKey,
      };

type Transport = Pick<typeof http, 'request'>;

/** Without a deadline a server that takes connections and says nothing would be waited for without end. */
const deadlineTransport = (protocol: Transport): Transport => {
  const request = (
    options: http.RequestOptions,
    answered?: (response: http.IncomingMessage) => void,
  ): http.ClientRequest => protocol.request({ ...options, signal: AbortSignal.timeout(ANSWER_MS) }, answered);
  return { request } as Transport;
};

const clientOf = ({ endpoint, accessKey, secretKey }: S3): Client => {
  const url = new URL(endpoint);
  const useSSL = url.protocol === 'https:';
  return new Client({
    endPoint: url.hostname,
    port: url.port ? Number(url.port) : useSSL ? 443 : 80,
    useSSL,
    accessKey,
    secretKey,
    region: 'us-east-1',
    transport: deadlineTransport(useSSL ? https : http),
    // Its own retries talk to the console.
    retryOptions: { disableRetry: true },
  });
};

const ensureBucket = async (store: S3): Promise<void> => {
  const client = clientOf(store);
  if (!(await client.bucketExists(store.bucket))) await client.makeBucket(store.bucket);
};

export const objectStoreAnswers = async (store: ObjectStore): Promise<boolean> => {
  if (store.kind === 'file') return true;
  return clientOf(store)
    .bucketExists(store.bucket)
    .catch(() => false);
};

/** Starts MinIO over its folder and returns once the bucket is there. */
export const startMinio = async (context: StartContext, program: string): Promise<void> => {
  const { dataDir, state, env, log } = context;
  const folder = s3Folder(dataDir);
  const objects = join(folder, 'objects');
  const certificates = join(folder, 'certificates');
  for (const path of [objects, certificates]) mkdirSync(path, { recursive: true });
  await endLeftovers(folder, 'minio');
  const store = localObjectStore(dataDir, state) as S3;
  await launch(context, {
    name: 'minio',
    plan: {
      command: program,
      // An empty certificates folder: those in the user's home would switch it to https.
      args: ['server', objects, '--address', `127.0.0.1:${state.ports.s3}`, '--certs-dir', certificates],
      cwd: folder,
      env: {
        PATH: env.PATH,
        HOME: folder,
        MINIO_ROOT_USER: store.accessKey,
        MINIO_ROOT_PASSWORD: store.secretKey,
        MINIO_BROWSER: 'off',
        MINIO_UPDATE: 'off',
      },
      log,
    },
    readyMs: READY_MS,
    ask: () =>
      ensureBucket(store).then(
        () => true,
        () => false,
      ),
  });
};

/** Throws when somebody else's object store does not answer; makes the bucket if it is not there. */
export const expectObjectStore = async (store: ObjectStore): Promise<void> => {
  if (store.kind === 'file') return;
  try {
    await ensureBucket(store);
  } catch (error) {
    throw new TransientFailure(
      'PLAYHEAD_STACK_UNAVAILABLE',
      `the object store at S3_ENDPOINT does not answer: ${messageOf(error)}`,
      { cause: error },
    );
  }
};
