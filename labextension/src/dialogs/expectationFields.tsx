import * as React from 'react';
import type { JobDraft } from '../api/types';
import { useModelOp } from '../state/context';
import { TextField } from './textField';

/** The rules that the result of a metrics job must meet, folded; the title says how many there are. */
export function ExpectationFields(props: {
  draft: JobDraft;
  onChange: (values: Partial<JobDraft>) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { expect = [], against } = props.draft;
  const [text, setText] = React.useState(expect.join('\n'));
  const change = (value: string) => {
    setText(value);
    const rules = value
      .split('\n')
      .map(line => line.trim())
      .filter(Boolean);
    props.onChange({ expect: rules.length > 0 ? rules : undefined });
  };
  return (
    <details className="jp-modelop-fold">
      <summary>
        {trans.__('Expectations')}{' '}
        <span className="jp-modelop-muted">{expect.join(' · ') || trans.__('none')}</span>
      </summary>
      <label className="jp-modelop-field">
        <span>{trans.__('Rules, one on each line')}</span>
        <textarea
          className="jp-mod-styled"
          rows={2}
          spellCheck={false}
          placeholder={trans.__('auc >= 0.9')}
          value={text}
          onChange={event => change(event.target.value)}
        />
      </label>
      {(usesReference(expect) || against) && (
        <TextField
          label={trans.__("Result that 'ref' means")}
          placeholder={trans.__('a job, or a snapshot such as churn@2')}
          value={against ?? ''}
          onChange={value => props.onChange({ against: value.trim() || undefined })}
        />
      )}
    </details>
  );
}

/** Return whether a rule compares with the metrics of another job. */
export function usesReference(rules: readonly string[]): boolean {
  return rules.some(rule => /\bref\b/.test(rule.replace(/`[^`]*`/g, '')));
}
