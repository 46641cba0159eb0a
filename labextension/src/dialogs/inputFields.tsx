import * as React from 'react';
import type { AssetRole, JobDraft } from '../api/types';
import { useModelOp } from '../state/context';
import { useModel } from '../state/queries';
import { isQuery, pathOf } from './connectionField';
import type { ListFolder } from './filePicker';
import { FilePicker } from './filePicker';

/** The roles of assets that are offered as inputs, beside queries. */
const DATA_ROLES: readonly AssetRole[] = [
  'TEST_DATA',
  'BASELINE_DATA',
  'COMPARATOR_DATA',
  'TRAINING_DATA'
];

/** The files and assets that a job or check takes as its input. */
export function InputFields(props: {
  model: string;
  legend: string;
  /** The folder in which files are chosen at first. */
  folder: string;
  list: ListFolder;
  inputs: JobDraft['inputs'];
  takesQueries: boolean;
  /** Whether the list of files waits for a button, although there is no input yet. */
  isOptional?: boolean;
  onChange: (inputs: JobDraft['inputs']) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { inputs } = props;
  const model = useModel(props.model);
  const assets = (model.data?.assets ?? []).filter(
    ({ role, path }) =>
      (DATA_ROLES.includes(role) || (props.takesQueries && isQuery(path))) &&
      !inputs.some(input => pathOf(input) === path)
  );
  const [isChoosing, setChoosing] = React.useState(inputs.length === 0 && !props.isOptional);
  const addButton = React.useRef<HTMLButtonElement>(null);
  const wasChoosing = React.useRef(isChoosing);
  React.useEffect(() => {
    // The list that had the focus is removed; keyboard users continue here.
    if (wasChoosing.current && !isChoosing) {
      addButton.current?.focus();
    }
    wasChoosing.current = isChoosing;
  }, [isChoosing]);
  return (
    <fieldset>
      <legend>{props.legend}</legend>
      <ul className="jp-modelop-list">
        {inputs.map((input, index) => (
          <li key={index} className="jp-modelop-row">
            <span className="jp-modelop-name">{pathOf(input)}</span>
            <button
              type="button"
              className="jp-modelop-link"
              aria-label={trans.__('Remove %1', pathOf(input))}
              onClick={() => props.onChange(inputs.filter(other => other !== input))}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      {isChoosing && (
        <FilePicker
          list={props.list}
          initialFolder={props.folder}
          onPick={path => {
            setChoosing(false);
            props.onChange([...inputs, { path }]);
          }}
        />
      )}
      <div className="jp-modelop-row">
        {!isChoosing && (
          <button
            type="button"
            ref={addButton}
            className="jp-modelop-button jp-mod-styled jp-mod-reject"
            onClick={() => setChoosing(true)}
          >
            {inputs.length === 0 ? trans.__('Add a file…') : trans.__('Add another file…')}
          </button>
        )}
        {assets.map(({ path }) => (
          <button
            key={path}
            type="button"
            className="jp-modelop-button jp-mod-styled jp-mod-reject"
            onClick={() => props.onChange([...inputs, { asset: path }])}
          >
            {trans.__('Asset %1', path)}
          </button>
        ))}
      </div>
    </fieldset>
  );
}
