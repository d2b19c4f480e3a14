import type { ArtifactStore } from '#artifacts';
import { readReferenceProfile, type ReferenceProfile } from '#drift';
import { untilAvailable } from '#eventlog';
import { messageOf } from '#kernel';
import type { Logger, Sleep } from '#runtime';

export interface ReferenceProfilesOptions {
  readonly artifacts: Pick<ArtifactStore, 'get'>;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/** Versions that are watched at the same time are few; a profile of 50 features takes about 50 kB. */
const KEPT = 64;

/** Reference profiles by the digest of their artifact, each read once. */
export class ReferenceProfiles {
  private readonly profiles = new Map<string, Promise<ReferenceProfile | undefined>>();
  private readonly read = new Map<string, ReferenceProfile | undefined>();

  constructor(private readonly options: ReferenceProfilesOptions) {}

  /** Waits while the store is away. Undefined, and said once, where there is no readable profile: then there is no drift to tell. */
  get(digest: string): Promise<ReferenceProfile | undefined> {
    let profile = this.profiles.get(digest);
    if (!profile) {
      if (this.profiles.size >= KEPT) this.forgetOldest();
      this.profiles.set(digest, (profile = this.load(digest)));
    }
    return profile;
  }

  /** What `get` gave for this digest. */
  known(digest: string): ReferenceProfile | undefined {
    return this.read.get(digest);
  }

  private async load(digest: string): Promise<ReferenceProfile | undefined> {
    const { artifacts, sleep, logger } = this.options;
    let profile: ReferenceProfile | undefined;
    try {
      const bytes = await untilAvailable(
        () => artifacts.get(digest),
        sleep,
        (error) => logger.warn({ digest }, `the reference profile waits: ${error.message}`),
      );
      profile = readReferenceProfile(bytes.toString('utf8'));
    } catch (error) {
      logger.error({ digest, err: error }, `no drift can be told against ${digest}: ${messageOf(error)}`);
    }
    this.read.set(digest, profile);
    return profile;
  }

  private forgetOldest(): void {
    const oldest = this.profiles.keys().next().value!;
    this.profiles.delete(oldest);
    this.read.delete(oldest);
  }
}
