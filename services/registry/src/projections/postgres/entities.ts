import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { DefinitionDocument, DeploymentDocument, RunDocument, VersionDocument } from '../documents';

/** Up to where `registry.inputs` is in these tables; locked first by whoever writes them. */
@Entity({ name: 'read_position' })
export class ReadPosition {
  @PrimaryColumn('text') declare topic: string;
  /** The next offset to fold. */
  @Column('integer') declare next: number;
}

@Entity({ name: 'definition' })
export class DefinitionRow {
  @PrimaryColumn('text') declare kind: string;
  @PrimaryColumn('text') declare name: string;
  @PrimaryColumn('integer') declare revision: number;
  @Column('boolean') declare newest: boolean;
  @Column('jsonb') declare document: DefinitionDocument;
}

@Entity({ name: 'run' })
export class RunRow {
  @PrimaryColumn('text') declare run: string;
  @Column('text') declare model: string;
  @Column('text') declare status: string;
  /** Offset of the request in `registry.inputs`: the order of lists. */
  @Column('integer') declare position: number;
  @Column('jsonb') declare document: RunDocument;
}

@Entity({ name: 'model_version' })
export class VersionRow {
  @PrimaryColumn('text') declare model: string;
  @PrimaryColumn('integer') declare version: number;
  @Column('boolean') declare passed: boolean;
  /** Its own over those of its model. */
  @Column('jsonb') declare tags: Readonly<Record<string, string>>;
  @Column('jsonb') declare document: VersionDocument;
}

@Entity({ name: 'alias' })
export class AliasRow {
  @PrimaryColumn('text') declare model: string;
  @PrimaryColumn('text') declare alias: string;
  @Column('integer') declare version: number;
}

@Entity({ name: 'deployment' })
export class DeploymentRow {
  @PrimaryColumn('text') declare name: string;
  @Column('text') declare model: string;
  @Column('text') declare state: string;
  @Column('jsonb') declare document: DeploymentDocument;
}

export const ENTITIES = [ReadPosition, DefinitionRow, RunRow, VersionRow, AliasRow, DeploymentRow];
