import { useId, useRef, useState, type FormEvent, type ReactNode } from 'react';
import { DoorError } from '../data/door';
import { Failed } from './states';

interface ActionProps {
  readonly label: string;
  /** The question of the dialog; what will happen. */
  readonly question: string;
  /** Asks for a sentence that goes onto the log. */
  readonly comment?: 'optional' | 'required';
  readonly tone?: 'plain' | 'danger';
  /** Further fields of the dialog, in the state of whoever uses this. */
  readonly children?: ReactNode;
  readonly run: (comment: string | undefined) => Promise<unknown>;
}

/** A button that asks first, says who acts, and shows the refusal of the door where there is one. */
export const Action = ({ label, question, comment, tone = 'plain', children, run }: ActionProps) => {
  const dialog = useRef<HTMLDialogElement>(null);
  const title = useId();
  const [text, setText] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<DoorError>();

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await run(text.trim() === '' ? undefined : text.trim());
      setText('');
      dialog.current?.close();
    } catch (caught) {
      setError(caught instanceof DoorError ? caught : new DoorError('DEFECT', String(caught), undefined));
    } finally {
      setBusy(false);
    }
  };

  return (
    <>
      <button type="button" className={`small ${tone}`} onClick={() => dialog.current?.showModal()}>
        {label}
      </button>
      <dialog ref={dialog} aria-labelledby={title}>
        <form onSubmit={(event) => void submit(event)}>
          <h2 id={title}>{label}</h2>
          <p>{question}</p>
          {children}
          {comment && (
            <label>
              Reason{comment === 'optional' && ' (optional)'}
              <input
                value={text}
                required={comment === 'required'}
                onChange={(event) => setText(event.target.value)}
              />
            </label>
          )}
          {error && <Failed error={error} />}
          <div className="actions">
            <button type="button" onClick={() => dialog.current?.close()}>
              Not now
            </button>
            <button type="submit" className={tone === 'danger' ? 'danger' : 'primary'} disabled={isBusy}>
              {isBusy ? 'Asking' : label}
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
};
