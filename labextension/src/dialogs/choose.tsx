import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';
import { disableAccept, launchFormDialog } from './formDialog';

/** One of several things to choose from. */
export interface IChoice {
  readonly value: string;
  readonly label: string;
  /** What else tells it from the others. */
  readonly detail?: string;
}

export interface IChooseOptions {
  readonly title: string;
  /** What is chosen, for the field and for screen readers: "Model". */
  readonly what: string;
  readonly choices: readonly IChoice[];
  /** The sentence that is shown instead where there is nothing to choose. */
  readonly nothing: string;
}

/** Ask for one of several things, of which typing narrows the list; return its value, null on cancel. */
export async function choose(
  options: IChooseOptions,
  trans: TranslationBundle
): Promise<string | null> {
  const { title, choices, nothing } = options;
  if (choices.length === 0) {
    await showDialog({ title, body: nothing, buttons: [Dialog.okButton()] });
    return null;
  }
  const body = new ChooseBody(options, trans);
  const dialog = new Dialog<string | null>({
    title,
    body,
    buttons: [Dialog.cancelButton(), Dialog.okButton({ label: trans.__('Choose') })],
    focusNodeSelector: 'input'
  });
  body.onActive = value =>
    disableAccept(dialog.node, value === null ? trans.__('Nothing matches') : null);
  body.onChoose = () => dialog.resolve();
  const { button, value } = await launchFormDialog(dialog);
  return button.accept ? value : null;
}

class ChooseBody extends ReactWidget implements Dialog.IBodyWidget<string | null> {
  constructor(
    private readonly _options: IChooseOptions,
    private readonly _trans: TranslationBundle
  ) {
    super();
    this.addClass('jp-modelop-form');
  }

  /** Called with the value that Enter would choose, null for none. */
  onActive: (value: string | null) => void = () => undefined;
  /** Called when a choice is clicked. */
  onChoose: () => void = () => undefined;

  getValue(): string | null {
    return this._value;
  }

  protected render(): JSX.Element {
    return (
      <ChoiceList
        options={this._options}
        trans={this._trans}
        onActive={value => {
          this._value = value;
          this.onActive(value);
        }}
        onChoose={() => this.onChoose()}
      />
    );
  }

  private _value: string | null = null;
}

/** A field and a list below it, of which one choice is active, as ARIA describes a combobox. */
function ChoiceList(props: {
  options: IChooseOptions;
  trans: TranslationBundle;
  onActive: (value: string | null) => void;
  onChoose: () => void;
}): JSX.Element {
  const { options, trans } = props;
  const [text, setText] = React.useState('');
  const [index, setIndex] = React.useState(0);
  const id = React.useId();
  const list = React.useRef<HTMLUListElement>(null);
  const found = options.choices.filter(choice => matches(choice, text));
  const active = found[index] ?? null;
  React.useEffect(() => {
    props.onActive(active?.value ?? null);
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView?.({ block: 'nearest' });
  }, [active?.value]);
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      event.preventDefault();
      setIndex(Math.min(Math.max(index + step, 0), found.length - 1));
    }
  };
  return (
    <>
      <input
        type="text"
        role="combobox"
        className="jp-mod-styled jp-modelop-search"
        aria-label={options.what}
        aria-autocomplete="list"
        aria-expanded={true}
        aria-controls={id}
        aria-activedescendant={active ? `${id}-${index}` : undefined}
        placeholder={trans.__('Type to narrow the list')}
        value={text}
        onChange={event => {
          setText(event.target.value);
          setIndex(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul
        ref={list}
        id={id}
        role="listbox"
        className="jp-modelop-choices"
        aria-label={options.what}
      >
        {found.map(({ value, label, detail }, place) => (
          <li
            key={value}
            id={`${id}-${place}`}
            role="option"
            className="jp-modelop-entry"
            aria-selected={place === index}
            onClick={() => {
              props.onActive(value);
              props.onChoose();
            }}
          >
            <span className="jp-modelop-name">{label}</span>
            {detail && <span className="jp-modelop-muted"> {detail}</span>}
          </li>
        ))}
      </ul>
      {active === null && (
        <p className="jp-modelop-muted jp-mod-error" role="status">
          {trans.__('Nothing matches %1.', text)}
        </p>
      )}
    </>
  );
}

/** Return whether each word of a text is somewhere in a choice. */
function matches({ label, detail }: IChoice, text: string): boolean {
  const all = `${label} ${detail ?? ''}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every(word => all.includes(word));
}
