import * as React from 'react';

/** A labeled text input of a form; `value` is the initial text. */
export function TextField(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  placeholder?: string;
  isInvalid?: boolean;
  hasSpellCheck?: boolean;
  suggestions?: readonly string[];
}): JSX.Element {
  // The text is kept as typed, even if it is not a valid value yet.
  const [text, setText] = React.useState(props.value);
  const id = React.useId();
  return (
    <label className="jp-modelop-field">
      <span>{props.label}</span>
      <input
        type="text"
        className="jp-mod-styled"
        placeholder={props.placeholder}
        spellCheck={props.hasSpellCheck ?? false}
        aria-invalid={props.isInvalid}
        list={props.suggestions && id}
        value={text}
        // A dialog puts the focus here: typing shall replace the text, as it does after Tab.
        onFocus={event => event.target.select()}
        onChange={event => {
          setText(event.target.value);
          props.onChange(event.target.value);
        }}
      />
      {props.suggestions && (
        <datalist id={id}>
          {props.suggestions.map(suggestion => (
            <option key={suggestion} value={suggestion} />
          ))}
        </datalist>
      )}
    </label>
  );
}
