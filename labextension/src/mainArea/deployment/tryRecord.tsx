import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';
import type { Answer, Deployment, KernelTable, RecordForm } from '../../api/types';
import { Badge, ErrorMessage, TextButton } from '../../components/primitives';
import type { IFieldProblem, ITypedRecords } from '../../dialogs/recordFields';
import { initialTexts, readRecords } from '../../dialogs/recordFields';
import { RecordsField } from '../../dialogs/recordsField';
import { latency, refOf } from '../../model/deployment';
import { useModelOp } from '../../state/context';
import { deploymentKey, isAnswering } from '../../state/deployments';
import { useAction } from '../../state/queries';
import { useRecordForm } from './recordForm';

/** What was typed into the form for a snapshot, and the last answer to it. */
export interface ITried {
  readonly ref: string;
  readonly typed: ITypedRecords;
  readonly answer: Answer | null;
}

interface ITryProps {
  readonly deployment: Deployment;
  /** What was tried before another tab was shown. */
  readonly tried: ITried | null;
  readonly onTry: (tried: ITried) => void;
}

/** A form in which records are typed that are sent to a deployment, and beside it what is answered. */
export function TryTab(
  props: ITryProps & { tables: () => Promise<readonly KernelTable[]> }
): JSX.Element {
  const { trans } = useModelOp();
  const { deployment, tables } = props;
  const { data: form, error } = useRecordForm(deployment, tables);
  if (!form) {
    return error ? <ErrorMessage error={error} /> : <div role="status">{trans.__('Loading…')}</div>;
  }
  return <Form {...props} form={form} />;
}

function Form(props: ITryProps & { form: RecordForm }): JSX.Element {
  const { client, queries, trans } = useModelOp();
  const { deployment, form, tried, onTry } = props;
  const { model } = deployment;
  const ref = refOf(deployment);
  // Another snapshot may have other fields.
  const { typed, answer } =
    tried?.ref === ref ? tried : { typed: initialTexts(form), answer: null };
  const action = useAction();
  const { problems } = readRecords(form, typed, trans);
  const send = () =>
    action.run(async () => {
      const body = requestBody(form, typed, trans);
      onTry({ ref, typed, answer: await client.sendRequest(model, body) });
      // What it has counted is not waited for.
      void queries.refetchQueries({ queryKey: deploymentKey(model) });
    });
  const reason = isAnswering(deployment)
    ? problems.length === 0
      ? undefined
      : problemText(problems[0], trans)
    : trans.__('%1 answers no requests now.', ref);
  return (
    <div className="jp-modelop-columns">
      <form
        className="jp-modelop-tryForm"
        aria-label={trans.__('Records for %1', ref)}
        onSubmit={event => {
          event.preventDefault();
          if (reason === undefined && !action.isRunning) {
            send();
          }
        }}
      >
        <RecordsField
          form={form}
          typed={typed}
          problems={problems}
          onChange={next => onTry({ ref, typed: next, answer })}
        />
        <div className="jp-modelop-bar">
          <TextButton
            label={action.isRunning ? trans.__('Waiting…') : trans.__('Send')}
            title={trans.__('Have %1 score what is typed', ref)}
            isPrimary={true}
            reason={reason}
            disabled={action.isRunning}
          />
          {reason !== undefined && (
            <span className="jp-modelop-muted" role="status">
              {reason}
            </span>
          )}
        </div>
      </form>
      <section aria-label={trans.__('Answer')} aria-live="polite" className="jp-modelop-answer">
        {action.error && <ErrorMessage error={action.error} />}
        {answer && <AnswerView answer={answer} />}
      </section>
    </div>
  );
}

function AnswerView({ answer }: { answer: Answer }): JSX.Element {
  const { trans } = useModelOp();
  const { status, body, seconds } = answer;
  const text = typeof body === 'string' ? body : JSON.stringify(body, null, 2);
  return (
    <>
      <div className="jp-modelop-bar">
        <Badge
          kind={status < 400 ? 'good' : 'bad'}
          text={String(status)}
          title={trans.__('The status of the answer')}
        />
        <span className="jp-modelop-muted">{trans.__('after %1', latency(seconds))}</span>
      </div>
      <pre tabIndex={0} aria-label={trans.__('What was answered')}>
        {text}
      </pre>
    </>
  );
}

/** Return the body of a request: one record by itself, several as a list; JSON as it was typed. */
function requestBody(form: RecordForm, typed: ITypedRecords, trans: TranslationBundle): unknown {
  if (form.fields.length === 0) {
    return JSON.parse(typed.json);
  }
  const { records } = readRecords(form, typed, trans);
  return records.length === 1 ? records[0] : records;
}

function problemText({ record, name, text }: IFieldProblem, trans: TranslationBundle): string {
  return name === null
    ? trans.__('Send waits for records: %1.', text)
    : trans.__('Send waits for %1 of record %2: %3.', name, record + 1, text);
}
