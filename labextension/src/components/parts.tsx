import type { LabIcon } from '@jupyterlab/ui-components';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import type { ReactNode } from 'react';
import * as React from 'react';
import { RefusedError } from '../request';

/** A button that shows an icon alone; its label is what it is called and its tooltip. */
export function IconButton(props: {
  icon: LabIcon;
  label: string;
  onClick: () => void;
  disabled?: boolean;
}): JSX.Element {
  return (
    <button
      type="button"
      className="jp-modelop-iconButton"
      aria-label={props.label}
      title={props.label}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <props.icon.react tag="span" elementPosition="center" />
    </button>
  );
}

/** A button with words on it. */
export function TextButton(props: {
  label: string;
  onClick: () => void;
  disabled?: boolean;
  isAccepting?: boolean;
  title?: string;
}): JSX.Element {
  const kind = props.isAccepting ? 'jp-mod-accept' : 'jp-mod-reject';
  return (
    <button
      type="button"
      className={`jp-modelop-button jp-mod-styled ${kind}`}
      title={props.title}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.label}
    </button>
  );
}

/** A heading that opens and closes what is below it. */
export function Disclosure(props: {
  title: ReactNode;
  isOpen: boolean;
  onToggle: () => void;
  children: ReactNode;
  aside?: ReactNode;
  label?: string;
  level?: 1 | 2;
}): JSX.Element {
  const id = React.useId();
  const caret = props.isOpen ? caretDownIcon : caretRightIcon;
  return (
    <div className={`jp-modelop-disclosure jp-modelop-level${props.level ?? 1}`}>
      <div className="jp-modelop-disclosureRow">
        <button
          type="button"
          className="jp-modelop-disclosureTitle"
          aria-expanded={props.isOpen}
          aria-controls={id}
          aria-label={props.label}
          onClick={props.onToggle}
        >
          <caret.react tag="span" elementPosition="center" />
          <span className="jp-modelop-disclosureText">{props.title}</span>
        </button>
        {props.aside}
      </div>
      <div id={id} className="jp-modelop-disclosureBody" hidden={!props.isOpen}>
        {props.isOpen ? props.children : null}
      </div>
    </div>
  );
}

/** How something stands, in a word and a colour; the word alone says it all. */
export function Badge(props: {
  kind: 'good' | 'bad' | 'busy' | 'plain' | 'warn';
  text: string;
  title?: string;
}): JSX.Element {
  return (
    <span className={`jp-modelop-badge jp-modelop-${props.kind}`} title={props.title}>
      {props.text}
    </span>
  );
}

/** What to do where there is nothing yet. */
export function Empty(props: { children: ReactNode }): JSX.Element {
  return <div className="jp-modelop-empty">{props.children}</div>;
}

/** Why something could not be done, and what to do about it. */
export function Problem(props: { error: Error }): JSX.Element {
  const hint = props.error instanceof RefusedError ? props.error.problem.hint : null;
  return (
    <div className="jp-modelop-problem" role="alert">
      <div>{props.error.message}</div>
      {hint && <div className="jp-modelop-hint">{hint}</div>}
    </div>
  );
}

/** A bar; without `value` (0 to 1) it only says that something is going on. */
export function ProgressBar(props: { value: number | null; label: string }): JSX.Element {
  const share = props.value === null ? undefined : Math.min(Math.max(props.value, 0), 1);
  return (
    <div
      role="progressbar"
      className="jp-modelop-progress"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={share === undefined ? undefined : Math.round(share * 100)}
    >
      <div
        className={share === undefined ? 'jp-modelop-mod-busy' : undefined}
        style={share === undefined ? undefined : { width: `${share * 100}%` }}
      />
    </div>
  );
}

/** A name and a value, one above the other where there is no room. */
export function Fact(props: { name: string; children: ReactNode }): JSX.Element {
  return (
    <div className="jp-modelop-fact">
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}
