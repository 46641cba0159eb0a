import * as React from 'react';
import type { BadgeKind } from './status';

/** What is drawn inside the shape: states differ in more than their colour. */
const SIGNS: Readonly<Record<BadgeKind, string>> = {
  good: 'M4.5 8.3 7 10.8 11.5 5.6',
  bad: 'M5.4 5.4 10.6 10.6M10.6 5.4 5.4 10.6',
  warn: 'M8 4.2V8.8M8 11V11.4',
  busy: 'M8 4.4V8.2L10.4 9.8',
  plain: 'M5 8H11'
};

/**
 * A state as a coloured shape with its text, of which a narrow panel shows only the shape.
 *
 * Screen readers get `subject` and `text`: "Last job: Succeeded".
 */
export function StateMark(props: {
  shape: 'circle' | 'square';
  kind: BadgeKind;
  subject: string;
  text: string;
  title: string;
}): JSX.Element {
  return (
    <span
      className={`jp-modelop-state jp-modelop-mod-${props.shape} jp-modelop-mod-${props.kind}`}
      title={props.title}
    >
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        {props.shape === 'circle' ? (
          <circle cx="8" cy="8" r="6.5" />
        ) : (
          <rect x="1.5" y="1.5" width="13" height="13" rx="2" />
        )}
        <path d={SIGNS[props.kind]} />
      </svg>
      <span className="jp-modelop-hidden">{`${props.subject}: `}</span>
      <span className="jp-modelop-stateText">{props.text}</span>
    </span>
  );
}
