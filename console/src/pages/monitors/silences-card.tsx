import { unsilence, type Silence } from '../../data/alerts';
import { useDoor } from '../../data/use-door';
import { Action } from '../../parts/action';
import { plural } from '../../parts/format';
import { Card, Time } from '../../parts/layout';
import { Answered } from '../../parts/states';
import { Table, type Column } from '../../parts/table';

const matchText = ({ match: { deployment = '*', kind = '*', subject = '*' } }: Silence): string =>
  `${kind} of ${subject} in ${deployment}`;

/** Alerts that nobody is told of for a while. */
export const SilencesCard = () => {
  const answer = useDoor<{ readonly silences: readonly Silence[] }>('monitoring', '/v1/silences', {
    on: ['monitoring.alerts'],
    everyMs: 30_000,
  });
  const columns: readonly Column<Silence>[] = [
    { head: 'What', isHead: true, cell: matchText },
    { head: 'Until', cell: ({ until }) => <Time at={until} /> },
    { head: 'Who', cell: ({ actor }) => actor },
    { head: 'Why', wide: true, cell: ({ comment }) => comment ?? '–' },
    { head: 'Holds back', number: true, cell: ({ holdsBack }) => plural(holdsBack.length, 'alert') },
    {
      head: 'End it',
      cell: (silence) => (
        <Action
          label="End"
          question={`People are told of ${matchText(silence)} again.`}
          run={async () => {
            await unsilence(silence.silence);
            answer.again();
          }}
        />
      ),
    },
  ];
  return (
    <Card title="Silences" flush note="in force">
      <Answered answer={answer} what="silences">
        {({ silences }) => (
          <Table
            caption="Silences in force"
            columns={columns}
            rows={silences}
            keyOf={({ silence }) => silence}
            empty="None: people are told of every alert."
          />
        )}
      </Answered>
    </Card>
  );
};
