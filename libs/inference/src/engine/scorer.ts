import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import type { Duplex, Writable } from 'node:stream';
import { Refused, TransientFailure } from '#kernel';
import { WATCHDOG } from '../check/limited-process';
import { killMarked, memoryOfSession } from '../check/process-tree';
import type { LoadOptions, OnnxModel } from '../onnx-model';
import { FrameReader, LOAD, LOADED, REFUSED, SCORE, SCORES, bytesOf, frameHead } from './frames';
import type { ModelCost } from './model-cost';
import type { ModelTraits } from './model-traits';

export type Described = Pick<
  OnnxModel,
  'digest' | 'task' | 'featureCount' | 'outputName' | 'outputs' | 'fingerprint'
>;

/** What is known of a model file that another process has loaded, run and measured. */
export interface Tried {
  readonly described: Described;
  readonly cost: ModelCost;
  readonly loadMs: number;
  /** Resident memory of the process that holds it. */
  readonly processBytes: number;
  readonly traits: ModelTraits;
}

/** What a scorer is told beside the file. */
export interface LoadFrame {
  readonly options: LoadOptions;
  /** Then it is not measured again. */
  readonly measured?: ModelCost | undefined;
}

export interface ScorerLimits {
  /** To load a file, try it and measure it. */
  readonly loadTimeoutMs: number;
  /** Resident memory of the process, looked at while it loads. */
  readonly memoryBytes: number;
}

/** Why a scorer is no more. */
type End = 'killed' | 'time' | 'memory' | { readonly code: number; readonly said: string };

/** Thrown to whoever waits for a scorer that ended or was ended. */
export class ScorerLost extends Error {
  constructor(
    readonly end: End,
    reason: string,
  ) {
    super(reason);
  }
}

const LOOK_EVERY_MS = 100;
const YIELDING = ['nice', '-n', '10'];
/** In the place of the exit code of a process that never was. */
const NOT_STARTED = -1;

/**
 * A process of its own for models: it can be killed in the midst of native code, which a worker thread cannot (its end, and that of the
 * process, wait for the call to come back), and gives all memory back with its end. It dies with this process. One thing at a time.
 */
export class Scorer {
  private readonly child: ChildProcess;
  private readonly mark = randomUUID();
  private readonly said: string[] = [];
  private pending: { kind: number; resolve(body: Uint8Array): void; reject(error: Error): void } | undefined;
  private end: End | undefined;

  constructor(
    private readonly limits: ScorerLimits,
    script = defaultScript(),
    {
      yields = false,
    }: {
      /** It leaves the processor to others: for what nobody waits for. */ readonly yields?: boolean;
    } = {},
  ) {
    if (!existsSync(script)) throw new TransientFailure('PLAYHEAD_NOT_READY', `${script} is not there`);
    this.child = spawn(
      '/bin/sh',
      ['-c', WATCHDOG, 'playhead', ...(yields ? YIELDING : []), process.execPath, script],
      {
        env: { LANG: 'C.UTF-8', PLAYHEAD_PROCESS_MARK: this.mark },
        detached: true,
        stdio: ['pipe', 'ignore', 'pipe', 'ignore', 'pipe', 'pipe'],
      },
    );
    const reader = new FrameReader((kind, body) => this.answered(kind, body));
    const streams = this.child.stdio as (Duplex | null)[];
    const [, , stderr, , , output] = streams;
    // What breaks a pipe ends the process, and that is told.
    for (const stream of streams) stream?.on('error', () => undefined);
    output?.on('data', (piece: Buffer) => this.read(reader, piece));
    stderr?.on('data', (piece: Buffer) => this.said.push(piece.toString('utf8')) > 20 && this.said.shift());
    this.child.once('error', () => this.lost({ code: NOT_STARTED, said: 'it could not be started' }));
    this.child.once('exit', (code, signal) =>
      this.lost({
        code: code ?? (signal === 'SIGKILL' ? 137 : 143),
        said: this.said.join('').trim().slice(-500),
      }),
    );
    // A scorer keeps nobody alive.
    this.child.unref();
    for (const stream of streams) (stream as Socket | null)?.unref();
  }

  get isAlive(): boolean {
    return this.end === undefined;
  }

  /**
   * Loads a file in the place of what it held, runs it, and says what it costs.
   * @throws Refused PLAYHEAD_INFERENCE_MODEL_INVALID with the reason, also where the process had to be killed or ended.
   */
  async load(bytes: Uint8Array, options: LoadOptions, measured?: ModelCost): Promise<Tried> {
    const json = Buffer.from(JSON.stringify({ options, measured } satisfies LoadFrame));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(json.length);
    const stopLooking = this.watchMemory();
    try {
      const said = await this.ask(LOAD, [length, json, bytes], this.limits.loadTimeoutMs);
      return JSON.parse(Buffer.from(said).toString('utf8')) as Tried;
    } catch (error) {
      throw error instanceof ScorerLost ? this.notLoaded(error) : error;
    } finally {
      stopLooking();
    }
  }

  /** @throws ScorerLost when it ended or took too long; Refused when the model said no. */
  async score(matrix: Float32Array, timeoutMs: number): Promise<Float32Array> {
    const { buffer, byteLength } = await this.ask(SCORE, [bytesOf(matrix)], timeoutMs);
    return new Float32Array(buffer as ArrayBuffer, 0, byteLength / 4);
  }

  kill(why: 'killed' | 'time' | 'memory' = 'killed'): void {
    const { pid } = this.child;
    if (pid !== undefined && this.end === undefined) {
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    this.lost(why);
  }

  private ask(kind: number, parts: readonly Uint8Array[], timeoutMs: number): Promise<Uint8Array> {
    if (this.end !== undefined) return Promise.reject(this.lossOf(this.end));
    if (this.pending) return Promise.reject(new Error('a scorer does one thing at a time'));
    return new Promise<Uint8Array>((resolve, reject) => {
      const timer = setTimeout(() => this.kill('time'), timeoutMs);
      const settled = (): void => {
        clearTimeout(timer);
        this.pending = undefined;
      };
      this.pending = {
        kind,
        resolve: (body) => (settled(), resolve(body)),
        reject: (error) => (settled(), reject(error)),
      };
      const input = this.child.stdio[4] as Writable;
      input.cork();
      input.write(
        frameHead(
          kind,
          parts.reduce((sum, { byteLength }) => sum + byteLength, 0),
        ),
      );
      for (const part of parts) input.write(part);
      input.uncork();
    });
  }

  private read(reader: FrameReader, piece: Buffer): void {
    try {
      reader.push(piece);
    } catch {
      // No frame of ours: whatever it is, it does not go on.
      this.kill();
    }
  }

  private answered(kind: number, body: Uint8Array): void {
    const { pending } = this;
    if (kind === REFUSED) pending?.reject(refusedModel(Buffer.from(body).toString('utf8')));
    else if (kind === LOADED || kind === SCORES) pending?.resolve(body);
  }

  private lost(end: End): void {
    if (this.end !== undefined) return;
    this.end = end;
    this.pending?.reject(this.lossOf(end));
    void killMarked(this.mark);
  }

  private lossOf(end: End): ScorerLost {
    if (end === 'time') return new ScorerLost(end, 'it did not answer in time');
    if (end === 'memory') return new ScorerLost(end, 'it took too much memory');
    if (end === 'killed') return new ScorerLost(end, 'its process was ended');
    return new ScorerLost(
      end,
      `its process ended with code ${end.code}${end.said === '' ? '' : `: ${end.said}`}`,
    );
  }

  private notLoaded({ end, message }: ScorerLost): Error {
    const { loadTimeoutMs, memoryBytes } = this.limits;
    if (end === 'time')
      return refusedModel(`it was not loaded and did not answer within ${loadTimeoutMs / 1_000} s`);
    if (end === 'memory')
      return refusedModel(`it takes more than ${Math.round(memoryBytes / 2 ** 20)} MiB of memory`);
    if (typeof end === 'object' && end.code === NOT_STARTED)
      return new TransientFailure('PLAYHEAD_NOT_READY', message);
    return refusedModel(message);
  }

  private watchMemory(): () => void {
    const timer = setInterval(() => {
      const { pid } = this.child;
      if (pid === undefined) return;
      void memoryOfSession(pid, this.limits.memoryBytes).then((bytes) => {
        if (bytes > this.limits.memoryBytes) this.kill('memory');
      });
    }, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }
}

const refusedModel = (reason: string): Refused =>
  new Refused(
    'PLAYHEAD_INFERENCE_MODEL_INVALID',
    reason.startsWith('the model cannot') ? reason : `the model cannot be served: ${reason}`,
  );

/** Beside this file once it is compiled; from the sources, what `npm run build` made of it. */
const defaultScript = (): string => {
  const beside = join(__dirname, 'scorer-main.js');
  return existsSync(beside)
    ? beside
    : join(__dirname, '../../../../dist/libs/inference/src/engine/scorer-main.js');
};
