import type { ReactNode } from 'react';
import * as React from 'react';

/** Tabs, and below them the panel of the selected one; the arrow keys select the next one. */
export function Tabs<Name extends string>(props: {
  /** Begins the ids of the elements, which must be unique on the page. */
  id: string;
  /** The name of each tab with its label. */
  tabs: readonly (readonly [Name, ReactNode])[];
  selected: Name;
  onSelect: (name: Name) => void;
  /** The accessible name of the row of tabs. */
  label?: string;
  children: ReactNode;
}): JSX.Element {
  const { id, tabs, selected, onSelect } = props;
  const moveWithArrows = (event: React.KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step !== 0) {
      const index = tabs.findIndex(([name]) => name === selected);
      const next = tabs[(index + step + tabs.length) % tabs.length][0];
      onSelect(next);
      document.getElementById(`${id}-${next}`)?.focus();
      event.preventDefault();
    }
  };
  return (
    <>
      <div
        role="tablist"
        aria-label={props.label}
        className="jp-modelop-tabs"
        onKeyDown={moveWithArrows}
      >
        {tabs.map(([name, label]) => (
          <button
            key={name}
            id={`${id}-${name}`}
            type="button"
            role="tab"
            aria-selected={selected === name}
            aria-controls={`${id}-panel`}
            tabIndex={selected === name ? 0 : -1}
            onClick={() => onSelect(name)}
          >
            {label}
          </button>
        ))}
      </div>
      <div
        id={`${id}-panel`}
        role="tabpanel"
        aria-labelledby={`${id}-${selected}`}
        className="jp-modelop-tabPanel"
      >
        {props.children}
      </div>
    </>
  );
}
