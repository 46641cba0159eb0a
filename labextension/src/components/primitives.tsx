import type { LabIcon } from '@jupyterlab/ui-components';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import type { ReactNode } from 'react';
import * as React from 'react';
import { ApiError } from '../api/client';
import type { BadgeKind } from './status';

/**
 * A button with an icon; the label is its accessible name and tooltip.
 *
 * One that switches something on and off has `isPressed`.
 */
export function IconButton(props: {
  icon: LabIcon;
  label: string;
  onClick: (event: React.MouseEvent<HTMLButtonElement>) => void;
  disabled?: boolean;
  hasMenu?: boolean;
  isPressed?: boolean;
}): JSX.Element {
  return (
    <button
      type="button"
      className="jp-modelop-iconButton"
      aria-label={props.label}
      aria-haspopup={props.hasMenu ? 'menu' : undefined}
      aria-pressed={props.isPressed}
      title={props.label}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      <props.icon.react tag="span" elementPosition="center" />
    </button>
  );
}

/**
 * A button with a text; `name` is what screen readers say instead, which begins with the text.
 *
 * One with a `reason` cannot be used, but can be reached: tooltip and screen readers say the reason.
 * One without `onClick` submits the form around it, as Enter in one of its fields does.
 */
export function TextButton(props: {
  label: string;
  name?: string;
  onClick?: () => void;
  disabled?: boolean;
  isPrimary?: boolean;
  title?: string;
  reason?: string;
}): JSX.Element {
  const { reason } = props;
  const kind = props.isPrimary ? 'jp-mod-accept' : 'jp-mod-reject';
  return (
    <button
      type={props.onClick ? 'button' : 'submit'}
      className={`jp-modelop-button jp-mod-styled ${kind}`}
      aria-label={props.name}
      title={reason ?? props.title}
      disabled={props.disabled}
      aria-disabled={reason !== undefined || undefined}
      onClick={reason === undefined ? props.onClick : undefined}
    >
      {props.label}
    </button>
  );
}

/** A heading that expands and collapses the content below it. */
export function Disclosure(props: {
  title: ReactNode;
  isExpanded: boolean;
  onToggle: () => void;
  children: ReactNode;
  aside?: ReactNode;
  label?: string;
  level?: 1 | 2;
}): JSX.Element {
  const id = React.useId();
  const caret = props.isExpanded ? caretDownIcon : caretRightIcon;
  return (
    <div className={`jp-modelop-disclosure jp-modelop-level${props.level ?? 1}`}>
      <div className="jp-modelop-disclosureRow">
        <button
          type="button"
          className="jp-modelop-disclosureTitle"
          aria-expanded={props.isExpanded}
          aria-controls={id}
          aria-label={props.label}
          onClick={props.onToggle}
        >
          <caret.react tag="span" elementPosition="center" />
          <span className="jp-modelop-disclosureText">{props.title}</span>
        </button>
        {props.aside}
      </div>
      <div id={id} className="jp-modelop-disclosureBody" hidden={!props.isExpanded}>
        {props.isExpanded ? props.children : null}
      </div>
    </div>
  );
}

/** A state as a coloured label; the text alone must be sufficient. */
export function Badge(props: { kind: BadgeKind; text: string; title?: string }): JSX.Element {
  return (
    <span className={`jp-modelop-badge jp-modelop-${props.kind}`} title={props.title}>
      {props.text}
    </span>
  );
}

/** The text of an empty list. */
export function EmptyMessage(props: { children: ReactNode }): JSX.Element {
  return <div className="jp-modelop-empty">{props.children}</div>;
}

/**
 * An error message, with what the server says can be done about it.
 *
 * `onOptions` is called with the options of the command that mend it, where the view can set them.
 */
export function ErrorMessage(props: {
  error: Error;
  onOptions?: (options: readonly string[]) => void;
}): JSX.Element {
  const { error, onOptions } = props;
  const hint = error instanceof ApiError ? error.hint : null;
  const remedies = error instanceof ApiError && onOptions ? error.remedies : [];
  return (
    <div className="jp-modelop-problem" role="alert">
      <div>{error.message}</div>
      {hint && <div className="jp-modelop-hint">{hint}</div>}
      {remedies
        .filter(({ options }) => options.length > 0)
        .map(({ text, options }) => (
          <TextButton key={text} label={text} onClick={() => onOptions?.(options)} />
        ))}
    </div>
  );
}

/** A progress bar; `value` is 0 to 1, or null for unknown progress. */
export function ProgressBar(props: { value: number | null; label: string }): JSX.Element {
  const fraction = props.value === null ? undefined : Math.min(Math.max(props.value, 0), 1);
  return (
    <div
      role="progressbar"
      className="jp-modelop-progress"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={fraction === undefined ? undefined : Math.round(fraction * 100)}
    >
      <div
        className={fraction === undefined ? 'jp-modelop-mod-busy' : undefined}
        style={fraction === undefined ? undefined : { width: `${fraction * 100}%` }}
      />
    </div>
  );
}

/** A name and a value of a `dl` list; one above the other in a narrow panel. */
export function LabeledValue(props: { name: string; children: ReactNode }): JSX.Element {
  return (
    <div className="jp-modelop-property">
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}
