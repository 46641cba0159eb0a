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
  return (
    <details className="jp-modelop-fold">
      <summary>
        {trans.__('Expectations')}{' '}
        <span className="jp-modelop-muted">{expect.join(' · ') || trans.__('none')}</span>
      </summary>
      <RulesField
        rules={expect}
        placeholder={trans.__('auc >= 0.9')}
        onChange={rules => props.onChange({ expect: rules })}
      />
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

/** The rules that a result must meet, one on each line. */
export function RulesField(props: {
  rules: readonly string[] | undefined;
  placeholder: string;
  onChange: (rules: string[] | undefined) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const [text, setText] = React.useState((props.rules ?? []).join('\n'));
  return (
    <label className="jp-modelop-field">
      <span>{trans.__('Rules, one on each line')}</span>
      <textarea
        className="jp-mod-styled"
        rows={2}
        spellCheck={false}
        placeholder={props.placeholder}
        value={text}
        onChange={event => {
          setText(event.target.value);
          props.onChange(listOf(event.target.value, '\n'));
        }}
      />
    </label>
  );
}

/** Return the parts of a text that are not blank; undefined where there are none. */
export function listOf(text: string, separator: string): string[] | undefined {
  const parts = text
    .split(separator)
    .map(part => part.trim())
    .filter(Boolean);
  return parts.length > 0 ? parts : undefined;
}
