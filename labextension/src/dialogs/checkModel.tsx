import { Dialog } from '@jupyterlab/apputils';
import * as React from 'react';
import type { CheckRequest } from '../api/types';
import { ErrorMessage } from '../components/primitives';
import type { IModelOp } from '../state/context';
import { useModelOp } from '../state/context';
import { useModel } from '../state/queries';
import type { ListFolder } from './filePicker';
import { disableAccept, launchFormDialog } from './formDialog';
import { InputFields } from './inputFields';
import { RequestForm } from './requestForm';

export interface ICheckOptions {
  readonly model: string;
  /** What is chosen at first. */
  readonly initial: CheckRequest;
  /** Lists the files that may be an input. */
  readonly list: ListFolder;
  /** The folder in which files are chosen at first. */
  readonly folder: string;
}

/** Show the dialog of a check, with an error of the previous attempt; return null on cancel. */
export async function checkModelDialog(
  context: IModelOp,
  options: ICheckOptions,
  error: Error | null = null
): Promise<CheckRequest | null> {
  const { trans } = context;
  const form = new RequestForm(context, options.initial, onChange => (
    <Form options={options} error={error} onChange={onChange} />
  ));
  const dialog = new Dialog<CheckRequest>({
    title: trans.__('Check %1', options.model),
    body: form,
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Check') })],
    defaultButton: 1,
    focusNodeSelector: 'button, input'
  });
  form.onRequest = ({ inputs = [] }) =>
    disableAccept(dialog.node, inputs.length > 0 ? null : reasonToWait(context));
  const { button, value } = await launchFormDialog(dialog);
  return button.accept ? value : null;
}

function reasonToWait({ trans }: Pick<IModelOp, 'trans'>): string {
  return trans.__('Check waits for a sample: choose a file or an asset');
}

function Form(props: {
  options: ICheckOptions;
  error: Error | null;
  onChange: (request: CheckRequest) => void;
}): JSX.Element {
  const context = useModelOp();
  const { trans } = context;
  const { options } = props;
  const [request, setRequest] = React.useState(options.initial);
  const { inputs = [], metrics = [] } = request;
  const { data: model } = useModel(options.model);
  const hasMetrics = model?.functions.some(({ kind }) => kind === 'metrics') ?? false;
  React.useEffect(() => props.onChange(request), [request]);
  return (
    <>
      <p className="jp-modelop-muted">
        {trans.__('The first 100 records are scored several times. No job is recorded.')}
      </p>
      <InputFields
        {...options}
        legend={trans.__('Sample')}
        inputs={inputs}
        takesQueries={false}
        onChange={chosen => setRequest({ ...request, inputs: chosen })}
      />
      {inputs.length === 0 && (
        <p className="jp-modelop-muted jp-mod-error" role="status">
          {reasonToWait(context)}
        </p>
      )}
      {hasMetrics && (
        <InputFields
          {...options}
          legend={trans.__('Input of the metrics function, if it is to be checked')}
          inputs={metrics}
          takesQueries={false}
          isOptional={true}
          onChange={chosen => setRequest({ ...request, metrics: chosen })}
        />
      )}
      {props.error && <ErrorMessage error={props.error} />}
    </>
  );
}
