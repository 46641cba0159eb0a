import { addIcon, closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';
import { useModelOp } from '../state/context';
import { IconButton } from './primitives';

/** Short texts side by side, which can be removed, and a field that adds one. */
export function Chips(props: {
  /** The name of the list, for screen readers. */
  label: string;
  /** What is added, for the button and its field: "Add a tag". */
  addLabel: string;
  values: readonly string[];
  onAdd: (value: string) => void;
  onRemove: (value: string) => void;
  suggestions?: readonly string[];
}): JSX.Element {
  const { trans } = useModelOp();
  const { values, onAdd, onRemove } = props;
  return (
    <span className="jp-modelop-chips">
      {values.length > 0 && (
        <ul className="jp-modelop-chipList" aria-label={props.label}>
          {values.map(value => (
            <li key={value} className="jp-modelop-chip">
              <span className="jp-modelop-chipText" title={value}>
                {value}
              </span>
              <IconButton
                icon={closeIcon}
                label={trans.__('Remove %1', value)}
                onClick={() => onRemove(value)}
              />
            </li>
          ))}
        </ul>
      )}
      <AddField label={props.addLabel} suggestions={props.suggestions} onAdd={onAdd} />
    </span>
  );
}

/** A button that becomes a field: Enter adds what is typed, Escape closes it. */
export function AddField(props: {
  label: string;
  placeholder?: string;
  suggestions?: readonly string[];
  onAdd: (value: string) => void;
}): JSX.Element {
  const { label, suggestions, onAdd } = props;
  const [text, setText] = React.useState<string | null>(null);
  const list = React.useId();
  if (text === null) {
    return <IconButton icon={addIcon} label={label} onClick={() => setText('')} />;
  }
  const onKeyDown = ({ key }: React.KeyboardEvent) => {
    if (key === 'Enter' && text.trim() !== '') {
      onAdd(text.trim());
    }
    if (key === 'Enter' || key === 'Escape') {
      setText(null);
    }
  };
  return (
    <>
      <input
        className="jp-modelop-chipField jp-mod-styled"
        aria-label={label}
        placeholder={props.placeholder}
        list={suggestions && list}
        autoFocus
        value={text}
        onChange={event => setText(event.target.value)}
        onKeyDown={onKeyDown}
        onBlur={() => text === '' && setText(null)}
      />
      {suggestions && (
        <datalist id={list}>
          {suggestions.map(suggestion => (
            <option key={suggestion} value={suggestion} />
          ))}
        </datalist>
      )}
    </>
  );
}
