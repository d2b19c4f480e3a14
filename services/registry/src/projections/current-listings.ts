import { isPlatformError } from '#kernel';
import type { Postgres } from '#runtime';
import { stateListings, type Listings } from './listings';
import type { RegistryProjection } from './postgres/registry-projection';
import { postgresListings } from './postgres/postgres-listings';
import type { RegistryView } from './registry-view';

/** Lists of what holds now: from Postgres where it reflects everything this instance has folded, else from the fold itself. */
export class CurrentListings {
  private readonly postgres: Listings | undefined;

  constructor(
    private readonly view: RegistryView,
    private readonly projection: RegistryProjection | undefined,
    postgres: Postgres | undefined,
  ) {
    this.postgres = postgres && postgresListings(postgres);
  }

  async list<T>(asOf: string | undefined, query: (listings: Listings) => Promise<T>): Promise<T> {
    const state = this.view.asOf(asOf);
    const isNow = asOf === undefined || asOf === '';
    if (isNow && this.postgres && this.projection?.reflects(state.position)) {
      try {
        return await query(this.postgres);
      } catch (error) {
        if (!isPlatformError(error) || error.disposition !== 'retry') throw error;
      }
    }
    return query(stateListings(state));
  }
}
