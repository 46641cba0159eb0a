import { Dialog } from '@jupyterlab/apputils';
import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { ChallengeRequest } from '../api/types';
import { ErrorMessage } from '../components/primitives';
import type { IModelOp } from '../state/context';
import { useModelOp } from '../state/context';
import { useSnapshots } from '../state/queries';
import type { ListFolder } from './filePicker';
import { listOf, RulesField } from './expectationFields';
import { disableAccept, launchFormDialog } from './formDialog';
import { InputFields } from './inputFields';
import { RequestForm } from './requestForm';
import { TextField } from './textField';

export interface IChallengeOptions {
  readonly model: string;
  /** What is chosen at first. */
  readonly initial: ChallengeRequest;
  /** Lists the files that may be an input. */
  readonly list: ListFolder;
  /** The folder in which files are chosen at first. */
  readonly folder: string;
}

/** Show the dialog of a challenge, with an error of the previous attempt; return null on cancel. */
export async function challengeModelDialog(
  context: IModelOp,
  options: IChallengeOptions,
  error: Error | null = null
): Promise<ChallengeRequest | null> {
  const { trans } = context;
  const form = new RequestForm(context, options.initial, onChange => (
    <Form options={options} error={error} onChange={onChange} />
  ));
  const dialog = new Dialog<ChallengeRequest>({
    title: trans.__('Challenge with %1', options.model),
    body: form,
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Challenge') })],
    defaultButton: 1,
    focusNodeSelector: 'select, button, input'
  });
  form.onRequest = request => disableAccept(dialog.node, reasonToWait(request, context));
  const { button, value } = await launchFormDialog(dialog);
  return button.accept ? value : null;
}

function reasonToWait(
  { champion, challenger, inputs }: ChallengeRequest,
  { trans }: Pick<IModelOp, 'trans'>
): string | null {
  if (champion === challenger) {
    return trans.__('Challenge waits for two different snapshots');
  }
  return inputs.length > 0
    ? null
    : trans.__('Challenge waits for records: choose a file or an asset');
}

function Form(props: {
  options: IChallengeOptions;
  error: Error | null;
  onChange: (request: ChallengeRequest) => void;
}): JSX.Element {
  const context = useModelOp();
  const { trans } = context;
  const { options } = props;
  const [request, setRequest] = React.useState(options.initial);
  React.useEffect(() => props.onChange(request), [request]);
  const change = (values: Partial<ChallengeRequest>) => setRequest({ ...request, ...values });
  const wait = reasonToWait(request, context);
  return (
    <>
      <p className="jp-modelop-muted">
        {trans.__('Both score the same records, each in its own environment. No job is recorded.')}
      </p>
      <SnapshotField
        model={options.model}
        label={trans.__('Champion')}
        value={request.champion}
        onChange={champion => change({ champion })}
      />
      <SnapshotField
        model={options.model}
        label={trans.__('Challenger')}
        value={request.challenger}
        onChange={challenger => change({ challenger })}
      />
      <InputFields
        {...options}
        legend={trans.__('Records')}
        inputs={request.inputs}
        takesQueries={false}
        onChange={inputs => change({ inputs })}
      />
      <TextField
        label={trans.__('Label column')}
        placeholder={trans.__('with the truth: both are measured by it')}
        value={request.label ?? ''}
        onChange={label => change({ label: label.trim() || undefined })}
      />
      <TextField
        label={trans.__('Key column')}
        placeholder={trans.__('with a name for each record')}
        value={request.key ?? ''}
        onChange={key => change({ key: key.trim() || undefined })}
      />
      <TextField
        label={trans.__('Segment columns')}
        placeholder={trans.__('to show results by, with commas between them')}
        value={(request.segments ?? []).join(', ')}
        onChange={text => change({ segments: listOf(text, ',') })}
      />
      <RulesField
        rules={request.expect}
        placeholder={trans.__('accuracy >= ref')}
        onChange={expect => change({ expect })}
      />
      {wait !== null && (
        <p className="jp-modelop-muted jp-mod-error" role="status">
          {wait}
        </p>
      )}
      {props.error && <ErrorMessage error={props.error} />}
    </>
  );
}

/** A choice among the snapshots of a model, and the model as it is now. */
function SnapshotField(props: {
  model: string;
  label: string;
  value: string;
  onChange: (ref: string) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { data: page } = useSnapshots(props.model);
  return (
    <label className="jp-modelop-field">
      <span>{props.label}</span>
      <HTMLSelect value={props.value} onChange={event => props.onChange(event.target.value)}>
        <option value={props.model}>{trans.__('as it is now')}</option>
        {page?.rows.map(({ ref, number, name }) => (
          <option key={ref} value={ref}>
            @{number} {name}
          </option>
        ))}
      </HTMLSelect>
    </label>
  );
}
