import { useState } from 'react';
import { useDoor } from '../../data/use-door';
import { Action } from '../../parts/action';
import { whole } from '../../parts/format';
import { Card, Facts, Page, Time } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered } from '../../parts/states';
import { Table } from '../../parts/table';
import { textOf } from '../streams/raw-bytes';
import { canBeDriven, redrive, saidOf, type Letter } from './letters';

interface WholeLetter extends Letter {
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly bytes: number;
  readonly raw: string | null;
}

interface LetterDetailsProps {
  readonly source: string;
  readonly position: string;
}

export const LetterDetails = ({ source, position }: LetterDetailsProps) => {
  const [said, setSaid] = useState('');
  const letter = useDoor<WholeLetter>(
    'ingestion',
    `/v1/dead-letters/${encodeURIComponent(source)}/${encodeURIComponent(position)}`,
  );
  return (
    <Page
      title={`Dead letter ${position}`}
      about={<Link to={['dead-letters']}>All dead letters</Link>}
      actions={
        canBeDriven(source) && (
          <Action
            label="Drive again"
            question="Append it to its inbox again? It passes dedupe and lateness once."
            run={async () => setSaid(saidOf(await redrive(source, { positions: [position] })))}
          />
        )
      }
    >
      <p role="status" className="said">
        {said}
      </p>
      <Answered answer={letter} what="the letter">
        {(value) => (
          <>
            <Card title={value.reason}>
              <Facts
                facts={[
                  { name: 'Code', value: <code>{value.code}</code> },
                  { name: 'Where it stood', value: <code>{value.origin}</code> },
                  { name: 'First failed', value: <Time at={value.firstFailed} /> },
                  value.attempts !== null && { name: 'Attempts', value: whole(value.attempts) },
                  value.handler !== null && { name: 'Handler', value: <code>{value.handler}</code> },
                  { name: 'Bytes', value: whole(value.bytes) },
                ]}
              />
            </Card>
            <Card title="What was sent">
              {value.raw === null ? (
                <p className="empty">No value.</p>
              ) : (
                <pre className="bytes">{textOf(value.raw)}</pre>
              )}
            </Card>
            <Card title="Headers" flush>
              <Table
                caption="Headers of the record"
                columns={[
                  { head: 'Name', isHead: true, cell: ({ name }) => <code>{name}</code> },
                  { head: 'Value', wide: true, cell: (header) => <code>{header.value}</code> },
                ]}
                rows={value.headers}
                keyOf={({ name }) => name}
                empty="It has no header."
              />
            </Card>
          </>
        )}
      </Answered>
    </Page>
  );
};
