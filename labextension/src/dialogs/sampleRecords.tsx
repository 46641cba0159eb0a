import { Dialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { RecordForm } from '../api/types';
import { ErrorMessage } from '../components/primitives';
import type { IModelOp } from '../state/context';
import { ModelOpContext, useModelOp } from '../state/context';
import { disableAccept, launchFormDialog } from './formDialog';
import type { IFieldProblem, ITypedRecords } from './recordFields';
import { initialTexts, readRecords } from './recordFields';
import { RecordsField } from './recordsField';

/** Records that were typed, and their texts, with which the dialog can be shown again. */
export interface ISampleRecords {
  readonly typed: ITypedRecords;
  readonly records: readonly unknown[];
}

/** Show the form in which the records of a first run are typed; return null on cancel. */
export async function sampleRecordsDialog(
  context: IModelOp,
  options: { model: string; form: RecordForm; typed?: ITypedRecords; error?: Error | null }
): Promise<ISampleRecords | null> {
  const { trans } = context;
  const { form, model } = options;
  const body = new RecordsForm(context, form, options.typed, options.error ?? null);
  const dialog: Dialog<ITypedRecords> = new Dialog({
    title: trans.__('Run %1 on sample records', model),
    body,
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Run') })],
    focusNodeSelector: 'input, select, textarea'
  });
  body.onRefusal = refusal => disableAccept(dialog.node, refusal);
  const { button, value: typed } = await launchFormDialog(dialog);
  if (!button.accept || typed === null) {
    return null;
  }
  return { typed, records: readRecords(form, typed, trans).records };
}

class RecordsForm extends ReactWidget implements Dialog.IBodyWidget<ITypedRecords> {
  constructor(
    private readonly _context: IModelOp,
    private readonly _form: RecordForm,
    typed: ITypedRecords | undefined,
    private readonly _error: Error | null
  ) {
    super();
    this.addClass('jp-modelop-form');
    this._typed = typed ?? initialTexts(_form);
  }

  getValue(): ITypedRecords {
    return this._typed;
  }

  /** Called with the reason why the records cannot be used, and with null when they can. */
  onRefusal: (refusal: string | null) => void = () => undefined;

  protected render(): JSX.Element {
    return (
      <ModelOpContext.Provider value={this._context}>
        <Form
          form={this._form}
          typed={this._typed}
          error={this._error}
          onChange={typed => {
            this._typed = typed;
          }}
          onRefusal={refusal => this.onRefusal(refusal)}
        />
      </ModelOpContext.Provider>
    );
  }

  private _typed: ITypedRecords;
}

function Form(props: {
  form: RecordForm;
  typed: ITypedRecords;
  error: Error | null;
  onChange: (typed: ITypedRecords) => void;
  onRefusal: (refusal: string | null) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { form, error } = props;
  const [typed, setTyped] = React.useState(props.typed);
  const { problems } = readRecords(form, typed, trans);
  const refusal = problems.length > 0 ? sentence(problems[0], trans) : null;
  React.useEffect(() => props.onRefusal(refusal), [refusal]);
  const change = (next: ITypedRecords) => {
    setTyped(next);
    props.onChange(next);
  };
  return (
    <>
      {error && <ErrorMessage error={error} />}
      <RecordsField form={form} typed={typed} problems={problems} onChange={change} />
      <p
        className={refusal === null ? 'jp-modelop-muted' : 'jp-modelop-warn jp-mod-error'}
        role="status"
      >
        {refusal ?? trans.__('The job opens in a tab, with its result.')}
      </p>
    </>
  );
}

function sentence({ record, name, text }: IFieldProblem, trans: TranslationBundle): string {
  return name === null
    ? trans.__('Run waits for records: %1.', text)
    : trans.__('Run waits for %1 of record %2: %3.', name, record + 1, text);
}
