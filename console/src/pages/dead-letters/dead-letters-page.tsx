import { useState } from 'react';
import { setQuery, useRoute } from '../../data/route';
import type { StreamSummary } from '../../data/streams';
import { useDoor } from '../../data/use-door';
import { Action } from '../../parts/action';
import { Choice } from '../../parts/choice';
import { plural } from '../../parts/format';
import { Card, Page, Time } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered } from '../../parts/states';
import { Table, type Column } from '../../parts/table';
import { LetterDetails } from './letter-details';
import { canBeDriven, redrive, saidOf, type Letter } from './letters';

const EVERY_MS = 3_000;
const SHOWN = 200;
const SERVICES = 'all services';
const ALL = 'all codes';

/** What was not taken, why, and back into the inbox. */
export const DeadLettersPage = ({ rest: [source, position] }: { readonly rest: readonly string[] }) =>
  source !== undefined && position !== undefined ? (
    <LetterDetails source={source} position={position} />
  ) : (
    <LetterList />
  );

const LetterList = () => {
  const { query } = useRoute();
  const source = query.get('source') ?? SERVICES;
  const code = query.get('code') ?? ALL;
  const [said, setSaid] = useState('');
  const streams = useDoor<{ readonly streams: readonly StreamSummary[] }>('ingestion', '/v1/streams', {
    on: ['registry.definitions'],
  });
  const path = `/v1/dead-letters?limit=${SHOWN}${source === SERVICES ? '' : `&source=${encodeURIComponent(source)}`}`;
  const letters = useDoor<{ readonly letters: readonly Letter[] }>('ingestion', path, { everyMs: EVERY_MS });
  const sources = [
    SERVICES,
    'ingestion',
    ...(streams.value?.streams ?? []).map(({ name }) => `ingestion.rejections.${name}`),
  ];

  const again = async (from: string, choice: object): Promise<void> => {
    setSaid(saidOf(await redrive(from, choice)));
    letters.again();
  };
  const columns: readonly Column<Letter>[] = [
    {
      head: 'Position',
      isHead: true,
      cell: ({ topic, position }) => <Link to={['dead-letters', topic, position]}>{position}</Link>,
    },
    { head: 'Topic', cell: ({ topic }) => <code>{topic}</code> },
    { head: 'Code', cell: (letter) => <code>{letter.code}</code> },
    {
      head: 'Reason',
      wide: true,
      cell: ({ reason, count }) => `${reason}${count === null ? '' : ` (${plural(count, 'record')})`}`,
    },
    { head: 'First failed', cell: ({ firstFailed }) => <Time at={firstFailed} /> },
    {
      head: 'Again',
      cell: ({ topic, position }) =>
        canBeDriven(topic) && (
          <Action
            label="Drive again"
            question={`Append ${position} to its inbox again? It passes dedupe and lateness once.`}
            run={() => again(topic, { positions: [position] })}
          />
        ),
    },
  ];

  return (
    <Page
      title="Dead letters"
      about="Records that were not taken, with the reason and their bytes: nothing is lost. Rejections of a stream are driven again the same way."
    >
      <p role="status" className="said">
        {said}
      </p>
      <Answered answer={letters} what="dead letters">
        {(value) => {
          const codes = [...new Set(value.letters.map((letter) => letter.code))].sort();
          const shown = value.letters.filter((letter) => code === ALL || letter.code === code).reverse();
          return (
            <Card
              title="Newest first"
              flush
              note={plural(shown.length, 'record')}
              actions={
                <>
                  <Choice
                    label="From"
                    value={source}
                    options={sources}
                    onChange={(next) =>
                      setQuery({ source: next === SERVICES ? undefined : next, code: undefined })
                    }
                  />
                  <Choice
                    label="Code"
                    value={code}
                    options={[ALL, ...new Set([...codes, ...(code === ALL ? [] : [code])])]}
                    onChange={(next) =>
                      setQuery({ code: next === ALL ? undefined : next }, { replace: true })
                    }
                  />
                  {source !== SERVICES &&
                    canBeDriven(source === 'ingestion' ? 'ingestion.dead-letters' : source) &&
                    code !== ALL && (
                      <Action
                        label={`Drive all of ${code} again`}
                        question={`Append every record of ${source} with the code ${code} to its inbox again?`}
                        run={() => again(source, { code })}
                      />
                    )}
                </>
              }
            >
              <Table
                caption="Records that were not taken, the newest first"
                columns={columns}
                rows={shown}
                keyOf={({ topic, position }) => `${topic}/${position}`}
                empty={
                  source === SERVICES
                    ? 'No dead letters. Rejections stand by stream: choose one above.'
                    : 'None here.'
                }
              />
            </Card>
          );
        }}
      </Answered>
    </Page>
  );
};
