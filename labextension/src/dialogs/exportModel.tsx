import { Dialog } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { ExportRequest, Snapshot } from '../api/types';
import { ErrorMessage } from '../components/primitives';
import type { IModelOp } from '../state/context';
import { useModelOp } from '../state/context';
import { disableAccept, launchFormDialog } from './formDialog';
import { RequestForm } from './requestForm';
import { TextField } from './textField';

/** What is exported, and how. */
export interface IExport {
  /** The model as it is now, or a snapshot. */
  readonly ref: string;
  readonly request: ExportRequest;
}

type Format = NonNullable<ExportRequest['format']>;

/** Return the export that is offered first: a zip in a folder of the file browser. */
export function firstExport(model: string, folder: string): IExport {
  return { ref: model, request: { path: pathFor(model, 'modelop', folder), format: 'modelop' } };
}

/** Ask what to export, in which format and where to, with an error of the previous attempt; null on cancel. */
export async function exportModelDialog(
  context: IModelOp,
  options: { model: string; snapshots: readonly Snapshot[]; initial: IExport },
  error: Error | null
): Promise<IExport | null> {
  const { trans } = context;
  const form = new RequestForm(context, options.initial, onChange => (
    <Form {...options} error={error} onChange={onChange} />
  ));
  const dialog = new Dialog<IExport>({
    title: trans.__('Export %1', options.model),
    body: form,
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Export') })],
    defaultButton: 1,
    focusNodeSelector: 'select'
  });
  form.onRequest = ({ request }) => disableAccept(dialog.node, request.path ? null : nameIt(trans));
  const { button, value } = await launchFormDialog(dialog);
  return button.accept ? value : null;
}

function Form(props: {
  model: string;
  snapshots: readonly Snapshot[];
  initial: IExport;
  error: Error | null;
  onChange: (value: IExport) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const [value, setValue] = React.useState(props.initial);
  const { ref, request } = value;
  const isZip = request.format === 'modelop';
  const change = (next: Partial<IExport>) => {
    const changed = { ...value, ...next };
    setValue(changed);
    props.onChange(changed);
  };
  const set = (next: Partial<ExportRequest>) => change({ request: { ...request, ...next } });
  // The path follows what is chosen, in the folder that was named.
  const choose = (chosen: string, format: Format) => {
    const path = pathFor(chosen, format, PathExt.dirname(request.path));
    const isPlain = format !== 'modelop';
    change({ ref: chosen, request: isPlain ? { path, format } : { ...request, path, format } });
  };
  return (
    <>
      <label className="jp-modelop-field">
        <span>{trans.__('Version')}</span>
        <HTMLSelect
          value={ref}
          onChange={event => choose(event.target.value, request.format ?? 'modelop')}
        >
          <option value={props.model}>{trans.__('as it is now')}</option>
          {props.snapshots.map(snapshot => (
            <option key={snapshot.ref} value={snapshot.ref}>
              @{snapshot.number} {snapshot.name}
            </option>
          ))}
        </HTMLSelect>
      </label>
      <label className="jp-modelop-field">
        <span>{trans.__('Format')}</span>
        <HTMLSelect
          value={request.format}
          onChange={event => choose(ref, event.target.value as Format)}
        >
          <option value="modelop">{trans.__('One file, to import or run elsewhere')}</option>
          <option value="git">{trans.__('A repository for ModelOp Center')}</option>
          <option value="mlflow">{trans.__('A model of MLflow')}</option>
        </HTMLSelect>
      </label>
      <TextField
        key={`${ref} ${request.format}`}
        label={isZip ? trans.__('File') : trans.__('Folder')}
        value={request.path}
        onChange={path => set({ path: path.trim() })}
      />
      {request.path === '' && (
        <p className="jp-modelop-muted jp-mod-error" role="status">
          {nameIt(trans)}
        </p>
      )}
      {isZip && (
        <>
          <label>
            <input
              type="checkbox"
              checked={request.wheels ?? false}
              onChange={event => set({ wheels: event.target.checked })}
            />{' '}
            {trans.__('With the wheels of its packages, to run without an index')}
          </label>
          <label>
            <input
              type="checkbox"
              checked={request.sample ?? true}
              onChange={event => set({ sample: event.target.checked })}
            />{' '}
            {trans.__('With the records of the last check, to verify it elsewhere')}
          </label>
        </>
      )}
      {props.error && <ErrorMessage error={props.error} />}
    </>
  );
}

function nameIt(trans: TranslationBundle): string {
  return trans.__('Name a file or a folder');
}

function pathFor(ref: string, format: Format, folder: string): string {
  const name = ref.replace('@', '-');
  const end = format === 'modelop' ? '.zip' : `-${format}`;
  return PathExt.join(folder, `${name}${end}`);
}
