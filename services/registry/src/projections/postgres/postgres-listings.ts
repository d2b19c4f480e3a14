import { Raw } from 'typeorm';
import type { Postgres } from '#runtime';
import type { Listings } from '../listings';
import { DefinitionRow, DeploymentRow, RunRow, VersionRow } from './entities';
import { containing, whereVersion } from './version-search';

/** Bytewise, as the fold in memory orders. */
const ORDER_BY_NAME = 'collate "C"';

/** Lists from the read model. Rejects with a TransientFailure while Postgres is away. */
export const postgresListings = (postgres: Postgres): Listings => ({
  definitions: async ({ kind, search }) => {
    const rows = await postgres.read((manager) =>
      manager
        .createQueryBuilder(DefinitionRow, 'd')
        .where({
          newest: true,
          ...(kind === undefined ? {} : { kind }),
          ...(search === undefined
            ? {}
            : { name: Raw((name) => `${name} ilike :search`, { search: containing(search) }) }),
        })
        .orderBy(`d.kind ${ORDER_BY_NAME}`)
        .addOrderBy(`d.name ${ORDER_BY_NAME}`)
        .getMany(),
    );
    return rows.map(({ document }) => document);
  },
  runs: async ({ model, status, limit }) => {
    const where = { ...(model === undefined ? {} : { model }), ...(status === undefined ? {} : { status }) };
    const rows = await postgres.read((manager) =>
      manager.find(RunRow, { where, order: { position: 'DESC' }, take: limit }),
    );
    return rows.map(({ document }) => document);
  },
  versions: async (model) => {
    const rows = await postgres.read((manager) =>
      manager.find(VersionRow, { where: { model }, order: { version: 'ASC' } }),
    );
    return rows.map(({ document }) => document);
  },
  deployments: async () => {
    const rows = await postgres.read((manager) =>
      manager.createQueryBuilder(DeploymentRow, 'd').orderBy(`d.name ${ORDER_BY_NAME}`).getMany(),
    );
    return rows.map(({ document }) => document);
  },
  search: async (query) => {
    const rows = await postgres.read((manager) =>
      whereVersion(manager.createQueryBuilder(VersionRow, 'v'), query)
        .orderBy(`v.model ${ORDER_BY_NAME}`)
        .addOrderBy('v.version', 'DESC')
        .limit(query.limit)
        .getMany(),
    );
    return rows.map(({ document }) => document);
  },
});
